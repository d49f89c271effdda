"""The events of a run on their way to the caller."""

import logging

import pytest

from endpoints.dify.wire.app_calls import events_of
from switchboard.apps.events import AppKind
from switchboard.errors import NoAnswer, NotConfigured, ProviderFailed, WrongKindOfApp
from switchboard.reverse_invocation import logger
from tests.app_replies import chat, chat_end, error, workflow, workflow_finished


def test_events_pass_unchanged_and_at_once():
    given = [chat("message", answer="Hi"), {"event": "new", "data": {"error": None, "key": "api_key=x"}}, chat_end()]
    events = iter(given)

    passed = events_of(AppKind.CHAT, events)

    assert next(passed) == given[0]
    assert list(events) == given[1:]  # nothing was read ahead
    assert list(events_of(AppKind.CHAT, given)) == given


def test_what_failed_is_told_without_keys_and_tracebacks():
    traced = 'PluginInvokeError: {"args": {"traceback": "Traceback ... /srv"}, "message": "password=hunter2hunter2"}'

    [_, node, end] = events_of(
        AppKind.WORKFLOW,
        [
            workflow("workflow_started"),
            workflow("node_finished", status="failed", error="token: abcdefgh12345678", inputs={"a": 1}),
            workflow_finished(None, status="failed", error=traced),
        ],
    )

    assert node["data"] == {"status": "failed", "error": "token: [hidden]", "inputs": {"a": 1}}
    assert end["data"]["error"] == "password=[hidden]."


def test_a_file_that_dify_does_not_let_an_app_read_is_told_in_a_sentence():
    said = "Error downloading file: HTTP request failed with status code 404 for http://x/files/tools/1.txt?nonce=1&sign=abc"

    [end] = events_of(AppKind.WORKFLOW, [workflow_finished(None, status="failed", error=said)])

    assert end["data"]["error"].startswith("Dify cannot hand a file that it keeps to an app")


@pytest.mark.parametrize("text", [None, 7, ["odd"], {"odd": True}])
def test_an_error_that_is_no_text_passes_as_it_is(text):
    failed = workflow_finished(None, status="failed", error=text)

    assert list(events_of(AppKind.WORKFLOW, [failed])) == [failed]


@pytest.mark.parametrize(
    ("events", "failure"),
    [
        ([], NoAnswer),
        ([chat("message", answer="Hi")], ProviderFailed),
        ([error("no key", code="provider_not_initialize")], NotConfigured),
        ([workflow("workflow_started")], WrongKindOfApp),
    ],
)
def test_a_run_that_does_not_begin_or_end_is_raised(events, failure):
    with pytest.raises(failure):
        list(events_of(AppKind.CHAT, events))


def test_an_error_among_the_events_is_the_last_and_a_line_in_the_log(caplog, monkeypatch):
    monkeypatch.setattr(logger, "propagate", True)
    events = [chat("message", answer="Hi"), error("somebody's text"), chat("message", answer="never")]

    with caplog.at_level(logging.WARNING):
        assert list(events_of(AppKind.CHAT, events)) == events[:2]

    assert caplog.messages == ["chat app: ProviderFailed"]
