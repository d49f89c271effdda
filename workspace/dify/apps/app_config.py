"""What Dify's basic apps are made of, chatbots, agents and text generators: a prompt, a form and a model.

Source: Dify, `core/app/app_config/easy_ui_based_app` and `core/prompt`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workspace.dify.apps.app import Mode
from workspace.dify.apps.form import Input

_PLACE = re.compile(r"\{\{([a-zA-Z_]\w{0,29}|#histories#|#query#|#context#)\}\}", re.ASCII)
_QUERY = "{{#query#}}"


@dataclass(frozen=True)
class UsedTool:
    """A tool that an agent has, with the settings that were made for it."""

    provider_type: str
    provider_id: str
    name: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class AppConfig:
    """`prompt` has the role and the text of each message before the conversation, with places for inputs."""

    app_id: str
    name: str
    description: str
    mode: Mode
    provider: str
    model: str
    parameters: Mapping[str, Any]
    stop: tuple[str, ...] = ()
    form: tuple[Input, ...] = ()
    prompt: tuple[tuple[str, str], ...] = ()
    opening_statement: str = ""
    suggested: tuple[str, ...] = ()
    tools: tuple[UsedTool, ...] = ()
    most_rounds: int = 5
    not_here: tuple[str, ...] = ()
    """What it cannot run without and nobody here has, a phrase each."""
    left_out: tuple[str, ...] = ()
    """What it has in Dify and runs without here, a phrase each."""

    @property
    def takes_files(self) -> bool:
        """None here, whatever its file says."""
        return False

    def messages(
        self, inputs: Mapping[str, Any], query: str, turns: Iterable[tuple[str, str]] = ()
    ) -> list[dict[str, Any]]:
        """The prompt, the conversation and the query, as messages for a model. Without a query the prompt asks."""
        said = list(turns)
        values = {name: "" if value is None else str(value) for name, value in inputs.items()}
        histories = "\n".join(f"Human: {asked}\nAssistant: {answered}" for asked, answered in said)
        values |= {"#query#": query, "#histories#": histories, "#context#": ""}
        told = [{"role": role, "content": _filled(text, values)} for role, text in self.prompt if text.strip()]
        if any(_QUERY in text for _, text in self.prompt):
            return told
        if not query and told:
            return [*told[:-1], {**told[-1], "role": "user"}]
        for asked, answered in said:
            told += [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
        return [*told, {"role": "user", "content": query}]


def _filled(text: str, values: Mapping[str, str]) -> str:
    """What stands for no input stays as it is."""
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), text)
