import base64

import pytest

from switchboard.errors import BrokenInDify, InvalidInput, NoAnswer, NotPermitted, ProviderFailed
from tools.invoke_tool import InvokeToolTool
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError


def message(kind, **content):
    return {"type": kind, "message": content, "meta": None}


def run(dify, **parameters):
    return dify.run(InvokeToolTool, {"provider": "langgenius/time/time", "tool": "current_time", **parameters})


def test_the_whole_request_and_every_output():
    dify = StubbedDify(
        replies(
            message("log", id="1", label="Looking", status="start", data={}),
            message("text", text="It is "),
            message("text", text="noon."),
            message("json", json_object={"hour": 12}),
            message("variable", variable_name="zone", variable_value="UTC", stream=False),
        )
    )

    outputs = run(dify, provider_type="workflow", parameters='{"timezone": "UTC"}')

    assert dify.requests == [
        (
            "tool",
            {
                "tool_type": "workflow",
                "provider": "langgenius/time/time",
                "tool": "current_time",
                "tool_parameters": {"timezone": "UTC"},
            },
        )
    ]
    assert outputs.texts == ["It is ", "noon."]
    assert outputs.json == [{"hour": 12}]
    assert outputs.variables == {
        "result": {"text": "It is noon.", "json": [{"hour": 12}], "variables": {"zone": "UTC"}}
    }
    assert outputs.logs == []


def test_a_tool_that_gives_only_data_is_readable_too():
    outputs = run(StubbedDify(replies(message("json", json_object=[1, 2]))))

    assert (outputs.text, outputs.json) == ("[[1, 2]]", [])
    assert outputs.variables["result"]["json"] == [[1, 2]]


def test_a_streamed_variable_is_put_together():
    parts = [message("variable", variable_name="poem", variable_value=each, stream=True) for each in ("Ro", "ses")]

    assert run(StubbedDify(replies(*parts))).variables["result"]["variables"] == {"poem": "Roses"}


def test_a_picture_passes_through():
    """With what Dify knows it by: its id is in the meta, in older versions in the address."""
    picture = {**message("image_link", text="/files/tools/7a.png"), "meta": {"tool_file_id": "7a", "filename": "a.png"}}
    dify = StubbedDify(replies(picture))

    [handed_on] = [
        each for each in dify.messages(InvokeToolTool, {"provider": "p", "tool": "t"}) if each.type.value != "variable"
    ]

    assert handed_on.model_dump(mode="json", include={"type", "message", "meta"}) == picture


def test_bytes_pass_through():
    blob = message("blob", blob=base64.b64encode(b"ID3").decode())

    [file] = run(StubbedDify(replies({**blob, "meta": {"mime_type": "audio/mpeg"}}))).files

    assert (file.blob, file.mime_type) == (b"ID3", "audio/mpeg")


def test_a_file_that_the_sdk_cannot_read_is_said_to_be_that():
    dify = StubbedDify(replies(message("text", text="Here:"), message("binary_link", text="/files/tools/7a.mp3")))

    with pytest.raises(BrokenInDify, match="a file that is no picture"):
        run(dify)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"provider": " "}, "`provider` is empty"),
        ({"tool": None}, "`tool` is empty"),
        ({"provider_type": "app"}, "has to be one of builtin, api, workflow, mcp"),
        ({"parameters": "UTC"}, "`parameters` is not valid JSON"),
        ({"parameters": "[]"}, "`parameters` has to be a JSON object"),
    ],
)
def test_bad_input_is_refused_before_dify_is_asked(parameters, sentence):
    dify = StubbedDify(replies())

    with pytest.raises(InvalidInput, match=sentence):
        run(dify, **parameters)

    assert dify.requests == []


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([DifyError("permission denied, you need to enable tool access in plugin manifest")], NotPermitted),
        ([message("text", text="It "), DifyError("read tool failed: request failed: no such zone")], ProviderFailed),
        ([], NoAnswer),
    ],
)
def test_failures_are_told_apart(events, error):
    with pytest.raises(error):
        run(StubbedDify(replies(*events)))
