"""The same tools as Dify runs them: in a child process, over stdin and stdout, against the local workspace."""

import copy
import io
import json
from pathlib import Path
from typing import Any

import miniaudio
import pytest

from tests.tool_cases import INVOKE_TYPES, TOOL_CASES, TOOLS
from workspace.dify import Dify
from workspace.engines.offline import OfflineModels
from workspace.local import local_dify
from workspace.plugin.errors import PluginCallError
from workspace.plugin.file_server import FileServer
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.outputs import Outputs
from workspace.plugin.parameters import tool_request
from workspace.plugin.selectors import DEFAULT_MODELS, app_selector, model_selector
from workspace.wire import DifyError
from workspace.workflows.plugin_tools import PluginTools

ROOT = Path(__file__).parent.parent
FOLDER = read_plugin_folder(ROOT)
MANIFEST = FOLDER.manifest
SENTENCE = "we will meet at the station on friday afternoon"
OWN = f"{FOLDER.author}/{FOLDER.name}/switchboard"
FACTS = "Bread rises because of yeast.\nLisbon is the capital of Portugal."


class Workspace:
    """The plugin in its process; `handler` is what answers it and can be swapped between calls."""

    def __init__(self, files: FileServer, folder: Path) -> None:
        self.models = OfflineModels()
        self.files = files
        self.folder = folder
        self.tools = PluginTools(FOLDER)
        self.handler = self.dify().handle
        self.asked: list[str] = []

    def dify(self, manifest: dict[str, Any] = MANIFEST, **options: Any) -> Dify:
        return local_dify(manifest, self.models, folder=self.folder, tools=self.tools, files=self.files, **options)

    def handle(self, invoke_type, payload):
        self.asked.append(invoke_type)
        return self.handler(invoke_type, payload)

    def call(self, tool, /, **parameters):
        request = tool_request(FOLDER.tool(tool), parameters, user_id="test-user")
        outputs = Outputs()
        for message in self.tools.plugin.call(request, timeout=30):
            outputs.add(message)
        return outputs


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    with FileServer(uploads=tmp_path_factory.mktemp("uploads")) as server:
        yield server


@pytest.fixture(scope="module")
def running(lent_plugin, files, tmp_path_factory):
    workspace = Workspace(files, tmp_path_factory.mktemp("workspace"))
    with lent_plugin.lend(FOLDER, workspace.handle) as workspace.tools.plugin:
        yield workspace


@pytest.fixture
def workspace(running):
    """Answered by the local workspace, whatever the test before has put in its place."""
    running.handler = running.dify().handle
    running.asked.clear()
    return running


@pytest.fixture(scope="module")
def recording(running, tmp_path_factory):
    """The sentence as the tts tool speaks it."""
    running.handler = running.dify().handle
    [speech] = running.call("tts", model=selected("tts"), text=SENTENCE, voice="alloy").files
    path = tmp_path_factory.mktemp("speech") / speech.filename
    path.write_bytes(speech.data)
    return path


def selected(model_type):
    return model_selector(DEFAULT_MODELS[model_type], scope=model_type)


def test_the_spoken_sentence_is_an_mp3_that_plays(recording):
    decoded = miniaudio.decode(recording.read_bytes())

    assert recording.suffix == ".mp3"
    assert 2 < decoded.duration < 6


def test_the_transcript_resembles_the_sentence(workspace, files, recording):
    outputs = workspace.call("speech2text", model=selected("speech2text"), audio=files.share(recording))

    words = set(SENTENCE.split())
    assert len(words & set(outputs.variables["transcript"].lower().split())) > len(words) / 2


def test_the_model_answers_from_what_it_is_given(workspace):
    outputs = workspace.call("llm", model=selected("llm"), prompt=f"{FACTS}\nWhich city is the capital of Portugal?")

    assert "Lisbon" in outputs.variables["answer"]
    assert outputs.variables["usage"]["total_tokens"] > 10
    assert outputs.variables["finish_reason"] == "stop"


def test_embeddings_are_vectors_of_the_model(workspace):
    outputs = workspace.call("text_embedding", model=selected("text-embedding"), texts=FACTS)

    assert outputs.variables["dimensions"] == 384
    assert [len(vector) for vector in outputs.variables["embeddings"]] == [384, 384]


def test_rerank_puts_the_answer_first(workspace):
    outputs = workspace.call(
        "rerank", model=selected("rerank"), query="Which city is the capital of Portugal?", documents=FACTS
    )

    assert [document["index"] for document in outputs.variables["documents"]] == [1, 0]


@pytest.mark.parametrize(("text", "flagged"), [("What a lovely day.", False), ("What a shitty day.", True)])
def test_moderation_tells_clean_from_dirty(workspace, text, flagged):
    assert workspace.call("moderation", model=selected("moderation"), text=text).variables == {"flagged": flagged}


def test_a_long_text_is_summarised(workspace):
    text = f"{FACTS} The Tagus flows through Lisbon. " * 300

    outputs = workspace.call("summary", text=text, instruction="One sentence.")

    assert outputs.variables["unchanged"] is False
    assert len(outputs.variables["summary"]) < len(text) / 10


def test_a_chatbot_remembers_the_conversation(workspace):
    inputs = json.dumps({"name": "Ana", "background": FACTS})
    first = workspace.call("chat_app", app=app_selector("chatbot"), query="Why does bread rise?", inputs=inputs)
    second = workspace.call(
        "chat_app",
        app_id="chatbot",
        query="Which city is the capital of Portugal?",
        conversation_id=first.variables["conversation_id"],
    )

    assert "yeast" in first.text
    assert "Lisbon" in second.text
    assert second.variables["conversation_id"] == first.variables["conversation_id"]


def test_an_agent_answers_though_it_knows_no_blocking_mode(workspace):
    assert "14" in workspace.call("chat_app", app=app_selector("agent"), query="What is (3 + 4) * 2?").text


def test_a_workflow_runs_and_a_failed_run_is_an_error(workspace):
    outputs = workspace.call("workflow_app", app=app_selector("workflow"), inputs=json.dumps({"text": FACTS}))
    assert outputs.variables["status"] == "succeeded"

    with pytest.raises(PluginCallError, match="The workflow run failed at the node") as caught:
        workspace.call("workflow_app", app=app_selector("workflow"), inputs='{"text": "a", "max_words": 0}')
    assert caught.value.error_type == "ProviderFailed"


def test_a_completion_app_completes(workspace):
    outputs = workspace.call("completion_app", app=app_selector("completion"), query=f"{FACTS} Why does bread rise?")

    assert outputs.variables["answer"].strip()


def test_an_apps_form_is_told_as_a_schema(workspace):
    outputs = workspace.call("app_parameters", app=app_selector("chatbot"))

    assert outputs.variables["input_schema"]["required"] == ["name"]


def test_a_model_fills_in_an_object(workspace):
    schema = {"properties": {"city": {"type": "string"}, "open": {"type": "boolean"}}, "required": ["city"]}

    outputs = workspace.call(
        "llm_structured_output",
        model=selected("llm"),
        prompt="The museum in Lisbon is not open on Mondays.",
        schema=json.dumps(schema),
    )

    assert outputs.variables["structured_output"] == {"city": "Lisbon", "open": False}


def test_parameters_are_taken_out_of_a_text(workspace):
    wanted = [
        {"name": "city", "type": "string", "description": "Where to", "required": True},
        {"name": "tickets", "type": "number", "description": "How many tickets"},
        {"name": "seat", "type": "select", "options": ["window", "aisle"], "description": "The seat"},
    ]

    outputs = workspace.call(
        "parameter_extractor",
        model=selected("llm"),
        query="Two tickets to Lisbon by the window, please.",
        parameters=json.dumps(wanted),
    )

    assert outputs.variables["parameters"] == {"city": "Lisbon", "tickets": 2, "seat": "window"}
    assert outputs.variables["success"] is True


def test_a_text_is_put_into_its_class(workspace):
    outputs = workspace.call(
        "question_classifier",
        model=selected("llm"),
        query="The street lamp has been broken for weeks and nobody comes.",
        classes="Praise\nComplaint about something broken\nQuestion about opening hours",
    )

    assert outputs.variables == {"class_name": "Complaint about something broken", "class_id": "2"}


def test_a_tool_runs_another_one_of_the_same_plugin(workspace):
    outputs = workspace.call(
        "invoke_tool",
        provider=OWN,
        tool="moderation",
        parameters=json.dumps({"model": selected("moderation"), "text": "What a damn mess."}),
    )

    assert outputs.variables["result"]["variables"] == {"flagged": True}
    assert workspace.asked == ["tool", "moderation"]


def test_a_tool_runs_a_workflow(workspace):
    outputs = workspace.call(
        "invoke_tool", provider_type="workflow", provider="workflow", tool="any", parameters=json.dumps({"text": FACTS})
    )

    assert outputs.variables["result"]["variables"]["words"] > 5
    assert outputs.variables["result"]["json"] == [outputs.variables["result"]["variables"]]


@pytest.mark.parametrize(
    ("parameters", "error_type", "sentence"),
    [
        ({"tool": "sing"}, "NotConfigured", "Tool with name sing not found"),
        (
            {"provider": "langgenius/time/time", "tool": "now"},
            "NotConfigured",
            "as it does for a provider that it does not know",
        ),
        ({"tool": "moderation", "parameters": '{"text": "a"}'}, "RefusedByDify", "The selector must be a dictionary"),
        (
            {
                "tool": "text_embedding",
                "parameters": json.dumps({"texts": "a", "model": selected("text-embedding"), "input_type": "odd"}),
            },
            "RefusedByDify",
            "setting `input_type`",
        ),
        ({"tool": "chat_app", "parameters": '{"query": "a"}'}, "RefusedByDify", "The selector must be a dictionary"),
        ({"tool": "storage", "parameters": '{"action": "get"}'}, "ProviderFailed", "`key` is empty"),
    ],
)
def test_a_tool_that_cannot_be_run_is_told_with_its_reason(workspace, parameters, error_type, sentence):
    with pytest.raises(PluginCallError, match=sentence) as caught:
        workspace.call("invoke_tool", **{"provider": OWN, **parameters})

    assert caught.value.error_type == error_type
    assert "Traceback" not in str(caught.value)


def test_a_file_of_another_tool_that_is_no_picture_is_broken_in_dify(workspace):
    speech = {"model": selected("tts"), "text": "Yes.", "voice": "en"}

    with pytest.raises(PluginCallError, match="a file that is no picture") as caught:
        workspace.call("invoke_tool", provider=OWN, tool="tts", parameters=json.dumps(speech))

    assert caught.value.error_type == "BrokenInDify"


def test_what_is_stored_is_there_for_the_next_call(workspace):
    assert workspace.call("storage", action="get", key="notes/city").variables == {"value": "", "found": False}

    workspace.call("storage", action="set", key="notes/city", value="Évora")

    assert workspace.call("storage", action="get", key="notes/city").variables == {"value": "Évora", "found": True}
    assert workspace.call("storage", action="delete", key="notes/city").variables["found"] is True
    assert workspace.call("storage", action="exists", key="notes/city").variables["found"] is False


def test_an_uploaded_file_is_kept_by_the_workspace(workspace, files, tmp_path):
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear council")

    outputs = workspace.call("upload_file", file=files.share(letter))

    kept = files.find(outputs.variables["file_input"]["tool_file_id"])
    assert (kept.filename, kept.path.read_text()) == ("letter.txt", "Dear council")
    assert outputs.variables["url"] == kept.url


@pytest.mark.parametrize(
    ("query", "tool", "answer"),
    [
        ("Is this text offensive? What a damn mess.", "moderation", "Flagged by profanity."),
        ("Embed this text as a vector: hello", "text_embedding", "1 text embedded in 384 dimensions."),
        (
            "Delete what was kept before under the key: city",
            "storage",
            "Nothing is stored under this key.",
        ),
    ],
)
def test_an_agent_picks_the_tool_that_fits(workspace, query, tool, answer):
    asked = {"app_id": "plugin-agent", "inputs": {}, "query": query, "response_mode": "streaming"}
    events = list(workspace.dify().handle("app", asked))

    assert {event["tool"] for event in events if event["event"] == "agent_thought"} == {"", tool}
    assert "".join(event["answer"] for event in events if event["event"] == "agent_message") == answer


def test_an_app_that_a_tool_calls_can_be_an_agent_with_the_same_tools(workspace):
    query = "Is this text offensive? What a damn mess."

    outputs = workspace.call("chat_app", app=app_selector("plugin-agent"), query=query)

    assert outputs.variables["answer"] == "Flagged by profanity."
    assert workspace.asked == ["app", "moderation"]


PERMISSION_OF = {
    "llm": ("model", "llm"),
    "system_summary": ("model", "llm"),
    "text_embedding": ("model", "text_embedding"),
    "rerank": ("model", "rerank"),
    "tts": ("model", "tts"),
    "speech2text": ("model", "speech2text"),
    "moderation": ("model", "moderation"),
    "app": ("app", "enabled"),
    "fetch_app": ("app", "enabled"),
    "llm_structured_output": ("model", "llm"),
    "node_parameter_extractor": ("node", "enabled"),
    "node_question_classifier": ("node", "enabled"),
    "tool": ("tool", "enabled"),
    "storage": ("storage", "enabled"),
    "upload_file": None,
}


def real_call(tool, serve):
    """The good call of a tool's case, with models of the local workspace and what else it needs otherwise."""
    case = TOOL_CASES[tool](serve)
    scopes = {each.name: each.scope for each in FOLDER.tool(tool).parameters if each.type == "model-selector"}
    return {
        **case.parameters,
        **{name: selected(scope) for name, scope in scopes.items() if name in case.parameters},
        **case.on_the_workspace,
    }


def test_the_manifest_asks_for_exactly_what_the_plugin_uses(workspace, serve):
    for tool in TOOLS:
        workspace.call(tool, **real_call(tool, serve))

    asked_for = {
        (group, flag)
        for group, flags in MANIFEST["resource"]["permission"].items()
        for flag, allowed in flags.items()
        if allowed is True and (flag != "enabled" or group != "model")
    }
    used = {PERMISSION_OF[invoke_type] for invoke_type in workspace.asked} - {None}
    if MANIFEST["plugins"].get("endpoints"):
        used.add(("endpoint", "enabled"))  # Dify asks for it where an endpoint is set up
    assert used == asked_for


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if PERMISSION_OF[INVOKE_TYPES[tool]]])
def test_a_permission_that_is_taken_away_is_named(workspace, serve, tool):
    group, flag = PERMISSION_OF[INVOKE_TYPES[tool]]
    manifest = copy.deepcopy(MANIFEST)
    manifest["resource"]["permission"][group][flag] = False
    workspace.handler = workspace.dify(manifest).handle

    with pytest.raises(PluginCallError, match="this plugin's manifest does not ask for .* access") as caught:
        workspace.call(tool, **real_call(tool, serve))

    assert caught.value.error_type == "NotPermitted"


@pytest.mark.parametrize(
    ("tool", "parameters", "sentence"),
    [
        ("speech2text", {"model": selected("speech2text")}, "audio"),
        ("completion_app", {"app": app_selector("completion"), "query": "Hello"}, "requires"),
    ],
)
def test_what_fails_in_dify_today_says_so(workspace, files, recording, tool, parameters, sentence):
    workspace.handler = workspace.dify(fail_like_dify=True).handle
    if tool == "speech2text":
        parameters = {**parameters, "audio": files.share(recording)}

    with pytest.raises(PluginCallError, match="Dify cannot .* for plugins today") as caught:
        workspace.call(tool, **parameters)

    assert caught.value.error_type == "BrokenInDify"


def crash(invoke_type, payload):
    raise DifyError("request failed: Traceback (most recent call last): secret sk-test1234567890")
    yield {}


@pytest.mark.parametrize(("handler", "error_type"), [(crash, "ProviderFailed"), (lambda *_: iter(()), "NoAnswer")])
def test_the_plugin_lives_on_after_a_failure(workspace, handler, error_type):
    workspace.handler = handler
    with pytest.raises(PluginCallError) as caught:
        workspace.call("llm", model=selected("llm"), prompt="Hello")
    assert caught.value.error_type == error_type
    assert "Traceback" not in str(caught.value)
    assert "sk-test" not in str(caught.value)

    workspace.handler = workspace.dify().handle
    assert workspace.call("moderation", model=selected("moderation"), text="Fine.").variables == {"flagged": False}


def test_half_a_surrogate_pair_reaches_the_plugin_as_dify_sends_it(workspace):
    assert workspace.call("moderation", model=selected("moderation"), text="half \ud83d").text


def test_a_megabyte_of_text_goes_in_and_out(workspace):
    text = "All happy families are alike. " * 35_000

    def echo(invoke_type, payload):
        yield {"summary": payload["text"][:-1]}

    workspace.handler = echo
    assert workspace.call("summary", text=text).variables["summary"] == text[:-1]


def test_a_result_too_large_for_the_wire_is_refused_before_it_kills_the_plugin(workspace):
    def six_megabytes(invoke_type, payload):
        yield {"summary": "x" * 6_000_000}

    workspace.handler = six_megabytes
    with pytest.raises(PluginCallError, match="summary"):
        workspace.call("summary", text=FACTS * 50)

    workspace.handler = workspace.dify().handle
    assert workspace.call("moderation", model=selected("moderation"), text="Fine.").variables == {"flagged": False}


def test_a_picture_goes_to_the_model(workspace, files, tmp_path):
    picture = tmp_path / "dot.png"
    from tests.replies import PNG

    picture.write_bytes(PNG)
    seen = io.StringIO()

    def look(invoke_type, payload):
        json.dump(payload["prompt_messages"], seen)
        yield from workspace.dify().handle(invoke_type, payload)

    workspace.handler = look
    workspace.call("llm", model=selected("llm"), prompt="What is this?", images=[files.share(picture)])

    assert '"mime_type": "image/png"' in seen.getvalue()
