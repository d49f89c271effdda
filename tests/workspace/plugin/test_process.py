import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gevent.monkey
import pytest

from tests.workspace.plugin.plugins.bare import write_plugin
from workspace.plugin import child_process, process
from workspace.plugin.errors import PluginCallError, PluginGone, PluginStartError, PluginTimeout
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.process import PluginLine, PluginProcess
from workspace.plugin.reverse_invocation import ReverseInvocation
from workspace.wire import MAX_LINE, DifyError, Payload

pytestmark = pytest.mark.usefixtures("child_process")

GREETER = Path(__file__).parent / "plugins" / "greeter"
REQUEST = {"type": "tool", "action": "invoke_tool"}

type Run = Callable[..., PluginProcess]


def no_dify(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
    raise AssertionError("the plugin asks nothing in this test")
    yield


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(source: str, handler: Any = no_dify, *, whole: bool = False, **options: Any) -> PluginProcess:
        return PluginProcess(read_plugin_folder(write_plugin(tmp_path, source, whole=whole)), handler, **options)

    return run


def texts(messages: Iterator[Payload]) -> list[str]:
    return [message["message"]["text"] for message in messages]


# -- calls


def test_a_call_yields_what_the_plugin_answers_until_its_end(run: Run) -> None:
    with run("""
def request(session, data):
    text(session, data["type"])
    text(session, data["action"])
    end(session)
    text(session, "too late")
""") as plugin:
        assert texts(plugin.call(REQUEST)) == ["tool", "invoke_tool"]
        assert texts(plugin.call(REQUEST)) == ["tool", "invoke_tool"]


def test_calls_at_once_are_kept_apart(run: Run) -> None:
    with (
        run("""
sessions = []
def request(session, data):
    sessions.append((session, data["name"]))
    if len(sessions) == 3:
        for _ in range(2):
            for session, name in sessions:
                text(session, name)
        for session, name in sessions:
            end(session)
""") as plugin,
        ThreadPoolExecutor() as pool,
    ):
        answers = pool.map(lambda name: texts(plugin.call({"name": name})), "abc")
        assert list(answers) == [["a", "a"], ["b", "b"], ["c", "c"]]


def test_what_belongs_beside_the_request_is_in_each_line(run: Run) -> None:
    with run("""
def request(session, data):
    answer(session, "stream", message)
    end(session)
""") as plugin:
        (line,) = plugin.call(REQUEST, context={"endpoint_id": "e", "context": {"credentials": {}}})
    assert line.pop("session_id")
    assert line == {
        "conversation_id": None,
        "message_id": None,
        "app_id": None,
        "endpoint_id": "e",
        "context": {"credentials": {}},
        "event": "request",
        "data": REQUEST,
    }


def test_an_error_of_the_plugin_ends_the_call_and_not_the_process(run: Run) -> None:
    with run("""
def request(session, data):
    if data["fail"]:
        text(session, "so far")
        answer(session, "error", {"error_type": "KeyError", "message": "'x'", "args": {"traceback": "..."}})
    end(session)
""") as plugin:
        messages = plugin.call({"fail": True})
        assert next(messages)["message"] == {"text": "so far"}
        with pytest.raises(PluginCallError, match="'x'") as caught:
            next(messages)
        assert caught.value.error_type == "KeyError"
        assert caught.value.details == {"traceback": "..."}
        assert list(plugin.call({"fail": False})) == []


@pytest.mark.parametrize(
    ("kind", "data", "error_type"),
    [
        ("stream", '"text"', "unmarshal_error"),
        ("nonsense", "{}", "unknown_stream_message_type"),
        ("invoke", "None", "invoke_dify_error"),
        ("invoke", '{"type": "llm", "backwards_request_id": "1"}', "invoke_dify_error"),
        ("invoke", '{"type": "llm", "backwards_request_id": "1", "request": []}', "invoke_dify_error"),
        ("invoke", '{"type": "llm", "request": {}}', "invoke_dify_error"),
        ("invoke", '{"backwards_request_id": "1", "request": {}}', "invoke_dify_error"),
    ],
)
def test_a_message_the_daemon_cannot_read_ends_the_call(run: Run, kind: str, data: str, error_type: str) -> None:
    with run(f"def request(session, data):\n    answer(session, {kind!r}, {data})") as plugin:
        with pytest.raises(PluginCallError) as caught:
            list(plugin.call(REQUEST))
        assert caught.value.error_type == error_type


def test_a_call_that_takes_too_long_is_given_up(run: Run) -> None:
    with (
        run("def request(session, data): pass") as plugin,
        pytest.raises(PluginTimeout, match=r"did not finish within 0\.05 s"),
    ):
        list(plugin.call(REQUEST, timeout=0.05))


def test_a_plugin_that_gives_no_sign_of_life_is_killed(run: Run) -> None:
    with (
        run("def request(session, data): pass", silence_limit=0.05) as plugin,
        pytest.raises(PluginGone, match="no sign of life"),
    ):
        list(plugin.call(REQUEST))
    with pytest.raises(PluginGone, match="no sign of life"):
        list(plugin.call(REQUEST))


# -- reverse invocations

ASK = """
def request(session, data):
    invoke(session, "llm", {"prompt": "hi"})
"""


def test_a_reverse_invocation_is_answered_by_the_handler_and_recorded(run: Run) -> None:
    def handler(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        yield {"asked": [invoke_type, payload]}
        yield {"more": True}

    invocations: list[ReverseInvocation] = []
    with run(ASK, handler, on_invocation=invocations.append) as plugin:
        events = list(plugin.call(REQUEST))
    assert events == [
        {
            "backwards_request_id": "1",
            "event": "response",
            "message": "stream",
            "data": {"asked": ["llm", {"prompt": "hi"}]},
        },
        {"backwards_request_id": "1", "event": "response", "message": "stream", "data": {"more": True}},
        {"backwards_request_id": "1", "event": "end", "message": "", "data": None},
    ]
    (invocation,) = invocations
    assert (invocation.type, invocation.payload, invocation.replies) == ("llm", {"prompt": "hi"}, 2)
    assert invocation.error is None
    assert invocation.seconds is not None


def test_what_dify_refuses_reaches_the_plugin_as_an_error_and_an_end(run: Run) -> None:
    def handler(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        yield {"first": 1}
        raise DifyError("invoke llm model failed: no")

    invocations: list[ReverseInvocation] = []
    with run(ASK, handler, on_invocation=invocations.append) as plugin:
        events = [(event["event"], event["message"]) for event in plugin.call(REQUEST)]
    assert events == [("response", "stream"), ("error", "invoke llm model failed: no"), ("end", "")]
    assert (invocations[0].replies, invocations[0].error) == (1, "invoke llm model failed: no")


def test_a_handler_that_breaks_is_reported_and_the_plugin_is_told_little(run: Run) -> None:
    def handler(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        return iter([{"index": {}["secret"]}])

    lines: list[PluginLine] = []
    with run(ASK, handler, on_line=lines.append) as plugin:
        events = [(event["event"], event["message"]) for event in plugin.call(REQUEST)]
    assert events == [("error", "the workspace failed to answer: KeyError"), ("end", "")]
    assert lines == [PluginLine("error", "The workspace failed on 'llm': KeyError: 'secret'")]


def test_a_handler_that_never_answers_is_let_go_when_the_plugin_is_closed(run: Run) -> None:
    asked, left = threading.Event(), threading.Event()

    def handler(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        try:
            asked.set()
            while True:
                yield None
        finally:
            left.set()

    with ThreadPoolExecutor() as pool:
        plugin = run(ASK, handler)
        waiting = pool.submit(lambda: list(plugin.call(REQUEST)))  # type: ignore[attr-defined]
        assert asked.wait(10)
        plugin.close()  # type: ignore[attr-defined]
        with pytest.raises(PluginGone):
            waiting.result(10)
    assert left.is_set()


def test_text_that_is_no_unicode_arrives_as_replacement_characters_both_ways(run: Run) -> None:
    payloads = []

    def handler(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        payloads.append(payload)
        yield {}

    with run(
        r"""
def request(session, data):
    invoke(session, "llm", {"\ud800 key": ["a\udfffb", "\U0001f600", data["text"]]})
""",
        handler,
    ) as plugin:
        list(plugin.call({"text": "x\udcffy"}))
    assert payloads == [{"\ufffd key": ["a\ufffdb", "\U0001f600", "x\ufffdy"]}]


# -- what is printed beside the answers


def test_lines_that_are_no_messages_are_passed_on_and_survived(run: Run) -> None:
    lines: list[PluginLine] = []
    with run(
        """
def request(session, data):
    print("loading a model ...")
    print("[1, 2]", flush=True)
    print("to the side", file=sys.stderr, flush=True)
    send({"event": "log", "data": {"level": "INFO", "message": "fine", "timestamp": 1.0}})
    send({"event": "error", "data": {"error": "odd"}})
    send({"event": "session", "session_id": "another", "data": {"type": "end", "data": {}}})
    send({"event": "nonsense"})
    text(session, "done")
    end(session)
""",
        on_line=lines.append,
    ) as plugin:
        assert texts(plugin.call(REQUEST)) == ["done"]
    assert [line for line in lines if line.source != "stderr"] == [
        PluginLine("stdout", "loading a model ..."),
        PluginLine("stdout", "[1, 2]"),
        PluginLine("log", "INFO fine"),
        PluginLine("error", "{'error': 'odd'}"),
    ]
    assert PluginLine("stderr", "to the side") in lines


def test_a_line_just_under_the_limit_passes_and_one_over_it_kills_the_plugin_for_everybody(run: Run) -> None:
    with (
        run(f"""
waiting = []
def request(session, data):
    if data["size"] == 0:
        waiting.append(session)
        return text(session, "I wait")
    line = json.dumps({{"event": "session", "session_id": session, "data": {{"type": "stream", "data": {{"x": ""}}}}}})
    size = {MAX_LINE} + data["size"] - 1 - len(line)
    print(line.replace('"x": ""', '"x": "' + "x" * size + '"'), flush=True)
    end(session)
""") as plugin,
    ):
        (message,) = plugin.call({"size": -1})
        assert len(message["x"]) > MAX_LINE - 300
        other = plugin.call({"size": 0})
        next(other)
        with pytest.raises(PluginGone, match=r"a line of more than 5 MiB, for which Dify's daemon kills it\.$"):
            list(plugin.call({"size": 1}))
        with pytest.raises(PluginGone, match="more than 5 MiB"):
            next(other)
        with pytest.raises(PluginGone, match="more than 5 MiB"):
            next(plugin.call({"size": 0}))


# -- beginning and end


def test_a_crash_is_told_at_once_to_everyone_who_waits(run: Run) -> None:
    with run("""
def request(session, data):
    text(session, "here")
    if data["crash"]:
        print("out of luck", file=sys.stderr, flush=True)
        os._exit(3)
""") as plugin:
        other = plugin.call({"crash": False})
        next(other)
        with pytest.raises(PluginGone, match=r"The plugin ended with exit code 3\.\n    out of luck"):
            list(plugin.call({"crash": True}))
        with pytest.raises(PluginGone, match="exit code 3"):
            next(other)
        with pytest.raises(PluginGone, match="exit code 3"):
            next(plugin.call({"crash": False}, timeout=10))


def test_a_plugin_that_is_killed_is_reported_with_the_signal(run: Run) -> None:
    with (
        run("def request(session, data): os.kill(os.getpid(), 9)") as plugin,
        pytest.raises(PluginGone, match="The plugin ended, killed by SIGKILL"),
    ):
        list(plugin.call(REQUEST))


@pytest.mark.parametrize(
    ("source", "last_words"),
    [
        ("def broken(:\n", "SyntaxError"),
        ("import a_module_that_is_not_there\n", "No module named 'a_module_that_is_not_there'"),
        ("import a_module_that_is_not_there\n", r"install its requirements into a \.venv in its folder"),
        ("raise SystemExit(4)\n", "exit code 4"),
    ],
)
def test_a_plugin_that_cannot_start_says_why_in_its_own_last_words(run: Run, source: str, last_words: str) -> None:
    with pytest.raises(PluginStartError, match=last_words):
        run(source, whole=True)


def test_a_plugin_without_a_heartbeat_is_ended_after_the_deadline(run: Run) -> None:
    with pytest.raises(PluginStartError, match=r"The plugin sent no heartbeat within 0\.2 s\."):
        run("import sys\nsys.stdin.read()", whole=True, start_timeout=0.2)


PROCESSES = """
import signal, subprocess
def ignore(): signal.signal(signal.SIGTERM, signal.SIG_IGN)
def request(session, data):
    waiting = [sys.executable, "-c", "import signal; signal.pause()"]
    child = subprocess.Popen(waiting, preexec_fn=ignore if data["stubborn"] == "child" else None)
    if data["stubborn"] == "plugin":
        ignore()
    answer(session, "stream", {"pids": [os.getpid(), child.pid]})
    end(session)
"""


@pytest.mark.parametrize("stubborn", ["nobody", "plugin", "child"])
def test_no_process_is_left_after_closing(run: Run, monkeypatch: pytest.MonkeyPatch, stubborn: str) -> None:
    for module in (child_process, process):
        monkeypatch.setattr(module, "GRACE", 0.2)
    plugin = run(PROCESSES)
    (message,) = plugin.call({"stubborn": stubborn})
    pid, child = message["pids"]
    ended = os.pidfd_open(child)
    try:
        plugin.close()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert select.select([ended], [], [], 10)[0] == [ended]
    finally:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(ended, signal.SIGKILL)
        os.close(ended)
    plugin.close()  # once more does nothing


# -- a plugin on the SDK


@pytest.fixture(scope="module")
def asked() -> list[Payload]:
    return []


@pytest.fixture(scope="module")
def greeter(asked: list[Payload]) -> Iterator[PluginProcess]:
    def handler(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        asked.append(payload)
        if payload["model"] == "missing":
            raise DifyError("invoke llm model failed: no such model")
        for word in ("Good", " evening"):
            message = {"role": "assistant", "content": word}
            yield {"model": "m", "prompt_messages": [], "delta": {"index": 0, "message": message}}

    with PluginProcess(read_plugin_folder(GREETER), handler) as plugin:
        yield plugin


def invoke_tool(tool: str, **parameters: Any) -> Payload:
    return {
        "user_id": "somebody",
        "type": "tool",
        "action": "invoke_tool",
        "provider": "greeter",
        "tool": tool,
        "credentials": {},
        "credential_type": "unauthorized",
        "tool_parameters": parameters,
    }


def model(name: str) -> dict[str, Any]:
    return {"provider": "p", "model": name, "model_type": "llm", "mode": "chat", "completion_params": {}}


def test_a_tool_on_the_sdk_runs_and_its_reverse_invocation_is_answered(
    greeter: PluginProcess, asked: list[Payload]
) -> None:
    assert gevent.monkey.is_module_patched("threading")  # by the SDK in this process; the next test runs without
    assert texts(greeter.call(invoke_tool("ask", prompt="hi", model=model("m")))) == ["Good", " evening"]
    assert asked[-1]["prompt_messages"][0]["content"] == "hi"


def test_it_also_runs_where_gevent_has_not_replaced_the_standard_library() -> None:
    script = f"""
import sys
from pathlib import Path
from workspace.plugin.file_server import FileServer
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.process import PluginProcess

def handler(invoke_type, payload):
    message = {{"role": "assistant", "content": "Hi"}}
    yield {{"model": "m", "prompt_messages": [], "delta": {{"index": 0, "message": message}}}}

with PluginProcess(read_plugin_folder(Path({str(GREETER)!r})), handler) as plugin:
    for message in plugin.call({invoke_tool("ask", prompt="hi", model=model("m"))!r}):
        print(message["message"]["text"])
    with FileServer(uploads=Path("nowhere")) as files:
        request = {invoke_tool("describe_files")!r}
        request["tool_parameters"]["one"] = files.share(Path({str(GREETER / "manifest.yaml")!r}))
        for message in plugin.call(request):
            print(message["message"]["json_object"]["content"].splitlines()[0])
assert "gevent" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("Hi\nversion: 0.0.1\n", "", 0)


def test_an_exception_in_the_sdk_is_the_calls_error_with_its_traceback(greeter: PluginProcess) -> None:
    with pytest.raises(PluginCallError, match="invoke llm model failed: no such model") as caught:
        list(greeter.call(invoke_tool("ask", prompt="hi", model=model("missing"))))
    assert caught.value.error_type == "Exception"
    assert "ask.py" in caught.value.details["traceback"]


def test_an_unfinished_call_does_not_disturb_the_next(greeter: PluginProcess) -> None:
    messages = greeter.call(invoke_tool("greet", name="Ada", times=3, style="warm", shout=False))
    next(messages)
    messages.close()  # type: ignore[attr-defined]
    assert texts(greeter.call(invoke_tool("ask", prompt="hi", model=model("m")))) == ["Good", " evening"]
