"""The items in the `output` of a response, as they grow and as the events of a stream that tell of it.

Sources: OpenAI API reference, "The response object" and "Streaming events". An event is its type and its fields.
"""

import json
import random
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from endpoints.openai.wire.responses_tools import CallableTool, arguments_as_input

type Event = tuple[str, dict[str, Any]]
type Status = Literal["completed", "incomplete"]


class TextForm(NamedTuple):
    """How an item of text is written: `holder` is the list in it that has the part with the text."""

    prefix: str
    item: dict[str, Any]
    holder: str
    part: dict[str, Any]
    part_event: str
    text_event: str
    place: str
    beside_text: dict[str, Any]


_THOUGHT = {"type": "reasoning", "summary": []}
MESSAGE = TextForm(
    "msg",
    {"type": "message", "role": "assistant", "content": []},
    "content",
    {"type": "output_text", "annotations": [], "logprobs": []},
    "response.content_part",
    "response.output_text",
    "content_index",
    {"logprobs": []},
)
REASONING = TextForm(
    "rs",
    {**_THOUGHT, "content": []},
    "content",
    {"type": "reasoning_text"},
    "response.content_part",
    "response.reasoning_text",
    "content_index",
    {},
)
SUMMARY = TextForm(
    "rs",
    _THOUGHT,
    "summary",
    {"type": "summary_text"},
    "response.reasoning_summary_part",
    "response.reasoning_summary_text",
    "summary_index",
    {},
)
"""Reasoning, for a caller who wants a summary of it and shows nothing else. A model of Dify tells no other."""


class TextItem:
    """A message, or what a model thought before. Its `status` is set once it has ended."""

    def __init__(self, form: TextForm, index: int) -> None:
        self.form = form
        self.index = index
        self.status: Status | None = None
        self._id = _new_id(form.prefix)
        self._texts: list[str] = []
        self._place = {"item_id": self._id, "output_index": index, form.place: 0}

    def add(self, text: str) -> None:
        self._texts.append(text)

    def trim(self) -> None:
        """Leaves out the line breaks at the end, which a model makes after it has thought."""
        self._texts = ["".join(self._texts).rstrip()]

    def whole(self) -> dict[str, Any]:
        """The item with all of its text so far."""
        return {
            "id": self._id,
            **self.form.item,
            "status": self.status or "incomplete",
            self.form.holder: [self._part()],
        }

    def opening(self) -> Iterator[Event]:
        item = {"id": self._id, **self.form.item, "status": "in_progress"}
        yield "response.output_item.added", {"output_index": self.index, "item": item}
        yield f"{self.form.part_event}.added", {**self._place, "part": {**self.form.part, "text": ""}}

    def delta(self) -> Event:
        """The event of more text, but for its `delta`."""
        return f"{self.form.text_event}.delta", {**self._place, **self.form.beside_text}

    def closing(self) -> Iterator[Event]:
        part = self._part()
        text = {**self._place, **self.form.beside_text, "text": part["text"]}
        yield f"{self.form.text_event}.done", text
        yield f"{self.form.part_event}.done", {**self._place, "part": part}
        yield "response.output_item.done", {"output_index": self.index, "item": self.whole()}

    def _part(self) -> dict[str, Any]:
        return {**self.form.part, "text": "".join(self._texts)}


class CallItem:
    """The call of a function or of a custom tool. Its `status` is set once it has ended.

    The input of a custom tool is known only once all of it is there.
    """

    def __init__(self, tool: CallableTool, call_id: str, index: int) -> None:
        self.tool = tool
        self.index = index
        self.status: Status | None = None
        self._id = _new_id("ctc" if tool.is_custom else "fc")
        self._call_id = call_id
        self._arguments: list[str] = []
        self._place = {"item_id": self._id, "output_index": index}

    def add(self, arguments: str) -> None:
        self._arguments.append(arguments)

    def is_whole(self) -> bool:
        """Whether the arguments so far are all that can come."""
        arguments = "".join(self._arguments)
        if not arguments.rstrip().endswith("}"):
            return False
        try:
            json.loads(arguments)
        except (ValueError, RecursionError):
            return False
        return True

    def whole(self) -> dict[str, Any]:
        """The item with all of its arguments so far."""
        return self._item(self.status or "incomplete", self._told())

    def opening(self) -> Iterator[Event]:
        yield "response.output_item.added", {"output_index": self.index, "item": self._item("in_progress", "")}

    def delta(self) -> Event:
        """The event of more arguments, but for its `delta`."""
        return "response.function_call_arguments.delta", self._place

    def closing(self) -> Iterator[Event]:
        told = self._told()
        if self.tool.is_custom:
            yield "response.custom_tool_call_input.delta", {**self._place, "delta": told}
            yield "response.custom_tool_call_input.done", {**self._place, "input": told}
        else:
            yield "response.function_call_arguments.done", {**self._place, "arguments": told}
        yield "response.output_item.done", {"output_index": self.index, "item": self.whole()}

    def _told(self) -> str:
        arguments = "".join(self._arguments)
        return arguments_as_input(arguments) if self.tool.is_custom else arguments

    def _item(self, status: str, told: str) -> dict[str, Any]:
        kind, field = ("custom_tool_call", "input") if self.tool.is_custom else ("function_call", "arguments")
        item = {"id": self._id, "type": kind, "status": status, "call_id": self._call_id, "name": self.tool.name}
        return {**item, **({"namespace": self.tool.namespace} if self.tool.namespace else {}), field: told}


type OutputItem = TextItem | CallItem


def _new_id(prefix: str) -> str:
    return f"{prefix}_{random.randbytes(24).hex()}"
