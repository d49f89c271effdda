"""Server-sent events as they leave."""

import json
import threading

import pytest

from endpoints.dify.wire.event_stream import event_stream
from endpoints.http import framing
from switchboard.errors import ProviderFailed

FIRST, LAST = {"event": "message", "answer": "Grüße\n\n\u2028"}, {"event": "message_end"}


def test_an_event_is_one_line_of_data():
    reply = event_stream(iter([FIRST, LAST]))

    assert reply.content_type == "text/event-stream; charset=utf-8"
    first, last, nothing = reply.get_data().split(b"\n\n")
    assert json.loads(first.removeprefix(b"data: ")) == FIRST
    assert (last, nothing) == (b'data: {"event":"message_end"}', b"")


@pytest.mark.parametrize("silent_at", [0, 1])
def test_silence_is_filled_with_pings_as_dify_writes_them(monkeypatch, silent_at):
    monkeypatch.setattr(framing, "PATIENCE", 0.01)
    go_on = threading.Event()

    def events():
        for position, event in enumerate([FIRST, LAST]):
            if position == silent_at:
                assert go_on.wait(20)
            yield event

    frames = iter(event_stream(events()).response)
    seen = b""
    while not seen.endswith(b"event: ping\n\n"):
        seen += next(frames)
    go_on.set()
    rest = b"".join(frames)

    assert (b'"message"' in seen) == (silent_at == 1)
    assert rest.endswith(b'data: {"event":"message_end"}\n\n')


def test_a_failure_before_the_first_event_is_raised():
    def events():
        raise ProviderFailed("no")
        yield {}

    with pytest.raises(ProviderFailed):
        event_stream(events())


def test_a_failure_after_the_first_event_is_the_last_event():
    def events():
        yield FIRST
        raise ProviderFailed("no more")

    last = event_stream(events()).get_data().split(b"\n\n")[-2]

    assert json.loads(last.removeprefix(b"data: ")) == {
        "event": "error",
        "code": "completion_request_error",
        "message": "no more",
        "status": 502,
    }
