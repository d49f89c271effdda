"""What `python -m workspace run` shows: the nodes as they finish, and what a run puts out."""

import json
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workspace.cli.call_output import describe_parameters, failed_at
from workspace.cli.saved_files import SavedFiles
from workspace.cli.terminal import note, show
from workspace.cli.workflow_inputs import input_parameters
from workspace.dify.apps.app import Event
from workspace.dify.apps.app_config import AppConfig
from workspace.plugin.errors import PluginCallError, in_a_sentence
from workspace.workflows.apps import AppFile
from workspace.workflows.dsl import Workflow

_RESULT = (
    "status", "outputs", "error", "elapsed_time", "total_tokens", "total_steps", "exceptions_count",
)  # fmt: skip


class Progress:
    """Shows the events of a run as they come, on stderr but for a chatflow's answer; keeps how it ended."""

    def __init__(self, *, for_program: bool) -> None:
        self.answer = ""
        self.finished: dict[str, Any] = {}
        self.ids: dict[str, Any] = {}
        self.files: list[dict[str, Any]] = []
        self.errors: set[str] = set()
        """Those of nodes, which have been shown."""
        self._for_program = for_program
        self._running: dict[str, str] = {}
        self._told: set[str] = set()
        self._held: list[str] = []
        self._place = ""

    def failed_in(self, folder: Path, *, whole: bool) -> Callable[[PluginCallError], None]:
        """For each error of the plugin in `folder`: shows with the node where it was raised; `whole`: its traceback."""

        def failed(error: PluginCallError) -> None:
            self._place = failed_at(error, folder, whole=whole)

        return failed

    def take(self, event: Event | None) -> None:
        if event is None:
            self._tell_what_runs()
            return
        data = event.get("data") or {}
        match event["event"]:
            case "workflow_started":
                self.ids = {
                    name: event[name] for name in ("workflow_run_id", "conversation_id", "message_id") if name in event
                }
            case "node_started":
                self._running[data["id"]] = data["title"]
            case "node_finished" | "node_retry":
                self._node(data)
            case "iteration_next" | "loop_next":
                self._note(f"  {data['title']}: round {data['index'] + 1}")
            case "iteration_completed" | "loop_completed":
                self._line(data, data["status"])
            case "message" | "agent_message":
                self.answer += event["answer"]
                if not self._for_program:
                    show(event["answer"], end="")
                    self._release()
            case "agent_thought" if event["observation"]:
                self._note(f"  {event['tool']}: {_short(event['tool_input'])} -> {_short(event['observation'])}")
            case "message_end":
                self.files = event["files"]
                self._end_answer()
                if not self.ids:  # no graph, so nothing else tells of its end
                    self._ended(event, "succeeded")
            case "error" if not self.finished:
                self._end_answer()
                self._ended(event, "failed", error=event["message"])
            case "workflow_finished":
                self.finished = data
                self.files = [*data["files"], *(file for file in self.files if file not in data["files"])]
                self._end_answer()

    def _ended(self, event: Event, status: str, *, error: str | None = None) -> None:
        self.ids = {name: event[name] for name in ("conversation_id", "message_id") if name in event}
        usage = event.get("metadata", {}).get("usage", {})
        self.finished = {
            "status": status,
            "outputs": {},
            "error": error,
            "elapsed_time": usage.get("latency", 0.0),
            "total_tokens": usage.get("total_tokens", 0),
        }

    def _node(self, data: Mapping[str, Any]) -> None:
        if data["status"] != "retry":
            self._running.pop(data["id"], None)
        status = f"retry {data['retry_index']}" if data["status"] == "retry" else data["status"]
        self._line(data, status)
        if data["error"]:
            self._note(textwrap.indent(in_a_sentence(data["error"]).rstrip(), "      "))
            self.errors.add(data["error"])
            if self._place:
                self._note(textwrap.indent(self._place, "  "))
            self._place = ""

    def _line(self, data: Mapping[str, Any], status: str) -> None:
        inside = "  " if data.get("iteration_id") or data.get("loop_id") else ""
        name = f"{inside}{data['title']}"
        self._note(f"  {name:<28} {data['node_type']:<20} {status:<10} {data['elapsed_time']:7.3f} s")

    def _tell_what_runs(self) -> None:
        for node_id, title in self._running.items():
            if node_id not in self._told:
                self._told.add(node_id)
                self._note(f"  {title} is running")

    def _note(self, line: str) -> None:
        """Not into a line of the answer: on a terminal both are seen."""
        self._held.append(line)
        self._release()

    def _release(self) -> None:
        if self._for_program or not self.answer or self.answer.endswith("\n"):
            for line in self._held:
                note(line)
            self._held.clear()

    def _end_answer(self) -> None:
        if self.answer and not self.answer.endswith("\n") and not self._for_program:
            show("")
            self.answer += "\n"
        self._release()


def describe_app(workflow: AppFile) -> str:
    """Its inputs with all that the form says about them, and the tools that it calls."""
    lines = [f"{workflow.app_id}: {workflow.name}, {_kind(workflow)}"]
    if workflow.description:
        lines.append(workflow.description)
    lines += ["", *describe_parameters(input_parameters(workflow), {})]
    tools = dict.fromkeys(_tools(workflow))
    if tools:
        lines += ["", "Tools it calls: " + ", ".join(tools)]
    return "\n".join(lines)


def _kind(app: AppFile) -> str:
    if isinstance(app, Workflow):
        return f"a {'chatflow' if app.mode == 'advanced-chat' else 'workflow'} of {len(app.nodes)} nodes"
    return {"chat": "a chatbot", "agent-chat": "an agent"}.get(app.mode, "a text generator")


def _tools(app: AppFile) -> list[str]:
    if isinstance(app, AppConfig):
        return [f"{tool.name} of {tool.provider_id}" for tool in app.tools]
    nodes = [node.data for node in app.nodes if node.type == "tool"]
    return [f"{data.get('tool_name')} of {data.get('provider_id')}" for data in nodes]


def _short(text: str, length: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[:length] + "…"


def describe_outputs(outputs: Mapping[str, Any], files: list[Any], saved: SavedFiles) -> str:
    """All of it, a text as it is and anything else as JSON; a file by its name and where it is."""
    lines = []
    for name, value in outputs.items():
        text = value if isinstance(value, str) else json.dumps(_named(value), ensure_ascii=False)
        lines.append(f"{name}:\n{text}" if "\n" in text else f"{name}: {text}")
    for place, file in enumerate(files):
        where = f"saved as {saved.paths[place]}" if place in saved.paths else "keep it with --save-dir DIR"
        where = f"could not be saved: {saved.problems[place]}" if place in saved.problems else where
        lines.append(f"file: {file['filename']} ({file['mime_type']}, {file['size']:,} bytes), {where}")
    return "\n".join(lines)


def as_json(progress: Progress, files: list[Any], saved: SavedFiles) -> dict[str, Any]:
    """What `--json` prints of a run, whether it failed or not."""
    listed = []
    for place, file in enumerate(files):
        listed.append({key: file[key] for key in ("filename", "mime_type", "size", "url")})
        if place in saved.paths:
            listed[-1]["path"] = str(saved.paths[place])
        if place in saved.problems:
            listed[-1]["error"] = saved.problems[place]
    answer = {"answer": progress.answer} if "message_id" in progress.ids else {}
    result = {key: progress.finished[key] for key in _RESULT if key in progress.finished}
    return {**progress.ids, **answer, **result, "files": listed}


def _named(value: Any) -> Any:
    """The value with the name of each file in place of all that is known of it."""
    if isinstance(value, list):
        return [_named(item) for item in value]
    if isinstance(value, dict) and value.get("dify_model_identity"):
        return value.get("filename")
    return value
