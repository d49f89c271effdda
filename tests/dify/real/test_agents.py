"""A legacy agent and a New Agent that call the plugin's tools."""

import json
import re
from typing import Any

import pytest

from tests.dify import apps
from tests.dify.console import ConsoleError
from tests.dify.real.place import PLUGIN, PROVIDER, Place
from tests.dify.real.settings import model, model_id

LEFT_OUT = "the New Agent is left out: "


def legacy_agent(dify: Place) -> str:
    tools = (
        apps.agent_tool("llm", provider=PROVIDER, model=model("echo")),
        apps.agent_tool("chat_app", provider=PROVIDER, app=dify.app("chatbot that counts")),
        apps.agent_tool("storage", provider=PROVIDER),
    )
    return dify.app_id("legacy agent", dsl=apps.chat("legacy agent", "calls-a-tool", mode="agent-chat", tools=tools))


def said(dify: Place, app_id: str, tool: str, /, **arguments: Any) -> str:
    """What the agent's model was told that a tool had answered."""
    asked = {"query": f"{tool} {json.dumps(arguments)}", "user": apps.PREFIX}
    events = list(dify.console.service(app_id).events("/chat-messages", asked))
    failed = [event["message"] for event in events if event["event"] == "error"]
    assert not failed, f"{tool}: {failed[0][:300]}"
    return "".join(event.get("answer", "") for event in events if event["event"] in ("message", "agent_message"))


def conversation_in(answer: str) -> str:
    found = re.search(r'"conversation_id": "([0-9a-f-]{36})"', answer)
    assert found, f"no conversation_id is told to the agent: {answer[:300]}"
    return found[1]


def test_a_legacy_agent_reads_what_the_tools_answer(dify: Place) -> None:
    app_id = legacy_agent(dify)

    assert "Echo: Say hello." in said(dify, app_id, "llm", prompt="Say hello.")
    assert "Nothing is stored" in said(dify, app_id, "storage", action="exists", key="nosuch")


def test_s11_an_agent_goes_on_with_the_conversation_of_an_app(dify: Place) -> None:
    app_id = legacy_agent(dify)
    first = said(dify, app_id, "chat_app", query="One")
    begun = conversation_in(first)

    assert "Message 2 of a user." in said(dify, app_id, "chat_app", query="Two", conversation_id=begun)


def test_s12_an_agent_is_told_why_a_tool_failed(dify: Place) -> None:
    told = said(dify, legacy_agent(dify), "storage", action="set", key="")

    assert "`key`" in told, told[:300]


@pytest.fixture(scope="module")
def new_agent(dify: Place) -> str:
    """A key of its API."""
    named: dict[str, Any] = {"provider_type": "plugin", "provider_id": PROVIDER, "provider": "switchboard"}
    named |= {"plugin_id": PLUGIN, "credential_type": "unauthorized"}
    tools = [
        {**named, "tool_name": "storage"},
        {**named, "tool_name": "llm", "runtime_parameters": {"model_id": model_id("echo")}},
        {**named, "tool_name": "chat_app", "runtime_parameters": {"app_id": dify.app_id("chatbot that counts")}},
    ]
    chosen = {"plugin_id": apps.PROVIDER_PLUGIN, "model_provider": apps.PROVIDER}
    soul = {
        "prompt": {"system_prompt": "Answer."},
        "model": {**chosen, "model": f"{apps.MODEL_PREFIX}calls-a-tool"},
        "tools": {"dify_tools": tools},
    }
    try:
        agent = dify.console.post("/agent", {"name": f"{apps.PREFIX} agent"})["id"]
    except ConsoleError as error:
        if error.status == 404:
            pytest.skip(f"{LEFT_OUT}this Dify has none")
        raise
    composed = {"variant": "agent_app", "save_strategy": "save_to_current_version", "agent_soul": soul}
    dify.console.call("PUT", f"/agent/{agent}/composer", json=composed)
    dify.console.post(f"/agent/{agent}/publish")
    dify.console.post(f"/agent/{agent}/api-enable", {"enable_api": True})
    return str(dify.console.post(f"/agent/{agent}/api-keys")["token"])


def told(dify: Place, key: str, tool: str, /, **arguments: Any) -> str:
    asked = {"query": f"{tool} {json.dumps(arguments)}", "user": apps.PREFIX}
    events = list(dify.console.service_of(key).events("/chat-messages", asked))
    failed = [event["message"] for event in events if event["event"] == "error"]
    if failed and "connection" in failed[0].lower():
        pytest.skip(f"{LEFT_OUT}its backend does not run ({failed[0][:80]})")
    assert not failed, f"{tool}: {failed[0][:300]}"
    return "".join(event.get("answer", "") for event in events)


def test_a_new_agent_reads_what_the_tools_answer(dify: Place, new_agent: str) -> None:
    assert "Echo: Say hello." in told(dify, new_agent, "llm", prompt="Say hello.")
    assert "Nothing is stored" in told(dify, new_agent, "storage", action="exists", key="nosuch")


def test_a_new_agent_goes_on_with_the_conversation_of_an_app(dify: Place, new_agent: str) -> None:
    first = told(dify, new_agent, "chat_app", query="One")
    begun = conversation_in(first)

    assert "Message 2 of a user." in told(dify, new_agent, "chat_app", query="Two", conversation_id=begun)
