import json

import pytest

from workspace.engines.generation import ABOUT, Extractive
from workspace.engines.lexical import Lexical
from workspace.engines.minilm import minilm
from workspace.wire import DifyError

PLANTS = (
    "Photosynthesis turns light into chemical energy. Plants, algae and some bacteria do it. It happens in the "
    "chloroplasts. Chlorophyll absorbs red and blue light. The plant takes in carbon dioxide and water. It gives off "
    "oxygen. Without photosynthesis there would be little oxygen in the air. My aunt has a garden."
)
WEATHER = {
    "name": "get_weather",
    "description": "Current weather of a city",
    "parameters": {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "Name of the city"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        },
        "required": ["city"],
    },
}
CALCULATOR = {
    "name": "calculator",
    "description": "Calculate an arithmetic expression, such as (3 + 4) * 2.",
    "parameters": {"type": "object", "properties": {"expression": {"type": "string"}}, "required": ["expression"]},
}


@pytest.fixture(scope="module")
def engine():
    return Extractive(minilm())


def user(text):
    return {"role": "user", "content": text}


def run(engine, *messages, tools=(), stop=(), **parameters):
    given = [user(message) if isinstance(message, str) else message for message in messages]
    return list(engine.generate(given, tools=list(tools), stop=list(stop), parameters=parameters))


def answer(engine, *messages, **options):
    return "".join(piece.text for piece in run(engine, *messages, **options))


def call(engine, *messages, tools):
    return [
        (one.name, json.loads(one.arguments))
        for piece in run(engine, *messages, tools=tools)
        for one in piece.tool_calls
    ]


# --- answers


def test_the_sentence_that_answers_is_picked(engine):
    text = "Switchboard is a Dify plugin. It was installed on Monday. Its icon is blue.\n\nWhen was it installed?"

    assert answer(engine, text) == "It was installed on Monday."


def test_earlier_turns_are_material(engine):
    turns = ["My name is Ada and I live in Paris.", {"role": "assistant", "content": "Nice to meet you."}]

    assert answer(engine, *turns, "Where do I live?") == "My name is Ada and I live in Paris."


def test_a_transcript_is_material_without_the_names_of_who_speaks(engine):
    """What clients make of earlier turns where only one message can be sent."""
    transcript = "User: The Tagus flows through Lisbon.\n\nAssistant: I see.\n\nUser: What flows through Lisbon?"

    assert answer(engine, transcript) == "The Tagus flows through Lisbon."
    excuse = answer(engine, "Hello!")
    assert answer(engine, f"USER: Hello!\n\nASSISTANT: {excuse}\n\nUSER: What is a model?").startswith(ABOUT)


def test_context_in_a_system_prompt_is_material_and_its_instructions_are_not(engine):
    context = "<context>The office opens at nine. Parking is free on Sundays. Dogs are not allowed.</context>"
    system = {"role": "system", "content": f"Answer questions about dogs in the office politely. {context}"}

    assert answer(engine, system, "May I bring my dog to the office?") == "Dogs are not allowed."


@pytest.mark.parametrize("prompt", ["Say hello", "Hello!", "Who wrote Hamlet?", "Write a poem about the sea."])
def test_what_nothing_in_the_conversation_answers_is_answered_by_saying_so(engine, prompt):
    assert answer(engine, prompt) == f'{ABOUT} Nothing in this conversation answers: "{prompt}"'


def test_its_own_excuses_are_not_material(engine):
    first = answer(engine, "Tell me about language models")
    second = answer(
        engine, "Tell me about language models", {"role": "assistant", "content": first}, "What is a model?"
    )

    assert "Nothing in this conversation answers" not in first.removeprefix(ABOUT)[:5]
    assert second.startswith(ABOUT)


def test_it_says_what_it_is_when_asked(engine):
    assert answer(engine, "My cat is black.", "Which model are you?") == ABOUT


def test_a_picture_is_acknowledged_as_unseen(engine):
    image = {"type": "image", "format": "png", "base64_data": "AA==", "mime_type": "image/png"}
    content = [{"type": "text", "data": "The cat is black. What colour is the cat?"}, image]

    assert answer(engine, {"role": "user", "content": content}) == (
        "There is a picture or file here that this engine cannot see. The cat is black."
    )


@pytest.mark.parametrize(
    "messages", [[], [""], [{"role": "system", "content": "Be brief."}], [{"role": "user", "content": None}]]
)
def test_a_conversation_that_asks_nothing_gets_an_answer_too(engine, messages):
    assert answer(engine, *messages) == f"{ABOUT} Nothing in this conversation answers."


def test_the_same_conversation_gets_the_same_answer(engine):
    assert run(engine, PLANTS, "What gives off oxygen?") == run(engine, PLANTS, "What gives off oxygen?")


def test_a_very_long_text_is_searched_for_the_words_of_the_question(engine):
    text = " ".join(f"Room number {number} is empty today." for number in range(300))

    assert "The treasure" in answer(engine, f"{text} The treasure lies under the oak. {text}\nWhere is the treasure?")


def test_it_works_with_the_lexical_stand_in():
    text = "The office opens at nine. Dogs bark. When does the office open?"

    assert answer(Extractive(Lexical()), text) == "The office opens at nine."


# --- summaries


@pytest.mark.parametrize(
    "form", ["Summarise this text:\n{}", "Please summarize: {}", "{}\n\nGive me a summary of this."]
)
def test_a_summary_is_some_of_the_text_s_own_sentences(engine, form):
    summary = answer(engine, form.format(PLANTS))

    assert "Photosynthesis" in summary
    assert "aunt" not in summary
    assert len(summary) < len(PLANTS) / 2
    assert summary.split(". ")[0] in PLANTS


def test_a_system_prompt_can_ask_for_the_summary(engine):
    system = {"role": "system", "content": "You summarise texts. Give the summary alone."}

    assert answer(engine, system, PLANTS) == engine.summarise(PLANTS)


def test_an_instruction_draws_the_summary_towards_it(engine):
    assert "light" in engine.summarise(PLANTS, "the colours of light that are absorbed")


@pytest.mark.parametrize("text", ["", "One sentence only."])
def test_a_text_too_short_to_sum_up_stays_as_it_is(engine, text):
    assert engine.summarise(text) == text


# --- ends


def test_the_answer_streams_piece_by_piece_and_ends_with_its_tokens(engine):
    *pieces, last = run(engine, "The cat is black. What colour is the cat?")

    assert [piece.text for piece in pieces] == ["The ", "cat ", "is ", "black", "."]
    assert (last.text, last.finish_reason, last.tokens) == ("", "stop", (11, 5))


def test_max_tokens_ends_the_answer(engine):
    *pieces, last = run(engine, "The cat is black. What colour is the cat?", max_tokens=2)

    assert "".join(piece.text for piece in pieces) == "The cat "
    assert (last.finish_reason, last.tokens) == ("length", (11, 2))


@pytest.mark.parametrize(
    ("stop", "left"), [(["is"], "The cat "), (["black", "cat"], "The "), ([""], "The cat is black.")]
)
def test_a_stop_word_ends_the_answer_before_it(engine, stop, left):
    pieces = run(engine, "The cat is black. What colour is the cat?", stop=stop)

    assert "".join(piece.text for piece in pieces) == left
    assert pieces[-1].finish_reason == "stop"


# --- schemas

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}


@pytest.mark.parametrize(
    "parameters",
    [
        {"response_format": "json_schema", "json_schema": json.dumps(PERSON)},
        {"json_schema": PERSON},
        {"json_schema": {"name": "person", "schema": PERSON}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON}}},
    ],
)
def test_a_json_schema_is_filled_from_the_text(engine, parameters):
    filled = answer(engine, "Ada Lovelace is 36 years old and lives in London.", **parameters)

    assert json.loads(filled) == {"name": "Ada Lovelace", "age": 36}


def test_any_json_object_is_an_answer_to_json_object(engine):
    assert json.loads(answer(engine, "hello", response_format="json_object")) == {"answer": "hello"}


def test_a_schema_that_is_not_json_is_refused(engine):
    with pytest.raises(DifyError, match="json_schema is not JSON"):
        answer(engine, "hello", json_schema="{")


# --- tools


def test_the_tool_that_fits_is_called_with_arguments_from_the_text(engine):
    tools = [CALCULATOR, WEATHER]

    assert call(engine, "What is the weather in Paris?", tools=tools) == [("get_weather", {"city": "Paris"})]
    assert call(engine, "How warm is it in berlin, in fahrenheit?", tools=tools)[0][1]["unit"] == "fahrenheit"
    assert call(engine, "What is (3 + 4) * 2?", tools=tools) == [("calculator", {"expression": "(3 + 4) * 2"})]


def test_a_call_ends_the_answer(engine):
    (piece,) = run(engine, "What is the weather in Paris?", tools=[WEATHER])

    assert piece.finish_reason == "tool_calls"
    assert piece.tokens.completion > 0
    assert piece.tool_calls[0].id.startswith("call_")


@pytest.mark.parametrize("prompt", ["Who wrote Hamlet?", "Please calculate something for me.", ""])
def test_no_tool_is_called_when_none_fits_or_an_argument_is_missing(engine, prompt):
    assert call(engine, prompt, tools=[CALCULATOR, WEATHER]) == []


def test_after_a_tool_has_answered_its_result_is_the_answer(engine):
    asked = {"role": "assistant", "content": "", "tool_calls": [{"id": "1", "function": {"name": "get_weather"}}]}
    told = {"role": "tool", "content": "18 degrees, light rain", "tool_call_id": "1"}
    pieces = run(engine, "What is the weather in Paris?", asked, told, tools=[WEATHER])

    assert "".join(piece.text for piece in pieces) == "18 degrees, light rain"
    assert not any(piece.tool_calls for piece in pieces)


def test_a_new_question_after_a_result_calls_a_tool_again(engine):
    told = {"role": "tool", "content": "18 degrees", "tool_call_id": "1"}
    turns = ["What is the weather in Paris?", told, {"role": "assistant", "content": "18 degrees"}]

    assert call(engine, *turns, "What is the weather in Rome?", tools=[WEATHER]) == [("get_weather", {"city": "Rome"})]


PLACE = {
    "name": "Place",
    "description": "",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "rivers": {"type": "array", "items": {"type": "string"}}},
        "required": ["city", "rivers"],
    },
}
TOLD = {"role": "system", "content": "Be brief.\n\nDo not answer in text now: call the function Place."}


def test_a_tool_that_a_system_message_says_to_call_is_called_though_it_does_not_fit(engine):
    question = "The river Tagus flows through Lisbon."

    assert call(engine, question, tools=[WEATHER, PLACE]) == []
    ((name, arguments),) = call(engine, TOLD, question, tools=[WEATHER, PLACE])
    assert name == "Place"
    assert arguments["city"] == "Lisbon"


def test_what_is_not_in_the_text_is_empty_in_a_call_that_has_to_be_made(engine):
    of_age = PLACE | {"parameters": {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}}

    assert call(engine, TOLD, "hello", tools=[of_age]) == [("Place", {"age": 0})]


def test_of_the_tools_that_have_to_be_called_each_is_called_once(engine):
    told = {"role": "system", "content": "Call one of the functions get_weather, Place."}
    asked = {"role": "assistant", "content": "", "tool_calls": [{"id": "1", "function": {"name": "get_weather"}}]}
    result = {"role": "tool", "content": "18 degrees in Paris", "tool_call_id": "1"}
    question = "What is the weather in Paris?"

    assert call(engine, told, question, tools=[WEATHER, PLACE])[0][0] == "get_weather"
    assert call(engine, told, question, asked, result, tools=[WEATHER, PLACE])[0][0] == "Place"
    assert call(engine, told, question, asked, result, tools=[WEATHER]) == []


@pytest.mark.parametrize(
    "text", ["You are called Place.", "Call for help. Place is a tool.", "The function recalls Place."]
)
def test_a_tool_that_is_only_mentioned_does_not_have_to_be_called(engine, text):
    assert call(engine, {"role": "system", "content": text}, "hello", tools=[PLACE]) == []
