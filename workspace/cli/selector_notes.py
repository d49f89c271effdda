"""What to know about the models and apps that were picked, before the plugin is called."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from workspace.plugin.folder import Parameter
from workspace.plugin.selectors import DEFAULT_MODELS


def notes_on_apps(parameters: Iterable[Parameter], values: Mapping[str, Any], apps: Collection[str]) -> Iterator[str]:
    """A line for each picked app that is none of `apps`."""
    for name, selector in _picked(parameters, values, "app-selector", "app_id"):
        if selector["app_id"] not in apps:
            yield f"note: {name}: there is no app {selector['app_id']!r}; apps here: {', '.join(apps)}"


def notes_on_models(
    parameters: Iterable[Parameter], values: Mapping[str, Any], describe: Callable[[str], str]
) -> Iterator[str]:
    """A line for each picked model for which an engine of this machine stands in; `describe` tells which, by type."""
    for _, selector in _picked(parameters, values, "model-selector", "provider", "model", "model_type"):
        model_type = selector["model_type"]
        default = DEFAULT_MODELS.get(model_type)
        if default and default != f"{selector['provider']}/{selector['model']}":
            engine = describe(model_type)
            yield f"note: model {selector['model']!r} is answered by the workspace's {model_type}: {engine}"


def _picked(
    parameters: Iterable[Parameter], values: Mapping[str, Any], kind: str, *keys: str
) -> Iterator[tuple[str, Mapping[str, str]]]:
    for parameter in parameters:
        value = values.get(parameter.name)
        if parameter.type == kind and isinstance(value, dict) and all(isinstance(value.get(key), str) for key in keys):
            yield parameter.name, value
