"""What ships of a README: the part for people inside Dify, in a form that Dify can show.

Dify shows it without the folder around it and with no ids at its headings, so a relative link, a picture and a link
into the page lead nowhere. It breaks a line wherever the source does, and squeezes the first column of a table to a few
letters and cuts the last one, so a table becomes a list. What only readers of the repository need stands between two
comments, each on a line of its own:

    <!-- repository -->
    <!-- /repository -->
"""

import posixpath
import re
from collections.abc import Iterator

from publishing.contents import CannotPackage

README = re.compile(r"README\.md|readme/README_\w+\.md")
BEGIN, END = "<!-- repository -->", "<!-- /repository -->"

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)]) ")
_BLOCK = re.compile(rf"\s*$|#|\||>|<(?!https?:)[!/a-zA-Z]|{_ITEM.pattern}|{_FENCE.pattern}| {{4}}|\s*(?:=+|-+)\s*$")
"""A line that does not go on with the one before it."""
_CODE = r"(?P<code>(?P<tick>`+)(?!`).*?(?<!`)(?P=tick)(?!`))"
_WORDS = r"(?P<words>(?:[^\[\]`]|`[^`]*`)*)"
_TARGET = r"""\(\s*(?:<(?P<angled>[^<>]*)>|(?P<target>[^\s()]*(?:\([^\s()]*\)[^\s()]*)*))(?:\s+["'][^"']*["'])?\s*\)"""
_PICTURE = re.compile(rf"{_CODE}|!\[{_WORDS}\]{_TARGET}|</?(?:img|source|picture)\b[^>]*>")
_LINK = re.compile(rf"{_CODE}|\[{_WORDS}\]{_TARGET}")
_ABSOLUTE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:")
_LEFT = re.compile(
    rf"{_CODE}|(?P<left>\]\((?!{_ABSOLUTE.pattern})[^)]*|\[[^\[\]`]*\]\[[^\]]*\]|^ {{0,3}}\[[^\]]+\]:"
    rf"|\b(?:href|src)=[\"']?(?!{_ABSOLUTE.pattern}).{{0,40}})"
)
"""Links that are written in a way that is not read here."""
_EAST_ASIAN = "[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]"
_CELLS = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\|[\s:|-]+")
_BETWEEN_EAST_ASIAN = re.compile(rf"(?<={_EAST_ASIAN})\n(?={_EAST_ASIAN})")


def shipped(text: str, path: str, source: str) -> str:
    """The README at `path` as it ships. `source` is the address of the repository, "" if there is none: then links to
    its files become words. Raises CannotPackage for what cannot be made into that form."""
    written = []
    for block in _blocks(_for_users(text, path)):
        if _FENCE.match(block):
            written.append(block)
            continue
        line = _LINK.sub(lambda found: _linked(found, path, source), _PICTURE.sub(_code_alone, _one_line(block)))
        if left := next((found["left"] for found in _LEFT.finditer(line) if found["left"]), None):
            raise CannotPackage(f"{path}: {left[:60]} does not work in Dify: write the link as [words](address).")
        written.append(line)
    written = list(_tables_as_lists(written))
    kept = [line for place, line in enumerate(written) if line.strip() or written[max(place - 1, 0)].strip()]
    return "\n".join(kept).strip() + "\n"


def _for_users(text: str, path: str) -> str:
    parts = re.split(rf"^({BEGIN}|{END})[ \t]*\n", text.replace("\r\n", "\n") + "\n", flags=re.MULTILINE)
    if parts[1::2] != [BEGIN, END] * (len(parts) // 4):
        raise CannotPackage(f"{path}: each {BEGIN} needs an {END} after it, each on a line of its own.")
    return re.sub(r"<!--.*?-->\n?", "", "".join(parts[::4]), flags=re.DOTALL)


def _blocks(text: str) -> Iterator[str]:
    """What stands on a line in Dify, or a fence: a paragraph and an item of a list with all their lines."""
    block: list[str] = []
    fence = ""
    for line in text.splitlines():
        opened = _FENCE.match(line)
        if fence:
            block.append(line)
            if opened and opened[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
            continue
        goes_on = block and _goes_on(block[0]) and not (_BLOCK.match(line) and not _continues(block[0], line))
        if not goes_on and block:
            yield "\n".join(block)
            block = []
        fence = opened[1] if opened else ""
        block.append(line)
    yield "\n".join(block)


def _goes_on(first: str) -> bool:
    """Whether what begins with this line can go on in the next: a paragraph or an item."""
    return bool(_ITEM.match(first)) or not _BLOCK.match(first)


def _continues(first: str, line: str) -> bool:
    """Whether a line that is indented far belongs to the item before it."""
    return bool(_ITEM.match(first) and line.startswith("    ") and line.strip() and not _ITEM.match(line))


def _one_line(block: str) -> str:
    joined = re.sub(r"(?<!\\)(?<!  )\n[ \t]*", "\n", block)
    return re.sub(r"(?<!\\)(?<!  )\n", " ", _BETWEEN_EAST_ASIAN.sub("", joined))


def _tables_as_lists(lines: list[str]) -> Iterator[str]:
    """The rows of each table as items, without its head."""
    in_table = False
    for place, line in enumerate(lines):
        below = lines[place + 1] if place + 1 < len(lines) else ""
        in_table = line.startswith("|") and (in_table or bool(_RULE.fullmatch(below)))
        if not in_table:
            yield line
        elif not _RULE.fullmatch(line) and not _RULE.fullmatch(below):
            first, *others = (cell.replace("\\|", "|").strip() for cell in _CELLS.split(line.strip().strip("|")))
            colon, comma = ("：", "；") if re.search(_EAST_ASIAN, line) else (": ", "; ")
            yield f"- {first}{colon}{comma.join(filter(None, others))}"


def _code_alone(found: re.Match[str]) -> str:
    return found["code"] or ""


def _linked(found: re.Match[str], path: str, source: str) -> str:
    if found["code"]:
        return str(found["code"])
    words, target = str(found["words"]), found["angled"] or found["target"] or ""
    if not words.strip():  # of a picture
        return ""
    if _ABSOLUTE.match(target):
        return found[0]
    file, number_sign, place = target.partition("#")
    if not (file and source):
        return words
    file = posixpath.normpath(posixpath.join(posixpath.dirname(path), file))
    return f"[{words}]({source.rstrip('/')}/blob/HEAD/{file}{number_sign}{place})"
