"""Tools that a plugin calls: its own, and workflows as tools."""

import base64

import pytest
from dify_plugin.entities.tool import ToolProviderType

from tests.workspace.dify.app_calls import refused, session_of
from tests.workspace.dify.fake_models import EVERYTHING, FakeModels
from tests.workspace.dify.model_calls import error_of
from tests.workspace.dify.plugin_tools import GREETER, ScriptedTools, message
from workspace.local import local_dify
from workspace.plugin.errors import PluginCallError, PluginGone
from workspace.plugin.file_server import FileServer

pytestmark = pytest.mark.usefixtures("child_process")

HELLO = message("text", text="Hello")
MODEL = {"provider": "p", "model": "m", "model_type": "llm"}


def invoke(session, tool="greet", provider=GREETER, kind=ToolProviderType.BUILT_IN, **parameters):
    return list(session.tool.invoke(kind, provider, tool, parameters))


def refused_tool(text):
    return refused(text).replace("invoke app", "invoke tool")


UNKNOWN = "00000000-0000-4000-8000-000000000000"
INTERNAL_ERROR = refused("Internal Server Error", status=500, code="unknown").replace("invoke app", "invoke tool")


def blob(content, **meta):
    return message("blob", meta=meta, blob=base64.b64encode(content).decode())


def test_a_plugin_calls_its_own_tool_with_settings_in_their_defaults():
    tools = ScriptedTools(HELLO, message("variable", variable_name="greeting", variable_value="Hello", stream=False))

    messages = invoke(session_of(FakeModels(), tools=tools), name="Ada", times="2", unheard="of")

    assert tools.called == [("greet", {"name": "Ada", "times": 2, "style": "warm", "shout": False, "unheard": "of"})]
    assert [each.type.value for each in messages] == ["text", "variable"]
    assert messages[0].message.text == "Hello"


def test_dify_does_not_check_what_a_model_would_fill_in():
    tools = ScriptedTools(HELLO)

    invoke(session_of(FakeModels(), tools=tools), style="formal")

    assert tools.called == [("greet", {"style": "formal", "shout": False})]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"provider": "Tests/Greeter"}, "Invalid plugin id Tests/Greeter"),
        ({"tool": "sing"}, "Tool with name sing not found"),
        ({"tool": "ask", "prompt": "Why?"}, "tool parameter model not found in tool config"),
        ({"style": "rude"}, "tool parameter style value rude not in options ['warm', 'formal']"),
        ({"kind": ToolProviderType.API, "provider": UNKNOWN}, f"api provider {UNKNOWN} not found"),
        ({"kind": ToolProviderType.MCP, "provider": "7f"}, "mcp provider 7f not found"),
        ({"kind": ToolProviderType.WORKFLOW, "provider": UNKNOWN}, f"workflow provider {UNKNOWN} not found"),
    ],
)
def test_what_dify_does_not_run_is_refused_in_its_words(given, problem):
    tools = ScriptedTools(HELLO)

    assert error_of(lambda: invoke(session_of(FakeModels(), tools=tools), **given)) == refused_tool(problem)
    assert tools.called == []


@pytest.mark.parametrize(
    "given",
    [
        {"provider": "tests/other/greeter"},
        {"provider": "greeter"},
        {"kind": ToolProviderType.API, "provider": "My tools"},
        {"kind": ToolProviderType.WORKFLOW, "provider": "chatbot"},
    ],
)
def test_a_provider_that_dify_does_not_know_is_an_internal_error(given):
    tools = ScriptedTools(HELLO)

    assert error_of(lambda: invoke(session_of(FakeModels(), tools=tools), **given)) == INTERNAL_ERROR
    assert tools.called == []


def test_a_value_of_the_wrong_type_is_refused():
    text = error_of(lambda: invoke(session_of(FakeModels(), tools=ScriptedTools()), name="Ada", times="twice"))

    assert text.startswith("invoke tool failed: request failed with status code: 400 ")
    assert "times: it takes a number" in text


def test_without_a_plugin_there_are_no_tools(session):
    assert error_of(lambda: invoke(session)) == INTERNAL_ERROR


def test_a_tool_that_fails_is_told_as_dify_tells_it_after_what_came_before():
    failure = PluginCallError("InvalidInput", "`name` is empty.", {"traceback": "Traceback (most recent call last):"})
    heard = []

    def listen():
        session = session_of(FakeModels(), tools=ScriptedTools(HELLO, failure))
        for each in session.tool.invoke(ToolProviderType.BUILT_IN, GREETER, "greet", {}):
            heard.append(each.message.text)  # noqa: PERF401 - it raises

    assert error_of(listen) == (
        'read tool response failed: request failed: PluginInvokeError: {"args":{"traceback":"Traceback (most recent '
        'call last):"},"error_type":"InvalidInput","message":"`name` is empty."}'
    )
    assert heard == ["Hello"]


def test_a_plugin_that_ended_is_told_too():
    session = session_of(FakeModels(), tools=ScriptedTools(PluginGone("The plugin ended.")))

    assert error_of(lambda: invoke(session)) == "read tool response failed: request failed: The plugin ended."


# --- files


@pytest.fixture
def files(tmp_path):
    with FileServer(uploads=tmp_path) as server:
        yield server


def test_a_picture_is_kept_and_comes_as_a_link_with_its_id(files):
    tools = ScriptedTools(blob(b"\x89PNG", mime_type="image/png", filename="dot.png"))

    [link] = invoke(session_of(FakeModels(), tools=tools, files=files))

    kept = files.find(link.meta["tool_file_id"])
    assert (kept.filename, kept.path.read_bytes()) == ("dot.png", b"\x89PNG")
    assert (link.type.value, link.message.text) == ("image_link", f"/files/tools/{kept.id}.png")
    assert link.meta["filename"] == "dot.png"


def test_a_link_to_a_picture_is_handed_on(files):
    kept = files.keep(b"\x89PNG", filename="dot.png", mime_type="image/png")
    tools = ScriptedTools(message("image_link", text=f"/files/tools/{kept.id}.png"))

    [link] = invoke(session_of(FakeModels(), tools=tools, files=files))

    assert files.find(link.meta["tool_file_id"]).path.read_bytes() == b"\x89PNG"


def test_any_other_file_is_one_that_the_sdk_cannot_read(files):
    tools = ScriptedTools(HELLO, blob(b"ID3", mime_type="audio/mpeg"))
    session = session_of(FakeModels(), tools=tools, files=files)

    assert error_of(lambda: invoke(session)).startswith("Failed to parse response: ")
    replies = list(local_dify(EVERYTHING, FakeModels(), tools=tools, files=files).handle("tool", request_of("builtin")))
    assert [reply["type"] for reply in replies] == ["text", "binary_link"]


def test_chunks_are_one_file_and_a_missing_picture_is_a_text(files, serve):
    pieces = [
        message(
            "blob_chunk",
            meta={"mime_type": "image/gif"},
            id="1",
            sequence=number,
            total_length=6,
            blob=base64.b64encode(piece).decode(),
            end=not piece,
        )
        for number, piece in enumerate((b"GIF", b"89a", b""))
    ]
    missing = serve(b"", status=404)
    tools = ScriptedTools(*pieces, message("image", text=missing))

    link, text = invoke(session_of(FakeModels(), tools=tools, files=files))

    assert files.find(link.meta["tool_file_id"]).path.read_bytes() == b"GIF89a"
    assert text.message.text.startswith(f"Failed to download image: {missing}: ")


def test_without_a_file_server_a_file_cannot_be_kept():
    session = session_of(FakeModels(), tools=ScriptedTools(blob(b"x", mime_type="image/png")))

    assert error_of(lambda: invoke(session)).endswith("the local workspace takes no files unless it serves HTTP")


# --- workflows as tools


def request_of(kind, provider=GREETER, **parameters):
    return {"tool_type": kind, "provider": provider, "tool": "greet", "tool_parameters": parameters}


def test_a_workflow_is_a_tool_by_its_id_and_gives_its_outputs_in_three_ways(session):
    messages = invoke(session, provider="workflow", kind=ToolProviderType.WORKFLOW, text="A long text.")

    variables = {
        each.message.variable_name: each.message.variable_value for each in messages if each.type.value == "variable"
    }
    assert variables == {"summary": "Good day.", "words": 3}
    text, json_ = messages[-2:]
    assert text.message.text == '{"summary": "Good day.", "words": 3}'
    assert json_.message.json_object == variables


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ({}, "text is required in input form"),
        ({"text": "a", "max_words": 0}, "ValueError: max_words must be at least 1, not 0"),
    ],
)
def test_a_workflow_that_does_not_run_is_told_once_dify_streams(session, inputs, problem):
    text = error_of(lambda: invoke(session, provider="workflow", kind=ToolProviderType.WORKFLOW, **inputs))

    assert text.startswith("read tool response failed: request failed: ")
    assert text.rstrip().endswith(problem)


class Photographer:
    """A workflow that puts out the given files."""

    name = description = "Photographer"
    mode = "workflow"

    def __init__(self, **outputs):
        self.outputs = outputs

    def parameters(self):
        return {}

    def run(self, payload):
        yield None
        yield {"event": "workflow_finished", "data": {"error": None, "outputs": self.outputs}}


def file(method, **more):
    identity = {"dify_model_identity": "__dify__file__", "transfer_method": method, "related_id": "7a"}
    return {**identity, "type": "image", "extension": ".png", **more}


@pytest.mark.parametrize(
    ("outputs", "links"),
    [
        ({"photo": file("tool_file")}, [("image_link", "/files/tools/7a.png", "7a")]),
        (
            {"all": [file("tool_file"), file("tool_file", type="audio", extension=".mp3", related_id="7b")]},
            [("image_link", "/files/tools/7a.png", "7a"), ("link", "/files/tools/7b.mp3", "7b")],
        ),
    ],
)
def test_files_of_a_workflow_come_first_as_links(outputs, links):
    session = session_of(FakeModels(), apps={"photos": Photographer(**outputs)})

    messages = invoke(session, provider="photos", kind=ToolProviderType.WORKFLOW)

    found = [(each.type.value, each.message.text, each.meta["tool_file_id"]) for each in messages[: len(links)]]
    assert found == links


def test_an_uploaded_file_of_a_workflow_is_one_that_the_sdk_cannot_read():
    session = session_of(FakeModels(), apps={"photos": Photographer(photo=file("local_file"))})

    text = error_of(lambda: invoke(session, provider="photos", kind=ToolProviderType.WORKFLOW))
    assert text.startswith("Failed to parse response: ")
