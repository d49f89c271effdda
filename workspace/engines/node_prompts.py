"""What the classifier and extractor nodes of Dify's workflows ask of a model, read from their prompts.

Source: graphon, `nodes/question_classifier/template_prompts.py` and `nodes/parameter_extractor/prompts.py`. Texts are
put into these prompts as they are, so that what looks like JSON need not be JSON.
"""

import json
import re
from typing import Any, NamedTuple

_TEXT = re.compile(r'"input_text"\s*:\s*\["')
_CATEGORIES = re.compile(r'"\],\s*"categories"\s*:\s*')
_INSTRUCTIONS = re.compile(r',\s*"classification_instructions?"\s*:\s*\[')


class Classification(NamedTuple):
    """`categories` are names by id."""

    text: str
    categories: dict[str, str]
    instructions: str


class Extraction(NamedTuple):
    """`schema` is that of an object."""

    text: str
    schema: dict[str, Any]


def classification(prompt: str) -> Classification | None:
    """The task in the last user message, if it is to classify; a prompt may have examples before it."""
    end = _last(_CATEGORIES, prompt)
    begin = _last(_TEXT, prompt[: end.start()]) if end else None
    if begin is None or end is None:
        return None
    listed, after = _json(prompt, end.end())
    instructions = _INSTRUCTIONS.match(prompt, after)
    try:
        categories = {str(one["category_id"]): str(one["category_name"]) for one in listed}
    except (KeyError, TypeError):
        return None
    if instructions is None or not categories:
        return None
    told = prompt[instructions.end() :].partition("]}")[0].strip('"')
    return Classification(prompt[begin.end() : end.start()], categories, told)


def extraction(prompt: str) -> Extraction | None:
    """The task in the last user message, if it is to extract parameters."""
    for text, written in (
        (_between(prompt, "context"), prompt.rfind("<structure>\n")),
        (_between(prompt, "text"), prompt.find("<structure>\n")),
        (_between(prompt, "text"), prompt.find("<information to be extracted>\n")),
    ):
        if text is not None and written >= 0:
            schema, _ = _json(prompt, prompt.index("\n", written) + 1)
            if isinstance(schema, dict) and isinstance(schema.get("properties"), dict):
                return Extraction(text, schema)
    return None


def _between(prompt: str, tag: str) -> str | None:
    """What stands in lines of its own from the first <tag> to the last </tag>."""
    begin, end = f"<{tag}>\n", f"\n</{tag}>"
    start, stop = prompt.find(begin) + len(begin), prompt.rfind(end)
    return prompt[start:stop] if len(begin) <= start <= stop else None


def _json(prompt: str, start: int) -> tuple[Any, int]:
    """The value that begins there, and where it ends; None if there is none."""
    try:
        return json.JSONDecoder().raw_decode(prompt, start)
    except (ValueError, RecursionError):
        return None, start


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return next(reversed(list(pattern.finditer(text))), None)
