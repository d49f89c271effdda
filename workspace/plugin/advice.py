"""What to tell about what a plugin prints, to come after it; "" where there is nothing to say."""

import re
from collections.abc import Sequence

from workspace.plugin import json_lines
from workspace.plugin.folder import PluginFolder

_MESSAGE = re.compile(r'(?<=.)\{\s*"(?:event|session_id)"')


def missing_package(stderr: Sequence[str], folder: PluginFolder) -> str:
    """For a plugin that ended and wrote `stderr`: whether its Python lacks a package."""
    if not stderr or not stderr[-1].startswith("ModuleNotFoundError"):
        return ""
    if folder.own_python:
        return " The .venv in its folder lacks one of its packages: install its requirements there."
    return " This Python lacks one of its packages: install its requirements into a .venv in its folder."


def swallowed_message(line: str) -> str:
    """For a line that is no message: whether one stands at its end, after something printed without a newline."""
    start = _MESSAGE.search(line)
    if start is None or json_lines.decode(line[start.start() :].encode(errors="replace")) is None:
        return ""
    return "Printed without a newline, it has swallowed the message that followed on its line; it does in Dify as well."
