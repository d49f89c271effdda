"""The command lines of `python -m workspace call`, `run` and `serve`."""

import argparse
import math
import re
from pathlib import Path
from typing import NoReturn

from workspace.cli import arguments
from workspace.serve import serve_file

CALL_USAGE = "python -m workspace call PLUGIN_DIR [TOOL [NAME=TEXT | NAME:=JSON | NAME@FILE ...]] [options]"
RUN_USAGE = "python -m workspace run WORKFLOW [--plugin DIR] [NAME=TEXT | NAME:=JSON | NAME@FILE ...] [options]"
RUN = """\
Run an app: a DSL file as Dify exports it. Workflows and chatflows run in Dify's own workflow engine.
Chat apps and text generators are asked with sys.query=TEXT; sys.conversation_id=ID goes on with a conversation."""
SERVE_USAGE = "python -m workspace serve PLUGIN_DIR [--settings FILE] [options]"
DEFAULT_MODEL = "the language model of apps and summaries, and where a required one is left out"
DATA_DIR = "where storage, conversations and uploads are kept (.workspace)"
CREDENTIAL = "for the provider of the tools"
KNOWLEDGE = "a folder of texts in the place of every knowledge base that a workflow asks"
APPS = "a folder of DSL files to be apps of the workspace, too; an app's id is the file's name without .yml"
ALLOW_CODE = "let code and HTTP nodes of DSL files run: with nothing between them and this machine"
AS_DIFY = "speech2text, completion apps and uploads for apps fail, as they do in today's Dify"
INNER_API_KEY = "also be Dify's API at /inner/api, for a plugin daemon whose DIFY_INNER_API_KEY this is"
PORT = 5080
TRACE = "show what the plugin asked of Dify, and where it failed"


class UsageError(Exception):
    """One sentence about what is wrong on the command line."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}.")


def call_parser() -> argparse.ArgumentParser:
    """Its errors are UsageError."""
    parser = _one_shot("call", CALL_USAGE, "Invoke a tool of the plugin in a folder. Without TOOL: list its tools.")
    parser.add_argument("-h", "--help", action="store_true", help="this; after TOOL: what its parameters are")
    _add_one_shot_options(parser, longest=600.0)
    return parser


def run_parser() -> argparse.ArgumentParser:
    """Its errors are UsageError."""
    parser = _one_shot("run", RUN_USAGE, RUN)
    parser.add_argument("-h", "--help", action="store_true", help="this; after WORKFLOW: what its inputs are")
    parser.add_argument("--plugin", type=Path, metavar="DIR", help="the plugin whose tools it calls")
    _add_one_shot_options(parser, longest=1200.0)
    return parser


def _one_shot(command: str, usage: str, description: str) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"python -m workspace {command}",
        usage=usage,
        description=description,
        epilog=arguments.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    return parser


def _add_one_shot_options(parser: argparse.ArgumentParser, *, longest: float) -> None:
    parser.add_argument("--json", action="store_true", help="print the outputs as one JSON object")
    parser.add_argument("--save-dir", type=Path, metavar="DIR", help="keep the files that are put out")
    parser.add_argument("--trace", action="store_true", help=TRACE)
    limit = f"after which it is given up ({longest:g})"
    parser.add_argument("--timeout", type=_seconds, default=longest, metavar="SECONDS", help=limit)
    _add_workspace_options(parser)


def serve_parser() -> argparse.ArgumentParser:
    """Its errors are UsageError."""
    parser = _Parser(
        prog="python -m workspace serve",
        usage=SERVE_USAGE,
        description="Serve on this machine a page to try a plugin with, and its endpoints as Dify's daemon does.",
        epilog=serve_file.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("folder", type=Path, metavar="PLUGIN_DIR", help=argparse.SUPPRESS)
    parser.add_argument("--settings", type=Path, metavar="FILE", help="the settings of the endpoints, in YAML")
    parser.add_argument("--port", type=_port, default=PORT, metavar="N", help=f"where to listen ({PORT}); 0: anywhere")
    parser.add_argument("--hook", type=_hook, default="hook", metavar="NAME", help="what follows /e/ (hook)")
    parser.add_argument("--inner-api-key", default="", metavar="KEY", help=INNER_API_KEY)
    _add_workspace_options(parser)
    return parser


def _add_workspace_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--default-model", default="", metavar="PROVIDER/NAME", help=DEFAULT_MODEL)
    parser.add_argument("--data-dir", type=_folder, default=Path(".workspace"), metavar="DIR", help=DATA_DIR)
    parser.add_argument("--credential", action="append", default=[], metavar="NAME=VALUE", help=CREDENTIAL)
    parser.add_argument("--apps", type=Path, metavar="DIR", help=APPS)
    parser.add_argument("--knowledge", type=Path, metavar="DIR", help=KNOWLEDGE)
    parser.add_argument("--allow-code", action="store_true", help=ALLOW_CODE)
    parser.add_argument("--as-dify", action="store_true", help=AS_DIFY)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"it takes a number up to 65535, not {text!r}")
    return int(text)


def _hook(text: str) -> str:
    if not re.fullmatch("[A-Za-z0-9_-]+", text):
        raise argparse.ArgumentTypeError(f"it takes letters, digits, - and _, not {text!r}")
    return text


def _folder(text: str) -> Path:
    """A folder that is there or can be made: nothing above it is a file."""
    path = Path(text)
    try:
        there = next((part for part in (path, *path.parents) if part.exists()), path)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error.strerror}") from None
    if there.exists() and not there.is_dir():
        raise argparse.ArgumentTypeError(f"{there} is no folder")
    return path


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds > 0:
        raise argparse.ArgumentTypeError(f"it takes a number of seconds above 0, such as 30, not {text!r}")
    return seconds
