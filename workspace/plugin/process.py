"""Runs a plugin as Dify's plugin daemon does: a child process that speaks JSON lines on stdin and stdout.

    with PluginProcess(read_plugin_folder(path), handler) as plugin:
        for message in plugin.call({"type": "tool", "action": "invoke_tool", ...}):
            ...

Threads: one reads stdout and hands each message to the call it belongs to, one reads stderr, and each reverse
invocation has its own. All is looked up in `threading` and `queue` when it is used, so that it also works where gevent
has replaced what is in there.
"""

import queue
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self

from workspace.plugin import json_lines
from workspace.plugin.advice import missing_package, swallowed_message
from workspace.plugin.calls import Call, Messages, call_error
from workspace.plugin.child_process import GRACE, ChildProcess, plugin_environment
from workspace.plugin.errors import PluginCallError, PluginError, PluginGone, PluginStartError, PluginTimeout
from workspace.plugin.folder import PluginFolder
from workspace.plugin.reverse_invocation import MalformedInvocation, ReverseInvocation, answer, read_invocation
from workspace.wire import MAX_LINE, Handler, Payload

LONGEST_LINE = 1024
"""Characters of a printed line that are shown; the daemon logs as many."""


class PluginLine(NamedTuple):
    """A line the plugin wrote that is no answer: plain text on stdout or stderr, or a `log` or `error` event."""

    source: Literal["stdout", "stderr", "log", "error"]
    text: str

    @property
    def start(self) -> str:
        """What is shown of it."""
        return self.text if len(self.text) <= LONGEST_LINE else f"{self.text[:LONGEST_LINE]} ..."


class PluginProcess:
    """A running plugin: started, and ready for calls, when this returns. Raises PluginStartError. Close it.

    `handler` answers reverse invocations; `on_line` gets what the plugin prints beside its answers, `on_invocation`
    each reverse invocation when it begins (it is filled in as it goes on), both from other threads. `environment` is
    added to this process's own, which the plugin sees whole, as in Dify. `start_timeout` is how many seconds the first
    heartbeat may take; after `silence_limit` seconds without a heartbeat or any output the plugin is killed. `start`
    starts the process; a subclass whose lines come and go in another way is another transport.
    """

    def __init__(
        self,
        folder: PluginFolder,
        handler: Handler,
        *,
        on_line: Callable[[PluginLine], None] = lambda _line: None,
        on_invocation: Callable[[ReverseInvocation], None] = lambda _invocation: None,
        environment: Mapping[str, str] | None = None,
        start_timeout: float = 120.0,
        silence_limit: float = 120.0,
        start: Callable[..., ChildProcess] = ChildProcess,
    ) -> None:
        self.folder = folder
        self._handler = handler
        self._on_line = on_line
        self._on_invocation = on_invocation
        self._silence_limit = silence_limit

        self._lock = threading.Lock()
        self._calls: dict[str, Call] = {}
        self._answering: set[threading.Thread] = set()
        self._gone = ""
        self._started = threading.Event()
        self._closing = threading.Event()
        self._heard = time.monotonic()
        self._stderr_tail: deque[str] = deque(maxlen=12)
        try:
            self._child = start(
                [str(folder.python), "-m", folder.entrypoint],
                folder=folder.path,
                environment=plugin_environment(environment or {}),
            )
        except OSError as error:
            raise PluginStartError(f"The plugin cannot be started with {folder.python}: {error.strerror}.") from None
        self._stderr_reader = threading.Thread(target=self._read_stderr, daemon=True)
        self._stdout_reader = threading.Thread(target=self._read_stdout, daemon=True)
        self._stderr_reader.start()
        self._stdout_reader.start()
        self._await_heartbeat(start_timeout)

    def _await_heartbeat(self, timeout: float) -> None:
        try:
            in_time = self._started.wait(timeout)
        except BaseException:  # KeyboardInterrupt too: leave no process behind
            self.close()
            raise
        if self._gone or not in_time:
            problem = self._gone or f"The plugin sent no heartbeat within {timeout:g} s.{self._last_lines()}"
            self.close()
            raise PluginStartError(problem)

    def close(self) -> None:
        """End the process, if it has not ended, and wait for the threads. May be called twice."""
        self._closing.set()
        self._child.end()
        with self._lock:
            threads = [self._stdout_reader, self._stderr_reader, *self._answering]
        for thread in threads:
            thread.join(GRACE)
        if self._stdout_reader.is_alive() or self._stderr_reader.is_alive():
            self._child.kill()  # what the plugin has started holds the pipes open
            self._stdout_reader.join(GRACE)
            self._stderr_reader.join(GRACE)
        self._child.close_pipes()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def gone(self) -> bool:
        """Whether the process has ended, or is about to."""
        return bool(self._gone)

    # -- calls --------------------------------------------------------------------------------------------------------

    def call(
        self,
        request: Payload,
        *,
        context: Mapping[str, Any] | None = None,
        timeout: float = 600.0,
        through: Messages | None = None,
        session_id: str = "",
    ) -> Iterator[Payload]:
        """Send a request, `{type, action, user_id, ...}`, and yield the messages the plugin answers with.

        Lazy: nothing is sent before the first message is asked for. `context` are fields beside the request:
        conversation_id, message_id, app_id, endpoint_id. `through` is the queue in which the messages wait.
        `session_id`, a new one for each call, is for who wants to know it again in a ReverseInvocation. Raises
        PluginCallError when the plugin answers with an error, PluginGone when it ends, PluginTimeout after `timeout`
        seconds. Dify has no way to cancel a call: leaving the iterator drops what is still to come.
        """
        session_id = session_id or str(uuid.uuid4())
        envelope = dict.fromkeys(("conversation_id", "message_id", "app_id", "endpoint_id", "context"))
        call = Call(request, {"session_id": session_id, **envelope, **(context or {})}, through or queue.Queue())
        deadline = time.monotonic() + timeout
        with self._lock:
            if self._gone:
                raise PluginGone(self._gone)
            self._calls[session_id] = call
        try:
            self._send(call, "request", request)
            while (event := self._next_event(call, deadline, timeout))["type"] != "end":
                if event["type"] == "error":
                    raise call_error(event["data"])
                yield event["data"]
        finally:
            with self._lock:
                self._calls.pop(session_id, None)

    def _next_event(self, call: Call, deadline: float, timeout: float) -> dict[str, Any]:
        while True:
            now = time.monotonic()
            silent_at = self._heard + self._silence_limit
            try:
                event = call.events.get(timeout=max(0.0, min(deadline, silent_at) - now))
            except queue.Empty:
                now = time.monotonic()
                if now >= deadline:
                    raise PluginTimeout(f"The plugin did not finish within {timeout:g} s.") from None
                if now >= self._heard + self._silence_limit:
                    self._fail(
                        f"The plugin was killed: it gave no sign of life for {self._silence_limit:g} s "
                        "(a heartbeat is due every 10 s, and code that never yields to others holds it up)."
                    )
                    self._child.end()
                continue
            if isinstance(event, PluginError):
                raise event
            return event

    def _send(self, call: Call, event: str, data: Payload) -> None:
        self._child.write(json_lines.encode({**call.envelope, "event": event, "data": data}))

    # -- what the plugin writes ---------------------------------------------------------------------------------------

    def _read_stdout(self) -> None:
        problem = ""
        try:
            for line in json_lines.read_lines(self._child.stdout, limit=MAX_LINE):
                self._heard = time.monotonic()
                self._take(line)
        except json_lines.LineTooLong:
            self._child.kill()
            problem = f"The plugin printed a line of more than {MAX_LINE >> 20} MiB, for which Dify's daemon kills it."
        finally:
            self._child.end()
            self._stderr_reader.join(GRACE)
            advice = missing_package(self._stderr_tail, self.folder)
            self._fail(problem or f"The plugin ended{self._child.exit_reason()}.{advice}{self._last_lines()}")
            self._started.set()

    def _read_stderr(self) -> None:
        while line := self._child.stderr.readline(1 << 16):
            self._heard = time.monotonic()
            text = line.decode(errors="replace").rstrip()
            self._stderr_tail.append(text)
            self._on_line(PluginLine("stderr", text))

    def _take(self, line: bytes) -> None:
        message = json_lines.decode(line)
        if message is None:
            text = line.decode(errors="replace")
            self._on_line(PluginLine("stdout", text))
            if advice := swallowed_message(text):
                self._on_line(PluginLine("error", advice))
            return
        event, data = message.get("event"), message.get("data")
        if event == "heartbeat":
            self._started.set()
        elif event == "session":
            self._take_session_message(message.get("session_id"), data)
        elif event == "log" and isinstance(data, dict):
            self._on_line(PluginLine("log", f"{data.get('level', '')} {data.get('message', '')}".strip()))
        elif event == "error":
            self._on_line(PluginLine("error", str(data)))

    def _take_session_message(self, session_id: object, data: object) -> None:
        with self._lock:
            call = self._calls.get(session_id) if isinstance(session_id, str) else None
        if call is None or not isinstance(data, dict):
            return  # a call that is over: its messages go nowhere, in Dify as well
        kind, content = data.get("type"), data.get("data")
        if kind == "invoke":
            self._take_invocation(call, content)
        elif kind == "stream" and not isinstance(content, dict):
            call.events.put(PluginCallError("unmarshal_error", "unmarshal json failed: a message is no JSON object"))
        elif kind in ("stream", "error", "end"):
            call.events.put(data)
        else:
            call.events.put(PluginCallError("unknown_stream_message_type", f"unknown stream message type: {kind}"))

    # -- reverse invocations ------------------------------------------------------------------------------------------

    def _take_invocation(self, call: Call, data: object) -> None:
        try:
            invocation = read_invocation(data, session_id=call.envelope["session_id"], request=call.request)
        except MalformedInvocation as error:
            call.events.put(PluginCallError("invoke_dify_error", f"invoke dify failed: {error}"))
            return
        self._on_invocation(invocation)
        thread = threading.Thread(target=self._answer, args=(call, invocation), daemon=True)
        with self._lock:
            self._answering.add(thread)
        thread.start()

    def _answer(self, call: Call, invocation: ReverseInvocation) -> None:
        unexpected = answer(
            invocation,
            self._handler,
            send=lambda data: self._send(call, "backwards_response", data),
            wait=self._closing.wait,
        )
        if unexpected is not None:
            text = f"The workspace failed on {invocation.type!r}: {type(unexpected).__name__}: {unexpected}"
            self._on_line(PluginLine("error", text))
        with self._lock:
            self._answering.discard(threading.current_thread())

    def _fail(self, problem: str) -> None:
        """Tell everyone who waits, and who will ask."""
        with self._lock:
            self._gone = self._gone or problem
            calls = list(self._calls.values())
        for call in calls:
            call.events.put(PluginGone(self._gone))

    def _last_lines(self) -> str:
        """What it wrote on stderr last, to come after a sentence."""
        lines = [line for line in self._stderr_tail if line.strip()]
        return "".join(f"\n    {line}" for line in lines)
