"""Which app a request calls, and what comes of the call before it is written out."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from endpoints.http.settings import App, GroupSettings
from switchboard.apps.conversations import check_goes_on
from switchboard.apps.events import AppEvents, AppKind
from switchboard.reverse_invocation import error_event, logger

_VERSION = "v1"
"""What the paths of Dify's own API begin with; clients that know no other write it where an app's id may stand."""


def called_app(settings: Mapping[str, Any], values: Mapping[str, Any], *defaults: str) -> App:
    """The app that the path names, or else the one chosen in the first of the settings `defaults` that has one.

    Raises NotFound for an app that the key does not reach, InvalidInput where none is chosen.
    """
    group = GroupSettings(settings)
    named = named_app(values)
    return group.app(named) if named else group.default_app(*defaults)


def named_app(values: Mapping[str, Any]) -> str:
    """The id or alias in front of the path, "" if there is none."""
    app_id = str(values.get("app_id", ""))
    return "" if app_id == _VERSION else app_id


def events_of(
    kind: AppKind, events: Iterable[Mapping[str, Any]], *, conversation_id: str = ""
) -> Iterator[dict[str, Any]]:
    """The events of a run as Dify gave them, up to its end, without keys and tracebacks in what failed.

    Raises WrongKindOfApp for an app of another kind, UnknownConversation for another conversation than the one that is
    to go on, and for a run that fails with its first event or is cut off. An `error` event after others is passed on,
    and is the last one.
    """
    run = AppEvents()
    first = True
    for event in events:
        run.feed(event)
        run.check_kind(kind)
        check_goes_on(conversation_id, event)
        if event.get("event") == "error":
            failure = error_event(kind, event)
            if first:
                raise failure
            logger.warning("%s: %s", kind, type(failure).__name__)
            yield _without_keys(event, "message")
            return
        yield _presentable(event)
        first = False
    run.check_end(kind)


def _presentable(event: Mapping[str, Any]) -> dict[str, Any]:
    data = event.get("data")
    if isinstance(data, dict) and data.get("error"):
        return {**event, "data": _without_keys(data, "error")}
    return dict(event)


def _without_keys(holder: Mapping[str, Any], key: str) -> dict[str, Any]:
    # only where something has failed
    from switchboard.error_texts import hide_keys, readable_reason
    from switchboard.refused_calls import lost_file

    text = holder.get(key)
    if not isinstance(text, str):
        return dict(holder)
    if lost := lost_file(text):
        return {**holder, key: str(lost)}
    is_wrapped = "Traceback" in text or "PluginInvokeError" in text or '"error_type"' in text
    return {**holder, key: readable_reason(text) if is_wrapped else hide_keys(text)}
