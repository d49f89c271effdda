"""`python -m workspace call`: invoke one tool of a plugin, once."""

import argparse
import json
import time
import uuid
from pathlib import Path
from typing import Any

from workspace.cli import arguments, command_line, saved_files
from workspace.cli.call_output import (
    as_json,
    describe_failure,
    describe_invocation,
    describe_log,
    describe_outputs,
    describe_tool,
    describe_tools,
    error_as_json,
    failure_as_json,
)
from workspace.cli.command_line import UsageError
from workspace.cli.local_workspace import (
    credentials,
    default_models,
    describe_python,
    local_workspace,
    model_server,
    prepare,
    workflow_host,
)
from workspace.cli.plugin_lines import Lines
from workspace.cli.terminal import note, show
from workspace.plugin import parameters
from workspace.plugin.errors import PluginCallError, PluginError, PluginFolderError
from workspace.plugin.file_server import FileServer
from workspace.plugin.folder import PluginFolder, Tool, read_plugin_folder
from workspace.plugin.outputs import Outputs
from workspace.plugin.process import PluginProcess
from workspace.plugin.reverse_invocation import ReverseInvocation
from workspace.wire import Handler, Payload
from workspace.workflows.plugin_tools import PluginTools

LONGEST_START = 120.0
"""Seconds a plugin may take to start, where --timeout is not less."""


def main(argv: list[str], *, handler: Handler | None = None) -> int:
    """Returns the exit code: 0, 1 where the plugin failed, 2 where the command line is wrong.

    `handler` answers the plugin's reverse invocations in place of the local workspace.
    """
    for_program = "--json" in argv  # known before the rest is read, so that an error in it is JSON too
    parser = command_line.call_parser()
    try:
        options = parser.parse_intermixed_args(argv)
        if options.help and not options.words:
            show(parser.format_help(), end="")
            return 0
        if not options.words:
            parser.error("name the folder of a plugin; --help tells the rest")
        return _run(options, handler)
    except (UsageError, parameters.ParameterError) as error:
        if for_program:
            show(error_as_json("UsageError", str(error)))
        else:
            note(f"workspace call: {error}")
        return 2
    except PluginError as error:
        if for_program:
            show(failure_as_json(error))
        else:
            note(f"workspace call: {describe_failure(error, Path(options.words[0]), whole=options.trace)}")
        return 1


def _run(options: argparse.Namespace, handler: Handler | None) -> int:
    folder = read_plugin_folder(Path(options.words[0]))
    if len(options.words) == 1:
        show(describe_tools(folder))
        return 0
    try:
        tool = folder.tool(options.words[1])
    except PluginFolderError as error:
        raise UsageError(str(error)) from None
    if options.help:
        host = workflow_host(options, tools=PluginTools(folder, credentials=credentials(options)))
        show(describe_tool(tool, local_workspace(folder, options, host).apps, default_models(options)))
        return 0
    with FileServer(uploads=options.data_dir / "uploads") as files:
        values = arguments.read_arguments(tool, options.words[2:], share=files.share)
        for name, model in arguments.add_default_models(tool, values, default_models(options)).items():
            note(f"{name}: {model}, the workspace's default")
        if model_server():
            arguments.refuse_missing_models(tool, values)
        given = credentials(options)
        request = _request(folder, tool, values, given)
        if options.save_dir:
            prepare(options.save_dir, f"--save-dir {options.save_dir}")
        note(f"{folder.name} {folder.version} runs under {describe_python(folder)}")
        tools = PluginTools(folder, credentials=given)
        if handler is None:
            host = workflow_host(options, files, tools)
            handler = local_workspace(folder, options, host, tool.parameters, values).handle
        invocations: list[ReverseInvocation] = []
        try:
            return _call(folder, request, options, handler, invocations, tools, files)
        finally:
            if options.trace:
                for invocation in invocations:
                    note(describe_invocation(invocation))
                if not invocations:
                    note("the plugin asked Dify nothing")


def _request(folder: PluginFolder, tool: Tool, values: dict[str, Any], given: dict[str, str]) -> Payload:
    """What the daemon sends for a tool, with everything checked before the plugin is started."""
    declared = folder.provider(tool.provider).credentials
    checked = parameters.credentials(declared, given)
    return parameters.tool_request(
        tool,
        parameters.tool_parameters(tool, values),
        user_id=str(uuid.uuid4()),
        credentials=checked if declared else None,
    )


def _call(
    folder: PluginFolder,
    request: Payload,
    options: argparse.Namespace,
    handler: Handler,
    invocations: list[ReverseInvocation],
    tools: PluginTools,
    files: FileServer,
) -> int:
    outputs, lines = Outputs(tool_file=files.tool_file), Lines(all_at_once=options.trace)
    started = time.monotonic()
    start_timeout = min(options.timeout, LONGEST_START)
    with PluginProcess(
        folder, handler, on_line=lines.take, on_invocation=invocations.append, start_timeout=start_timeout
    ) as plugin:
        lines.ready()
        tools.plugin = plugin
        called = time.monotonic()
        try:
            for message in plugin.call(request, timeout=options.timeout):
                if message.get("type") == "log":
                    note(describe_log(message))
                added = outputs.add(message)
                if added and not options.json:
                    show(added, end="")
        except PluginCallError:
            lines.drop()
            raise
        finally:
            lines.show()
            if outputs.text and not outputs.text.endswith("\n") and not options.json:
                show("")
        seconds = time.monotonic() - called
    saved = saved_files.save_files(outputs.files, options.save_dir) if options.save_dir else saved_files.SavedFiles()
    if options.json:
        show(json.dumps(as_json(outputs, saved, seconds=seconds), ensure_ascii=False))
    elif described := describe_outputs(outputs, saved):
        show(described)
    for place, problem in saved.problems.items():
        note(f"workspace call: {outputs.files[place].filename} could not be saved: {problem}.")
    note(f"{seconds:.2f} s, after {called - started:.2f} s to start the plugin")
    return 1 if saved.problems else 0
