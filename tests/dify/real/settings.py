"""The settings of the endpoints, as Dify's form saves them."""

from typing import Any

from tests.dify import offline
from tests.dify.apps import MODEL_PREFIX, PROVIDER

KEY = "test-key"


def model(name: str, model_type: str = "llm", **more: Any) -> dict[str, Any]:
    """As a model selector saves it."""
    chat = {"mode": "chat", "completion_params": {}} if model_type == "llm" else {}
    return {"provider": PROVIDER, "model": MODEL_PREFIX + name, "model_type": model_type, **chat, **more}


def model_id(name: str) -> str:
    return f"{PROVIDER}/{MODEL_PREFIX}{name}"


def alias(name: str) -> str:
    kind = offline.MODELS[name][0] if name in offline.MODELS else "llm"
    return f"{name} = {kind}:{model_id(name)}"


SETTINGS: dict[str, Any] = {
    "api_key": KEY,
    "chat_model": model("echo"),
    "embedding_model": model("embed", "text-embedding"),
    "speech_model": model("speak", "tts", voice="alloy"),
    "rerank_model": model_id("rerank"),
    "models": ", ".join(
        alias(name) for name in ("boom", "limited", "slow", "calls-a-tool", "extractive", "pocketsphinx")
    ),
    "chat_app": lambda place: place.app("chatbot"),
    "workflow_app": lambda place: place.app("workflow"),
    "completion_app": lambda place: place.app("completion"),
    "reach": "workspace",
}
"""A function makes the app that it needs."""
