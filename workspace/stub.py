"""A stubbed session: the SDK's own `Session`, with a function of yours where Dify would be.

Replacing `session.model` in a test hides every mistake one can make with it: a misspelt call, a missing argument, a
selector that was not unwrapped. Here only the wire below the SDK is replaced, so all of the SDK's code runs.

    def test_the_greeting_is_spoken():
        dify = StubbedDify(replies({"result": "494433"}))

        outputs = dify.run(SpeakTool, {"text": "Hello", "model": {...}})

        assert dify.requests == [("tts", {"content_text": "Hello", "voice": "alloy", ...})]
        assert outputs.files[0].blob == b"ID3"

The function is a `workspace.wire.Handler`. It runs in step with the code under test, without threads and without
waiting: a reply is asked for when the tool reads it, and a `None` among the replies is a second of silence that takes
no time, so a Dify that never answers is `itertools.repeat(None)`.

To test your own plugin, copy this file and `wire.py` into a folder `workspace` beside your `tools`; they need
`dify_plugin` and nothing else.
"""

import json
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from dify_plugin import Tool
from dify_plugin.config.config import InstallMethod
from dify_plugin.core.entities.plugin.io import PluginInStream, PluginInStreamEvent
from dify_plugin.core.runtime import Session
from dify_plugin.core.server.__base.filter_reader import FilterReader
from dify_plugin.core.server.__base.request_reader import RequestReader
from dify_plugin.core.server.__base.response_writer import ResponseWriter
from dify_plugin.entities.tool import ToolInvokeMessage, ToolRuntime

from workspace.wire import MAX_LINE, DifyError, Handler, Payload


def replies(*events: Payload | DifyError | None) -> Handler:
    """A handler that answers every invocation with these events, in order; a `DifyError` among them is raised."""

    def handler(invoke_type: str, payload: Payload) -> Iterator[Payload | None]:
        for event in events:
            if isinstance(event, DifyError):
                raise event
            yield event

    return handler


@dataclass(frozen=True)
class OutputFile:
    blob: bytes
    mime_type: str | None
    filename: str | None


@dataclass
class Outputs:
    """What a workflow's tool node makes of a tool's messages."""

    texts: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    json: list[Any] = field(default_factory=list)
    files: list[OutputFile] = field(default_factory=list)
    image_urls: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    """The labels of log messages, which show in an agent's log and put nothing out."""

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def add(self, message: ToolInvokeMessage) -> None:
        match message.type, message.message:
            case ToolInvokeMessage.MessageType.TEXT, ToolInvokeMessage.TextMessage(text=text):
                self.texts.append(text)
            case ToolInvokeMessage.MessageType.IMAGE, ToolInvokeMessage.TextMessage(text=url):
                self.image_urls.append(url)
            case ToolInvokeMessage.MessageType.IMAGE_LINK, ToolInvokeMessage.TextMessage(text=url) if _is_kept(
                url, message.meta
            ):
                self.image_urls.append(url)
            case ToolInvokeMessage.MessageType.LINK, ToolInvokeMessage.TextMessage(text=url):
                self.texts.append(f"Link: {url}\n")
            case _, ToolInvokeMessage.VariableMessage(variable_name=name, variable_value=value, stream=stream):
                self.variables[name] = self.variables.get(name, "") + value if stream else value
            case _, ToolInvokeMessage.JsonMessage(json_object=value):
                self.json.append(value)
            case _, ToolInvokeMessage.BlobMessage(blob=blob):
                meta = message.meta or {}
                self.files.append(OutputFile(blob, meta.get("mime_type"), meta.get("filename")))
            case _, ToolInvokeMessage.LogMessage(label=label):
                self.logs.append(label)
            case ToolInvokeMessage.MessageType.RETRIEVER_RESOURCES, _:
                pass  # of use to agents only
            case other, _:
                raise NotImplementedError(f"Dify fails on a message of type {other.value}: send a file as a blob")


def _is_kept(url: str, meta: dict[str, Any] | None) -> bool:
    """Whether Dify has this file already: another tool has put it out."""
    return bool(meta and meta.get("tool_file_id")) or "files/tools/" in url


class StubbedDify:
    """Dify, as far as a plugin can tell: answers reverse invocations from `handler`, remembers them in `requests`."""

    def __init__(self, handler: Handler, *, max_invocation_timeout: int = 250) -> None:
        self._wire = _Wire(handler)
        self.session = Session(
            session_id="test-session",
            executor=ThreadPoolExecutor(max_workers=1),
            reader=self._wire,
            writer=self._wire,
            install_method=InstallMethod.Local,
            max_invocation_timeout=max_invocation_timeout,
        )

    @property
    def requests(self) -> list[tuple[str, Payload]]:
        """The type and payload of each reverse invocation so far, as they were on the wire."""
        return self._wire.requests

    def messages(self, tool: type[Tool], parameters: dict[str, Any]) -> Iterator[ToolInvokeMessage]:
        """Invoke a tool; its messages one by one, each passed through JSON as on the wire."""
        runtime = ToolRuntime(credentials={}, user_id="test-user", session_id=self.session.session_id)
        for message in tool(runtime=runtime, session=self.session).invoke(parameters):
            line = message.model_dump_json()
            if message.type is ToolInvokeMessage.MessageType.BLOB:  # the SDK sends its content in small pieces
                _check_line(json.dumps(message.meta))
            else:
                _check_line(line)
            yield ToolInvokeMessage.model_validate_json(line)

    def run(self, tool: type[Tool], parameters: dict[str, Any]) -> Outputs:
        """Invoke a tool and gather its messages as a workflow's tool node does."""
        outputs = Outputs()
        for message in self.messages(tool, parameters):
            outputs.add(message)
        return outputs


class _Wire(RequestReader, ResponseWriter):
    """Both ends of the daemon's connection, in memory."""

    def __init__(self, handler: Handler) -> None:
        super().__init__()
        self.requests: list[tuple[str, Payload]] = []
        self._handler = handler
        self._unread: dict[str, Iterator[Payload | None]] = {}

    def write(self, data: str) -> None:
        if not data.strip():
            return
        _check_line(data)
        message = json.loads(data)["data"]
        if message["type"] != "invoke":
            raise NotImplementedError(f"a tool's own code sends no message of type {message['type']}")
        invocation = message["data"]
        request = (invocation["type"], invocation["request"])
        self.requests.append(request)
        self._unread[invocation["backwards_request_id"]] = self._handler(*request)

    def done(self) -> None:
        pass

    def _read_stream(self) -> Generator[PluginInStream, None, None]:
        raise NotImplementedError("a stubbed session has no stream to read: replies are pulled by who waits for them")

    def read(self, filter: Callable[[PluginInStream], bool]) -> FilterReader:  # noqa: A002 - the name in the SDK
        """Called by the SDK right after `write`: hand out the replies to the request it asks about."""
        request_id = next(key for key in self._unread if filter(self._event(key, "response", {})))
        return _PulledReader(filter, self._events(request_id, self._unread.pop(request_id)))

    def _events(self, request_id: str, answer: Iterator[Payload | None]) -> Iterator[PluginInStream | None]:
        try:
            for reply in answer:
                yield reply if reply is None else self._event(request_id, "response", json.loads(json.dumps(reply)))
        except DifyError as error:
            yield self._event(request_id, "error", None, str(error))
        yield self._event(request_id, "end", None)

    def _event(self, request_id: str, event: str, data: Payload | None, message: str = "") -> PluginInStream:
        return PluginInStream(
            session_id="test-session",
            event=PluginInStreamEvent.BackwardInvocationResponse,
            data={"backwards_request_id": request_id, "event": event, "message": message, "data": data},
            reader=self,
            writer=self,
        )


def _check_line(line: str) -> None:
    size = len(line.encode())
    if size > MAX_LINE:
        raise AssertionError(
            f"a line of {size:,} bytes: Dify's daemon kills a plugin that prints more than {MAX_LINE:,}"
        )


class _PulledReader(FilterReader):
    """A reader whose queue is the answer itself: each `read` step asks the handler for the next reply."""

    def __init__(self, filter: Callable[[PluginInStream], bool], events: Iterable[PluginInStream | None]) -> None:  # noqa: A002
        super().__init__(filter)
        self._events = iter(events)

    def read(self, timeout_for_round: float | None = None) -> Generator[Any, None, None]:
        yield from self._events
