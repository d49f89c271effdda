"""Tool nodes call the plugin's tools, in the child process."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.workflows.conftest import MakeApp, Running
from tests.workspace.workflows.dsl_files import (
    chain,
    edge,
    end,
    events_of,
    finished,
    node,
    of_node,
    seconds_left_out,
    start,
    template,
    tool,
    variable,
)
from workspace.plugin.file_server import FileServer

DO = {"provider": "tests/bare/bare"}
ERROR = (
    "An error occurred in the tests/greeter/greeter, please contact the author of tests/greeter/greeter for help, "
    "error type: LookupError, error details: nothing to say"
)


def test_a_tool_gets_its_parameters_as_its_yaml_types_them(make: MakeApp, greeter: Running) -> None:
    greet = tool("greet", name="{{#start.who#}} L.", times="2", settings={"style": "formal", "shout": "true"})
    tried = make(start(variable("who")), greet, end(all=["greet", "parameters"]), tools=greeter.tools)

    assert finished(events_of(tried, {"who": "Ada"}))["outputs"] == {
        "all": {"name": "Ada L.", "times": 2, "style": "formal", "shout": True}
    }


def test_the_messages_of_a_tool_become_the_outputs_of_its_node(make: MakeApp, greeter: Running) -> None:
    greet = tool("greet", name="Ada", times=2, settings={"style": "warm", "shout": False})
    tried = make(start(), greet, end(said=["greet", "text"], once_more=["greet", "greeting"]), tools=greeter.tools)
    events = events_of(tried)

    assert finished(events)["outputs"] == {"said": "Hello, Ada! Hello, Ada! ", "once_more": "Hello, Ada! Hello, Ada! "}
    assert of_node(events, "greet")["outputs"]["json"] == [{"data": []}]
    chunks = [event["data"] for event in events if event["event"] == "text_chunk"]
    assert [chunk["text"] for chunk in chunks if chunk["from_variable_selector"] == ["greet", "text"]] == [
        "Hello, Ada! ",
        "Hello, Ada! ",
        "",
    ]


@pytest.mark.parametrize(
    ("setting", "seen"),
    [
        ({"type": "mixed", "value": "{{#start.style#}}"}, "formal"),
        ({"type": "variable", "value": ["start", "style"]}, "formal"),
        ({"type": "constant", "value": "warm"}, "warm"),
    ],
)
def test_a_setting_may_be_a_constant_a_text_with_variables_or_a_variable(
    make: MakeApp, greeter: Running, setting: Any, seen: str
) -> None:
    greet = tool("greet", name="Ada", times=1, settings={"style": setting, "shout": False})
    tried = make(start(variable("style")), greet, end(all=["greet", "parameters"]), tools=greeter.tools)

    assert finished(events_of(tried, {"style": "formal"}))["outputs"]["all"]["style"] == seen


def test_defaults_of_the_yaml_reach_the_plugin_only_from_nodes_of_older_editors(
    make: MakeApp, greeter: Running
) -> None:
    old = tool("greet", name="Ada", times=1)
    old["data"]["tool_configurations"] = {"shout": True}
    del old["data"]["tool_node_version"]
    events = events_of(make(start(), old, end(all=["greet", "parameters"]), tools=greeter.tools))
    assert finished(events)["outputs"]["all"] == {"name": "Ada", "times": 1, "style": "warm", "shout": True}

    new = tool("greet", name="Ada", times=1, settings={"shout": True})
    assert of_node(events_of(make(start(), new, end(), tools=greeter.tools)), "greet")["status"] == "failed"
    assert greeter.errors[-1].error_type == "KeyError"


@pytest.mark.parametrize("value", [{"provider": "p", "model": "m", "model_type": "llm", "mode": "chat"}, None])
def test_a_model_selector_reaches_the_tool_however_the_editor_kept_it(
    make: MakeApp, greeter: Running, value: Any
) -> None:
    selector = {"provider": "p", "model": "m", "model_type": "llm", "mode": "chat", "completion_params": {}}
    kept = {"type": "constant", "value": selector} if value else {"type": "constant", **selector}
    ask = tool("ask", prompt="Hi", settings={"model": kept})

    assert finished(events_of(make(start(), ask, end(said=["ask", "text"]), tools=greeter.tools)))["outputs"] == {
        "said": "Good day."
    }


@pytest.mark.parametrize(
    ("parameters", "settings", "problem"),
    [
        ({"name": "Ada", "times": "often"}, {}, "greet: times: it takes a number"),
        ({"name": "Ada"}, {"style": "rude"}, "greet: style: it is one of warm, formal, not 'rude'."),
        ({"name": "Ada"}, {"shout": "maybe"}, "greet: shout: it takes true or false"),
    ],
)
def test_a_value_that_does_not_fit_fails_the_node_before_the_plugin_is_asked(
    make: MakeApp, greeter: Running, parameters: Any, settings: Any, problem: str
) -> None:
    asked = len(greeter.errors)
    tried = make(start(), tool("greet", settings=settings, **parameters), end(), tools=greeter.tools)
    events = events_of(tried)

    assert of_node(events, "greet")["error"].startswith(problem)
    assert finished(events)["status"] == "failed"
    assert len(greeter.errors) == asked


def test_a_variable_that_is_not_there_fails_a_required_parameter_and_leaves_out_another(
    make: MakeApp, greeter: Running
) -> None:
    there = {"style": "warm", "shout": False}
    missing = make(start(), tool("greet", name=["no", "such"], settings=there), end(), tools=greeter.tools)
    assert finished(events_of(missing))["error"] == "Variable ['no', 'such'] does not exist"

    tried = make(start(), tool("describe_files", one=["no", "such"]), end(), tools=greeter.tools)
    assert finished(events_of(tried))["status"] == "succeeded"


def test_a_parameter_that_the_tool_does_not_have_goes_nowhere(make: MakeApp, greeter: Running) -> None:
    greet = tool("greet", name="Ada", times=1, volume=11, settings={"style": "warm", "shout": False, "old": 1})
    events = events_of(make(start(), greet, end(all=["greet", "parameters"]), tools=greeter.tools))

    assert set(finished(events)["outputs"]["all"]) == {"name", "times", "style", "shout"}


def test_a_file_goes_from_the_form_and_from_a_tool_into_a_tool(
    make: MakeApp, greeter: Running, files: FileServer, tmp_path: Path
) -> None:
    (tmp_path / "note.txt").write_text("Remember the milk.")
    uploaded = files.lend(tmp_path / "note.txt")
    note = {"type": "document", "transfer_method": "local_file", "upload_file_id": uploaded.id}
    tried = make(
        start(variable("note", "file", allowed_file_types=["document"])),
        tool("draw", size=3),
        tool("describe_files", one=["start", "note"], many=["draw", "files"]),
        end(seen=["describe_files", "json"], drawn=["draw", "files"]),
        tools=greeter.tools,
    )
    events = events_of(tried, {"note": note})
    outputs = finished(events)["outputs"]

    assert outputs["seen"] == [
        {
            "filename": "note.txt",
            "mime_type": "text/plain",
            "extension": ".txt",
            "size": 18,
            "type": "document",
            "content": "Remember the milk.",
        },
        {
            "filename": "drawing.png",
            "mime_type": "image/png",
            "extension": ".png",
            "size": 3,
            "type": "image",
            "content": "\x00\x01\x02",
        },
    ]
    [drawn] = outputs["drawn"]
    assert (drawn["type"], drawn["transfer_method"], drawn["size"]) == ("image", "tool_file", 3)
    assert files.find(drawn["related_id"]).path.read_bytes() == b"\x00\x01\x02"  # type: ignore[union-attr]
    assert finished(events)["files"] == [drawn]
    assert of_node(events, "draw")["outputs"]["text"] == "Link: https://example.com/drawing\n"


def test_an_image_by_its_address_is_fetched_or_told(
    make: MakeApp, bare: Callable[[str], Running], serve: Callable[..., str]
) -> None:
    urls = [serve(b"\x89PNG", at="/cat.png", headers={"Content-Type": "image/png"}), serve(b"", at="/no", status=404)]
    running = bare(f"""
def request(session, data):
    for url in {urls}:
        answer(session, "stream", {{"type": "image", "message": {{"text": url}}}})
    end(session)
""")
    tried = make(start(), tool("do", **DO), end(files=["do", "files"], text=["do", "text"]), tools=running.tools)
    outputs = finished(events_of(tried))["outputs"]

    assert [(file["filename"], file["mime_type"]) for file in outputs["files"]] == [("cat.png", "image/png")]
    assert outputs["text"].startswith(f"Failed to download image: {urls[1]}")


def test_messages_that_no_tool_node_reads_leave_no_trace(make: MakeApp, bare: Callable[[str], Running]) -> None:
    running = bare("""
def request(session, data):
    log = {"id": "1", "label": "Step", "status": "start", "data": {}}
    answer(session, "stream", {"type": "log", "message": log})
    answer(session, "stream", {"type": "retriever_resources", "message": {"retriever_resources": [], "context": ""}})
    answer(session, "stream", {"type": "json", "message": {"json_object": {"a": 1}}})
    answer(session, "stream", {"type": "variable", "message": {"variable_name": "b", "variable_value": None}})
    end(session)
""")
    outputs = of_node(events_of(make(start(), tool("do", **DO), end(), tools=running.tools)), "do")["outputs"]

    assert outputs == {"text": "", "files": [], "json": [{"a": 1}], "b": None}


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ({"type": "nonsense", "message": {}}, "no message has the type 'nonsense'"),
        ({"type": "text", "message": {"text": 3}}, "Dify fails on a message of the plugin: its 'text' is no text."),
        ({"type": "json", "message": {"json_object": "text"}}, "Dify fails on a json message of the plugin"),
        (
            {"type": "variable", "message": {"variable_name": "a", "variable_value": 1, "stream": True}},
            "Dify fails on the variable 'a'",
        ),
    ],
)
def test_a_message_that_dify_would_not_take_fails_the_node(
    make: MakeApp, bare: Callable[[str], Running], message: Any, problem: str
) -> None:
    running = bare(f"def request(session, data): answer(session, 'stream', {message!r}); end(session)")
    events = events_of(make(start(), tool("do", **DO), end(), tools=running.tools))

    assert problem in of_node(events, "do")["error"]
    assert finished(events)["status"] == "failed"


# --- tools that fail


def test_a_tool_that_fails_fails_the_run_in_difys_words(make: MakeApp, greeter: Running) -> None:
    events = events_of(make(start(), tool("fail"), end(said=["fail", "text"]), tools=greeter.tools))

    assert of_node(events, "fail")["status"] == "failed"
    assert (finished(events)["status"], finished(events)["error"]) == ("failed", ERROR)
    assert events[-1]["event"] == "workflow_finished"
    assert [event["data"]["text"] for event in events if event["event"] == "text_chunk"] == ["I was about to"]
    assert "raise LookupError" in greeter.errors[-1].details["traceback"]


def test_a_fail_branch_is_taken_with_the_error_and_its_kind(make: MakeApp, greeter: Running) -> None:
    fail = tool("fail")
    fail["data"]["error_strategy"] = "fail-branch"
    told = template("told", "{{ kind }}: {{ error }}", kind=["fail", "error_type"], error=["fail", "error_message"])
    tried = make(
        start(),
        fail,
        told,
        node("unseen", "end", outputs=[]),
        end(told=["told", "output"]),
        edges=[
            edge("start", "fail"),
            edge("fail", "told", "fail-branch"),
            edge("fail", "unseen", "success-branch"),
            edge("told", "end"),
        ],
        tools=greeter.tools,
    )
    events = events_of(tried)

    assert of_node(events, "fail")["status"] == "exception"
    assert finished(events)["outputs"] == {"told": f"ToolRuntimeInvocationError: {ERROR}"}
    assert (finished(events)["status"], finished(events)["exceptions_count"]) == ("partial-succeeded", 1)
    assert "unseen" not in {event["data"].get("node_id") for event in events}


def test_default_values_stand_for_a_tool_that_fails(make: MakeApp, greeter: Running) -> None:
    fail = tool("fail")
    fail["data"] |= {
        "error_strategy": "default-value",
        "default_value": [{"key": "text", "type": "string", "value": "Never mind."}],
    }
    events = events_of(make(start(), fail, end(said=["fail", "text"]), tools=greeter.tools))

    assert finished(events)["outputs"] == {"said": "Never mind."}
    assert finished(events)["status"] == "partial-succeeded"


def test_a_tool_is_tried_again_and_each_time_is_told(make: MakeApp, bare: Callable[[str], Running]) -> None:
    running = bare("""
tries = []
def request(session, data):
    tries.append(1)
    if len(tries) < 3:
        answer(session, "error", {"error_type": "Busy", "message": f"try {len(tries)}", "args": {}})
    else:
        text(session, "done")
        end(session)
""")
    do = tool("do", **DO)
    do["data"]["retry_config"] = {"retry_enabled": True, "max_retries": 3, "retry_interval": 1}
    events = events_of(make(start(), do, end(said=["do", "text"]), tools=running.tools))
    retries = [event["data"] for event in events if event["event"] == "node_retry"]

    assert [(retry["retry_index"], retry["status"], retry["error"][-5:]) for retry in retries] == [
        (1, "retry", "try 1"),
        (2, "retry", "try 2"),
    ]
    assert len({one["id"] for one in (*retries, of_node(events, "do"))}) == 1
    assert [event["event"] for event in events if event["data"].get("node_id") == "do"] == [
        "node_started",
        "node_retry",
        "node_retry",
        "node_finished",
    ]
    assert finished(events)["outputs"] == {"said": "done"}


def test_a_tool_that_fails_to_the_last_try_takes_its_fail_branch(make: MakeApp, greeter: Running) -> None:
    fail = tool("fail")
    fail["data"] |= {
        "error_strategy": "fail-branch",
        "retry_config": {"retry_enabled": True, "max_retries": 1, "retry_interval": 1},
    }
    tried = make(
        start(),
        fail,
        end(error=["fail", "error_message"]),
        edges=[edge("start", "fail"), edge("fail", "end", "fail-branch")],
        tools=greeter.tools,
    )
    events = events_of(tried)

    assert [event["event"] for event in events].count("node_retry") == 1
    assert finished(events)["outputs"] == {"error": ERROR}


def test_a_plugin_that_is_killed_in_mid_run_fails_its_node_and_later_runs(
    make: MakeApp, bare: Callable[[str], Running]
) -> None:
    running = bare("def request(session, data): text(session, str(os.getpid()))")
    do = tool("do", **DO)
    tried = make(start(), do, end(said=["do", "text"]), tools=running.tools)
    seen = []
    for event in seconds_left_out(tried):
        seen.append(event)
        if event["event"] == "text_chunk":
            os.kill(int(event["data"]["text"]), signal.SIGKILL)

    assert of_node(seen, "do")["error"].startswith("The plugin ended, killed by SIGKILL.")
    assert finished(seen)["status"] == "failed"
    assert finished(events_of(tried))["error"].startswith("The plugin ended, killed by SIGKILL.")


def test_tools_of_parallel_branches_run_at_the_same_time(make: MakeApp, bare: Callable[[str], Running]) -> None:
    running = bare("""
waiting = []
def request(session, data):
    # neither is answered before both have asked
    waiting.append(session)
    if len(waiting) == 2:
        for number, one in enumerate(waiting):
            text(one, "both")
            end(one)
""")
    nodes = [start(), tool("do", node_id="one", **DO), tool("do", node_id="two", **DO)]
    tried = make(
        *nodes,
        end(one=["one", "text"], two=["two", "text"]),
        edges=[*(edge("start", one) for one in ("one", "two")), *(edge(one, "end") for one in ("one", "two"))],
        tools=running.tools,
    )

    assert finished(events_of(tried))["outputs"] == {"one": "both", "two": "both"}


def test_a_call_says_for_which_app_and_conversation_it_is(make: MakeApp, bare: Callable[[str], Running]) -> None:
    running = bare("""
def request(session, data):
    text(session, data["action"])
    end(session)
""")
    seen: list[Any] = []
    call = running.process.call
    running.process.call = lambda *given, **options: (seen.append(options["context"]), call(*given, **options))[1]  # type: ignore[method-assign]
    nodes = [start(), tool("do", **DO), node("answer", "answer", answer="{{#do.text#}}", variables=[])]
    events = events_of(make(*nodes, edges=chain(*nodes), mode="advanced-chat", tools=running.tools), query="Hello")

    assert seen == [{"app_id": "tried", "conversation_id": events[0]["conversation_id"]}]
