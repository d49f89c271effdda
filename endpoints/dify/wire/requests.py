"""What Dify's Service API takes to run an app.

Source: its API reference, `/chat-messages`, `/completion-messages` and `/workflows/run`.

Where Dify asks for more than it needs here, less will do: `inputs` and `user` may be left out. What a plugin cannot
pass on to an app is refused where the answer would be wrong without it, and ignored otherwise.
"""

import uuid
from typing import Any, Literal

from pydantic import BaseModel, field_validator


class RunRequest(BaseModel, defer_build=True):
    """Runs a workflow app; the base of the other two."""

    inputs: dict[str, Any] = {}
    response_mode: Literal["blocking", "streaming"] | None = None
    """Blocking where none is given, as in Dify."""
    user: str = ""
    """Passed on, but Dify counts all callers of a plugin's endpoints as one end user."""
    files: list[Any] | None = None

    @property
    def streams(self) -> bool:
        return self.response_mode == "streaming"

    @field_validator("inputs", mode="before")
    @classmethod
    def _none_are_no_inputs(cls, inputs: Any) -> Any:
        return {} if inputs is None else inputs

    @field_validator("inputs")
    @classmethod
    def _uploads_are_tool_files(cls, inputs: dict[str, Any]) -> dict[str, Any]:
        return {name: _with_tool_files(value) for name, value in inputs.items()}

    @field_validator("user", mode="before")
    @classmethod
    def _numbers_name_users(cls, user: Any) -> Any:
        return str(user) if isinstance(user, int | float) else "" if user is None else user

    @field_validator("files")
    @classmethod
    def _no_files(cls, files: list[Any] | None) -> None:
        if files:
            raise ValueError(
                "Dify passes no attached files on to an app that a plugin calls. Give the app an input of type file, "
                "upload the file to /files/upload, and send what that returns as the value of this input"
            )


class CompletionRequest(RunRequest):
    """Runs a text generator. `query` is an input like any other there."""

    query: str = ""

    @property
    def all_inputs(self) -> dict[str, Any]:
        return {**self.inputs, "query": self.query} if self.query else self.inputs

    @field_validator("query", mode="before")
    @classmethod
    def _none_is_no_query(cls, query: Any) -> Any:
        return "" if query is None else query


class ChatRequest(RunRequest):
    """Asks a chatbot, an agent or a chatflow."""

    query: str
    conversation_id: str = ""
    """"" begins a conversation."""
    workflow_id: str | None = None

    @field_validator("query")
    @classmethod
    def _a_query_says_something(cls, query: str) -> str:
        if not query.strip():
            raise ValueError("it is empty. Send what the app is to answer")
        return query

    @field_validator("conversation_id", mode="before")
    @classmethod
    def _no_conversation_yet(cls, conversation_id: Any) -> Any:
        return "" if conversation_id is None else conversation_id

    @field_validator("conversation_id")
    @classmethod
    def _conversations_are_uuids(cls, conversation_id: str) -> str:
        if not conversation_id.strip():
            return ""
        try:
            return str(uuid.UUID(conversation_id.strip()))
        except ValueError:
            raise ValueError("it is no UUID. Send the one that the app's first answer came with") from None

    @field_validator("workflow_id")
    @classmethod
    def _no_other_version(cls, workflow_id: str | None) -> None:
        if workflow_id:
            raise ValueError(
                "Dify lets a plugin run the published version of an app and no other. Leave this field out"
            )


def _with_tool_files(value: Any) -> Any:
    """The value of an input, with each file that was uploaded to /files/upload named as Dify knows it.

    A plugin's upload is a file of a tool to Dify. Clients refer to it as Dify's own API has it, as `local_file` with an
    `upload_file_id`, which Dify would look for among other files.
    """
    if isinstance(value, list):
        return [_with_tool_files(item) for item in value]
    if not isinstance(value, dict) or value.get("transfer_method") != "local_file" or "upload_file_id" not in value:
        return value
    others = {key: each for key, each in value.items() if key != "upload_file_id"}
    return {**others, "transfer_method": "tool_file", "tool_file_id": value["upload_file_id"]}
