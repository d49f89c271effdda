"""A workflow that waits for a person: it pauses, and its stream ends there."""

from collections.abc import Iterator
from typing import Any

from workspace.dify.apps.app import Event, Mode
from workspace.dify.apps.form import Input, checked, parameters
from workspace.dify.apps.workflow_events import USER, Node, Run, passed

FORM = (Input("request", "What is to be approved", "paragraph", required=True),)

_ACTIONS = [
    {"id": "approve", "title": "Approve", "button_style": "primary"},
    {"id": "reject", "title": "Reject", "button_style": "default"},
]
_THREE_DAYS = 3 * 24 * 60 * 60


class Approval:
    """Mode `workflow`. Nothing in the workspace fills in the form, so no run of it goes on."""

    name = "Approval"
    description = "Pauses for a person's approval of the input `request` (human_input_required, workflow_paused)."
    mode: Mode = "workflow"

    def parameters(self) -> dict[str, Any]:
        return parameters(FORM)

    def run(self, payload: dict[str, Any]) -> Iterator[Event]:
        """workflow_started, start's two events, node_started, human_input_required, workflow_paused."""
        inputs = checked(FORM, payload["inputs"])
        run = Run("approval")
        ids = {"app_id": "approval", "workflow_id": run.workflow_id, "workflow_run_id": run.run_id, "user_id": USER}
        yield run.started({**inputs, "sys.files": [], **{f"sys.{name}": value for name, value in ids.items()}})
        yield from passed(run, Node("start", "start", "Start"), inputs)
        node = Node("approval", "human-input", "Approval")
        yield run.node_started(node)
        form = run.human_input_required(node, f"Approve this?\n\n{inputs['request']}", _ACTIONS, seconds=_THREE_DAYS)
        yield form
        yield run.paused(form)
