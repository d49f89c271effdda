"""What a place answers to the cases: a real Dify, or the local workspace. Both are recorded by the same code.

A place is asked by the tools of the plugin `recorder`, under the SDK's own classes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from tests.dify import apps, cases
from tests.dify.made import RECORDER
from tests.dify.recordings import joined, replaced
from tests.workspace.workflows.dsl_files import code, end, start, tool, variable
from workspace.plugin.folder import read_plugin_folder

type Line = dict[str, Any]
"""One case as it is recorded: `case`, and what came of it."""


class Place(Protocol):
    def app_id(self, name: str) -> str:
        """The id of the app of this name in `apps.APPS`."""
        ...

    def run(self, dsl: str, inputs: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The events of a workflow's run."""
        ...

    def ask(self, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """What the recorder's `ask` tells of reverse invocations, `{type, payload}`: `{replies, error}` for each."""
        ...


def invocations(place: Place) -> Iterator[Line]:
    """Every reply to each reverse invocation, and the error that it ended with, "" for none."""
    return (invocation(call, place) for call in cases.CALLS.values())


def invocation(call: cases.Call, place: Place) -> Line:
    [answer] = place.ask([{"type": call.type, "payload": _with_ids(call.payload, place)}])
    return {
        "case": call.name,
        "type": call.type,
        "asked": call.payload,
        "replies": replaced(joined(answer["replies"])),
        "error": replaced(answer["error"]),
    }


def asked_in_a_workflow(place: Place, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """`ask` for a place where the plugin runs out of reach."""
    dsl = apps.one_node("ask", provider=apps.RECORDER, calls="{{#start.text#}}")
    node = _finished(place.run(dsl, {"text": json.dumps(calls)}))["tool"]
    answers: list[dict[str, Any]] = json.loads(node["outputs"]["answers"])
    return answers


def messages(place: Place) -> Iterator[Line]:
    """What a tool node puts out, and the texts that it streams."""
    for name, given in cases.MESSAGES.items():
        dsl = apps.one_node("put_out", provider=apps.RECORDER, messages="{{#start.text#}}")
        node = _finished(place.run(dsl, {"text": json.dumps(given)}))["tool"]
        yield {"case": name, "put_out": given, **_outcome(node)}


def parameters(place: Place) -> Iterator[Line]:
    """The type and the value that reached a tool, or why the node failed."""
    names = list(cases.RECEIVED)
    nodes = [start(variable("text")), code("code", cases.VARIABLES, **cases.VARIABLE_TYPES)]
    for at, name in enumerate(names):
        node = tool("receive", provider=apps.RECORDER, node_id=f"node{at}")
        node["data"] |= {
            "tool_parameters": cases.RECEIVED[name],
            "error_strategy": "default-value",
            "default_value": [{"key": "text", "type": "string", "value": ""}],
        }
        nodes.append(node)
    found = _finished(place.run(apps.dsl("parameters", [*nodes, end(text=["node0", "text"])]), {"text": ""}))
    for at, name in enumerate(names):
        outcome = found[f"node{at}"]
        received = json.loads(outcome["outputs"].get("received") or "null")
        yield {
            "case": name,
            "given": cases.RECEIVED[name],
            "received": received,
            "error": replaced(outcome.get("error") or ""),
        }


def console(shown: Mapping[str, str]) -> Iterator[Line]:
    """The type that the editor shows for each output that the recorder declares."""
    schema = read_plugin_folder(RECORDER).tool("outputs").output_schema
    for name, declared in schema["properties"].items():
        yield {"case": name, "schema": declared, "shown": shown[name]}


def _with_ids(value: Any, place: Place) -> Any:
    if not isinstance(value, dict):
        return value
    if set(value) == {"app"}:
        return place.app_id(value["app"])
    return {name: _with_ids(each, place) for name, each in value.items()}


def _finished(events: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The data of the end of each node, by the node's id."""
    ended = ("node_finished", "node_exception")
    return {event["data"]["node_id"]: event["data"] for event in events if event and event["event"] in ended}


def _outcome(node: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": node["status"],
        "outputs": replaced(node.get("outputs")),
        "error": replaced(node.get("error") or ""),
    }
