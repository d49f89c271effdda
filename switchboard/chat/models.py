"""A chat with a language model, whichever API asks for it: one call of Dify, answered in pieces.

    for piece in ask(self.session, Chat(model=..., messages=[...])):
        ...  # Text, Reasoning and ToolCall, at last End

The wire forms make the `Chat` and write the pieces out.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dify_plugin.core.runtime import Session
from dify_plugin.entities.model.llm import LLMModelConfig, LLMResultChunk, LLMResultChunkWithStructuredOutput, LLMUsage
from dify_plugin.entities.model.message import (
    MultiModalPromptMessageContent,
    PromptMessage,
    PromptMessageContentType,
    PromptMessageContentUnionTypes,
    PromptMessageTool,
    SystemPromptMessage,
    TextPromptMessageContent,
)

from switchboard.chat.completion_params import given_way
from switchboard.chat.deepseek import is_deepseek, marked_history
from switchboard.chat.pieces import End, Piece, Reasoning, SplitText, Text, Usage, finish
from switchboard.chat.structured_output import restore_booleans
from switchboard.chat.tool_calls import ToolCalls
from switchboard.errors import NoAnswer, RefusedByDify
from switchboard.reverse_invocation import reverse_invocation
from switchboard.wire_limits import check_request_size, wire_size


@dataclass(frozen=True)
class Chat:
    """What to ask of which model."""

    model: LLMModelConfig
    messages: list[PromptMessage]
    tools: list[PromptMessageTool] = field(default_factory=list)
    stop: list[str] = field(default_factory=list)
    schema: dict[str, Any] | None = None
    """The JSON schema of an object that the answer has to be."""
    has_to_call: bool = False
    """Dify passes no such wish on: the model is told in words, and an answer without a call is an error."""
    one_call: bool = False
    """At most one call of a tool: those after the first are left out."""
    messages_field: str = "messages"
    """Of the request, which a caller has to make smaller where all of it is too large."""
    negotiable: frozenset[str] = frozenset()
    """Those of the model's parameters that give way where it does not take them so: lowered, or else left out."""


def ask(session: Session, chat: Chat, *, at_once: bool = False) -> Iterator[Piece]:
    """The answer as it comes; Dify is asked when the first piece is. Raises SwitchboardErrors.

    `at_once` joins the text, which is less work for a caller that waits for the whole answer anyway.
    With a schema there is one `Text`, the whole object as JSON: Dify may have mended what the model said on the way.
    """
    try:
        yield from _ask_once(session, chat, at_once=at_once)
    except RefusedByDify as refusal:  # before the model was asked, so before the first piece
        parameters = given_way(chat.model.completion_params, refusal.parameter, chat.negotiable, most=refusal.most)
        if parameters == chat.model.completion_params:
            raise
        model = chat.model.model_copy(update={"completion_params": parameters})
        yield from ask(session, replace(chat, model=model), at_once=at_once)


def _ask_once(session: Session, chat: Chat, *, at_once: bool) -> Iterator[Piece]:
    answer = _Answer(chat, at_once=at_once)
    messages = _told_to_call(chat) if chat.has_to_call else chat.messages
    if is_deepseek(chat.model.provider):
        messages = marked_history(messages)
    chunks: Iterator[LLMResultChunk | LLMResultChunkWithStructuredOutput]
    try:
        with reverse_invocation("llm"):
            _check_size(chat)
            if chat.schema is None:
                chunks = session.model.llm.invoke(
                    model_config=chat.model,
                    prompt_messages=messages,
                    tools=chat.tools or None,
                    stop=chat.stop or None,
                    stream=True,
                )
            else:
                chunks = session.model.llm_structured_output.invoke(
                    model_config=chat.model,
                    prompt_messages=messages,
                    structured_output_schema=chat.schema,
                    tools=chat.tools or None,
                    stop=chat.stop or None,
                    stream=True,
                )
            yield from answer.pieces(chunks)
    except NoAnswer:
        if chat.schema is None or not answer.calls:  # a model that calls a tool gives no object, and Dify misses it
            raise
    yield from answer.end()


def _told_to_call(chat: Chat) -> list[PromptMessage]:
    names = ", ".join(tool.name for tool in chat.tools)
    wish = f"Do not answer in text now: call the function {names}."
    if len(chat.tools) > 1:
        wish = f"Do not answer in text now: call one of the functions {names}."
    first, *others = chat.messages
    if isinstance(first, SystemPromptMessage) and isinstance(first.content, str):
        return [first.model_copy(update={"content": f"{first.content}\n\n{wish}"}), *others]
    return [SystemPromptMessage(content=wish), *chat.messages]


def _check_size(chat: Chat) -> None:
    sent = [chat.messages, chat.tools, chat.model.completion_params, chat.stop, chat.schema]
    check_request_size("The chat", wire_size(sent), field=chat.messages_field)


class _Answer:
    """Reads the chunks of one answer."""

    def __init__(self, chat: Chat, *, at_once: bool) -> None:
        self._chat = chat
        self._at_once = at_once
        self._unread: list[str] = []
        """Text that has come and not been looked at."""
        self.calls = ToolCalls(only_first=chat.one_call)
        self._split = SplitText()
        self._usage: LLMUsage | None = None
        self._finish_reason = ""
        self._is_empty = True
        self._object: Mapping[str, Any] | None = None

    def pieces(self, chunks: Iterable[LLMResultChunk]) -> Iterator[Piece]:
        wants_object = self._chat.schema is not None
        for chunk in chunks:
            delta = chunk.delta
            self._is_empty = False
            self._usage = delta.usage or self._usage
            self._finish_reason = delta.finish_reason or self._finish_reason
            content = delta.message.content
            if isinstance(content, str):
                if content:
                    self._unread.append(content)
                    if not self._at_once:
                        yield from self._read()
            elif content:
                yield from self._read()
                yield from self._parts(content)
            if delta.message.tool_calls:
                yield from self._read()
                yield from self.calls.feed(delta.message.tool_calls)
            if wants_object and isinstance(chunk, LLMResultChunkWithStructuredOutput):
                self._object = self._object if chunk.structured_output is None else chunk.structured_output

    def end(self) -> Iterator[Piece]:
        """What is known only now."""
        yield from self._read()
        yield from self._text(self._split.flush())
        yield from self.calls.flush()
        if self._is_empty:
            raise NoAnswer("Dify ended the llm call without an answer. Its log says more.")
        if self._chat.has_to_call and not self.calls:
            raise NoAnswer(
                "The model answered without calling a function, and Dify gives a plugin no means to force it. Ask "
                "again, choose another model, or leave the choice to it."
            )
        if self._chat.schema is not None and not self.calls:
            if self._object is None:
                raise NoAnswer("Dify returned no object for the JSON schema. Ask again, or choose another model.")
            mended = restore_booleans(self._object, self._chat.schema)
            yield Text(json.dumps(mended, ensure_ascii=False, separators=(",", ":")))
        usage = self._usage
        yield End(
            finish(self._finish_reason, called=bool(self.calls)),
            Usage(usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) if usage else None,
        )

    def _read(self) -> list[Reasoning | Text]:
        text, self._unread = "".join(self._unread), []
        return self._text(self._split.feed(text)) if text else []

    def _text(self, pieces: list[Reasoning | Text]) -> list[Reasoning | Text]:
        """Without the text where an object is to come in its place."""
        if self._chat.schema is None:
            return pieces
        return [piece for piece in pieces if not isinstance(piece, Text)]

    def _parts(self, parts: list[PromptMessageContentUnionTypes]) -> Iterator[Piece]:
        for part in parts:
            if isinstance(part, TextPromptMessageContent):
                yield from self._text(self._split.feed(part.data))
            elif self._chat.schema is None:
                yield Text(_shown(part))


def _shown(part: MultiModalPromptMessageContent) -> str:
    """A picture or another file that the model made, in Markdown: a chat has no other place for it."""
    kind: str = part.type.value  # type: ignore[attr-defined] # every kind of part has one, but not their base class
    link = f"[{part.filename or kind}]({part.data})"
    return f"!{link}" if kind == PromptMessageContentType.IMAGE.value else link
