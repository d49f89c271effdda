"""Imported by the plugin's Python before anything else: keeps what comes in on stdin, so that a test can read it.

What the daemon drops on the way to the plugin, no plugin can help. What it drops on the way back is told from that by
what came in.
"""

import _thread  # threading, once imported here, could not be replaced by gevent
import os


def keep(source: int, target: int, kept: int) -> None:
    while data := os.read(source, 1 << 16):
        os.write(kept, data)
        while data:
            data = data[os.write(target, data) :]
    os.close(target)


if path := os.environ.get("KEEP_PLUGIN_INPUT"):
    reading, writing = os.pipe()
    _thread.start_new_thread(keep, (os.dup(0), writing, os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)))
    os.dup2(reading, 0)
