"""A JSON value cut to a size that can be kept and shown, without what must not be."""

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from workspace.plugin.folder import Parameter

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
    """What is told to `hide` does not appear in what is made after that."""

    def __init__(self) -> None:
        self._secrets: tuple[str, ...] = ()

    def hide(self, parameters: Iterable[Parameter], values: Mapping[str, Any]) -> None:
        """The values of those parameters that are secret."""
        secrets = {str(values[one.name]) for one in parameters if one.type == "secret-input" and one.name in values}
        long_enough = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
        self._secrets = tuple(sorted({*self._secrets, *long_enough}, key=len, reverse=True))

    def of(self, value: Any) -> Any:
        """The value with "… (n characters)" for the end of a long text, "… (n items)" for that of a long list, and so
        on; what is beyond the size of the whole is "…".
        """
        return _Cut(self).value(value, DEPTH)

    def text(self, text: str) -> str:
        secrets = self._secrets
        start = text[: TEXT + len(secrets[0])] if secrets else text[:TEXT]  # one may stand across the cut
        for secret in secrets:
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
