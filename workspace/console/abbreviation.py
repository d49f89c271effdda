"""A JSON value cut to a size that can be kept and shown, without what must not be."""

import itertools
from collections.abc import Collection
from typing import Any

TEXT = 1000
"""Characters that are kept of a text."""
ITEMS = 40
LAST = 5
"""Items that are kept of a list or an object; of a long list, so many of them are its last."""
WHOLE = 20_000
"""Characters of all texts, names and numbers of one value, about."""
DEPTH = 12
HIDDEN = "********"
SHORTEST_SECRET = 4
"""Characters; what is shorter would be found everywhere."""


class Abbreviation:
    """`secrets` are texts that do not appear in what is made here."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        self._secrets = sorted((one for one in secrets if len(one) >= SHORTEST_SECRET), key=len, reverse=True)
        self._margin = len(self._secrets[0]) if self._secrets else 0

    def of(self, value: Any) -> Any:
        """The value with "… (n characters)" for the end of a long text, "… (n items)" for that of a long list, and so
        on; what is beyond the size of the whole is "…".
        """
        return _Cut(self).value(value, DEPTH)

    def text(self, text: str) -> str:
        start = text[: TEXT + self._margin]  # a secret may stand across the cut
        for secret in self._secrets:
            start = start.replace(secret, HIDDEN)
        return start if len(text) <= TEXT else f"{start[:TEXT]}… ({len(text)} characters)"


class _Cut:
    def __init__(self, abbreviation: Abbreviation) -> None:
        self._abbreviation = abbreviation
        self._left = WHOLE

    def value(self, value: Any, depth: int) -> Any:
        if self._left <= 0 or (depth == 0 and isinstance(value, dict | list)):
            return "…"
        match value:
            case str():
                return self._counted(self._abbreviation.text(value))
            case dict():
                kept = {
                    self._counted(self._abbreviation.text(str(name))): self.value(item, depth - 1)
                    for name, item in itertools.islice(value.items(), ITEMS)
                }
                return kept if len(value) <= ITEMS else {**kept, "…": f"({len(value)} names)"}
            case list() | tuple() if len(value) > ITEMS:
                first = [self.value(item, depth - 1) for item in value[: ITEMS - LAST]]
                return [*first, f"… ({len(value)} items)", *(self.value(item, depth - 1) for item in value[-LAST:])]
            case list() | tuple():
                return [self.value(item, depth - 1) for item in value]
            case _:
                self._left -= 8
                return value

    def _counted(self, text: str) -> str:
        self._left -= len(text)
        return text
