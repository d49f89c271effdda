"""The apps of the local workspace, by app id. Dify's ids are UUIDs; these can be read."""

from pathlib import Path

from workspace.dify.apps.agent import Agent
from workspace.dify.apps.app import App
from workspace.dify.apps.approval import Approval
from workspace.dify.apps.chatbot import Chatbot
from workspace.dify.apps.chatflow import Chatflow
from workspace.dify.apps.completion import Completion
from workspace.dify.apps.conversations import Conversations
from workspace.dify.apps.moderated import Moderated
from workspace.dify.apps.workflow import Workflow
from workspace.engines import Models


def built_in(models: Models, folder: Path | None, *, model: str) -> dict[str, App]:
    """The apps that come with the workspace; `folder` is where their conversations are kept, `model` what they ask."""

    def memory(app_id: str) -> Conversations:
        return Conversations(folder / app_id if folder else None)

    return {
        "chatbot": Chatbot(models, memory("chatbot"), model=model),
        "agent": Agent(models, memory("agent"), model=model),
        "chatflow": Chatflow(models, memory("chatflow"), model=model),
        "workflow": Workflow(models, model=model),
        "completion": Completion(models, model=model),
        "moderated": Moderated(models, memory("moderated"), model=model),
        "approval": Approval(),
    }
