"""The wire form of `POST /v1/moderations` (OpenAI API reference, "Create moderation").

OpenAI says for each of its categories whether a text falls into it, and how surely. Dify says only whether a text is
flagged. Clients read the categories, and some block by them alone, so every category repeats what Dify said, and
`note` says that it does: no client lets through what was flagged.
"""

import uuid
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator

from endpoints.http.fields import FilledListOf
from endpoints.openai.wire.texts import Text, Texts

CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
NOTE = "Dify says only whether a text is flagged: the categories and their scores repeat that."


def _without_pictures(value: object) -> object:
    if isinstance(value, list) and any(isinstance(part, dict) and part.get("type") == "image_url" for part in value):
        raise ValueError("it holds a picture, and models in Dify moderate text alone")
    return value


class TextPart(BaseModel, defer_build=True):
    type: Literal["text"]
    text: Text


class ModerationsRequest(BaseModel, defer_build=True):
    input: Annotated[
        Text | Texts | FilledListOf[TextPart],
        BeforeValidator(_without_pictures),
    ]
    model: str | None = None

    @property
    def inputs(self) -> list[list[str]]:
        """The texts of each input. Strings are an input each; parts are one together."""
        if isinstance(self.input, str):
            return [[self.input]]
        parts = [part.text for part in self.input if isinstance(part, TextPart)]
        return [parts] if parts else [[text] for text in self.input if isinstance(text, str)]


def moderations_reply(flagged: list[bool], *, model: str) -> dict[str, Any]:
    """A result for each input, in their order."""
    return {"id": f"modr-{uuid.uuid4().hex}", "model": model, "results": list(map(_result, flagged)), "note": NOTE}


def _result(flagged: bool) -> dict[str, Any]:  # noqa: FBT001
    return {
        "flagged": flagged,
        "categories": dict.fromkeys(CATEGORIES, flagged),
        "category_scores": dict.fromkeys(CATEGORIES, float(flagged)),
        "category_applied_input_types": {category: ["text"] for category in CATEGORIES},
    }
