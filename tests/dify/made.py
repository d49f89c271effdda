"""What the tests make in a workspace of Dify, and remove again: plugins, models, apps."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.dify import apps, models, offline
from tests.dify.console import Console
from tests.dify.knowledge import knowledge

HERE = Path(__file__).parent
RECORDER = HERE / "recorder"


def add_models(console: Console, base_url: str, wanted: list[tuple[str, str]]) -> None:
    """Those of `wanted`, name and type, at an address that Dify reaches."""
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
        "tts": {**given, "voices": "alloy, en-us"},
    }
    for name, kind in wanted:
        credentials = others.get(kind) or llm | (with_tools if name == "calls-a-tool" else without)
        console.add_model(apps.PROVIDER, apps.MODEL_PREFIX + name, kind, credentials)


def wanted_models() -> list[tuple[str, str]]:
    """Name and type."""
    others = [(name, kind) for kind, names in models.OTHERS.items() for name in names]
    return [(name, "llm") for name in models.LLMS] + others


def offline_models() -> list[tuple[str, str]]:
    """The same of `offline`."""
    return [(name, kind) for name, (kind, _) in offline.MODELS.items()]


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
    for agent in console.agents(apps.PREFIX):
        console.delete_agent(agent["id"])
    for group in console.all_endpoints():
        if group["name"].startswith(apps.PREFIX):
            console.remove_endpoints(group["id"])
    for knowledge_id in knowledge(console, apps.PREFIX):
        console.call("DELETE", f"/datasets/{knowledge_id}")
    for name, kind in console.models(apps.PROVIDER):
        if name.startswith(apps.MODEL_PREFIX):
            console.remove_model(apps.PROVIDER, name, kind)
    console.uninstall("switchboard/recorder")


@contextmanager
def installed_instead(console: Console, plugin_id: str, identifier: str) -> Iterator[None]:
    """An uploaded package installed. Where the plugin was there before, it stays, for what uses it: Dify keeps the
    settings of endpoints, and no package that it has uninstalled."""
    there = console.plugins().get(plugin_id)
    try:
        if there is None or there["plugin_unique_identifier"] != identifier:
            console.uninstall(plugin_id)
            console.install_uploaded(identifier)
        yield
    finally:
        if there is None:
            console.uninstall(plugin_id)


type Listed = dict[str, set[str]]


def listed(console: Console) -> Listed:
    """What there is in a workspace by kind, each with its name."""
    kinds = ("llm", "text-embedding", "rerank", "tts", "speech2text", "moderation")
    return {
        "plugins": set(console.plugins()),
        "apps": {f"{each['name']} {each['id']}" for each in console.all_apps()},
        "agents": {f"{each['name']} {each['id']}" for each in console.agents("")},
        "knowledge": {f"{each['name']} {each['id']}" for each in console.pages("/datasets")},
        "endpoints": {f"{each['name']} {each['id']} {each['enabled']}" for each in console.all_endpoints()},
        "models": {f"{name} {kind}" for name, kind in console.models(apps.PROVIDER)},
        "default models": {f"{kind} {console.default_model(kind)}" for kind in kinds},
    }


def check_left_as_it_was(console: Console, before: Listed, say: Callable[[str], None], *own: str) -> None:
    """Raises RuntimeError for what these tests have left: what bears their names, or is one of `own`.

    Whatever else has changed since `before`, other people in the workspace may have done.
    """
    after = listed(console)
    changed = {f"{kind}: {each}" for kind in before for each in before[kind] ^ after[kind]}
    names = (apps.PREFIX, apps.MODEL_PREFIX, *own)
    ours = {each for each in changed if each.partition(": ")[2].startswith(names)}
    if changed - ours:
        say(f"changed meanwhile, by others: {'; '.join(sorted(changed - ours))[:500]}")
    if ours:
        raise RuntimeError(f"Dify is not as it was before: {'; '.join(sorted(ours))}")
