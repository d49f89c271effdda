"""The apps of the local workspace, by app id. Dify's ids are UUIDs; these can be read."""

from collections.abc import Mapping
from pathlib import Path

from workspace.dify.apps.agent import Agent
from workspace.dify.apps.agent_tools import CALCULATOR_AND_WORD_COUNTER, Toolbox
from workspace.dify.apps.app import App
from workspace.dify.apps.approval import Approval
from workspace.dify.apps.chatbot import Chatbot
from workspace.dify.apps.completion import Completion
from workspace.dify.apps.conversations import Conversations
from workspace.dify.apps.moderated import Moderated
from workspace.engines import Models

AGENT = "Calculates and counts words with tools, and shows its thoughts; streaming only."
PLUGIN_AGENT = "Has the tools of the plugin, with default settings, and shows its thoughts; streaming only."


def built_in(
    models: Models,
    folder: Path | None,
    *,
    model: str,
    workflows: Mapping[str, App],
    plugin_toolbox: Toolbox | None = None,
) -> dict[str, App]:
    """The apps that come with the workspace; `folder` is where their conversations are kept, `model` what they ask.

    `workflows` are those of them that run as graphs, chatflows too. They take their place among the others.

    `plugin_toolbox` has the tools of the plugin under work, for an agent that is there only where it is.
    """

    def memory(app_id: str) -> Conversations:
        return Conversations(folder / app_id if folder else None)

    def agent(app_id: str, description: str, toolbox: Toolbox) -> Agent:
        return Agent(models, memory(app_id), model=model, description=description, toolbox=toolbox)

    of_the_plugin = {"plugin-agent": agent("plugin-agent", PLUGIN_AGENT, plugin_toolbox)} if plugin_toolbox else {}
    return {
        "chatbot": Chatbot(models, memory("chatbot"), model=model),
        "agent": agent("agent", AGENT, CALCULATOR_AND_WORD_COUNTER),
        **of_the_plugin,
        **workflows,
        "completion": Completion(models, model=model),
        "moderated": Moderated(models, memory("moderated"), model=model),
        "approval": Approval(),
    }
