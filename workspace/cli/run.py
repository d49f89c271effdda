"""`python -m workspace run`: run a DSL file, once."""

import argparse
import json
from collections.abc import Generator
from contextlib import ExitStack, closing
from pathlib import Path

from workspace.cli import command_line, saved_files
from workspace.cli.call_output import (
    describe_failure,
    describe_invocation,
    error_as_json,
    failure_as_json,
)
from workspace.cli.command_line import UsageError
from workspace.cli.local_workspace import credentials, describe_python, local_workspace, prepare, workflow_host
from workspace.cli.plugin_lines import Lines
from workspace.cli.run_output import Progress, as_json, describe_app, describe_outputs
from workspace.cli.terminal import note, show
from workspace.cli.workflow_inputs import read_inputs
from workspace.dify.apps.app import CHAT_MODES, App
from workspace.dify.apps.conversations import Conversations
from workspace.dify.refusals import Refused
from workspace.plugin import parameters
from workspace.plugin.errors import PluginError, in_a_sentence
from workspace.plugin.file_server import FileServer
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.outputs import OutputFile
from workspace.plugin.process import PluginProcess
from workspace.plugin.reverse_invocation import ReverseInvocation
from workspace.workflows.apps import AppFile, app_of, calls_tools, left_out, read_app_file
from workspace.workflows.dsl_file import DslError
from workspace.workflows.needs import CannotRun
from workspace.workflows.plugin_tools import PluginTools

LONGEST_START = 120.0
"""Seconds a plugin may take to start, where --timeout is not less."""


def main(argv: list[str]) -> int:
    """Returns the exit code: 0, 1 where the run or the plugin failed, 2 where it could not begin."""
    for_program = "--json" in argv  # known before the rest is read, so that an error in it is JSON too
    parser = command_line.run_parser()
    try:
        options = parser.parse_intermixed_args(argv)
        if options.help and not options.words:
            show(parser.format_help(), end="")
            return 0
        if not options.words:
            parser.error("name a DSL file; --help tells the rest")
        return _run(options)
    except (UsageError, parameters.ParameterError, DslError, CannotRun, Refused) as error:
        if for_program:
            show(error_as_json(type(error).__name__, _told(error)))
        else:
            note(f"workspace run: {_told(error)}")
        return 2
    except PluginError as error:
        if for_program:
            show(failure_as_json(error))
        else:
            note(f"workspace run: {describe_failure(error, options.plugin, whole=options.trace)}")
        return 1


def _told(error: Exception) -> str:
    return f"this cannot run here:{error}" if isinstance(error, CannotRun) else str(error)


def _run(options: argparse.Namespace) -> int:
    workflow = read_app_file(Path(options.words[0]))
    if options.help:
        show(describe_app(workflow))
        return 0
    folder = read_plugin_folder(options.plugin) if options.plugin else None
    progress = Progress(for_program=options.json)
    with FileServer(uploads=options.data_dir / "uploads") as files:
        tools = None
        if folder:
            on_error = progress.failed_in(folder.path, whole=options.trace)
            tools = PluginTools(folder, credentials=credentials(options), on_error=on_error)
        payload = read_inputs(workflow, options.words[1:], files)
        if options.save_dir:
            prepare(options.save_dir, f"--save-dir {options.save_dir}")
        with ExitStack() as stack:
            app = _app(workflow, options, files, tools, stack)
            events = app.run(payload)
            if isinstance(events, Generator):
                stack.enter_context(closing(events))
            for event in events:
                progress.take(event)
        return _finish(progress, files, options)


def _app(
    workflow: AppFile,
    options: argparse.Namespace,
    files: FileServer,
    tools: PluginTools | None,
    stack: ExitStack,
) -> App:
    """The app, and if it calls tools the plugin that has them, running."""
    host = workflow_host(options, files, tools)
    conversations = options.data_dir / "conversations" / workflow.app_id
    if workflow.mode in CHAT_MODES:
        prepare(conversations, f"--data-dir {options.data_dir}")
    app = app_of(workflow, host, conversations=Conversations(conversations), longest=options.timeout)
    if missing := left_out(workflow, tools):
        note(f"note: it runs here without {', '.join(missing)}")
    if tools is None or not calls_tools(workflow):
        return app
    dify = local_workspace(tools.folder, options, host)
    note(f"{tools.folder.name} {tools.folder.version} runs under {describe_python(tools.folder)}")
    lines, invocations = Lines(all_at_once=options.trace), list[ReverseInvocation]()
    if options.trace:
        stack.callback(_show_invocations, invocations)
    tools.plugin = stack.enter_context(
        PluginProcess(
            tools.folder,
            dify.handle,
            on_line=lines.take,
            on_invocation=invocations.append,
            start_timeout=min(options.timeout, LONGEST_START),
        )
    )
    lines.ready()
    stack.callback(lines.show)
    return app


def _show_invocations(invocations: list[ReverseInvocation]) -> None:
    for invocation in invocations:
        note(describe_invocation(invocation))
    if not invocations:
        note("the plugin asked Dify nothing")


def _finish(progress: Progress, files: FileServer, options: argparse.Namespace) -> int:
    """Show what came out, keep its files, and say how it went."""
    finished = progress.finished
    shown, content = [], []
    for file in progress.files:
        served = files.find(file.get("related_id") or "")
        if served:
            shown.append(file)
            content.append(OutputFile(served.filename, served.mime_type, served.path.read_bytes()))
    saved = saved_files.save_files(content, options.save_dir) if options.save_dir else saved_files.SavedFiles()
    if options.json:
        show(json.dumps(as_json(progress, shown, saved), ensure_ascii=False))
    else:
        outputs = {} if progress.answer else finished["outputs"]
        if described := describe_outputs(outputs, shown, saved):
            show(described)
        if "conversation_id" in progress.ids:
            note(f"go on with sys.conversation_id={progress.ids['conversation_id']}")
    steps = f"{finished['total_steps']} steps, " if "total_steps" in finished else ""
    counted = f"{finished['elapsed_time']:.2f} s, {steps}{finished['total_tokens']} tokens"
    note(f"{finished['status']} in {counted}")
    if finished["status"] == "failed" and finished["error"] not in progress.errors:
        note(f"workspace run: {in_a_sentence(finished['error'])}")
    return 1 if finished["status"] == "failed" or saved.problems else 0
