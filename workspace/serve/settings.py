"""The settings of a group of endpoints, checked as Dify checks them when somebody saves the group.

Nothing is filled in: Dify does not use a setting's `default` either.

Source: dify-plugin-daemon, `internal/service/setup_endpoint.go`, `pkg/entities/plugin_entities/config.go`.
"""

from collections.abc import Mapping
from typing import Any

from workspace.plugin.folder import Parameter, PluginFolder
from workspace.plugin.parameters import ParameterError, refuse_unknown

MOST = 64
"""Settings that Dify saves."""

BY_SCOPE = {
    **dict.fromkeys(("", "all", "llm", "text-embedding", "speech2text", "moderation"), ()),
    "rerank": ("score_threshold", "top_n"),
    "tts": ("voice",),
    "vision": ("completion_params",),
}
"""What a model-selector has to hold beside its model, in the scopes that Dify can check."""


def check_settings(folder: PluginFolder, settings: Mapping[str, Any]) -> None:
    """Raises ParameterError with what Dify would refuse, or for a setting that the group does not have."""
    if folder.group is None:
        if not settings:
            return
        raise ParameterError(
            f"{folder.name} has no endpoints: its manifest.yaml names no group under plugins.endpoints."
        )
    endpoint = folder.permission.get("endpoint")
    if not isinstance(endpoint, dict) or endpoint.get("enabled") is not True:
        raise ParameterError(
            "permission denied, you need to enable endpoint access in plugin manifest: "
            "set resource.permission.endpoint.enabled to true in manifest.yaml."
        )
    refuse_unknown(settings, [setting.name for setting in folder.group.settings], "the endpoints have no setting")
    if len(settings) > MOST:
        raise ParameterError(f"there are {len(settings)} settings, and Dify saves no more than {MOST}.")
    for setting in folder.group.settings:
        value = settings.get(setting.name)
        if value is None and setting.required:
            raise ParameterError(
                f"the setting {setting.name} is required: give it in the file of --settings, "
                f"as in `settings: {{{setting.name}: ...}}`."
            )
        if value is not None and (problem := _problem(setting, value)):
            raise ParameterError(f"the setting {setting.name} {problem}.")


def _problem(setting: Parameter, value: Any) -> str:
    """What is wrong with a value, to come after the setting's name; "" for nothing."""
    match setting.type:
        case "text-input" | "secret-input" | "select" if not isinstance(value, str):
            return f"takes text, not {_kind(value)}: put it in quotes"
        case "select" if value not in (options := [option.value for option in setting.options]):
            return f"is one of {', '.join(options)}, not {value!r}"
        case "boolean" if not isinstance(value, bool):
            return f"takes true or false, not {_kind(value)}"
        case "app-selector":
            return _lacking(value, ("app_id",), "an app")
        case "model-selector" if setting.scope not in BY_SCOPE:
            return f"has the scope {setting.scope!r}, with which Dify saves no model for endpoints"
        case "model-selector":
            return _lacking(value, ("provider", "model", "model_type", *BY_SCOPE[setting.scope]), "a model")
    return ""


def _lacking(value: Any, keys: tuple[str, ...], what: str) -> str:
    if not isinstance(value, dict):
        return f"takes {what} as a mapping with {', '.join(keys)}, not {_kind(value)}"
    missing = [key for key in keys if key not in value]
    return f"lacks {' and '.join(missing)}, without which Dify does not save {what} there" if missing else ""


def _kind(value: Any) -> str:
    """What a YAML value is; never the value, which may be a secret."""
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a mapping"}
    return kinds.get(type(value), f"a {type(value).__name__}")
