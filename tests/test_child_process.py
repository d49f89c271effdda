"""The same tools as Dify runs them: in a child process, over stdin and stdout, against the local workspace."""

import copy
import io
import json
from pathlib import Path

import miniaudio
import pytest

from tests.test_tools_contract import TOOLS
from workspace.dify import Dify
from workspace.engines.offline import OfflineModels
from workspace.plugin.errors import PluginCallError
from workspace.plugin.file_server import FileServer
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.outputs import Outputs
from workspace.plugin.parameters import tool_request
from workspace.plugin.process import PluginProcess
from workspace.plugin.selectors import DEFAULT_MODELS, app_selector, model_selector
from workspace.wire import DifyError

ROOT = Path(__file__).parent.parent
FOLDER = read_plugin_folder(ROOT)
MANIFEST = FOLDER.manifest
SENTENCE = "we will meet at the station on friday afternoon"
FACTS = "Bread rises because of yeast.\nLisbon is the capital of Portugal."


class Workspace:
    """The plugin in its process; `handler` is what answers it and can be swapped between calls."""

    def __init__(self) -> None:
        self.models = OfflineModels()
        self.handler = Dify(MANIFEST, self.models).handle
        self.asked: list[str] = []
        self.process = PluginProcess(FOLDER, self._handle)

    def _handle(self, invoke_type, payload):
        self.asked.append(invoke_type)
        return self.handler(invoke_type, payload)

    def call(self, tool, **parameters):
        request = tool_request(FOLDER.tool(tool), parameters, user_id="test-user")
        outputs = Outputs()
        for message in self.process.call(request, timeout=30):
            outputs.add(message)
        return outputs


@pytest.fixture(scope="module")
def running():
    workspace = Workspace()
    yield workspace
    workspace.process.close()


@pytest.fixture
def workspace(running):
    """Answered by the local workspace, whatever the test before has put in its place."""
    running.handler = Dify(MANIFEST, running.models).handle
    running.asked.clear()
    return running


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    with FileServer(uploads=tmp_path_factory.mktemp("uploads")) as server:
        yield server


@pytest.fixture(scope="module")
def recording(running, tmp_path_factory):
    """The sentence as the tts tool speaks it."""
    running.handler = Dify(MANIFEST, running.models).handle
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
}


def one_call_of_each(files, recording):
    query = "Which city is the capital of Portugal?"
    return {
        "llm": {"model": selected("llm"), "prompt": query},
        "summary": {"text": FACTS * 50},
        "text_embedding": {"model": selected("text-embedding"), "texts": FACTS},
        "rerank": {"model": selected("rerank"), "query": query, "documents": FACTS},
        "tts": {"model": selected("tts"), "text": "Yes.", "voice": "en"},
        "speech2text": {"model": selected("speech2text"), "audio": files.share(recording)},
        "moderation": {"model": selected("moderation"), "text": query},
        "chat_app": {"app": app_selector("agent"), "query": query},
        "workflow_app": {"app": app_selector("workflow"), "inputs": json.dumps({"text": FACTS})},
        "completion_app": {"app": app_selector("completion"), "query": query},
        "app_parameters": {"app": app_selector("agent")},
    }


def test_the_manifest_asks_for_exactly_what_the_plugin_uses(workspace, files, recording):
    calls = one_call_of_each(files, recording)
    assert list(calls) == TOOLS
    for tool, parameters in calls.items():
        workspace.call(tool, **parameters)

    asked_for = {
        (group, flag)
        for group, flags in MANIFEST["resource"]["permission"].items()
        for flag, allowed in flags.items()
        if allowed and (flag != "enabled" or len(flags) == 1)
    }
    used = {PERMISSION_OF[invoke_type] for invoke_type in workspace.asked}
    if MANIFEST["plugins"].get("endpoints"):
        used.add(("endpoint", "enabled"))  # Dify asks for it where an endpoint is set up
    assert used == asked_for


@pytest.mark.parametrize("tool", TOOLS)
def test_a_permission_that_is_taken_away_is_named(workspace, files, recording, tool):
    invoke_type = {"summary": "system_summary", "app_parameters": "fetch_app"}.get(tool, tool)
    group, flag = PERMISSION_OF.get(invoke_type, ("app", "enabled"))
    manifest = copy.deepcopy(MANIFEST)
    manifest["resource"]["permission"][group][flag] = False
    workspace.handler = Dify(manifest, workspace.models).handle

    with pytest.raises(PluginCallError, match="this plugin's manifest does not ask for .* access") as caught:
        workspace.call(tool, **one_call_of_each(files, recording)[tool])

    assert caught.value.error_type == "NotPermitted"


@pytest.mark.parametrize(
    ("tool", "parameters", "sentence"),
    [
        ("speech2text", {"model": selected("speech2text")}, "audio"),
        ("completion_app", {"app": app_selector("completion"), "query": "Hello"}, "requires"),
    ],
)
def test_what_fails_in_dify_today_says_so(workspace, files, recording, tool, parameters, sentence):
    workspace.handler = Dify(MANIFEST, workspace.models, fail_like_dify=True).handle
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

    workspace.handler = Dify(MANIFEST, workspace.models).handle
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

    workspace.handler = Dify(MANIFEST, workspace.models).handle
    assert workspace.call("moderation", model=selected("moderation"), text="Fine.").variables == {"flagged": False}


def test_a_picture_goes_to_the_model(workspace, files, tmp_path):
    picture = tmp_path / "dot.png"
    from tests.replies import PNG

    picture.write_bytes(PNG)
    seen = io.StringIO()

    def look(invoke_type, payload):
        json.dump(payload["prompt_messages"], seen)
        yield from Dify(MANIFEST, workspace.models).handle(invoke_type, payload)

    workspace.handler = look
    workspace.call("llm", model=selected("llm"), prompt="What is this?", images=[files.share(picture)])

    assert '"mime_type": "image/png"' in seen.getvalue()
