"""Iterations, loops and the other nodes that need nothing of their host; and the events they make."""

import itertools
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.workspace.workflows.conftest import MakeApp, Running
from tests.workspace.workflows.dsl_files import (
    edge,
    end,
    events_of,
    finished,
    llm,
    node,
    of_node,
    start,
    template,
    tool,
    variable,
)

NODE = {
    "id", "node_id", "node_type", "title", "index", "predecessor_node_id", "inputs", "inputs_truncated", "created_at",
    "iteration_id", "loop_id",
}  # fmt: skip
RESULT = {
    "process_data", "process_data_truncated", "outputs", "outputs_truncated", "status", "error", "elapsed_time",
    "execution_metadata", "finished_at", "files",
}  # fmt: skip
CONTAINER = {"id", "node_id", "node_type", "title", "index", "created_at", "extras"}
COMPLETED = {
    "inputs", "inputs_truncated", "outputs", "outputs_truncated", "status", "error", "elapsed_time", "total_tokens",
    "execution_metadata", "finished_at", "steps",
}  # fmt: skip
EVENTS = {
    "workflow_started": {"id", "workflow_id", "inputs", "created_at", "reason"},
    "node_started": NODE | {"extras", "agent_strategy"},
    "node_finished": NODE | RESULT,
    "node_retry": NODE | RESULT | {"retry_index"},
    "iteration_started": CONTAINER | {"inputs", "inputs_truncated", "metadata"},
    "iteration_next": CONTAINER,
    "iteration_completed": CONTAINER | COMPLETED,
    "text_chunk": {"text", "from_variable_selector"},
    "workflow_finished": {
        "id", "workflow_id", "status", "outputs", "error", "elapsed_time", "total_tokens", "total_steps", "created_by",
        "created_at", "finished_at", "exceptions_count", "files",
    },
}  # fmt: skip
"""The keys in the data of each event. Source: Dify, `core/app/entities/task_entities.py`."""


def iterating(*inside: dict[str, Any], output: list[str], **data: Any) -> dict[str, Any]:
    """Nodes and edges of an iteration over the list that the node `made` puts out."""
    settings = {
        "start_node_id": "begin",
        "iterator_selector": ["start", "items", "list"],
        "output_selector": output,
        "is_parallel": False,
        "error_handle_mode": "terminated",
        **data,
    }
    each = node("each", "iteration", **settings)
    begin = node("begin", "iteration-start", parent="each")
    nodes = [start(variable("items", "json_object")), each, begin, *({**one, "parentId": "each"} for one in inside)]
    inner = [begin, *inside]
    edges = [edge("start", "each"), edge("each", "end")]
    edges += [edge(one["id"], other["id"]) for one, other in itertools.pairwise(inner)]
    return {"edges": edges, "nodes": [*nodes, end(all=["each", "output"])]}


def test_an_iteration_runs_its_nodes_for_each_item(make: MakeApp, greeter: Running) -> None:
    greet = tool("greet", name="{{#each.item#}}", times=1, settings={"style": "warm", "shout": False})
    made = iterating(greet, output=["greet", "text"])
    tried = make(*made["nodes"], edges=made["edges"], tools=greeter.tools)
    events = events_of(tried, {"items": {"list": ["Ada", "Bob"]}})

    assert finished(events)["outputs"] == {"all": ["Hello, Ada! ", "Hello, Bob! "]}
    kinds = [event["event"] for event in events if event["event"] != "text_chunk"]
    inside = ["iteration_next", "node_started", "node_finished"]
    assert kinds == [
        "workflow_started",
        *["node_started", "node_finished"],
        "iteration_started",
        *inside,
        *inside,
        "iteration_completed",
        *["node_started", "node_finished"],
        "workflow_finished",
    ]
    assert {event["data"]["iteration_id"] for event in events if event["data"].get("node_id") == "greet"} == {"each"}
    assert of_node(events, "end")["iteration_id"] is None
    completed = of_node(events, "each", "iteration_completed")
    assert (completed["status"], completed["steps"], completed["outputs"]["output"]) == (
        "succeeded",
        2,
        ["Hello, Ada! ", "Hello, Bob! "],
    )


def test_events_have_the_keys_that_dify_gives_them(make: MakeApp, greeter: Running) -> None:
    fail = tool("fail")
    fail["data"] |= {
        "error_strategy": "default-value",
        "default_value": [{"key": "text", "type": "string", "value": "-"}],
        "retry_config": {"retry_enabled": True, "max_retries": 1, "retry_interval": 1},
    }
    made = iterating(fail, output=["fail", "text"])
    tried = make(*made["nodes"], edges=made["edges"], tools=greeter.tools)
    events = events_of(tried, {"items": {"list": ["a"]}})

    assert {event["event"] for event in events} == set(EVENTS)
    for event in events:
        assert set(event) == {"event", "task_id", "workflow_run_id", "data"}
        assert set(event["data"]) == EVENTS[event["event"]], event["event"]


def test_an_iteration_whose_node_fails_fails_with_it(make: MakeApp, greeter: Running) -> None:
    made = iterating(tool("fail"), output=["fail", "text"])
    tried = make(*made["nodes"], edges=made["edges"], tools=greeter.tools)
    events = events_of(tried, {"items": {"list": ["a", "b"]}})

    assert of_node(events, "each", "iteration_completed")["status"] == "failed"
    assert "error details: nothing to say" in finished(events)["error"]


def test_an_iteration_may_go_on_after_a_failure(make: MakeApp, greeter: Running) -> None:
    made = iterating(tool("fail"), output=["fail", "text"], error_handle_mode="continue-on-error")
    tried = make(*made["nodes"], edges=made["edges"], tools=greeter.tools)

    assert finished(events_of(tried, {"items": {"list": ["a", "b"]}}))["outputs"] == {"all": [None, None]}


def test_a_parallel_iteration_keeps_the_order(make: MakeApp, greeter: Running) -> None:
    greet = tool("greet", name="{{#each.item#}}", times=1, settings={"style": "warm", "shout": False})
    made = iterating(greet, output=["greet", "text"], is_parallel=True, parallel_nums=4)
    tried = make(*made["nodes"], edges=made["edges"], tools=greeter.tools)
    names = [str(number) for number in range(6)]

    assert finished(events_of(tried, {"items": {"list": names}}))["outputs"] == {
        "all": [f"Hello, {name}! " for name in names]
    }


def test_a_loop_runs_until_its_condition_holds(make: MakeApp) -> None:
    stop = {"id": "1", "variable_selector": ["again", "n"], "comparison_operator": "≥", "value": "3"}
    loop = node(
        "again",
        "loop",
        start_node_id="begin",
        loop_count=10,
        break_conditions=[stop],
        logical_operator="and",
        loop_variables=[{"label": "n", "var_type": "number", "value_type": "constant", "value": 0}],
    )
    step = {"variable_selector": ["again", "n"], "input_type": "constant", "operation": "+=", "value": 1}
    nodes = [
        start(),
        loop,
        node("begin", "loop-start", parent="again"),
        node("add", "assigner", parent="again", version="2", items=[step]),
        end(n=["again", "n"]),
    ]
    events = events_of(make(*nodes, edges=[edge("start", "again"), edge("again", "end"), edge("begin", "add")]))

    assert finished(events)["outputs"] == {"n": 3}
    assert [event["event"] for event in events].count("loop_next") == 2
    assert of_node(events, "add")["loop_id"] == "again"
    assert of_node(events, "again", "loop_completed")["status"] == "succeeded"


def test_a_list_is_filtered(make: MakeApp, greeter: Running) -> None:
    condition = {"key": "", "comparison_operator": "contains", "value": "a"}
    pick = node(
        "pick",
        "list-operator",
        variable=["start", "items", "list"],
        filter_by={"enabled": True, "conditions": [condition]},
        order_by={"enabled": True, "key": "", "value": "desc"},
        limit={"enabled": True, "size": 2},
        extract_by={"enabled": False, "serial": "1"},
    )
    tried = make(start(variable("items", "json_object")), pick, end(found=["pick", "result"]))

    assert finished(events_of(tried, {"items": {"list": ["pear", "fig", "plum", "apple", "banana"]}}))["outputs"] == {
        "found": ["pear", "banana"]
    }


def test_an_http_node_asks_where_that_is_allowed(make: MakeApp) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self.wfile.write(b"got " + body + b" by " + self.headers["X-Name"].encode())

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    post = node(
        "post",
        "http-request",
        method="post",
        url=f"http://127.0.0.1:{server.server_port}/",
        authorization={"type": "no-auth", "config": None},
        headers="X-Name:{{#start.who#}}",
        params="",
        body={"type": "raw-text", "data": [{"type": "text", "value": "a letter"}]},
        timeout={},
    )
    try:
        tried = make(start(variable("who")), post, end(body=["post", "body"]), allow_code=True)
        outputs = finished(events_of(tried, {"who": "Ada"}))["outputs"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    assert outputs == {"body": "got a letter by Ada"}


@pytest.mark.parametrize("value", ["", "yes"])
def test_only_the_branch_that_is_taken_runs(make: MakeApp, value: str) -> None:
    empty = {"id": "1", "variable_selector": ["start", "text"], "comparison_operator": "empty", "value": ""}
    decide = node("decide", "if-else", cases=[{"case_id": "none", "logical_operator": "and", "conditions": [empty]}])
    nodes = [
        start(variable("text")),
        decide,
        template("nothing", "Nothing."),
        llm(),
        node("no", "end", outputs=[{"variable": "said", "value_selector": ["nothing", "output"]}]),
        end(said=["llm", "text"]),
    ]
    edges = [
        edge("start", "decide"),
        edge("decide", "nothing", "none"),
        edge("decide", "llm", "false"),
        edge("nothing", "no"),
        edge("llm", "end"),
    ]
    events = events_of(make(*nodes, edges=edges), {"text": value})

    assert finished(events)["outputs"] == {"said": "Good day." if value else "Nothing."}
    assert finished(events)["total_steps"] == 4
