"""Fragments of calls as Dify's providers stream them, with the pieces that clients get."""

import json

import pytest
from dify_plugin.entities.model.message import AssistantPromptMessage

from switchboard.chat.tool_calls import ToolCalls
from switchboard.errors import NoAnswer
from tests.replies import tool_call

PARIS, OSLO = '{"city": "Paris"}', '{"city": "Oslo"}'


def pieces(*chunks, only_first=False):
    """What comes of the fragments of each chunk, and of the end."""
    calls = ToolCalls(only_first=only_first)
    found = []
    for fragments in chunks:
        found += calls.feed(AssistantPromptMessage.ToolCall.model_validate(fragment) for fragment in fragments)
    return [*found, *calls.flush()]


def merged(*chunks, **options):
    """(name, arguments) of each call, put together as a client does it."""
    calls = {}
    for piece in pieces(*chunks, **options):
        name, arguments = calls.setdefault(piece.position, ("", ""))
        calls[piece.position] = (name + piece.name, arguments + piece.arguments)
    return list(calls.values())


def test_fragments_leave_as_they_come_with_id_and_name_once():
    found = pieces(
        [tool_call("weather", "", id="c1")],
        [tool_call("", '{"city"')],
        [tool_call("weather", ': "Paris"}', id="c1")],
    )

    assert found == [(0, "c1", "weather", ""), (0, "", "", '{"city"'), (0, "", "", ': "Paris"}')]


@pytest.mark.parametrize(
    ("chunks", "calls"),
    [
        pytest.param(
            [[tool_call("weather", PARIS, id="a"), tool_call("weather", OSLO, id="b")]],
            [("weather", PARIS), ("weather", OSLO)],
            id="several calls in one chunk",
        ),
        pytest.param(
            [
                [tool_call("weather", "", id="a")],
                [tool_call("", PARIS)],
                [tool_call("time", "", id="b")],
                [tool_call("", OSLO)],
            ],
            [("weather", PARIS), ("time", OSLO)],
            id="an empty id continues the last call",
        ),
        pytest.param(
            [
                [tool_call("weather", '{"city"', id="a"), tool_call("time", '{"city"', id="b")],
                [tool_call("", ': "Paris"}', id="a"), tool_call("", ': "Oslo"}', id="b")],
            ],
            [("weather", PARIS), ("time", OSLO)],
            id="an id continues its own call",
        ),
        pytest.param(
            [[tool_call("weather", PARIS), tool_call("time", OSLO)]],
            [("weather", PARIS), ("time", OSLO)],
            id="no ids, two functions",
        ),
        pytest.param(
            [[tool_call("weather", PARIS), tool_call("weather", OSLO)]],
            [("weather", PARIS), ("weather", OSLO)],
            id="no ids, the same function twice",
        ),
        pytest.param(
            [[tool_call("weather", PARIS, id="weather"), tool_call("weather", OSLO, id="weather")]],
            [("weather", PARIS), ("weather", OSLO)],
            id="the name for an id",
        ),
        pytest.param(
            [[tool_call("weather", PARIS, id=0), tool_call("time", OSLO, id=0)]],
            [("weather", PARIS), ("time", OSLO)],
            id="0 for every id",
        ),
        pytest.param(
            [[tool_call("weather", PARIS, id="a")], [tool_call("weather", PARIS, id="a")]],
            [("weather", PARIS)],
            id="a whole call repeated",
        ),
        pytest.param(
            [
                [tool_call("weather", '{"city"'), tool_call("", ':"Paris"}'), tool_call("time", OSLO)],
                [tool_call("weather", PARIS), tool_call("time", OSLO)],
            ],
            [("weather", '{"city":"Paris"}'), ("time", OSLO)],
            id="all calls repeated at the end, without ids and spaced otherwise",
        ),
        pytest.param(
            [[tool_call("roll", "{}", id="a"), tool_call("roll", "{}", id="b")]],
            [("roll", "{}"), ("roll", "{}")],
            id="two calls that are alike",
        ),
        pytest.param([[tool_call("now", "", id="a")]], [("now", "{}")], id="no arguments at all"),
        pytest.param(
            [[tool_call("", "", id="a")], [tool_call("", '{"a"')], [tool_call("now", ":1}")]],
            [("now", '{"a":1}')],
            id="a name that comes late",
        ),
        pytest.param(
            [
                [tool_call("f", '{"code": "{', id="a")],
                [tool_call("", '}", "b": ')],
                [tool_call("", "{}")],
                [tool_call("", "}")],
            ],
            [("f", '{"code": "{}", "b": {}}')],
            id="braces within the arguments",
        ),
    ],
)
def test_calls_are_told_apart_however_their_ids_are(chunks, calls):
    assert merged(*chunks) == calls


def test_every_call_has_an_id_of_its_own():
    found = pieces(
        [tool_call("a", "{}"), tool_call("b", "{}"), tool_call("c", "{}", id="0"), tool_call("d", "{}", id="0")]
    )

    ids = [piece.id for piece in found]
    assert ids[2] == "0"
    assert len(set(ids)) == 4
    assert all(ids)


def test_only_the_first_call_is_kept_where_one_is_wanted():
    chunks = [[tool_call("weather", "", id="a")], [tool_call("time", OSLO, id="b")], [tool_call("", PARIS, id="a")]]

    assert merged(*chunks, only_first=True) == [("weather", PARIS)]


def test_a_call_of_no_function_is_no_answer():
    with pytest.raises(NoAnswer, match="without naming it"):
        pieces([tool_call("", "{}", id="a")])


def test_long_arguments_in_small_fragments_are_put_together():
    arguments = json.dumps({"code": "if (x) { y(); }" * 2_000})

    assert merged([tool_call("run", "", id="a")], *([tool_call("", letter)] for letter in arguments)) == [
        ("run", arguments)
    ]
