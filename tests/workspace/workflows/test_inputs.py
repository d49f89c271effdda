"""The start form: what it takes, and what it refuses in Dify's words before anything runs."""

from pathlib import Path
from typing import Any

import pytest

from tests.workspace.workflows.conftest import MakeApp
from tests.workspace.workflows.dsl_files import end, events_of, finished, start, variable
from workspace.dify.refusals import Refused
from workspace.plugin.file_server import FileServer

FIELDS = {
    "text": variable("text", "text-input", max_length=5),
    "body": variable("body", "paragraph", required=True),
    "tone": variable("tone", "select", options=["warm", "formal"]),
    "n": variable("n", "number", default="3"),
    "on": variable("on", "checkbox"),
    "data": variable("data", "json_object"),
    "one": variable("one", "file", allowed_file_types=["document"], allowed_file_upload_methods=["local_file"]),
    "many": variable("many", "file-list", max_length=2, allowed_file_types=["custom"], allowed_file_extensions=[".x"]),
}


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("text", "tea", "tea"),
        ("text", "t\x00ea", "tea"),
        ("text", None, None),
        ("tone", "warm", "warm"),
        ("n", 2, 2),
        ("n", "2.5", 2.5),
        ("n", " ", None),
        ("n", None, 3),
        ("on", True, True),
        ("on", "yes", True),
        ("on", "off", False),
        ("on", 0, False),
        ("on", "perhaps", "perhaps"),
        ("data", {"a": [1]}, {"a": [1]}),
        ("one", "", None),
        ("many", [], []),
    ],
)
def test_an_input_reaches_the_nodes_as_its_type(make: MakeApp, name: str, value: Any, seen: Any) -> None:
    field = {**FIELDS[name], "required": False}
    events = events_of(make(start(field), end(seen=["start", name])), {name: value, "unknown": 1})

    assert finished(events)["outputs"] == {"seen": seen}
    assert "unknown" not in events[0]["data"]["inputs"]


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("body", None, "body is required in input form"),
        ("text", "too long", "text in input form must be less than 5 characters"),
        ("text", 3, "(type 'text-input') text in input form must be a string"),
        ("tone", "rude", "tone in input form must be one of the following: ['warm', 'formal']"),
        ("n", "many", "n in input form must be a valid number"),
        ("data", "text", "data in input form must be a dict"),
        ("one", "text", "one in input form must be a file"),
        ("many", {"type": "image"}, "many in input form must be a list of files"),
        ("many", [{}, {}, {}], "many in input form must be less than 2 files"),
        ("one", {"type": "document"}, "transfer_method is required in file mapping"),
        ("one", {"type": "document", "transfer_method": "pigeon"}, "Invalid file transfer method: pigeon"),
        ("one", {"transfer_method": "local_file", "upload_file_id": "1"}, "Invalid upload file"),
        ("one", {"transfer_method": "tool_file", "tool_file_id": "1"}, "ToolFile 1 not found"),
        ("one", {"transfer_method": "remote_url", "url": "file:///etc/passwd"}, "Invalid file url"),
        (
            "one",
            {"type": "document", "transfer_method": "remote_url", "url": "https://example.com/a.pdf"},
            "File validation failed for file: a.pdf",
        ),
    ],
)
def test_what_the_form_refuses_is_refused_before_the_first_event(
    make: MakeApp, name: str, value: Any, problem: str
) -> None:
    with pytest.raises(Refused) as caught:
        events_of(make(start(FIELDS[name]), end()), {name: value})

    assert str(caught.value) == problem


@pytest.mark.parametrize(
    ("filename", "kind", "allowed"),
    [
        ("a.txt", "document", True),
        ("a.png", "image", False),
        ("a.x", "custom", False),
    ],
)
def test_a_file_must_be_of_a_kind_that_the_form_allows(
    make: MakeApp, files: FileServer, tmp_path: Path, filename: str, kind: str, allowed: bool
) -> None:
    (tmp_path / filename).write_text("content")
    given = {"type": kind, "transfer_method": "local_file", "upload_file_id": files.lend(tmp_path / filename).id}
    tried = make(start(FIELDS["one"]), end(one=["start", "one"]))
    if allowed:
        assert finished(events_of(tried, {"one": given}))["outputs"]["one"]["filename"] == filename
    else:
        with pytest.raises(Refused, match=f"File validation failed for file: {filename}"):
            events_of(tried, {"one": given})


def test_what_a_plugin_has_uploaded_is_always_allowed(make: MakeApp, files: FileServer) -> None:
    kept = files.keep(b"sound", filename="voice.mp3", mime_type="audio/mpeg")
    given = {"type": "audio", "transfer_method": "tool_file", "tool_file_id": kept.id}
    events = events_of(make(start(FIELDS["one"]), end(one=["start", "one"])), {"one": given})

    one = finished(events)["outputs"]["one"]
    assert (one["filename"], one["mime_type"], one["url"]) == ("voice.mp3", "audio/mpeg", kept.url)


def test_a_file_with_an_extension_of_its_own_is_custom(make: MakeApp, files: FileServer, tmp_path: Path) -> None:
    (tmp_path / "a.x").write_text("content")
    given = {"type": "custom", "transfer_method": "local_file", "upload_file_id": files.lend(tmp_path / "a.x").id}
    events = events_of(make(start(FIELDS["many"]), end(many=["start", "many"])), {"many": [given]})

    assert [file["filename"] for file in finished(events)["outputs"]["many"]] == ["a.x"]


def test_the_form_is_what_fetch_app_tells(make: MakeApp) -> None:
    features = {"opening_statement": "Hello.", "suggested_questions": ["Why?"], "file_upload": {"enabled": True}}
    parameters = make(start(*FIELDS.values()), end(), features=features).parameters()

    assert parameters["user_input_form"] == [{field["type"]: field} for field in FIELDS.values()]
    assert parameters["opening_statement"] == "Hello."
    assert parameters["file_upload"] == {"enabled": True}
    assert parameters["speech_to_text"] == {"enabled": False}
