"""What the tests make in a workspace of Dify, and remove again: plugins, models, apps."""

from pathlib import Path

from tests.dify import apps, models
from tests.dify.console import Console

HERE = Path(__file__).parent
RECORDER = HERE / "recorder"


def add_models(console: Console, base_url: str) -> None:
    """Those of `models`, at an address that Dify reaches."""
    given = {"api_key": "test-key", "endpoint_url": base_url}
    llm = {
        **given,
        "mode": "chat",
        "context_size": "8000",
        "max_tokens_to_sample": "4096",
        "agent_thought_support": "not_supported",
        "compatibility_mode": "strict",
        "token_param_name": "max_tokens",
        "vision_support": "no_support",
        "structured_output_support": "not_supported",
        "stream_mode_delimiter": "\\n\\n",
    }
    with_tools = {"function_calling_type": "tool_call", "stream_function_calling": "supported"}
    without = {"function_calling_type": "no_call", "stream_function_calling": "not_supported"}
    others = {
        "text-embedding": {**given, "context_size": "8000", "max_chunks": "32"},
        "rerank": {**given, "context_size": "8000"},
        "tts": {**given, "voices": "alloy"},
    }
    for name, kind in wanted_models():
        credentials = others.get(kind) or llm | (with_tools if name == "calls-a-tool" else without)
        console.add_model(apps.PROVIDER, apps.MODEL_PREFIX + name, kind, credentials)


def wanted_models() -> list[tuple[str, str]]:
    """Name and type."""
    others = [(name, kind) for kind, names in models.OTHERS.items() for name in names]
    return [(name, "llm") for name in models.LLMS] + others


def add_app(console: Console, dsl: str, *, publish: bool = True) -> str:
    """Its id."""
    app_id = console.import_app(dsl)
    if publish and "\nworkflow:" in dsl:
        console.publish(app_id)
    return app_id


def remove_all(console: Console) -> None:
    """Everything that bears the names of these tests, also what an earlier run has left."""
    while found := console.apps(apps.PREFIX):
        for app in found:
            console.delete_app(app["id"])
    for name, kind in wanted_models():
        console.remove_model(apps.PROVIDER, apps.MODEL_PREFIX + name, kind)
    console.uninstall("switchboard/recorder")
