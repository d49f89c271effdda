"""What Dify's editor stores when somebody picks a model or an app."""

from typing import Any

MODEL_TYPES = ("llm", "text-embedding", "rerank", "moderation", "speech2text", "tts")
"""In the order in which the editor looks for them in a scope such as "llm&vision"."""

DEFAULT_MODELS = {
    "llm": "local/extractive",
    "text-embedding": "local/minilm",
    "rerank": "local/minilm",
    "moderation": "local/profanity",
    "speech2text": "local/pocketsphinx",
    "tts": "local/espeak",
}
"""What stands for a model that nobody picked, by type."""


def model_type_of(scope: str) -> str:
    """The type of model a scope lets one pick, "llm" where there is no scope."""
    tokens = scope.split("&")
    return next((model_type for model_type in MODEL_TYPES if model_type in tokens), "llm")


def model_selector(name: str, *, scope: str) -> dict[str, Any]:
    """The value right after picking `provider/model`.

    A provider is one segment ("openai") or three ("langgenius/openai/openai"); a model's name may have slashes too, so
    three segments are a short provider and a model. A name alone is a model of the workspace's own provider, "local".
    """
    segments = name.split("/")
    length = 3 if len(segments) > 3 else len(segments) > 1
    model_type = model_type_of(scope)
    selector: dict[str, Any] = {
        "provider": "/".join(segments[:length]) or "local",
        "model": "/".join(segments[length:]),
        "model_type": model_type,
    }
    if model_type == "llm":
        selector |= {"mode": "chat", "completion_params": {}}
    return selector


def app_selector(app_id: str) -> dict[str, Any]:
    return {"app_id": app_id, "inputs": {}, "files": []}
