"""The chatbot, agent or text generator in a DSL file, which has a `model_config` in place of a graph."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from workspace.dify.apps.app import Mode
from workspace.dify.apps.app_config import AppConfig, UsedTool
from workspace.dify.apps.form import Input, InputType
from workspace.workflows.dsl import input_of
from workspace.workflows.dsl_file import DslError, DslFile

MODES: dict[str, Mode] = {"chat": "chat", "agent-chat": "agent-chat", "completion": "completion"}

_LEFT_OUT = {
    "sensitive_word_avoidance": "its moderation",
    "file_upload": "files",
    "annotation_reply": "its annotations",
}


def app_config_of(file: DslFile) -> AppConfig:
    """Raises DslError."""
    config = file.mapping(file.content, "model_config")
    model = file.mapping(config, "model", where="model_config.model")
    name, parameters = model.get("name"), _mapping(model, "completion_params")
    if not isinstance(name, str) or not name:
        raise DslError(f"{file.name} names no model: model_config.model.name.")
    stop = parameters.pop("stop", None)
    agent = _mapping(config, "agent_mode") if file.mode == "agent-chat" else {}
    return AppConfig(
        app_id=file.app_id,
        name=file.app_name,
        description=file.description,
        mode=MODES[file.mode],
        provider=str(model.get("provider") or ""),
        model=name,
        parameters=parameters,
        stop=tuple(each for each in stop if isinstance(each, str) and each) if isinstance(stop, list) else (),
        form=tuple(_form(file, config)),
        prompt=tuple(_prompt(config, is_chat=model.get("mode") != "completion")),
        opening_statement=str(config.get("opening_statement") or ""),
        suggested=tuple(each for each in config.get("suggested_questions") or () if isinstance(each, str)),
        tools=tuple(_tools(agent)),
        most_rounds=agent["max_iteration"] + 1 if isinstance(agent.get("max_iteration"), int) else 6,
        not_here=tuple(_not_here(config, agent)),
        left_out=tuple(words for feature, words in _LEFT_OUT.items() if _is_on(config, feature)),
    )


def _form(file: DslFile, config: Mapping[str, Any]) -> Iterator[Input]:
    for item in file.mappings({**config}, "user_input_form"):
        for kind, field in item.items():
            if kind in get_args(InputType.__value__) and isinstance(field, dict):
                yield input_of({**field, "type": kind})


def _prompt(config: Mapping[str, Any], *, is_chat: bool) -> Iterator[tuple[str, str]]:
    """Role and text of each message: one for the whole, or those of the expert's editor."""
    if config.get("prompt_type") != "advanced":
        yield "system", str(config.get("pre_prompt") or "")
    elif is_chat:
        for message in _mapping(config, "chat_prompt_config").get("prompt") or ():
            if isinstance(message, dict):
                yield str(message.get("role") or "system"), str(message.get("text") or "")
    else:
        text = _mapping(_mapping(config, "completion_prompt_config"), "prompt").get("text")
        yield "user", str(text or "")


def _tools(agent: Mapping[str, Any]) -> Iterator[UsedTool]:
    for tool in agent.get("tools") or ():
        if isinstance(tool, dict) and tool.get("enabled") and isinstance(tool.get("tool_name"), str):
            settings = {name: value for name, value in _mapping(tool, "tool_parameters").items() if value is not None}
            yield UsedTool(str(tool.get("provider_type")), str(tool.get("provider_id")), tool["tool_name"], settings)


def _not_here(config: Mapping[str, Any], agent: Mapping[str, Any]) -> Iterator[str]:
    datasets = _mapping(_mapping(config, "dataset_configs"), "datasets").get("datasets") or []
    in_tools = [tool.get("dataset") for tool in agent.get("tools") or () if isinstance(tool, dict)]
    used = [*(each.get("dataset") for each in datasets if isinstance(each, dict)), *in_tools]
    if any(isinstance(dataset, dict) and dataset.get("enabled", True) for dataset in used):
        yield "it asks a knowledge base, and there are none here"
    asked = [
        item for item in config.get("user_input_form") or () if isinstance(item, dict) and "external_data_tool" in item
    ]
    asked += [
        tool for tool in config.get("external_data_tools") or () if isinstance(tool, dict) and tool.get("enabled")
    ]
    if asked:
        yield "it asks an API of its author's for a variable, which nothing here does"


def _is_on(config: Mapping[str, Any], feature: str) -> bool:
    """Older files have one for each kind of file."""
    found = _mapping(config, feature)
    return bool(found.get("enabled")) or any(
        bool(each.get("enabled")) for each in found.values() if isinstance(each, dict)
    )


def _mapping(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key)
    return dict(value) if isinstance(value, dict) else {}
