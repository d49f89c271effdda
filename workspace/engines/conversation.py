"""What the offline engine reads in a conversation: the question, the material, the results of tools.

Messages are in Dify's wire form: `{"role", "content", "tool_calls"?, "tool_call_id"?}`, where the content is a text or
a list of parts (`{"type": "text", "data"}`, `{"type": "image", ...}`).
"""

import re
from dataclasses import dataclass
from typing import Any

type Message = dict[str, Any]

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[^a-z\s])|(?<=[。！？])\s*|\s*\n\s*")
_WRAP = re.compile(r"(?<=[^\n]{50})(?<![.!?:;])\n[ \t]*(?=\w)")
"""A line break in the middle of a sentence, as files have it whose lines are all about equally long."""
_IN_A_TAG = re.compile(r"<(\w+)>(.*?)</\1>", re.DOTALL)
_TAG = re.compile(r"</?\w+>")
_SPEAKER = re.compile(r"^(user|human|assistant|ai|system):\s+", re.IGNORECASE)
"""What each turn of a transcript begins with."""
_INSTRUCTION = re.compile(
    r"(please\s+)?(answer|compare|count|describe|explain|extract|find|give|how|list|name|say|show|tell|translate|what|"
    r"when|where|which|who|whom|whose|why|write|can|could|does|do|did|is|are|was|were)\b",
    re.IGNORECASE,
)
_SUMMARY = re.compile(
    r"summar|tl;?dr|key points|in short\b|shorten|zusammenfass|résum|resum|要約|总结|摘要", re.IGNORECASE
)


@dataclass(frozen=True)
class Conversation:
    """`question` is what the last user message asks for ("" if it is material alone), `material` the sentences an
    answer can be taken from, `results` what tools have said since and `called` the names of these tools,
    `wants_summary` whether a summary is wanted, `told` what system messages say."""

    question: str
    material: list[str]
    results: list[str]
    called: set[str]
    told: str
    last_user_text: str
    wants_summary: bool
    unseen: int
    """Parts of the last user message that are not text: pictures and other files."""


def read(messages: list[Message]) -> Conversation:
    last = max((at for at, message in enumerate(messages) if message.get("role") == "user"), default=-1)
    last_text = text_of(messages[last]) if last >= 0 else ""
    question, material = _question_and_material(last_text)
    earlier: list[str] = []
    told = ""
    for at, message in enumerate(messages):
        text = text_of(message)
        if message.get("role") in ("system", "developer"):
            earlier += [sentence for found in _IN_A_TAG.finditer(text) for sentence in sentences(found[2])]
            told += " " + _IN_A_TAG.sub("", text)
        elif at < last:
            asks = _is_instruction if message.get("role") == "user" else _is_question
            earlier += [sentence for sentence in sentences(text) if not (asks(sentence) or _is_question(sentence))]
    since = messages[last + 1 :]
    wants_summary = bool(_SUMMARY.search(question))
    if not wants_summary and _SUMMARY.search(told) and len(sentences(last_text)) > 1:
        question, material, wants_summary = "", sentences(last_text), True
    return Conversation(
        question=question,
        material=list(dict.fromkeys(material if wants_summary and material else [*earlier, *material])),
        results=[text_of(message) for message in since if message.get("role") == "tool"],
        called={call["function"]["name"] for message in since for call in message.get("tool_calls") or []},
        told=told,
        last_user_text=last_text,
        wants_summary=wants_summary or (not question and len(material) > 1),
        unseen=_unseen(messages[last]) if last >= 0 else 0,
    )


def text_of(message: Message) -> str:
    """The text of a message, without its pictures."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(str(part.get("data") or "") for part in content if part.get("type") == "text")
    return content if isinstance(content, str) else ""


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text, without tags around them."""
    unwrapped = _WRAP.sub(" ", _TAG.sub("\n", text))
    return [part for part in (found.strip() for found in _SENTENCE_END.split(unwrapped)) if part]


def _unseen(message: Message) -> int:
    content = message.get("content")
    return sum(part.get("type") != "text" for part in content) if isinstance(content, list) else 0


def _question_and_material(text: str) -> tuple[str, list[str]]:
    parts = [_SPEAKER.sub("", part) for part in sentences(text)]
    asked = [part for part in parts if _is_question(part)] or [
        part for part in (parts[:1] + parts[-1:]) if _is_instruction(part)
    ]
    if not asked and len(parts) == 1:
        asked = parts
    material = [part for part in parts if part not in asked]
    if parts and asked == parts[:1] and not _is_question(parts[0]):
        instruction, _, rest = parts[0].partition(": ")
        return instruction, [rest, *material] if rest else material
    return " ".join(dict.fromkeys(asked)), material


def _is_question(sentence: str) -> bool:
    return sentence.endswith(("?", "？"))


def _is_instruction(sentence: str) -> bool:
    return sentence.endswith((":", "：")) or bool(_INSTRUCTION.match(sentence) or _SUMMARY.search(sentence))
