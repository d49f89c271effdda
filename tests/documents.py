"""The documents: the README, its translations, those in docs/ and at the root. Their commands and Python, and whether
what is printed after them is what really comes."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
FOLDERS = (".", "docs", "readme", "examples")
DOCUMENTS = [path.relative_to(ROOT).as_posix() for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.md"))]

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_DIFFERS = re.compile(rf"{_UUID}|[0-9a-f]{{32}}|\d+(?:[.,]\d+)*(?:e-?\d+)?")


class Block(NamedTuple):
    kind: str
    """What stands after the fence ("text", "python"), or "indented"."""
    text: str
    output: str = ""
    """The block of kind "text" that follows with nothing in between."""


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def outside_fences(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def section(heading: str, document: str = "README.md") -> list[str]:
    """The lines below a heading such as "## Develop"."""
    lines = text_of(document).splitlines()
    below = lines[lines.index(heading) + 1 :]
    level = heading.index(" ")
    ends = (place for place, line in enumerate(below) if re.match(rf"#{{1,{level}}} ", line))
    return below[: next(ends, None)]


def rows(heading: str, document: str = "README.md") -> list[list[str]]:
    """The cells of each row of the tables below a heading, without those of their heads."""
    found: list[list[str]] = []
    for line in outside_fences("\n".join(section(heading, document))).splitlines():
        if re.match(r"\|[-|]+$", line):
            found.pop()  # the head
        elif line.startswith("|"):
            found.append([cell.strip() for cell in line.strip("|").split(" |")])
    return found


def routes_of(cell: str) -> list[str]:
    """`POST [/<app_id>]/parameters` is two of them."""
    names = re.findall(r"`((?:GET|POST) [^`]+)`", cell)
    return [
        name for each in names for name in dict.fromkeys((re.sub(r"\[.*\]", "", each), re.sub(r"[\[\]]", "", each)))
    ]


def code(text: str) -> list[str]:
    """What stands in inline code."""
    return re.findall(r"`([^`\n]+)`", outside_fences(text))


def links(text: str) -> list[str]:
    """Where Markdown links and images lead."""
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]+`", "", outside_fences(text)))


def blocks(heading: str = "", document: str = "README.md") -> list[Block]:
    """Those of a document in their order, or of the section below a heading such as "## Develop"."""
    found: list[Block] = []
    follows = False
    for kind, text in _parts(section(heading, document) if heading else text_of(document).splitlines()):
        if kind == "text" and follows:
            found[-1] = found[-1]._replace(output=text)
        elif kind:
            found.append(Block(kind, text))
        follows = bool(kind) and kind != "text"
    return found


def commands(heading: str = "", document: str = "README.md") -> list[tuple[str, str]]:
    """Each indented command with its output; one that goes on in the next line is one."""
    found: list[tuple[str, str]] = []
    for block in blocks(heading, document):
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
    """Whether `real` is what a document prints. Ids, numbers and spaces may differ, and `...` and `…` are anything."""
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
