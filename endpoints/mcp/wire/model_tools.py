"""The tools that stand for the models of the settings: one for each type of model there is."""

from typing import Any, NamedTuple

from dify_plugin.entities.model import ModelType

_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_INTEGER = {"type": "integer"}
_MODEL = {"type": "string", "description": "The model that answered."}


class ModelTool(NamedTuple):
    name: str
    title: str
    description: str
    """For the model that is to choose a tool."""
    arguments: dict[str, Any]
    """The properties of its input schema, without `model`, which every one of them has."""
    required: list[str]
    result: dict[str, Any] | None
    """The schema of its structured content; None for speech, which has none."""


def _object(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


_USAGE = _object({"prompt_tokens": _INTEGER, "completion_tokens": _INTEGER, "total_tokens": _INTEGER})

MODEL_TOOLS = {
    ModelType.LLM: ModelTool(
        "ask_model",
        "Ask a language model",
        "Asks a language model of the Dify workspace and returns its answer. It sees nothing but the prompt.",
        {
            "prompt": {"type": "string", "minLength": 1, "description": "What the model is to answer."},
            "instruction": {"type": "string", "description": "How it is to answer: its system message."},
        },
        ["prompt"],
        _object({"answer": _TEXT, "model": _MODEL, "finish_reason": _TEXT, "usage": _USAGE}, "usage"),
    ),
    ModelType.TEXT_EMBEDDING: ModelTool(
        "embed",
        "Embed texts",
        "Turns texts into vectors with an embedding model of the Dify workspace, one vector for each text.",
        {
            "texts": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "minItems": 1,
                "description": "The texts.",
            },
            "input_type": {
                "type": "string",
                "enum": ["document", "query"],
                "description": "Whether they are documents to be found (unless given) or what is searched for.",
            },
        },
        ["texts"],
        _object(
            {
                "embeddings": {"type": "array", "items": {"type": "array", "items": _NUMBER}},
                "dimensions": _INTEGER,
                "model": _MODEL,
                "total_tokens": _INTEGER,
            }
        ),
    ),
    ModelType.RERANK: ModelTool(
        "rerank",
        "Rerank documents",
        "Sorts documents by how relevant they are to a query, with a rerank model of the Dify workspace.",
        {
            "query": {"type": "string", "minLength": 1, "description": "What is searched for."},
            "documents": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "minItems": 1,
                "description": "The texts to sort.",
            },
            "top_n": {
                "type": "integer",
                "minimum": 1,
                "description": "How many of the best to return; all unless given.",
            },
        },
        ["query", "documents"],
        _object(
            {
                "documents": {
                    "type": "array",
                    "items": _object({"index": _INTEGER, "score": _NUMBER, "text": _TEXT}),
                    "description": "The best first; `index` counts the documents given from 0.",
                },
                "model": _MODEL,
            }
        ),
    ),
    ModelType.MODERATION: ModelTool(
        "moderate",
        "Moderate a text",
        "Says whether a text breaks the rules of a moderation model of the Dify workspace.",
        {"text": {"type": "string", "minLength": 1, "description": "The text."}},
        ["text"],
        _object({"flagged": {"type": "boolean"}, "model": _MODEL}),
    ),
    ModelType.TTS: ModelTool(
        "speak",
        "Speak a text",
        "Reads a text aloud with a text-to-speech model of the Dify workspace and returns the audio.",
        {
            "text": {"type": "string", "minLength": 1, "description": "The text."},
            "voice": {"type": "string", "description": "The name of a voice; the one in the settings unless given."},
        },
        ["text"],
        None,
    ),
}
"""There is none for recordings: Dify's API cannot write them down for a plugin."""
