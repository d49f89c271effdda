"""What the nodes of the workspace's workflow and chatflow do, each as the events of its run."""

from collections.abc import Callable, Generator, Iterator
from typing import Any

from workspace.dify.apps.app import Event
from workspace.dify.apps.workflow_events import Node, Run
from workspace.engines import Models, TokenCount
from workspace.wire import DifyError


class NodeFailed(Exception):
    """A node has failed and said so; the run ends with this text as its error."""


def passed(run: Run, node: Node, outputs: dict[str, Any]) -> Iterator[Event]:
    """A node that only hands on what it has: start, end, answer."""
    yield run.node_started(node)
    yield run.node_finished(node, outputs)


def check_text(run: Run, text: str, max_words: float | None) -> Generator[Event, None, str]:
    """A code node: the text without space around it. Fails on an empty text and on a limit below one word."""
    limit = 50 if max_words is None else max_words
    node = Node("check", "code", "Check", {"text": text, "max_words": limit})
    yield run.node_started(node)
    problem = "the text is empty" if not text.strip() else f"max_words must be at least 1, not {limit}"
    if not text.strip() or limit < 1:
        yield run.node_finished(node, None, error=problem)
        raise NodeFailed(problem)
    text = text.strip()
    yield run.node_finished(node, {"text": text, "words": len(text.split()), "max_words": limit})
    return text


def ask(
    run: Run, models: Models, model: str, messages: list[dict[str, Any]], as_event: Callable[[str], Event]
) -> Generator[Event, None, tuple[str, TokenCount]]:
    """An LLM node, its text streamed as the events that `as_event` makes of each piece."""
    node = Node("llm", "llm", "LLM", {})
    yield run.node_started(node)
    text, tokens = "", TokenCount(0, 0)
    try:
        for piece in models.generate(model, messages, tools=[], stop=[], parameters={}):
            tokens = piece.tokens or tokens
            if piece.text:
                text += piece.text
                yield as_event(piece.text)
    except DifyError as error:
        yield run.node_finished(node, None, error=str(error), tokens=tokens)
        raise NodeFailed(str(error)) from error
    yield run.node_finished(node, {"text": text, "finish_reason": "stop"}, tokens=tokens)
    return text, tokens
