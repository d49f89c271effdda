"""`python -m workspace serve`: the console and the endpoints of a plugin over HTTP, until it is stopped."""

import argparse
import contextlib
import os
import time
from contextlib import ExitStack, closing

from workspace.cli import command_line
from workspace.cli.command_line import UsageError
from workspace.cli.local_workspace import credentials, default_models, describe_python, local_workspace, workflow_host
from workspace.cli.plugin_lines import Lines
from workspace.cli.terminal import NotWritten, note, show
from workspace.console.abbreviation import Abbreviation
from workspace.console.app import Console
from workspace.console.description import describe_models
from workspace.console.invocation_log import InvocationLog
from workspace.console.tool_calls import ToolCalls
from workspace.plugin.errors import PluginError, PluginFolderError
from workspace.plugin.file_server import FileServer
from workspace.plugin.folder import EndpointGroup, PluginFolder, read_plugin_folder
from workspace.plugin.parameters import ParameterError
from workspace.plugin.process import PluginLine, PluginProcess
from workspace.serve.endpoint_host import Answered, EndpointHost, no_route
from workspace.serve.http_server import HttpServer
from workspace.serve.inner_api import InnerApi
from workspace.serve.kept_plugin import KeptPlugin
from workspace.serve.serve_file import ServeFile, curl_lines, read_serve_file
from workspace.serve.settings import check_settings
from workspace.wire import Handler
from workspace.workflows.plugin_tools import PluginTools


def main(argv: list[str]) -> int:
    """Returns the exit code: 0, 1 where the plugin does not start, 2 where the command line or a setting is wrong."""
    try:
        _run(command_line.serve_parser().parse_args(argv))
    except (UsageError, ParameterError) as error:
        note(f"workspace serve: {error}")
        return 2
    except PluginError as error:
        note(f"workspace serve: {error}")
        return 1
    return 0


def _run(options: argparse.Namespace) -> None:
    folder = read_plugin_folder(options.folder)
    file = _file(options)
    check_settings(folder, file.settings)
    group = folder.group or EndpointGroup((), ())
    curl_lines(group, file, "")  # what is wrong with them is said before anything starts
    note(f"{folder.name} {folder.version} runs under {describe_python(folder)}")
    with ExitStack() as running:
        files = running.enter_context(FileServer(uploads=options.data_dir / "uploads"))
        given = credentials(options)
        tools = PluginTools(folder, credentials=given)
        behind = workflow_host(options, files, tools)
        dify = local_workspace(folder, options, behind, group.settings, file.settings)
        abbreviation = Abbreviation()
        abbreviation.hide(group.settings, file.settings)
        for provider in folder.providers:
            abbreviation.hide(provider.credentials, given)
        calls = ToolCalls(folder, files, given, abbreviation)
        invocations = InvocationLog(abbreviation, calls.ids)
        plugin = running.enter_context(closing(_start(folder, dify.handle, calls, invocations)))
        tools.plugin = calls.plugin = plugin
        console = Console(
            folder,
            dify,
            calls,
            invocations,
            files,
            serve_file=file,
            hook=options.hook,
            models=lambda: describe_models(behind.models, default_models(options)),
            beyond=InnerApi(dify.api.answer, key=options.inner_api_key) if options.inner_api_key else no_route,
        )
        try:
            url = _listen(options, folder, file, plugin, console, invocations, running)
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise UsageError(f"port {options.port} cannot be had ({reason}): choose one with --port.") from None
        _greet(folder, file, url, options.hook)
        with contextlib.suppress(KeyboardInterrupt):
            while True:  # a signal that comes right before a wait is seen after it
                time.sleep(0.2)


def _listen(
    options: argparse.Namespace,
    folder: PluginFolder,
    file: ServeFile,
    plugin: KeptPlugin,
    console: Console,
    invocations: InvocationLog,
    running: ExitStack,
) -> str:
    """The server's address. Endpoints are served where the plugin has some."""

    def answered(answer: Answered) -> None:
        _log(answer)
        if answer.note:
            invocations.note(f"{answer.method} {answer.path.removeprefix(f'/e/{options.hook}')}", answer.note)

    if folder.group is None:
        return running.enter_context(HttpServer(console, port=options.port)).url
    host = EndpointHost(
        plugin, lambda: file.settings, hook=options.hook, port=options.port, app=console, on_answer=answered
    )
    return running.enter_context(host).url.removesuffix(f"/e/{options.hook}")


def _file(options: argparse.Namespace) -> ServeFile:
    try:
        return read_serve_file(options.settings) if options.settings else ServeFile()
    except PluginFolderError as error:
        raise UsageError(str(error)) from None


def _start(folder: PluginFolder, handler: Handler, calls: ToolCalls, invocations: InvocationLog) -> KeptPlugin:
    lines = Lines(all_at_once=True)

    def take_line(line: PluginLine) -> None:
        lines.take(line)
        calls.take_line(line)

    plugin = KeptPlugin(lambda: PluginProcess(folder, handler, on_line=take_line, on_invocation=invocations.record))
    lines.ready()
    return plugin


def _greet(folder: PluginFolder, file: ServeFile, url: str, hook: str) -> None:
    """Where the console and the endpoints are, what opens these, and a command for each."""
    show(f"Console:   {url}/")
    if folder.group is not None:
        endpoints = f"{url}/e/{hook}"
        show(f"Endpoints: {endpoints}")
        for setting in folder.group.settings:
            if setting.type == "secret-input" and setting.name in file.settings:
                show(f"{setting.name}: {file.settings[setting.name]}")
        show("")
        for line in curl_lines(folder.group, file, endpoints):
            show(line)
    show("")
    note("Ctrl-C ends it.")


def _log(answered: Answered) -> None:
    line = f"{answered.method} {answered.path} {answered.status or '-'} {answered.seconds:.3f} s"
    line = "".join(character if character.isprintable() else "?" for character in line)  # the terminal is not theirs
    with contextlib.suppress(NotWritten, BrokenPipeError):
        show(f"{line}; {answered.note}" if answered.note else line)
