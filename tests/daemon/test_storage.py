"""The storage tool on the real daemon, which keeps what plugins store itself: nothing of it comes to Dify."""

import json
import uuid

import pytest


@pytest.fixture
def key():
    return f"tests/{uuid.uuid4()}"


@pytest.fixture
def store(api):
    """Calls the tool; what it puts out as variables, or the message of its error."""

    def call(action, key, **more):
        answer = api.host.call_tool("storage", {"action": action, "key": key, **more})
        lines = [json.loads(line.removeprefix("data: ")) for line in answer.splitlines() if line.startswith("data: ")]
        failed = [line["message"] for line in lines if line["code"] != 0]
        messages = [line["data"]["message"] for line in lines if line["code"] == 0]
        said = [message for message in messages if "variable_name" in message]
        return failed[0] if failed else {message["variable_name"]: message["variable_value"] for message in said}

    return call


def test_what_is_stored_can_be_read_until_it_is_deleted(store, api, key):
    assert store("get", key) == {"value": "", "found": False}
    assert store("set", key, value="Olá") == {"value": "Olá", "found": True}
    assert store("exists", key) == {"value": "", "found": True}
    assert store("get", key) == {"value": "Olá", "found": True}
    assert store("delete", key) == {"value": "", "found": True}
    assert store("delete", key) == {"value": "", "found": False}
    assert api.asked == []


def test_a_value_as_large_as_the_wire_takes_is_kept_whole(store, key):
    value = "é" * 1_200_000

    stored = store("set", key, value=value)
    read = store("get", key)
    store("delete", key)

    assert stored == read == {"value": value, "found": True}


def test_a_full_storage_is_a_sentence(store, key):
    value = "x" * 2_500_000

    answers = [store("set", f"{key}/{number}", value=value) for number in range(5)]
    for number in range(5):
        store("delete", f"{key}/{number}")

    assert "RefusedByDify" in answers[-1]
    assert "storage in Dify is full" in answers[-1]


def test_a_value_at_a_key_leaves_room_for_others_below_it(store, key):
    keys = [key, f"{key}/below", f"{key}/below/it", f"{key}/..", f"{key}\\"]

    stored = [store("set", one, value=one) for one in keys]
    read = [store("get", one) for one in keys]
    deleted = [store("delete", one)["found"] for one in keys]

    assert stored == read == [{"value": one, "found": True} for one in keys]
    assert all(deleted)
    assert not any(store("exists", one)["found"] for one in keys)
