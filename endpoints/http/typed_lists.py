"""Lists that a person types into a setting, on whatever keyboard.

Chinese, Japanese and Arabic keyboards have commas and colons of their own, and full-width forms of the others.
"""

import re
from typing import NamedTuple

_SEPARATOR = re.compile(r"[,;\r\n，、､﹐；﹔،؛]")
_EQUALS = re.compile(r"[=＝﹦]")
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff]")
_SIGNS = str.maketrans({"：": ":", "﹕": ":", "︰": ":", "／": "/", "　": " ", "＊": "*"})


class Entry(NamedTuple):
    """One of `[alias =] value`; `alias` is None where there is no equals sign."""

    place: int
    """From 1; blank ones do not count."""
    alias: str | None
    value: str


def entries(text: object) -> list[Entry]:
    """Those that commas, semicolons or line ends separate; none in what is no text."""
    found = []
    for place, part in enumerate(_parts(text), start=1):
        before, *after = _EQUALS.split(part, maxsplit=1)
        alias, value = (before.strip(), after[0]) if after else (None, before)
        found.append(Entry(place, alias, _plain(value)))
    return found


def values(text: object) -> list[str]:
    """The same of a list without aliases."""
    return [_plain(part) for part in _parts(text)]


def _parts(text: object) -> list[str]:
    if not isinstance(text, str):
        return []
    return [part for part in _SEPARATOR.split(_UNSEEN.sub("", text)) if part.strip()]


def _plain(value: str) -> str:
    return value.translate(_SIGNS).strip()
