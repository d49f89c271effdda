"""What an app came to, as the messages of a tool."""

from collections.abc import Iterator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.apps.events import AppResult
from switchboard.apps.output_files import file_messages
from switchboard.wire_limits import check_results_fit


def result_messages(
    tool: Tool, result: AppResult, *, text: str, variables: dict[str, Any]
) -> Iterator[ToolInvokeMessage]:
    """The text for a person, the files, as JSON the sources of an answer and the conversation to go on with, which an
    agent's model gets in no other way, and each of `variables`.

    Only once the run has ended: moderation can replace an answer until then. Raises NoAnswer before anything goes out
    where one of them would not fit on a line.
    """
    check_results_fit(**variables, text=text, retriever_resources=result.retriever_resources)
    if text:
        yield tool.create_text_message(text)
    yield from file_messages(tool, result.files)
    told = {"retriever_resources": result.retriever_resources, "conversation_id": result.conversation_id}
    if told := {name: value for name, value in told.items() if value}:
        yield tool.create_json_message(told)
    for name, value in variables.items():
        yield tool.create_variable_message(name, value)
