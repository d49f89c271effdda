"""Plugins that speak the wire by hand, without the SDK: quick to start, and able to do what the SDK would not."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

MANIFEST = """\
version: 0.0.1
type: plugin
author: tests
name: bare
meta:
  runner:
    entrypoint: main
plugins:
  tools:
    - provider.yaml
"""

PROVIDER = """\
identity:
  name: bare
tools:
  - tool.yaml
"""

TOOL = """\
identity:
  name: do
description:
  human:
    en_US: Does it.
"""

BEFORE = """\
import json, os, sys

def send(message):
    print(json.dumps(message), flush=True)

def answer(session, kind, data):
    send({"event": "session", "session_id": session, "data": {"type": kind, "data": data}})

def invoke(session, kind, request):
    answer(session, "invoke", {"type": kind, "backwards_request_id": "1", "request": request})

def text(session, text):
    answer(session, "stream", {"type": "text", "message": {"text": text}})

def end(session):
    answer(session, "end", {})

def response(session, data):
    # every event of a reverse invocation goes back as it came
    answer(session, "stream", data)
    if data["event"] == "end":
        end(session)
"""

AFTER = """
send({"event": "heartbeat", "session_id": None, "data": {}})
for line in sys.stdin:
    message = json.loads(line)
    if message["event"] == "request":
        request(message["session_id"], message["data"])
    else:
        response(message["session_id"], message["data"])
"""


def write_main(folder: Path, source: str, *, whole: bool = False) -> None:
    """A main.py that has `source`, which defines `request(session, data)`, or is the whole file."""
    (folder / "main.py").write_text(source if whole else BEFORE + source + AFTER)


def write_plugin(folder: Path, source: str, *, whole: bool = False, parameters: Sequence[dict[str, Any]] = ()) -> Path:
    """A plugin folder with one tool `do`; `parameters` as its YAML has them."""
    (folder / "manifest.yaml").write_text(MANIFEST)
    (folder / "provider.yaml").write_text(PROVIDER)
    (folder / "tool.yaml").write_text(TOOL + yaml.safe_dump({"parameters": list(parameters)}) * bool(parameters))
    write_main(folder, source, whole=whole)
    return folder
