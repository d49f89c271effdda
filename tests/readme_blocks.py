"""The README's commands and Python, and whether what it prints after them is what really comes."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_DIFFERS = re.compile(rf"{_UUID}|[0-9a-f]{{32}}|\d+(?:[.,]\d+)*(?:e-?\d+)?")


class Block(NamedTuple):
    kind: str
    """What stands after the fence ("text", "python"), or "indented"."""
    text: str
    output: str = ""
    """The block of kind "text" that follows with nothing in between."""


def section(heading: str) -> list[str]:
    """The lines below a heading such as "## Develop"."""
    lines = README.splitlines()
    below = lines[lines.index(heading) + 1 :]
    level = heading.index(" ")
    ends = (place for place, line in enumerate(below) if re.match(rf"#{{1,{level}}} ", line))
    return below[: next(ends, None)]


def blocks(heading: str = "") -> list[Block]:
    """Those of the README in their order, or of the section below a heading such as "## Develop"."""
    found: list[Block] = []
    follows = False
    for kind, text in _parts(section(heading) if heading else README.splitlines()):
        if kind == "text" and follows:
            found[-1] = found[-1]._replace(output=text)
        elif kind:
            found.append(Block(kind, text))
        follows = bool(kind) and kind != "text"
    return found


def commands(heading: str = "") -> list[tuple[str, str]]:
    """Each indented command with its output; one that goes on in the next line is one."""
    found: list[tuple[str, str]] = []
    for block in blocks(heading):
        command = ""
        for line in block.text.splitlines() if block.kind == "indented" else ():
            command += line + "\n"
            if not command.endswith("\\\n") and command.count("'") % 2 == 0:
                found.append((command.strip(), ""))
                command = ""
        if block.output and block.kind == "indented":
            found[-1] = (found[-1][0], block.output)
    return found


def is_as_printed(printed: str, real: str) -> bool:
    """Whether `real` is what the README prints. Ids, numbers and spaces may differ, and `...` and `…` are anything."""
    first, *others = re.split(r"\.\.\.|…", _comparable(printed))
    rest = _comparable(real)
    if not others:
        return rest == first
    *between, last = others
    if not rest.startswith(first):
        return False
    rest = rest.removeprefix(first)
    for part in between:
        _, found, rest = rest.partition(part) if part else ("", True, rest)
        if not found:
            return False
    return rest.endswith(last)


def _comparable(text: str) -> str:
    return re.sub(r"\s", "", _DIFFERS.sub("#", text))


def _parts(lines: list[str]) -> list[tuple[str, str]]:
    """The kind of each block of code and its text, and ("", "") for each line of anything else."""
    found: list[tuple[str, str]] = []
    left = list(lines)
    while left:
        line = left.pop(0)
        if line.startswith("```"):
            end = left.index("```")
            found.append((line.removeprefix("```"), "\n".join(left[:end])))
            del left[: end + 1]
        elif line.startswith("    "):
            code = [line]
            while left and (left[0].startswith("    ") or not left[0]):
                code.append(left.pop(0))
            found.append(("indented", "\n".join(each.removeprefix("    ") for each in code).rstrip()))
        elif line:
            found.append(("", ""))
    return found
