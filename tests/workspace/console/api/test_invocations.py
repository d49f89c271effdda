"""The log of what the plugin asked Dify."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.workspace.console.api.serving import Console, console_of, over
from tests.workspace.dify.model_calls import llm_payload
from tests.workspace.plugin.plugins.bare import write_plugin

pytestmark = pytest.mark.usefixtures("child_process")

STREAM = "/console/api/invocations"


def ask(kind: str, **payload: Any) -> list[Any]:
    return ["ask", kind, payload]


EXIST = ask("storage", opt="exist", key="k")


def test_an_invocation_tells_what_was_asked_what_came_and_how_long_it_took(stepper: Console) -> None:
    begun = time.time()
    [started, *_] = stepper.call("steps/walk", {"steps": [EXIST]})

    [asked] = stepper.invocations_of(started["call"])
    assert (asked["type"], asked["caller"], asked["call"]) == ("storage", "tool walk", started["call"])
    assert asked["request"] == {"opt": "exist", "key": "k"}
    assert (asked["replies"], asked["reply_count"], asked["error"]) == ([{"data": False, "exist_num": 0}], 1, None)
    assert begun <= asked["at"] <= time.time()
    assert 0 <= asked["seconds"] <= time.time() - begun


def test_an_invocation_that_is_refused_tells_why(stepper: Console) -> None:
    [started, *_] = stepper.call("steps/walk", {"steps": [ask("tts", provider="p", model="m")]})

    [asked] = stepper.invocations_of(started["call"])
    assert asked["error"].startswith("permission denied")
    assert (asked["replies"], asked["seconds"] is None) == ([], False)


def test_of_many_replies_the_first_and_the_last_are_kept(stepper: Console) -> None:
    text = "One two three four five six seven eight nine ten."
    messages = [{"role": "user", "content": text}]
    [started, *_] = stepper.call("steps/walk", {"steps": [ask("llm", **llm_payload(prompt_messages=messages))]})

    [asked] = stepper.invocations_of(started["call"])
    places = [reply["delta"]["index"] for reply in asked["replies"]]
    last = asked["reply_count"] - 1
    assert places == [0, 1, 2, last - 2, last - 1, last]
    assert last > 6


def test_an_endpoint_s_invocations_are_told_by_its_request_without_the_query(stepper: Console) -> None:
    answer = httpx.post(f"{stepper.endpoints}/walk/there?key=test-key", json=[ask("storage", opt="exist", key="e")])
    assert answer.text == "ok"

    seen = stepper.invocations(lambda seen: bool(seen) and seen[-1]["request"].get("key") == "e" and over(seen))
    assert (seen[-1]["caller"], seen[-1]["call"]) == ("POST /walk/there", None)


def test_what_a_tool_asks_that_an_app_calls_is_shown_too(stepper: Console) -> None:
    app = ask("app", app_id="remembering", inputs={}, query="", conversation_id="", user="", response_mode="blocking")
    [started, *_] = stepper.call("steps/walk", {"steps": [app]})

    seen = stepper.invocations(lambda seen: bool(seen) and seen[-1]["caller"] == "tool remember" and over(seen))
    assert [(one["type"], one["call"]) for one in seen[-2:]] == [("app", started["call"]), ("storage", None)]


def test_long_texts_and_lists_are_cut_and_keys_are_hidden(stepper: Console) -> None:
    long, many = "x" * 990 + "test-key" + "y" * 4000, [[n] for n in range(100)]
    asked = ask("storage", opt="exist", key="long", note=long, many=many, **{"test-key": "a test-key here"})
    [started, *_] = stepper.call("steps/walk", {"steps": [asked]})

    [shown] = stepper.invocations_of(started["call"])
    assert "test-key" not in json.dumps(shown)
    assert shown["request"]["note"] == "x" * 990 + "********" + "yy… (4998 characters)"
    assert shown["request"]["many"] == [*many[:35], "… (100 items)", *many[95:]]
    assert shown["request"]["********"] == "a ******** here"


def test_the_secrets_of_a_call_s_credentials_are_hidden(stepper: Console) -> None:
    asked = ask("storage", opt="exist", key="open-sesame")
    events = stepper.call("locked/walk", {"steps": [asked]}, credentials={"door_key": "open-sesame"})

    [shown] = stepper.invocations_of(events[0]["call"])
    assert shown["request"] == {"opt": "exist", "key": "********"}


def test_who_watches_sees_an_invocation_begin_and_end(stepper: Console) -> None:
    approval = ask("app", app_id="approval", inputs={}, query="", conversation_id="", user="", response_mode="blocking")
    with stepper.client.stream("GET", STREAM) as response:
        lines = response.iter_lines()
        assert json.loads(next(lines)) == {"ping": True}
        [started, *_] = stepper.call("steps/walk", {"steps": [approval]})
        changes = []
        while not changes or changes[-1]["seconds"] is None:
            change = json.loads(next(lines))
            if change.get("call") == started["call"]:
                changes.append(change)
    assert len({change["id"] for change in changes}) == 1


def test_who_watches_does_not_keep_it_from_ending(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path, "def request(session, data): pass")
    with console_of(folder, tmp_path / "data") as console, console.client.stream("GET", STREAM) as watched:
        lines = watched.iter_lines()
        next(lines)
        with console.calling("bare/do", {}) as events:
            next(events)
            console.process.terminate()
            assert console.process.wait(30) == 143
        with pytest.raises(httpx.RemoteProtocolError):
            list(lines)


def test_no_more_than_the_last_200_are_kept(stepper: Console) -> None:
    marked = ask("storage", opt="exist", key="the last")
    stepper.call("steps/walk", {"steps": [*[EXIST] * 205, marked]})

    seen = stepper.invocations(lambda seen: bool(seen) and seen[-1]["request"] == {"opt": "exist", "key": "the last"})
    assert len(seen) == 200
