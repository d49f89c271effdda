"""`make demo`: every tool and every HTTP route of the plugin on real input, in a child process, on the local workspace.

Prints what went in, what came out and how long it took, leaves the files in `demo-output/`, and fails if one call
fails or its result makes no sense.
"""

from pathlib import Path

PLUGIN = Path(__file__).parent.parent.parent
FOLDER = Path("demo-output")

FAILS_IN_DIFY = "works here, but fails in Dify today, whatever a plugin sends"


class DemoError(Exception):
    """A call failed, or what it returned makes no sense."""


NO_SENSE = "The call went through, but what came back makes no sense."
