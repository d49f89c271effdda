"""Calling the workspace's apps through the SDK, and what Dify says when it refuses."""

import json
from typing import Any

import pytest
from dify_plugin.core.runtime import Session

from tests.workspace.dify.fake_models import EVERYTHING
from workspace.engines import Models
from workspace.local import local_dify
from workspace.stub import StubbedDify

INPUTS: dict[str, dict[str, Any]] = {
    "chatbot": {"name": "Ada"},
    "workflow": {"text": "A long text."},
    "completion": {"query": "Once"},
    "approval": {"request": "A holiday"},
}
"""The required inputs of each app that has some."""


def session_of(models: Models, **options: Any) -> Session:
    return StubbedDify(local_dify(EVERYTHING, models, **options).handle).session


def chat(
    session: Session, app_id: str, query: str = "Hello", inputs: Any = None, **options: Any
) -> list[dict[str, Any]]:
    return list(session.app.chat.invoke(app_id, query, INPUTS.get(app_id, {}) if inputs is None else inputs, **options))


def run_workflow(session: Session, inputs: Any, app_id: str = "workflow", response_mode: Any = "streaming") -> Any:
    reply = session.app.workflow.invoke(app_id, inputs, response_mode=response_mode)
    return list(reply) if response_mode == "streaming" else reply


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["event"] for event in events]


def refusal(call: Any) -> str:
    with pytest.raises(Exception, match="failed: ") as caught:
        call()
    return str(caught.value)


def refused(message: str, *, status: int = 400, code: str = "invalid_param") -> str:
    body = {"code": code, "message": message, "status": status}
    if status == 500:
        body = {"message": message, "code": code, "status": status}
    return f"invoke app failed: request failed with status code: {status} and respond with: {json.dumps(body)}\n"
