"""What the demo says, asks and sums up."""

SENTENCE = "we will meet at the station on friday afternoon"
FACTS = [
    "Lisbon is the capital of Portugal and lies on the river Tagus.",
    "The Tagus is the longest river of the Iberian peninsula.",
    "Bread rises because yeast turns sugar into gas.",
]
QUESTION = "Which city is the capital of Portugal?"
NEXT_QUESTION = "Which river does it lie on?"
FACTS_AND_QUESTION = "\n".join([*FACTS, "", QUESTION])
ABOUT_ANA = {"name": "Ana", "background": " ".join(FACTS)}
"""Inputs of the chatbot."""
SUM = "What is (3 + 4) * 2?"
LETTER = (
    "Dear council, the street lamps in Harbour Road have been dark for three weeks. Two people have fallen on the "
    "steps. I have called the office four times and was told each time that somebody would come. Nobody came. Please "
    "repair the lamps before the winter market opens, because many older people walk there in the evening. "
)
CLASSES = ["Praise", "Complaint about something broken", "Question about opening hours"]
ORDER = "Two tickets to Lisbon, please. It is urgent."
ORDER_SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "tickets": {"type": "integer", "description": "How many tickets"},
        "urgent": {"type": "boolean"},
    },
    "required": ["city", "tickets", "urgent"],
}
ORDER_PARAMETERS = [
    {"name": "city", "type": "string", "description": "Where to", "required": True},
    {"name": "tickets", "type": "number", "description": "How many tickets", "required": True},
]
CLEAN = "What a lovely morning."
DIRTY = "What a damn mess."


def same_words(heard: str) -> bool:
    """Whether most words of SENTENCE are there."""
    said = set(SENTENCE.split())
    return len(said & set(heard.split())) > len(said) / 2
