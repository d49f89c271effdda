"""What is kept of a payload stays small, and has no secrets."""

import json
from typing import Any

import pytest

from workspace.console.abbreviation import DEPTH, WHOLE, Abbreviation
from workspace.plugin.folder import Parameter, Text


def secret(name: str) -> Parameter:
    return Parameter(name, "secret-input", "form", True, None, (), None, None, "", False, Text(name), Text())


@pytest.mark.parametrize("value", [None, True, 3, 0.5, "text", [], {}, {"a": [1, {"b": None}]}, "x" * 1000])
def test_what_is_small_stays_as_it_is(value: Any) -> None:
    assert Abbreviation().of(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10_000_000,
        ["x" * 900] * 1000,
        [["x" * 900] * 40] * 40,
        {f"{n}" * 100: ["x" * 900] * 40 for n in range(40)},
        [[0.5] * 1536] * 80,
        {str(n): n for n in range(100_000)},
    ],
    ids=["text", "texts", "lists", "names", "numbers", "object"],
)
def test_what_is_large_becomes_small(value: Any) -> None:
    assert len(json.dumps(Abbreviation().of(value))) < 2 * WHOLE


def test_what_is_deep_ends() -> None:
    value: Any = "core"
    for _ in range(10 * DEPTH):
        value = [value]

    assert json.dumps(Abbreviation().of(value)) == "[" * DEPTH + json.dumps("…") + "]" * DEPTH


def test_a_secret_across_the_cut_is_hidden_whole() -> None:
    abbreviation = Abbreviation()
    abbreviation.hide([secret("key")], {"key": "very-secret"})

    assert abbreviation.of("x" * 995 + "very-secret") == "x" * 995 + "*****" + "… (1006 characters)"


def test_a_secret_that_holds_another_is_hidden_whole() -> None:
    abbreviation = Abbreviation()
    abbreviation.hide([secret("short"), secret("long")], {"short": "test", "long": "test-key"})

    assert abbreviation.of(["test-key", "a test", "tes"]) == ["********", "a ********", "tes"]


def test_only_what_is_declared_as_secret_is_hidden() -> None:
    abbreviation = Abbreviation()
    plain = Parameter("floor", "text-input", "form", True, None, (), None, None, "", False, Text("floor"), Text())
    abbreviation.hide([plain, secret("key"), secret("other")], {"floor": "ground", "key": "abc"})

    assert abbreviation.of("abc ground") == "abc ground"  # three characters would be found everywhere
