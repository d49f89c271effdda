"""Calls of tools from the console."""

import base64
import contextlib
import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.workspace.console.api.serving import SENT, Console, console_of
from tests.workspace.plugin.plugins.bare import write_plugin

pytestmark = pytest.mark.usefixtures("child_process")


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["event"] for event in events]


def outputs_of(events: list[dict[str, Any]]) -> dict[str, Any]:
    [outputs] = [event["outputs"] for event in events if event["event"] == "outputs"]
    return outputs


def error_of(events: list[dict[str, Any]]) -> dict[str, Any]:
    assert kinds(events)[-2:] == ["error", "end"]
    assert "outputs" not in kinds(events)
    return events[-2]


def test_a_call_streams_its_text_and_ends_with_its_outputs(stepper: Console) -> None:
    log = {"id": "1", "label": "Looking", "status": "success", "data": {"steps": 3}}
    steps = [
        ["text", "One "],
        ["send", {"type": "log", "message": log}],
        ["send", {"type": "link", "message": {"text": "https://example.com"}}],
        ["send", {"type": "json", "message": {"json_object": {"n": 1}}}],
        ["variable", "found", "it"],
    ]
    events = stepper.call("steps/walk", {"steps": steps})

    assert kinds(events) == ["started", "text", "log", "text", "outputs", "end"]
    started, one, log_event, link, outputs, end = events
    assert started["call"]
    assert (one["text"], link["text"]) == ("One ", "Link: https://example.com\n")
    assert (log_event["label"], log_event["status"], log_event["data"]) == ("Looking", "success", {"steps": 3})
    assert outputs["outputs"]["text"] == "One Link: https://example.com\n"
    assert outputs["outputs"]["json"] == [{"n": 1}]
    assert outputs["outputs"]["variables"]["found"] == "it"
    assert 0 <= outputs["seconds"] <= end["seconds"]


def test_a_text_arrives_while_the_call_goes_on(stepper: Console) -> None:
    """The call does not end before another comes, which is not sent before the text of the first is there."""
    with stepper.calling("steps/walk", {"steps": [["text", "waiting"], ["meet"]]}) as events:
        assert [next(events)["event"], next(events)["text"]] == ["started", "waiting"]
        stepper.call("steps/walk", {"steps": [["meet"]]})
        assert [event["event"] for event in events] == ["outputs", "end"]


def test_two_calls_at_once_keep_apart(stepper: Console) -> None:
    def steps(name: str) -> list[Any]:
        return [["text", f"{name}1"], ["meet"], ["ask", "storage", {"opt": "exist", "key": name}], ["text", f"{name}2"]]

    with stepper.calling("steps/walk", {"steps": steps("a")}) as first:
        begun = [next(first), next(first)]
        second = stepper.call("steps/walk", {"steps": steps("b")})
        both = {"a": [*begun, *first], "b": second}

    for name, events in both.items():
        assert [event["text"] for event in events if event["event"] == "text"] == [f"{name}1", f"{name}2"]
        [asked] = stepper.invocations_of(events[0]["call"])
        assert asked["request"]["key"] == name


def test_values_reach_the_plugin_as_its_yaml_says(stepper: Console) -> None:
    given = {"pace": "7", "way": "up", "model": "openai/gpt-4o", "photo": None}
    reached = outputs_of(stepper.call("steps/walk", given))["variables"]["given"]

    model = {"provider": "openai", "model": "gpt-4o", "model_type": "llm", "mode": "chat", "completion_params": {}}
    assert reached == {"pace": 7, "way": "up", "model": model, "credentials": {}}


def test_what_is_not_given_has_its_default(stepper: Console) -> None:
    assert outputs_of(stepper.call("steps/walk", {"pace": None}))["variables"]["given"]["pace"] == 3


@pytest.mark.parametrize(
    ("tool", "given", "problem"),
    [
        ("steps/walk", {"pace": "fast"}, "pace: it takes a number, not 'fast'."),
        ("steps/walk", {"way": "left"}, "way: it is one of up, down, not 'left'."),
        ("steps/walk", {"model": {}}, "model: the selector must be a dictionary with provider, model, model_type."),
        ("steps/walk", {"model": ""}, "model: the selector must be a dictionary with provider, model, model_type."),
        ("steps/walk", {"photo": "a.png"}, "photo: it takes a file."),
        ("steps/walk", {"photo": {"file": "nope"}}, "photo: there is no uploaded file 'nope'."),
        ("steps/walk", {"photos": [{"file": "../../x"}]}, "photos: there is no uploaded file '../../x'."),
        ("steps/walk", {"pase": 1}, "walk has no parameter 'pase': did you mean pace?"),
        ("locked/walk", {}, "the provider needs door_key (Key of the door)."),
    ],
)
def test_what_dify_would_not_pass_on_is_refused_before_the_plugin_is_called(
    stepper: Console, tool: str, given: dict[str, Any], problem: str
) -> None:
    events = stepper.call(tool, given)

    assert kinds(events) == ["started", "error", "end"]
    assert (events[1]["kind"], events[1]["message"]) == ("ParameterError", problem)


def test_a_parameter_that_is_required_is_asked_for(own: Console) -> None:
    assert error_of(own.call("switchboard/summary", {}))["message"] == "summary needs text."


def test_credentials_come_with_the_call_and_no_unknown_ones(stepper: Console) -> None:
    answered = stepper.call("locked/walk", {}, credentials={"door_key": "test-key"})
    refused = stepper.call("locked/walk", {}, credentials={"door_key": "test-key", "floor": "1"})

    assert outputs_of(answered)["variables"]["given"]["credentials"] == {"door_key": "test-key"}
    assert error_of(refused)["message"].startswith("the provider has no credential 'floor'")
    assert "door_key" in error_of(stepper.call("locked/walk", {}, credentials={"door_key": ""}))["message"]


def test_an_error_of_the_plugin_is_told_as_it_is_and_as_a_workflow_shows_it(stepper: Console) -> None:
    events = stepper.call("steps/walk", {"steps": [["text", "so far"], ["fail", "InvalidInput", "no such way"]]})

    assert kinds(events) == ["started", "text", "error", "end"]
    error = error_of(events)
    assert (error["kind"], error["message"]) == ("InvalidInput", "no such way")
    assert error["in_workflow"] == (
        "An error occurred in the steps, please contact the author of steps for help, "
        "error type: InvalidInput, error details: no such way"
    )


def test_what_dify_would_fail_on_is_an_error(stepper: Console) -> None:
    message = {"type": "file", "message": {}}
    error = error_of(stepper.call("steps/walk", {"steps": [["send", message]]}))

    assert error["kind"] == "OutputError"
    assert error["message"] == "Dify fails on a message of type 'file': send the file as a blob message."


def test_a_plugin_that_dies_in_a_call_is_told_and_started_again(stepper: Console) -> None:
    error = error_of(stepper.call("steps/walk", {"steps": [["text", "so far"], ["die"]]}))

    assert (error["kind"], error["message"]) == ("PluginGone", "The plugin ended with exit code 3.")
    assert outputs_of(stepper.call("steps/walk", {"steps": [["text", "back"]]}))["text"] == "back"


def test_a_plugin_that_does_not_start_again_is_told(tmp_path: Path) -> None:
    source = "def request(session, data):\n    os.remove('main.py')\n    os._exit(3)\n"
    with console_of(write_plugin(tmp_path, source), tmp_path / "data") as console:
        assert error_of(console.call("bare/do", {}))["kind"] == "PluginGone"
        error = error_of(console.call("bare/do", {}))

    assert error["kind"] == "PluginStartError"
    assert error["message"].startswith("The plugin ended with exit code 1.")


def test_lines_that_the_plugin_prints_are_shown(stepper: Console) -> None:
    events = stepper.call("steps/walk", {"steps": [["print", "looking around"], ["print", "x" * 5000]]})

    assert [(event["source"], event["text"]) for event in events if event["event"] == "line"] == [
        ("stdout", "looking around"),
        ("stdout", "x" * 1024 + " ..."),
    ]


def test_a_page_that_leaves_does_not_stop_the_call(stepper: Console) -> None:
    ask = ["ask", "storage", {"opt": "set", "key": "left", "value": "00"}]
    with stepper.calling("steps/walk", {"steps": [["text", "begun"], ["meet"], ask]}) as events:
        call = next(events)["call"]
        assert next(events)["text"] == "begun"
    stepper.call("steps/walk", {"steps": [["meet"]]})

    [stored] = stepper.invocations_of(call)
    assert (stored["error"], stored["reply_count"]) == (None, 1)


# -- files


def test_a_file_goes_in(stepper: Console) -> None:
    photo = stepper.upload(b"\x89PNG\r\n\x1a\n", "a photo.png", "application/octet-stream")
    assert (photo["filename"], photo["mime_type"], photo["size"]) == ("a photo.png", "image/png", 8)

    given = {"photo": {"file": photo["id"]}, "photos": [{"file": photo["id"]}]}
    reached = outputs_of(stepper.call("steps/walk", given))["variables"]["given"]
    assert reached["photos"] == [reached["photo"]]
    assert (reached["photo"]["filename"], reached["photo"]["type"]) == ("a photo.png", "image")
    assert httpx.get(reached["photo"]["url"]).content == b"\x89PNG\r\n\x1a\n"
    assert stepper.client.get(photo["url"]).headers["Content-Type"] == "image/png"


def test_a_recording_keeps_the_type_that_the_browser_gave_it(stepper: Console) -> None:
    assert stepper.upload(b"\x1aE\xdf\xa3", "r.webm", "audio/webm;codecs=opus")["mime_type"] == "audio/webm"


@pytest.mark.parametrize("name", ["../../x.txt", "C:\\x\\x.txt", "/etc/x.txt"])
def test_of_an_upload_s_name_only_the_end_is_taken(stepper: Console, name: str) -> None:
    assert stepper.upload(b"hello", name, "text/plain")["filename"] == "x.txt"


def test_an_upload_is_a_part_of_its_name(stepper: Console) -> None:
    answer = stepper.client.post("/console/api/files", files={"other": b"x"}, headers=SENT)

    assert (answer.status_code, answer.json()) == (400, {"message": "A file is uploaded as the part `file` of a form."})


def test_an_upload_that_is_too_large_is_told_the_limit(stepper: Console) -> None:
    claimed = {"Content-Length": str(101 * 1024**2), "Content-Type": "multipart/form-data; boundary=x", **SENT}
    with contextlib.closing(http.client.HTTPConnection(urlsplit(stepper.url).netloc)) as connection:
        connection.request("POST", "/console/api/files", headers=claimed)
        answer = connection.getresponse()

        assert answer.status == 413
        assert json.loads(answer.read()) == {"message": "At most 100 MiB can be sent at once."}


def blob(content: bytes, **meta: str) -> list[Any]:
    return ["send", {"type": "blob", "message": {"blob": base64.b64encode(content).decode()}, "meta": meta}]


@pytest.mark.parametrize(
    ("mime_type", "disposition"),
    [
        ("audio/mpeg", "inline"),
        ("image/png", "inline"),
        ("video/mp4", "inline"),
        ("text/plain", "inline"),
        ("image/svg+xml", "attachment"),
        ("text/html", "attachment"),
        ("text/javascript", "attachment"),
        ("application/pdf", "attachment"),
        ("audio/x\r\nSet-Cookie: a=b", "attachment"),
        ("Text/Plain; charset=utf-8", "inline"),
        ("Image/SVG+XML;a=b", "attachment"),
    ],
)
def test_a_file_comes_out_and_only_what_holds_no_scripts_opens(
    stepper: Console, mime_type: str, disposition: str
) -> None:
    events = stepper.call("steps/walk", {"steps": [blob(b"0123456789", mime_type=mime_type, filename="a/ü x.bin")]})
    [file] = outputs_of(events)["files"]

    assert (file["filename"], file["mime_type"], file["size"]) == ("a/ü x.bin", mime_type, 10)
    answer = stepper.client.get(file["url"])
    assert answer.content == b"0123456789"
    assert answer.headers["Content-Disposition"].startswith(disposition)
    kind = mime_type.lower().partition(";")[0]
    opens = disposition == "inline" or kind == "image/svg+xml"
    sent_as = answer.headers["Content-Type"].partition(";")[0]
    assert sent_as == (kind if opens else "application/octet-stream")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    part = stepper.client.get(file["url"], headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")


# -- requests that are wrong


@pytest.mark.parametrize("tool", ["steps/wlak", "nobody/walk", "locked/remember"])
def test_a_tool_that_is_not_there_is_404(stepper: Console, tool: str) -> None:
    answer = stepper.post(tool, {"parameters": {}})

    assert answer.status_code == 404
    assert answer.json()["message"].startswith("stepper has no tool")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{", "The body is no JSON."),
        (b"[" * 100_000, "The body is no JSON."),
        (b'{"parameters": {"pace": NaN}}', "The body is no JSON."),
        (b"[1]", "The body must be a JSON object."),
        (b'{"parameters": [1]}', "parameters must be a JSON object."),
        (b'{"credentials": "k"}', "credentials must be a JSON object."),
    ],
)
def test_a_body_that_is_wrong_is_400(stepper: Console, body: bytes, problem: str) -> None:
    headers = {**SENT, "Content-Type": "application/json"}
    answer = stepper.client.post("/console/api/tools/steps/walk", content=body, headers=headers)

    assert (answer.status_code, answer.json()) == (400, {"message": problem})


# -- this repository's plugin


def test_speech_comes_out_and_goes_in(own: Console) -> None:
    model = {"provider": "local", "model": "espeak", "model_type": "tts", "language": "en-US", "voice": "en-us"}
    spoken = own.call("switchboard/tts", {"model": model, "text": "Please open the front door."})
    [audio] = outputs_of(spoken)["files"]
    assert audio["mime_type"] == "audio/mpeg"
    content = own.client.get(audio["url"]).content
    assert len(content) == audio["size"]

    again = own.upload(content, "door.mp3", "audio/mpeg")
    heard = own.call("switchboard/speech2text", {"model": "local/pocketsphinx", "audio": {"file": again["id"]}})
    assert outputs_of(heard)["variables"]["transcript"].startswith("please open the")


def test_a_model_s_answer_streams(own: Console) -> None:
    prompt = "Lisbon lies on the Tagus. Bread rises. On which river does Lisbon lie?"
    events = own.call("switchboard/llm", {"model": "local/extractive", "prompt": prompt})

    pieces = [event["text"] for event in events if event["event"] == "text"]
    assert len(pieces) > 3
    assert "".join(pieces) == outputs_of(events)["variables"]["answer"] == "Lisbon lies on the Tagus."
    [asked] = own.invocations_of(events[0]["call"])
    assert (asked["type"], asked["caller"], asked["error"]) == ("llm", "tool llm", None)
    assert prompt in json.dumps(asked["request"])
