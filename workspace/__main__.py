"""The command line of the local workspace: `python -m workspace COMMAND ...`."""

import os
import signal
import sys
from collections.abc import Callable

from workspace.cli import call

COMMANDS: dict[str, Callable[[list[str]], int]] = {"call": call.main}

USAGE = """\
usage: python -m workspace COMMAND ...

  call    invoke a tool of a plugin
"""


def main(argv: list[str]) -> int:
    if not argv or argv[0] not in COMMANDS:
        print(USAGE, end="", file=sys.stdout if argv[:1] in (["-h"], ["--help"]) else sys.stderr)
        return 0 if argv[:1] in (["-h"], ["--help"]) else 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    try:
        return COMMANDS[argv[0]](argv[1:])
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read the output has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
