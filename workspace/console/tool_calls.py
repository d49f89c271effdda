"""Calls of tools from the console: what comes of each, event by event."""

import queue
import threading
import time
import uuid
from collections.abc import Generator, Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import quote

from workspace.console.abbreviation import Abbreviation
from workspace.plugin import parameters
from workspace.plugin.errors import PluginCallError, PluginError, node_error
from workspace.plugin.failure_place import failure_place
from workspace.plugin.file_server import FileServer, ServedFile
from workspace.plugin.folder import Parameter, PluginFolder, Tool
from workspace.plugin.outputs import OutputFile, Outputs
from workspace.plugin.parameters import ParameterError
from workspace.plugin.process import PluginLine
from workspace.plugin.selectors import app_selector, model_selector
from workspace.wire import Payload

type Event = dict[str, Any]


class Plugin(Protocol):
    def call(self, request: Payload, /, *, session_id: str) -> Iterator[Payload]:
        """See `PluginProcess.call`."""


class ToolCalls:
    """`plugin` is the running plugin, to be set once it has started: what it prints goes to `take_line`.

    `ids` are the sessions of the calls that go on. `credentials` are for the providers, where a call brings none. The
    secret ones of all calls are hidden in what `abbreviation` makes.
    """

    def __init__(
        self, folder: PluginFolder, files: FileServer, credentials: Mapping[str, str], abbreviation: Abbreviation
    ) -> None:
        self.plugin: Plugin | None = None
        self.ids: set[str] = set()
        self._folder = folder
        self._files = files
        self.credentials = credentials
        self._abbreviation = abbreviation
        self._user_id = str(uuid.uuid4())
        self._listening: set[queue.Queue[Event | None]] = set()

    def take_line(self, line: PluginLine) -> None:
        """It cannot be known for which call a line was printed, so each has it that goes on."""
        for events in list(self._listening):
            events.put({"event": "line", "source": line.source, "text": line.start})

    def run(self, tool: Tool, given: Mapping[str, Any], credentials: Mapping[str, Any]) -> Generator[Event]:
        """The events of one call, from `started` to `end`. Whoever leaves them does not stop the call: Dify cannot."""
        session_id = str(uuid.uuid4())
        yield {"event": "started", "call": session_id}
        started = time.monotonic()
        try:
            request = self._request(tool, given, credentials)
        except ParameterError as error:
            yield _error_event("ParameterError", error.plain)
        else:
            yield from self._events(tool, request, session_id, started)
        yield {"event": "end", "seconds": _seconds_since(started)}

    def _request(self, tool: Tool, given: Mapping[str, Any], credentials: Mapping[str, Any]) -> Payload:
        """Raises ParameterError."""
        declared = self._folder.provider(tool.provider).credentials
        names = {credential.name for credential in declared}
        known = {name: value for name, value in self.credentials.items() if name in names}
        filled_in = {name: value for name, value in credentials.items() if value not in (None, "")}
        secrets = parameters.credentials(declared, {**known, **filled_in})
        self._abbreviation.hide(declared, secrets)
        by_name = {parameter.name: parameter for parameter in tool.parameters}
        values = {
            name: self._value(by_name[name], value) if name in by_name else value
            for name, value in given.items()
            if value is not None
        }
        return parameters.tool_request(
            tool,
            parameters.tool_parameters(tool, values),
            user_id=self._user_id,
            credentials=secrets if declared else None,
        )

    def _value(self, parameter: Parameter, value: Any) -> Any:
        """What a form holds as the parameter's value: a file by its id, a model or an app by its name."""
        match parameter.type, value:
            case "file", {"file": str(file_id)}:
                return self._file(parameter, file_id)
            case "files", list():
                return [self._value(parameter, item) for item in value]
            case "files", {"file": str(file_id)}:
                return self._file(parameter, file_id)
            case "model-selector", str() if value:
                return model_selector(value, scope=parameter.scope)
            case "app-selector", str() if value:
                return app_selector(value)
        return value

    def _file(self, parameter: Parameter, file_id: str) -> dict[str, Any]:
        file = self._files.find(file_id)
        if file is None:
            raise ParameterError(f"{parameter.name}: there is no uploaded file {file_id!r}.")
        return file.parameter()

    def _events(self, tool: Tool, request: Payload, session_id: str, started: float) -> Generator[Event]:
        events: queue.Queue[Event | None] = queue.Queue()
        self.ids.add(session_id)
        self._listening.add(events)
        thread = threading.Thread(target=self._call, args=(tool, request, session_id, events, started), daemon=True)
        thread.start()
        try:
            while (event := events.get()) is not None:
                yield event
        finally:
            self._listening.discard(events)

    def _call(
        self, tool: Tool, request: Payload, session_id: str, events: "queue.Queue[Event | None]", started: float
    ) -> None:
        outputs = Outputs(tool_file=self._files.tool_file)
        assert self.plugin is not None
        try:
            for message in self.plugin.call(request, session_id=session_id):
                if message.get("type") == "log":
                    self._put(events, _log_event(message))
                if added := outputs.add(message):
                    self._put(events, {"event": "text", "text": added})
            self._put(events, self._outputs_event(outputs, _seconds_since(started)))
        except PluginError as error:
            self._put(events, self._error_event(error, tool.provider))
        except Exception as error:
            self._put(events, _error_event(type(error).__name__, f"The workspace failed on this: {error}."))
            raise
        finally:
            self.ids.discard(session_id)
            events.put(None)

    def _put(self, events: "queue.Queue[Event | None]", event: Event) -> None:
        if events in self._listening:
            events.put(event)

    def _outputs_event(self, outputs: Outputs, seconds: float) -> Event:
        found = {
            "text": outputs.text,
            "json": outputs.json,
            "files": [self._kept(file) for file in outputs.files],
            "variables": outputs.variables,
        }
        return {"event": "outputs", "outputs": found, "seconds": seconds}

    def _error_event(self, error: PluginError, provider: str) -> Event:
        shown = node_error(error, provider)
        if not isinstance(error, PluginCallError):
            return _error_event(type(error).__name__, str(error), in_workflow=shown)
        place = failure_place(str(error.details.get("traceback") or ""), self._folder.path)
        return _error_event(error.error_type, str(error), in_workflow=shown, place=place)

    def _kept(self, file: OutputFile) -> dict[str, Any]:
        return described_file(self._files.keep(file.data, filename=file.filename, mime_type=file.mime_type))


def described_file(file: ServedFile) -> dict[str, Any]:
    """A file as the page knows it."""
    return {
        "id": file.id,
        "filename": file.filename,
        "mime_type": file.mime_type,
        "size": file.size,
        "url": f"/console/files/{file.id}/{quote(file.filename, safe='')}",
    }


def _error_event(kind: str, message: str, *, in_workflow: str = "", place: str = "") -> Event:
    """`in_workflow` is what the tool node of a workflow shows, `place` the line of the plugin where it failed."""
    return {"event": "error", "kind": kind, "message": message, "in_workflow": in_workflow, "place": place}


def _log_event(message: Payload) -> Event:
    content = message.get("message")
    log = content if isinstance(content, dict) else {}
    return {
        "event": "log",
        "label": str(log.get("label", "")),
        "status": str(log.get("status", "")),
        "data": log.get("data"),
        "error": log.get("error"),
    }


def _seconds_since(started: float) -> float:
    return round(time.monotonic() - started, 3)
