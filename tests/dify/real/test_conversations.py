"""Conversations that go on, in each kind of app, through the tool and over HTTP."""

import pytest
from dify_client import ChatClient

from tests.dify.real.place import Place
from tests.dify.real.test_routes import of_dify, openai_client

KINDS = ["chatbot that counts", "agent that counts", "chatflow that counts"]
COUNTED = ["Message 1 of a user.", "Message 2 of a user."]


@pytest.mark.parametrize("kind", KINDS)
def test_the_tool_goes_on_with_a_conversation(dify: Place, kind: str) -> None:
    first = dify.run_tool("chat_app", {"app": dify.app(kind), "query": "One"})
    assert first["status"] == "succeeded", f"{kind}: {first['error']}"
    begun = first["outputs"]["conversation_id"]
    second = dify.run_tool("chat_app", {"app": dify.app(kind), "query": "Two", "conversation_id": begun})
    assert second["status"] == "succeeded", f"{kind}: {second['error']}"

    assert [each["outputs"]["answer"] for each in (first, second)] == COUNTED
    assert second["outputs"]["conversation_id"] == begun


@pytest.mark.parametrize("kind", KINDS)
def test_the_routes_go_on_with_a_conversation(dify: Place, kind: str) -> None:
    client = of_dify(dify, ChatClient, kind)
    first = client.create_chat_message({}, "One", "ana").json()
    second = client.create_chat_message({}, "Two", "ana", conversation_id=first["conversation_id"]).json()
    assert [first.get("answer"), second.get("answer")] == COUNTED, f"{first} {second}"

    with openai_client(dify) as openai:
        third = openai.chat.completions.create(
            model=f"app/{dify.app_id(kind)}",
            messages=[{"role": "user", "content": "Three"}],
            extra_body={"conversation_id": first["conversation_id"]},
        )
    assert third.choices[0].message.content == "Message 3 of a user."


def test_what_is_stored_is_there_for_the_next_run(dify: Place) -> None:
    key = "switchboard-check/city"
    stored = dify.run_tool("storage", {"action": "set", "key": key, "value": "Lisbon"})
    read = dify.run_tool("storage", {"action": "get", "key": key})
    dify.run_tool("storage", {"action": "delete", "key": key})
    gone = dify.run_tool("storage", {"action": "get", "key": key})

    assert stored["status"] == "succeeded", str(stored["error"])
    assert (read["outputs"]["value"], read["outputs"]["found"], gone["outputs"]["found"]) == ("Lisbon", True, False)
