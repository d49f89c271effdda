"""What the page is told of a plugin, and of the workspace it runs in."""

from collections.abc import Container, Iterable, Mapping
from typing import Any

from workspace.dify.apps.app import App
from workspace.engines import Models
from workspace.plugin.folder import EndpointGroup, Parameter, PluginFolder, Tool
from workspace.plugin.selectors import MODEL_TYPES, model_selector
from workspace.serve.serve_file import ServeFile, examples

type Described = dict[str, Any]


def describe_plugin(folder: PluginFolder, given: Container[str]) -> Described:
    """Its texts in all their languages, its tools with the credentials that each needs; `given` are there already."""
    return {
        "name": folder.name,
        "version": folder.version,
        "author": folder.author,
        "label": folder.label.translations,
        "description": folder.description.translations,
        "python": str(folder.python),
        "folder": str(folder.path),
        "tools": [_tool(tool, folder.provider(tool.provider).credentials, given) for tool in folder.tools],
        "permission": folder.permission,
    }


def describe_endpoints(group: EndpointGroup, file: ServeFile, url: str) -> Described:
    """Their settings, of which what is secret is only said to be there, and a request for each route."""
    return {
        "url": url,
        "settings": [_setting(setting, file.settings.get(setting.name)) for setting in group.settings],
        "routes": [
            {
                "method": example.endpoint.method,
                "path": example.endpoint.path,
                "hidden": example.endpoint.hidden,
                "curl": example.curl(url),
                "request": {
                    "method": example.endpoint.method,
                    "path": example.path,
                    "headers": example.headers,
                    **example.body,
                },
            }
            for example in examples(group, file)
        ],
    }


def describe_apps(apps: Mapping[str, App]) -> list[Described]:
    """`inputs` is the form, as the Service API has it in `user_input_form`."""
    return [
        {
            "app_id": app_id,
            "name": app.name,
            "mode": app.mode,
            "description": app.description,
            "inputs": app.parameters().get("user_input_form", []),
        }
        for app_id, app in apps.items()
    ]


def describe_models(models: Models, defaults: Mapping[str, str]) -> dict[str, list[Described]]:
    """By type, the default first. Other names are answered as well; `description` says by what."""
    found: dict[str, list[Described]] = {}
    for model_type in MODEL_TYPES:
        names = dict.fromkeys([*filter(None, [defaults.get(model_type)]), *models.names(model_type)])
        found[model_type] = [
            {
                **{key: model_selector(name, scope=model_type)[key] for key in ("provider", "model")},
                "description": models.describe(model_type),
                **({"voices": _voices(models)} if model_type == "tts" else {}),
            }
            for name in names
        ]
    return found


def _voices(models: Models) -> list[Described]:
    return [{"value": voice, "name": name} for voice, name in models.voices().items()]


def _tool(tool: Tool, credentials: Iterable[Parameter], given: Container[str]) -> Described:
    return {
        "provider": tool.provider,
        "name": tool.name,
        "label": tool.label.translations,
        "description": tool.description.translations,
        "llm_description": tool.llm_description,
        "parameters": [_parameter(parameter) for parameter in tool.parameters],
        "output_schema": tool.output_schema,
        "credentials": [{**_parameter(credential), "given": credential.name in given} for credential in credentials],
    }


def _parameter(parameter: Parameter) -> Described:
    return {
        "name": parameter.name,
        "type": parameter.type,
        "form": parameter.form,
        "required": parameter.required,
        "default": parameter.default,
        "options": [{"value": option.value, "label": option.label.translations} for option in parameter.options],
        "min": parameter.minimum,
        "max": parameter.maximum,
        "scope": parameter.scope,
        "multiple": parameter.multiple,
        "label": parameter.label.translations,
        "description": parameter.description.translations,
        "placeholder": parameter.placeholder.translations,
        "llm_description": parameter.llm_description,
    }


def _setting(setting: Parameter, value: Any) -> Described:
    if setting.type == "secret-input":
        value = "not set" if value is None else "set"
    return {**_parameter(setting), "value": value}
