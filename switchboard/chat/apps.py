"""A chat with an app of the workspace, answered in pieces as a chat with a model is.

Dify does not tell what kind of app an id belongs to, and the app's own kind decides what a call means: one call serves
all kinds, and its events say which it was. Chat apps take the query as such, workflow apps and completion apps as their
input `query`; inputs that an app's form does not know are passed over by Dify.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dify_plugin.core.runtime import Session
from dify_plugin.entities.model.message import PromptMessage, PromptMessageRole, TextPromptMessageContent
from dify_plugin.file.entities import FileType

from switchboard.apps.conversations import check_goes_on
from switchboard.apps.events import AppEvents, AppFile, AppKind
from switchboard.apps.outputs import readable_outputs
from switchboard.chat.pieces import Conversation, End, Finish, Piece, Reasoning, Replacement, SplitText, Text, Usage
from switchboard.chat.reasoning import without_reasoning
from switchboard.errors import InvalidInput, WaitsForAPerson
from switchboard.reverse_invocation import reverse_invocation
from switchboard.wire_limits import check_request_fits


@dataclass(frozen=True)
class AppChat:
    """What to ask of which app."""

    app_id: str
    query: str
    inputs: dict[str, Any]
    conversation_id: str
    """As `apps.conversations` reads it, "" for a new one."""
    user: str
    """Whom the app answers; Dify takes it and does nothing with it today."""
    messages_field: str = "messages"
    """Of the request, which a caller has to make smaller where all of it is too large."""


def ask_app(session: Session, chat: AppChat) -> Iterator[Piece]:
    """The answer as it comes; Dify is asked when the first piece is. Raises SwitchboardErrors.

    Of a workflow app the first output comes as Dify streams it. If it turns out not to be the only one, all of them
    follow together at the end.
    """
    answer = _Answer()
    inputs = {"query": chat.query, **chat.inputs}
    check_request_fits("The chat", chat.query, chat.query, json.dumps(chat.inputs), field=chat.messages_field)
    with reverse_invocation("app"):
        for event in session.app.chat.invoke(
            app_id=chat.app_id,
            query=chat.query,
            inputs=inputs,
            response_mode="streaming",  # agents know no other
            conversation_id=chat.conversation_id or None,
            user=chat.user or None,
        ):
            check_goes_on(chat.conversation_id, event)
            yield from answer.feed(event)
        yield from answer.end()


_LABELS = {
    PromptMessageRole.SYSTEM: "System",
    PromptMessageRole.USER: "User",
    PromptMessageRole.ASSISTANT: "Assistant",
}


def refuse_wishes(**wanted: bool) -> None:
    """Raise InvalidInput for a field of a request that is set, and says what only an app's own settings decide."""
    for field, is_wanted in wanted.items():
        if is_wanted:
            raise InvalidInput(
                f"An app of Dify cannot be given `{field}`: its own settings in Dify decide that. Leave it out, or ask "
                "a model.",
                field=field,
            )


def query_of(
    messages: list[PromptMessage], *, last_only: bool, fields: Sequence[str], messages_field: str = "messages"
) -> str:
    """The messages as one query: a lone message as it is, several as a transcript that names who speaks.

    Blank messages, of whatever role, say nothing. `last_only` takes the last message of the user, for an app that
    remembers the others, and looks at no other. `fields` are those of the request that hold a message each,
    `messages_field` the one that holds all. Raises InvalidInput for what an app cannot be given.
    """
    by_user = [at for at, message in enumerate(messages) if message.role is PromptMessageRole.USER]
    heard = by_user[-1:] if last_only else range(len(messages))
    texts = {at: _text(messages[at], fields[at]) for at in heard}
    spoken = [(messages[at].role, text) for at, text in texts.items() if text.strip()]
    asked = [text for role, text in spoken if role is PromptMessageRole.USER]
    ends_blank = bool(by_user) and not texts[by_user[-1]].strip()
    if not asked or (ends_blank and spoken[-1][0] is not PromptMessageRole.USER):
        raise InvalidInput("An app needs a message of the user that is not empty.", field=messages_field)
    if len(spoken) == 1:
        return asked[0]
    return "\n\n".join(f"{_LABELS[role]}: {text}" for role, text in spoken)


def _text(message: PromptMessage, field: str) -> str:
    if message.role not in _LABELS or getattr(message, "tool_calls", None):
        raise InvalidInput(
            f"`{field}` belongs to the call of a tool, and an app of Dify uses no tools but its own. Leave it out, or "
            "ask a model.",
            field=field,
        )
    if not isinstance(message.content, list):
        text = message.content or ""
        return without_reasoning(text) if message.role is PromptMessageRole.ASSISTANT else text
    texts = [part.data for part in message.content if isinstance(part, TextPromptMessageContent)]
    if len(texts) < len(message.content):
        raise InvalidInput(
            f"`{field}.content` holds a file, and Dify passes no files on to an app that a plugin calls. Send text "
            "only, or ask a model.",
            field=f"{field}.content",
        )
    return "\n".join(text for text in texts if text.strip())


class _FirstOutput:
    """The text of a workflow's first output as Dify streams it: chunk by chunk, and after it the other outputs.

    An output that is no stream comes in one chunk, and cannot be told from a stream before the second.
    """

    def __init__(self) -> None:
        self._selector: Any = None
        self._held: list[str] = []
        self._has_begun = self._is_over = False

    def feed(self, text: str, selector: Any) -> list[str]:
        """What can go out now. `selector` is where the text comes from, a list of names."""
        if not self._has_begun:
            self._has_begun, self._selector, self._held = True, selector, [text]
            return []
        self._is_over = self._is_over or selector != self._selector
        if self._is_over:
            return []
        held, self._held = self._held, []
        return [*held, text]


class _Answer:
    """Reads the events of one run."""

    def __init__(self) -> None:
        self._events = AppEvents()
        self._split = SplitText()
        self._conversation_id = ""
        self._output = _FirstOutput()
        self._sent: list[str] = []
        self._from_agent = False
        self._replaced = False

    def feed(self, event: Mapping[str, Any]) -> Iterator[Piece]:
        self._events.feed(event)
        conversation_id = event.get("conversation_id")
        if not self._conversation_id and isinstance(conversation_id, str) and conversation_id:
            self._conversation_id = conversation_id
            yield Conversation(conversation_id)
        answer, data = event.get("answer"), event.get("data")
        match event.get("event"):
            case "agent_message" if isinstance(answer, str):
                self._from_agent = True
                yield from self._text(answer)
            case "message" if isinstance(answer, str) and not self._from_agent:  # else the whole answer once more
                yield from self._text(answer)
            case "message_replace":
                self._replaced = True
            case "text_chunk" if isinstance(data, dict) and isinstance(text := data.get("text"), str):
                for piece in self._output.feed(text, data.get("from_variable_selector")):
                    yield from self._text(piece)
            case "reasoning_chunk" if isinstance(data, dict) and isinstance(thought := data.get("reasoning"), str):
                if thought:
                    yield Reasoning(thought)

    def end(self) -> Iterator[Piece]:
        """What is known only now. Raises what went wrong among the events."""
        result = self._events.result()
        if result.status == "paused":
            raise WaitsForAPerson(result.waits_at)
        final = readable_outputs(result.outputs) if result.kind is AppKind.WORKFLOW else result.answer
        sent = "".join(self._sent)
        if sent and self._replaced:
            yield Replacement(final)
        elif final.startswith(sent):  # what a workflow's outputs or the last message of an agent add
            yield from self._text(final[len(sent) :])
        elif result.kind is AppKind.WORKFLOW and final.strip() not in ("", without_reasoning(sent).strip()):
            yield Replacement(final)
        yield from self._split.flush()
        if result.files:
            links = "\n".join(map(_shown, result.files))
            yield Text(f"\n\n{links}" if final else links)
        yield End(Finish.CONTENT_FILTER if self._replaced else Finish.STOP, _usage(result.usage))

    def _text(self, text: str) -> Iterator[Piece]:
        if text:
            self._sent.append(text)
            yield from self._split.feed(text)


def _shown(file: AppFile) -> str:
    link = f"[{file.filename}]({file.url})"
    return f"!{link}" if file.type == FileType.IMAGE else link


def _usage(usage: dict[str, Any]) -> Usage | None:
    match usage:
        case {"prompt_tokens": int(prompt), "completion_tokens": int(completion), "total_tokens": int(total)}:
            return Usage(prompt, completion, total)
    return None
