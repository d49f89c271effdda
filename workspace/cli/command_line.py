"""The command lines of `python -m workspace call` and `run`."""

import argparse
import math
from pathlib import Path
from typing import NoReturn

from workspace.cli import arguments

USAGE = "python -m workspace call PLUGIN_DIR [TOOL [NAME=TEXT | NAME:=JSON | NAME@FILE ...]] [options]"
RUN_USAGE = "python -m workspace run WORKFLOW [--plugin DIR] [NAME=TEXT | NAME:=JSON | NAME@FILE ...] [options]"
RUN = """\
Run a workflow or chatflow: a DSL file as Dify exports it, in Dify's own workflow engine.
A chatflow is asked with sys.query=TEXT; sys.conversation_id=ID goes on with a conversation."""
APPS = "a folder of DSL files to be apps of the workspace, too; an app's id is the file's name without .yml"
ALLOW_CODE = "let code and HTTP nodes of DSL files run: with nothing between them and this machine"
DEFAULT_MODEL = "the language model of apps and summaries, and where a required one is left out"
DATA_DIR = "where storage, conversations and uploads are kept (.workspace)"
FAIL_LIKE_DIFY = "speech2text and completion apps fail, as they do in today's Dify"
TRACE = "show what the plugin asked of Dify, and where it failed"


class UsageError(Exception):
    """One sentence about what is wrong on the command line."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}.")


def parser() -> argparse.ArgumentParser:
    """For `call`. Its errors are UsageError."""
    description = "Invoke a tool of the plugin in a folder. Without TOOL: list its tools."
    parser = _parser("call", USAGE, description)
    parser.add_argument("-h", "--help", action="store_true", help="this; after TOOL: what its parameters are")
    _add_shared(parser, longest=600.0)
    return parser


def run_parser() -> argparse.ArgumentParser:
    """For `run`. Its errors are UsageError."""
    parser = _parser("run", RUN_USAGE, RUN)
    parser.add_argument("-h", "--help", action="store_true", help="this; after WORKFLOW: what its inputs are")
    parser.add_argument("--plugin", type=Path, metavar="DIR", help="the plugin whose tools it calls")
    _add_shared(parser, longest=1200.0)
    return parser


def _parser(command: str, usage: str, description: str) -> argparse.ArgumentParser:
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


def _add_shared(parser: argparse.ArgumentParser, *, longest: float) -> None:
    parser.add_argument("--json", action="store_true", help="print the outputs as one JSON object")
    parser.add_argument("--save-dir", type=Path, metavar="DIR", help="keep the files that are put out")
    parser.add_argument("--credential", action="append", default=[], metavar="NAME=VALUE", help="for the provider")
    parser.add_argument("--apps", type=Path, metavar="DIR", help=APPS)
    parser.add_argument("--allow-code", action="store_true", help=ALLOW_CODE)
    parser.add_argument("--trace", action="store_true", help=TRACE)
    parser.add_argument("--default-model", default="", metavar="PROVIDER/NAME", help=DEFAULT_MODEL)
    parser.add_argument("--data-dir", type=_folder, default=Path(".workspace"), metavar="DIR", help=DATA_DIR)
    parser.add_argument("--fail-like-dify", action="store_true", help=FAIL_LIKE_DIFY)
    limit = f"after which it is given up ({longest:g})"
    parser.add_argument("--timeout", type=_seconds, default=longest, metavar="SECONDS", help=limit)


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
