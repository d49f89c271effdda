"""What the classifier and extractor nodes of Dify's workflows ask of a model, read from their prompts.

Source: graphon, `nodes/question_classifier/template_prompts.py` and `nodes/parameter_extractor/prompts.py`. Texts are
put into these prompts as they are, so that what looks like JSON need not be JSON.
"""

import json
import re
from typing import Any, NamedTuple

_CLASSIFICATION = re.compile(
    r'"input_text"\s*:\s*\["(?P<text>(?:(?!"input_text"\s*:).)*)"\],\s*"categories"\s*:\s*(?P<categories>\[.*?\}\s*\]),'
    r'\s*"classification_instructions?"\s*:\s*\[(?:"(?P<instructions>.*?)")?\]\}',
    re.DOTALL,
)
_EXTRACTIONS = (
    re.compile(r"<context>\n(?P<text>.*)\n</context>\s*<structure>\n(?P<schema>\{.*\})\n</structure>", re.DOTALL),
    re.compile(r"<structure>\n(?P<schema>\{.*?\})\n</structure>.*<text>\n(?P<text>.*)\n</text>", re.DOTALL),
    re.compile(
        r"<information to be extracted>\n(?P<schema>\{.*?\})\n</information to be extracted>"
        r".*<text>\n(?P<text>.*)\n</text>",
        re.DOTALL,
    ),
)


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
    found = next(reversed(list(_CLASSIFICATION.finditer(prompt))), None)
    if found is None:
        return None
    try:
        listed = json.loads(found["categories"])
        categories = {str(one["category_id"]): str(one["category_name"]) for one in listed}
    except (ValueError, KeyError, TypeError):
        return None
    return Classification(found["text"], categories, found["instructions"] or "") if categories else None


def extraction(prompt: str) -> Extraction | None:
    """The task in the last user message, if it is to extract parameters."""
    for pattern in _EXTRACTIONS:
        if found := pattern.search(prompt):
            try:
                schema = json.loads(found["schema"])
            except ValueError:
                continue
            if isinstance(schema, dict) and isinstance(schema.get("properties"), dict):
                return Extraction(found["text"], schema)
    return None
