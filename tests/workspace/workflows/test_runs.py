"""A run ends, whatever its nodes do, and leaves nothing behind."""

import queue
import threading
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from tests.workspace.dify.fake_models import FakeModels
from tests.workspace.workflows.conftest import MakeApp, Running
from tests.workspace.workflows.dsl_files import (
    chain,
    code,
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
from workspace.dify.refusals import Refused
from workspace.engines import Generated
from workspace.workflows.host import MOST_RUNS
from workspace.workflows.retries import RetryPauses, without_pauses
from workspace.workflows.stop import Stop

pytestmark = pytest.mark.usefixtures("child_process")

DO = {"provider": "tests/bare/bare"}
NEVER = "def request(session, data): text(session, 'started')"
LIMIT = "The run was stopped: it took longer than 0.3 s."


def endless_loop(count: int = 1_000_000) -> list[dict[str, Any]]:
    loop = node("again", "loop", start_node_id="begin", loop_count=count, break_conditions=[], logical_operator="and")
    inside = template("inside", "x")
    return [start(), loop, node("begin", "loop-start", parent="again"), {**inside, "parentId": "again"}, end()]


LOOP_EDGES = [edge("start", "again"), edge("again", "end"), edge("begin", "inside")]


def test_a_tool_that_never_ends_is_stopped_by_the_time_limit(make: MakeApp, bare: Callable[[str], Running]) -> None:
    tried = make(start(), tool("do", **DO), end(), tools=bare(NEVER).tools, longest=0.3)
    events = events_of(tried)

    assert (of_node(events, "do")["status"], of_node(events, "do")["error"]) == ("failed", LIMIT)
    assert (finished(events)["status"], finished(events)["error"]) == ("failed", LIMIT)
    assert events[-1]["event"] == "workflow_finished"


@pytest.mark.parametrize(
    "endless",
    [
        code("forever", "def main():\n    while True: pass"),
        code("forever", "import subprocess\ndef main(): subprocess.run(['sleep', '86399'])"),
    ],
)
def test_code_that_never_ends_is_killed_by_the_time_limit(make: MakeApp, endless: dict[str, Any]) -> None:
    events = events_of(make(start(), endless, end(), allow_code=True, longest=0.3))

    assert of_node(events, "forever")["error"] == LIMIT
    assert finished(events)["error"] == LIMIT
    assert "86399" not in [
        part for process in psutil.process_iter(["cmdline"]) for part in process.info["cmdline"] or []
    ]


def test_a_loop_that_never_ends_is_stopped_by_the_time_limit(make: MakeApp) -> None:
    nodes = endless_loop()
    events = events_of(make(*nodes, edges=LOOP_EDGES, longest=0.3))

    assert finished(events)["error"] == LIMIT
    assert any(event["event"] == "loop_next" for event in events)


def test_a_model_that_streams_for_ever_is_stopped_by_the_time_limit(make: MakeApp) -> None:
    class Endless(FakeModels):
        def generate(self, model: str, messages: Any, **options: Any) -> Any:
            while True:
                thread = threading.Thread(target=lambda: None)  # lets others run where gevent schedules the threads
                thread.start()
                thread.join()
                yield Generated("and ")

    tried = make(start(variable("text")), llm(), end(), models=Endless(), longest=0.3)
    events = events_of(tried, {"text": "Hi"})

    assert (of_node(events, "llm")["error"], finished(events)["error"]) == (LIMIT, LIMIT)


def test_a_pause_before_a_retry_is_cut_short_by_the_time_limit(make: MakeApp) -> None:
    bad = code("bad", "def main(): raise ValueError('no')")
    bad["data"]["retry_config"] = {"retry_enabled": True, "max_retries": 3, "retry_interval": 10**9}
    events = events_of(make(start(), bad, end(), allow_code=True, longest=1.0))

    assert [event["event"] for event in events].count("node_retry") == 1
    assert finished(events)["error"] == "The run was stopped: it took longer than 1 s."


def test_a_failure_ends_the_run_although_another_branch_is_busy(make: MakeApp, bare: Callable[[str], Running]) -> None:
    running = bare(NEVER)
    bad = template("bad", "{% if said %}{{ 1 / 0 }}{% endif %}", said=["start", "text"])
    nodes = [start(variable("text")), tool("do", **DO), bad]
    tried = make(*nodes, edges=[edge("start", "do"), edge("start", "bad")], tools=running.tools)
    events = events_of(tried, {"text": "now"})

    assert finished(events)["error"] == "ZeroDivisionError: division by zero"
    assert finished(events)["status"] == "failed"


def test_who_leaves_in_mid_run_stops_it(make: MakeApp, bare: Callable[[str], Running]) -> None:
    tried = make(start(), tool("do", **DO), end(), tools=bare(NEVER).tools)
    run = tried.run({"inputs": {}, "query": "", "conversation_id": ""})
    assert next(run)["event"] == "workflow_started"  # type: ignore[index]
    while (event := next(run)) is None or event["event"] != "node_started" or event["data"]["node_id"] != "do":
        pass
    run.close()

    assert not [thread for thread in threading.enumerate() if "Engine" in thread.name]


def test_a_second_without_news_is_a_none(make: MakeApp, bare: Callable[[str], Running]) -> None:
    tried = make(start(), tool("do", **DO), end(), tools=bare("def request(session, data): pass").tools, longest=1.5)
    seen = list(tried.run({"inputs": {}, "query": "", "conversation_id": ""}))

    assert None in seen
    assert seen[-1] is not None
    assert seen[-1]["event"] == "workflow_finished"


def test_a_run_of_more_steps_than_dify_takes_is_stopped(make: MakeApp) -> None:
    nodes = [start(), *(template(f"t{number}", "x") for number in range(510)), end()]
    events = events_of(make(*nodes, edges=chain(*nodes)))

    assert finished(events)["status"] == "failed"
    assert finished(events)["error"] == "Aborted: Maximum execution steps exceeded: 501 > 500"


def test_runs_that_are_open_at_once_are_limited(make: MakeApp) -> None:
    tried = make(start(), end())
    payload: dict[str, Any] = {"inputs": {}, "query": "", "conversation_id": ""}
    open_runs = [tried.run(payload) for _ in range(MOST_RUNS)]
    for run in open_runs:
        next(run)
    with pytest.raises(Refused, match="20 runs are open at once. Does a workflow call itself?") as caught:
        next(tried.run(payload))
    assert caught.value.status == 429
    for run in open_runs:
        run.close()

    assert finished(events_of(tried))["status"] == "succeeded"


def test_many_runs_at_the_same_time_do_not_mix(make: MakeApp, greeter: Running) -> None:
    greet = tool("greet", name="{{#start.who#}}", times=1, settings={"style": "warm", "shout": False})
    tried = make(start(variable("who")), greet, end(said=["greet", "text"]), tools=greeter.tools)
    said: queue.Queue[tuple[int, str]] = queue.Queue()

    def run(number: int) -> None:
        said.put((number, finished(events_of(tried, {"who": str(number)}))["outputs"]["said"]))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert dict(said.queue) == {number: f"Hello, {number}! " for number in range(8)}


# --- the parts


def test_a_stop_calls_everyone_who_waits_once_and_latecomers_at_once() -> None:
    stop, called = Stop(), list[str]()
    with stop.calling(lambda: called.append("first")), stop.calling(lambda: called.append("second")):
        stop.request("enough")
        stop.request("more than enough")
    with stop.calling(lambda: called.append("late")):
        pass
    stop.request("again")

    assert called == ["first", "second", "late"]
    assert (stop.requested, stop.reason, stop.wait(60)) == (True, "enough", True)


def test_a_stop_calls_nobody_who_has_left() -> None:
    stop, called = Stop(), list[str]()
    with stop.calling(lambda: called.append("gone")):
        pass
    stop.request("enough")

    assert called == []


def test_pauses_leave_the_graph_and_are_made_where_the_node_runs_again() -> None:
    busy = template("busy", "x")
    busy["data"]["retry_config"] = {"retry_enabled": True, "max_retries": 2, "retry_interval": 1500}
    nodes, pauses = without_pauses([start(), busy])

    assert pauses == {"busy": 1.5}
    assert nodes[1]["data"]["retry_config"] == {"retry_enabled": True, "max_retries": 2, "retry_interval": 0}
    assert busy["data"]["retry_config"]["retry_interval"] == 1500
    assert RetryPauses(pauses, Stop())
