"""An app's run from what it is given to the events that it yields."""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from workspace.dify.apps.app import Event
from workspace.dify.apps.form import FILES, Input
from workspace.dify.apps.workflow_events import USER, Run
from workspace.dify.refusals import Refused
from workspace.engines import TokenCount
from workspace.workflows.dsl import DslError, Workflow
from workspace.workflows.events import Reporter
from workspace.workflows.files import FileError, Files
from workspace.workflows.host import Host
from workspace.workflows.run import LONGEST, Given, GraphRun


@dataclass(frozen=True)
class Start:
    """`inputs` as the form has checked them and `files` for `sys.files`, both with files as mappings; `chunk` makes the
    event of a piece of the answer, and `keep` gets what is written into a variable of the conversation."""

    inputs: Mapping[str, Any]
    chunk: Callable[[str, list[str]], Event]
    files: Sequence[Mapping[str, Any]] = ()
    chat: Mapping[str, Any] = field(default_factory=dict)
    """`query`, `conversation_id` and `dialogue_count` of a chatflow."""
    turns: Sequence[tuple[str, str]] = ()
    conversation_variables: Mapping[str, Any] = field(default_factory=dict)
    keep: Callable[[str, Any], None] = lambda _name, _value: None
    message_id: str | None = None


@dataclass(frozen=True)
class End:
    """`finished` is the event workflow_finished, `tokens` what all models together took, `files` what a chatflow shows
    with its message."""

    finished: Event
    tokens: TokenCount
    files: list[dict[str, Any]]


def execute(
    workflow: Workflow, host: Host, run: Run, start: Start, *, longest: float | None = None
) -> Generator[Event | None, None, End]:
    """The events of a run but for the last, which is returned; None for a second in which nothing happens.

    Raises Refused before the first event, for a file that is not there and for a graph that the engine does not take.
    """
    files = Files(host.files)
    try:
        inputs = {
            field.variable: _with_files(field, start.inputs.get(field.variable), files) for field in workflow.form
        }
        system = {
            **start.chat,
            "files": [files.build_from_mapping(mapping=file) for file in start.files],
            "user_id": USER,
            "app_id": workflow.app_id,
            "workflow_id": run.workflow_id,
            "workflow_run_id": run.run_id,
            "timestamp": int(time.time()),
        }
        given = Given(inputs, system, start.conversation_variables, start.turns)
        graph_run = GraphRun(workflow, host, files, given, longest=longest or LONGEST)
    except (DslError, FileError) as error:
        raise Refused(str(error)) from error
    reporter = Reporter(
        workflow, graph_run, run, files, chunk=start.chunk, keep=start.keep, message_id=start.message_id
    )
    shown = {f"sys.{name}": value for name, value in system.items() if name not in ("conversation_id", "timestamp")}
    yield run.started(reporter.encoded({**inputs, **shown}))
    with closing(graph_run.events()) as events:
        for event in events:
            if event is None:
                yield None
            else:
                yield from reporter.report(event)
    usage = graph_run.state.llm_usage
    return End(reporter.finished, TokenCount(usage.prompt_tokens, usage.completion_tokens), reporter.shown_files)


def _with_files(field: Input, value: Any, files: Files) -> Any:
    """An input with its files as the engine has them."""
    if field.type not in FILES or value is None:
        return value
    given = value if field.type == "file-list" else [value]
    found = []
    for mapping in given:
        file = files.build_from_mapping(mapping=mapping)
        if not _is_allowed(field, str(mapping.get("type", "custom")), file.extension or "", file.transfer_method):
            raise FileError(f"File validation failed for file: {file.filename}")
        found.append(file)
    return found if field.type == "file-list" else found[0]


def _is_allowed(field: Input, kind: str, extension: str, method: str) -> bool:
    """By the types, extensions and ways that the form allows. What tools have made is always allowed."""
    if method == "tool_file":
        return True
    if kind == "custom":
        return extension in field.allowed_file_extensions
    if field.allowed_file_types and kind not in field.allowed_file_types:
        return False
    methods = field.allowed_file_upload_methods
    return kind == "image" or not methods or method in methods
