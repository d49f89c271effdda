"""The tools of the workspace that are chosen in the setting `tools` of an endpoint group.

Dify's form saves for each what its console knows of it:

    {"provider_name": "langgenius/time/time", "tool_name": "current_time", "tool_label": "Current Time",
     "type": "builtin", "enabled": true, "credential_id": "...", "extra": {"description": "..."},
     "settings": {"timezone": {"value": {"type": "constant", "value": "UTC"}}},
     "parameters": {"url": {"auto": 1, "value": null}}}

`provider_name` is the id that a call of the tool takes. Of a parameter nothing but its name is there: neither its type
nor whether it is required, and Dify tells a plugin no more.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dify_plugin.entities.tool import ToolProviderType

from endpoints.http.errors import UnreadableSetting

_TYPES = {each.value: each for each in ToolProviderType}


class ChosenTool(NamedTuple):
    """A tool of the workspace that the key reaches."""

    provider_type: ToolProviderType
    provider: str
    name: str
    label: str
    description: str
    open_parameters: tuple[str, ...]
    """The names of those that the caller may give."""
    fixed_parameters: dict[str, Any]
    """What is set for the others where the tool is chosen."""
    credential_id: str | None


def chosen_tools(settings: Mapping[str, Any]) -> list[ChosenTool]:
    """Those that are switched on; raises UnreadableSetting for what Dify's form cannot have saved."""
    chosen = settings.get("tools") or []
    if not isinstance(chosen, list):
        raise _unreadable()
    return [_tool(entry) for entry in chosen if not (isinstance(entry, dict) and entry.get("enabled") is False)]


def _tool(entry: Any) -> ChosenTool:
    match entry:
        case {"provider_name": str(provider), "tool_name": str(name), **others} if provider and name:
            pass
        case _:
            raise _unreadable()
    extra = others.get("extra")
    written = extra.get("description") if isinstance(extra, dict) else None
    open_parameters: list[str] = []
    fixed_parameters: dict[str, Any] = {}
    for group in ("parameters", "settings"):
        for parameter, value in _values(others.get(group)):
            if value is None:
                open_parameters.append(parameter)
            else:
                fixed_parameters[parameter] = value
    credential_id = others.get("credential_id")
    return ChosenTool(
        _TYPES.get(_text(others.get("type")), ToolProviderType.BUILT_IN),
        provider,
        name,
        _text(others.get("tool_label")) or name,
        _text(written) or _text(others.get("tool_description")),
        tuple(open_parameters),
        fixed_parameters,
        credential_id if isinstance(credential_id, str) and credential_id else None,
    )


def _values(group: Any) -> Iterator[tuple[str, Any]]:
    """Each parameter with what is set for it, None where that is left to the caller."""
    for name, stored in group.items() if isinstance(group, dict) else ():
        value = stored
        if isinstance(stored, dict) and "value" in stored:
            value = None if stored.get("auto") == 1 else stored["value"]
            if isinstance(value, dict) and value.get("type") in ("constant", "mixed", "variable"):
                value = None if value["type"] == "variable" else value.get("value")  # there are no variables here
        yield name, value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _unreadable() -> UnreadableSetting:
    return UnreadableSetting(
        "The setting `tools` of this endpoint cannot be read. Choose the tools again in the endpoint's settings in "
        "Dify."
    )
