"""The command line of the local workspace: `python -m workspace COMMAND ...`."""

import importlib
import os
import signal
import sys

from workspace.cli.terminal import NotWritten, note, show, take_any_text

COMMANDS = {"call": "workspace.cli.call", "run": "workspace.cli.run", "serve": "workspace.cli.serve"}
"""The module whose `main` takes what follows the command's name. Imported late: Ctrl-C may come while it is."""

USAGE = """\
usage: python -m workspace COMMAND ...

  call    invoke a tool of a plugin
  run     run a workflow or chatflow that calls its tools
  serve   serve a plugin's endpoints, and a page to try it with
"""


def main(argv: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    take_any_text()
    try:
        return _run(argv)
    except KeyboardInterrupt:
        note("interrupted")
        return 130
    except BrokenPipeError:  # whoever read the output has left
        _discard_stdout()
        return 1
    except NotWritten as problem:
        _discard_stdout()
        note(f"workspace: the output could not be written: {problem}.")
        return 1


def _run(argv: list[str]) -> int:
    if argv[:1] in (["-h"], ["--help"]):
        show(USAGE, end="")
        return 0
    if not argv or argv[0] not in COMMANDS:
        note(USAGE.rstrip())
        return 2
    command = importlib.import_module(COMMANDS[argv[0]])
    return int(command.main(argv[1:]))


def _discard_stdout() -> None:
    """What is still in its buffer would fail once more when Python ends."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
