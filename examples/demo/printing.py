"""How the demo prints a call: labelled lines, shortened where they are long."""

import json
import textwrap
from collections.abc import Mapping
from typing import Any

WIDTH = 100


def show(name: str, value: str | Mapping[str, Any]) -> None:
    """Text wrapped, or a line for each value; shortened, since the whole is in results.json."""
    if isinstance(value, str):
        lines = [line for part in value.splitlines() for line in textwrap.wrap(part, WIDTH)]
    else:
        lines = [f"{key}: {one_line(item, WIDTH - len(key))}" for key, item in value.items()]
    for place, line in enumerate(lines):
        print(f"{label(name if place == 0 else '')}{line}")


def one_line(value: Any, width: int = WIDTH) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= width else f"{text[:width]}…"


def label(word: str) -> str:
    return f"       {word:<6}"
