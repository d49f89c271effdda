"""`python -m workspace call`: invoke one tool of a plugin, once."""

import argparse
import contextlib
import json
import os
import sys
import time
import uuid
from pathlib import Path
from typing import Any, NoReturn

from workspace.cli import arguments
from workspace.cli.call_output import (
    as_json,
    describe_invocation,
    describe_outputs,
    describe_tool,
    describe_tools,
    save_files,
)
from workspace.dify.apps.app import App
from workspace.plugin import parameters
from workspace.plugin.errors import PluginCallError, PluginError, PluginFolderError
from workspace.plugin.file_server import FileServer
from workspace.plugin.folder import PluginFolder, Tool, read_plugin_folder
from workspace.plugin.outputs import Outputs
from workspace.plugin.process import PluginLine, PluginProcess
from workspace.plugin.reverse_invocation import ReverseInvocation
from workspace.plugin.selectors import DEFAULT_MODELS, model_selector
from workspace.wire import Handler, Payload

USAGE = "python -m workspace call PLUGIN_DIR [TOOL [NAME=TEXT | NAME:=JSON | NAME@FILE ...]] [options]"

LONGEST_LINE = 1024
"""Characters that are shown of a line the plugin prints; the daemon logs as many."""

DEFAULT_MODEL = "the language model of apps and summaries, and where a required one is left out"
DATA_DIR = "where storage, conversations and uploads are kept (.workspace)"
FAIL_LIKE_DIFY = "speech2text and completion apps fail, as they do in today's Dify"


class UsageError(Exception):
    """One sentence about what is wrong on the command line."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}.")


def main(argv: list[str], *, handler: Handler | None = None) -> int:
    """Returns the exit code: 0, 1 where the plugin failed, 2 where the command line is wrong.

    `handler` answers the plugin's reverse invocations in place of the local workspace.
    """
    parser = _command_line()
    try:
        options = parser.parse_intermixed_args(argv)
        if options.help and not options.words:
            parser.print_help()
            return 0
        if not options.words:
            parser.error("name the folder of a plugin; --help tells the rest")
        return _run(options, handler)
    except (UsageError, parameters.ParameterError) as error:
        print(f"workspace call: {error}", file=sys.stderr)
        return 2
    except PluginError as error:
        kind = error.error_type if isinstance(error, PluginCallError) else type(error).__name__
        if options.json:
            print(json.dumps({"error": {"type": kind, "message": str(error)}}, ensure_ascii=False))
        else:
            print(f"workspace call: {_failure(error)}", file=sys.stderr)
        return 1


def _command_line() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m workspace call",
        usage=USAGE,
        description="Invoke a tool of the plugin in a folder. Without TOOL: list its tools.",
        epilog=arguments.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("-h", "--help", action="store_true", help="this; after TOOL: what its parameters are")
    parser.add_argument("--json", action="store_true", help="print the outputs as one JSON object")
    parser.add_argument("--save-dir", type=Path, metavar="DIR", help="keep the files the tool puts out")
    parser.add_argument("--credential", action="append", default=[], metavar="NAME=VALUE", help="for the provider")
    parser.add_argument("--trace", action="store_true", help="show what the plugin asked of Dify")
    parser.add_argument("--default-model", default="", metavar="PROVIDER/NAME", help=DEFAULT_MODEL)
    parser.add_argument("--data-dir", type=Path, default=Path(".workspace"), metavar="DIR", help=DATA_DIR)
    parser.add_argument("--fail-like-dify", action="store_true", help=FAIL_LIKE_DIFY)
    parser.add_argument("--timeout", type=float, default=600.0, metavar="SECONDS", help="for the call (600)")
    return parser


def _run(options: argparse.Namespace, handler: Handler | None) -> int:
    folder = read_plugin_folder(Path(options.words[0]))
    if len(options.words) == 1:
        print(describe_tools(folder))
        return 0
    try:
        tool = folder.tool(options.words[1])
    except PluginFolderError as error:
        raise UsageError(str(error)) from None
    if options.help:
        print(describe_tool(tool, _apps(folder)))
        return 0
    with FileServer(uploads=options.data_dir / "uploads") as files:
        values = arguments.read_arguments(tool, options.words[2:], share=files.share)
        for name, model in arguments.add_default_models(tool, values, _default_models(options)).items():
            _note(f"{name}: {model}, the workspace's default")
        request = _request(folder, tool, values, options.credential)
        _note(f"{folder.name} {folder.version} runs under {_python(folder)}")
        invocations: list[ReverseInvocation] = []
        try:
            _call(folder, request, options, handler or _local_workspace(folder, files, options), invocations)
        finally:
            if options.trace:
                for invocation in invocations:
                    _note(describe_invocation(invocation))
    return 0


def _request(folder: PluginFolder, tool: Tool, values: dict[str, Any], given: list[str]) -> Payload:
    """What the daemon sends for a tool, with everything checked before the plugin is started."""
    credentials: dict[str, str] = {}
    for credential in given:
        name, separator, value = credential.partition("=")
        if not separator:
            raise UsageError("a credential is written --credential NAME=VALUE.")
        credentials[name] = value
    declared = folder.provider(tool.provider).credentials
    return {
        "user_id": str(uuid.uuid4()),
        "type": "tool",
        "action": "invoke_tool",
        "provider": tool.provider,
        "tool": tool.name,
        "credentials": parameters.credentials(declared, credentials),
        "credential_type": "api-key" if declared else "unauthorized",
        "tool_parameters": parameters.tool_parameters(tool, values),
    }


def _call(
    folder: PluginFolder,
    request: Payload,
    options: argparse.Namespace,
    handler: Handler,
    invocations: list[ReverseInvocation],
) -> None:
    outputs, lines = Outputs(), _Lines()
    started = time.monotonic()
    with PluginProcess(folder, handler, on_line=lines.show, on_invocation=invocations.append) as plugin:
        lines.ready()
        called = time.monotonic()
        try:
            for message in plugin.call(request, timeout=options.timeout):
                added = outputs.add(message)
                if added and not options.json:
                    print(added, end="", flush=True)
        finally:
            if outputs.text and not outputs.text.endswith("\n") and not options.json:
                print()
        seconds = time.monotonic() - called
    saved = save_files(outputs.files, options.save_dir) if options.save_dir else {}
    if options.json:
        print(json.dumps(as_json(outputs, saved, seconds=seconds), ensure_ascii=False))
    elif described := describe_outputs(outputs, saved):
        print(described)
    _note(f"{seconds:.2f} s, after {called - started:.2f} s to start the plugin")


def _default_models(options: argparse.Namespace) -> dict[str, str]:
    """What stands for a model that nobody picked. A server has models of its own, whose names are not known here."""
    models = {} if os.environ.get("OPENAI_BASE_URL") else dict(DEFAULT_MODELS)
    return models | ({"llm": options.default_model} if options.default_model else {})


def _apps(folder: PluginFolder) -> dict[str, App]:
    from workspace.dify import Dify
    from workspace.engines import models_from_environment

    return Dify(folder.manifest, models_from_environment()).apps


def _local_workspace(folder: PluginFolder, files: FileServer, options: argparse.Namespace) -> Handler:
    # imported here because the engines take their time, which listing tools need not wait for
    from workspace.dify import Dify
    from workspace.engines import models_from_environment

    return Dify(
        folder.manifest,
        models_from_environment(),
        folder=options.data_dir,
        fail_like_dify=options.fail_like_dify,
        upload_url=files.upload_url,
        default_model=model_selector(_default_models(options).get("llm", ""), scope="llm")["model"] or "default",
    ).handle


class _Lines:
    """Shows the lines a plugin prints on stderr; until it is ready only those on its stdout.

    What it logs while it starts is of no interest, and if it does not start the error has its last lines.
    """

    def __init__(self) -> None:
        self._ready = False

    def ready(self) -> None:
        self._ready = True

    def show(self, line: PluginLine) -> None:
        if self._ready or line.source == "stdout":
            cut = " ..." if len(line.text) > LONGEST_LINE else ""
            _note(f"{line.source}: {line.text[:LONGEST_LINE]}{cut}")


def _python(folder: PluginFolder) -> str:
    return f"{folder.python} ({'its own .venv' if folder.own_python else 'this Python: it has no .venv of its own'})"


def _failure(error: PluginError) -> str:
    if isinstance(error, PluginCallError):
        return f"the plugin failed: {error.error_type}: {error}"
    return str(error)


def _note(text: str) -> None:
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)
