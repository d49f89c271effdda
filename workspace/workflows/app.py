"""A DSL file as an app of the workspace."""

from collections.abc import Generator, Iterator
from typing import Any

from workspace.dify.apps.app import Event, Mode
from workspace.dify.apps.chat_events import Answer
from workspace.dify.apps.conversations import Conversations
from workspace.dify.apps.form import checked, parameters
from workspace.dify.apps.workflow_events import Run
from workspace.dify.refusals import Refused
from workspace.workflows.dsl import Workflow
from workspace.workflows.host import MOST_RUNS, Host
from workspace.workflows.needs import check


class DslApp:
    """Mode `workflow` or `advanced-chat`. What a chatflow writes into a variable of the conversation is kept at once.

    Raises needs.CannotRun if the workflow cannot run on this host. A run may take `longest` seconds, by default as long
    as in Dify. The engine is loaded with the first run.
    """

    def __init__(
        self,
        workflow: Workflow,
        host: Host,
        *,
        conversations: Conversations | None = None,
        longest: float | None = None,
    ) -> None:
        check(workflow, host.tools, allow_code=host.allow_code, has_knowledge=host.knowledge is not None)
        self._workflow = workflow
        self._host = host
        self._conversations = conversations or Conversations(None)
        self._longest = longest

    @property
    def name(self) -> str:
        return self._workflow.name

    @property
    def description(self) -> str:
        return " ".join(self._workflow.description.split()) or self._workflow.name

    @property
    def mode(self) -> Mode:
        return self._workflow.mode

    def parameters(self) -> dict[str, Any]:
        body = {**parameters(()), "opening_statement": None, "file_upload": {}}
        features = {name: value for name, value in self._workflow.features.items() if name in body and value}
        form = [{str(variable.get("type")): variable} for variable in self._workflow.start_variables]
        return {**body, **features, "user_input_form": form}

    def run(self, payload: dict[str, Any]) -> Generator[Event | None]:
        """workflow_started, then nodes with text_chunk* or message*, then its end; None for a second without news.

        A workflow ends with workflow_finished, a chatflow with message_end and workflow_finished or, if it failed, with
        workflow_finished and error. `payload` may have `files`, which become `sys.files` where the app takes any.
        """
        if not self._host.runs.acquire(blocking=False):
            problem = f"Too many requests: {MOST_RUNS} runs are open at once. Does a workflow call itself?"
            raise Refused(problem, status=429, code="too_many_requests")
        try:
            if self._workflow.mode == "workflow":
                yield from self._run_workflow(payload)
            else:
                yield from self._run_chatflow(payload)
        finally:
            self._host.runs.release()

    def _run_workflow(self, payload: dict[str, Any]) -> Iterator[Event | None]:
        from workspace.workflows.execution import Start, execute

        inputs = checked(self._workflow.form, payload["inputs"])
        run = Run(self._workflow.app_id)
        start = Start(inputs, run.text_chunk, payload.get("files") or ())
        end = yield from execute(self._workflow, self._host, run, start, longest=self._longest)
        yield end.finished

    def _run_chatflow(self, payload: dict[str, Any]) -> Iterator[Event | None]:
        from workspace.workflows.execution import Start, execute

        query = payload["query"]
        inputs = checked(self._workflow.form, payload["inputs"])
        # of an id that it does not know Dify's API says nothing here, and begins a new conversation
        conversation = self._conversations.known(payload["conversation_id"] or "")
        conversation = conversation or self._conversations.start(inputs)
        answer = Answer(conversation.id)
        ids = {"conversation_id": conversation.id, "message_id": answer.message_id, "created_at": answer.created_at}
        run = Run(self._workflow.app_id, task_id=answer.task_id, chat=ids)

        def keep(name: str, value: Any) -> None:
            conversation.variables[name] = value
            self._conversations.keep(conversation)

        turn = {"query": query, "conversation_id": conversation.id, "dialogue_count": len(conversation.turns) + 1}
        start = Start(
            inputs,
            chunk=lambda text, selector: answer.message(text, selector=selector),
            files=(payload.get("files") or ()) if self._workflow.takes_files else (),
            chat=turn,
            turns=conversation.turns,
            conversation_variables=conversation.variables,
            keep=keep,
            message_id=answer.message_id,
        )
        end = yield from execute(self._workflow, self._host, run, start, longest=self._longest)
        answer.count(end.tokens)
        if error := end.finished["data"]["error"]:
            yield end.finished
            yield answer.error(f"Run failed: {error}")
            return
        conversation.turns.append((query, answer.text))
        self._conversations.keep(conversation)
        yield answer.chatflow_end(end.files)
        yield end.finished
