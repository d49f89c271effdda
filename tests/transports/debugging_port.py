"""The port of the plugin daemon to which a plugin that is being worked on connects over TCP.

    port = DebuggingPort(key="test-key")
    with PluginProcess(folder, handler, start=port.start) as plugin:
        ...

Source: dify-plugin-daemon, `internal/core/debugging_runtime`.
"""

import base64
import contextlib
import io
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from publishing.declaration_schemas import (
    ENDPOINT,
    ENDPOINT_GROUP,
    MANIFEST,
    TOOL,
    TOOL_PROVIDER,
    problem_in,
    record,
    several,
)
from workspace.plugin.child_process import ChildProcess

TOOL_PROVIDER_WITH_TOOLS = {"allOf": [TOOL_PROVIDER, record({"tools": several(TOOL)})]}
GROUP_WITH_ENDPOINTS = {"allOf": [ENDPOINT_GROUP, record({}, {"endpoints": several(ENDPOINT)})]}
PATIENCE = 10.0
"""Seconds in which a plugin has to connect and to register."""


class Refused(Exception):
    """What the daemon writes before it closes the connection."""


@dataclass
class Registration:
    """What a plugin tells about itself when it connects."""

    key: str = ""
    manifest: dict[str, Any] = field(default_factory=dict)
    tools: list[dict[str, Any]] = field(default_factory=list)
    endpoints: list[dict[str, Any]] = field(default_factory=list)
    assets: dict[str, bytes] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)
    """The types of its messages, in order and without repetition."""

    def add(self, kind: str, data: Any, *, key: str) -> None:
        if kind not in self.kinds:
            self.kinds.append(kind)
        match kind:
            case "handshake":
                self.key = data["key"]
                if self.key != key:
                    raise Refused("handshake failed, invalid key")
            case "manifest_declaration":
                self.manifest = _checked(data, MANIFEST, "handshake failed, invalid plugin declaration")
            case "tool_declaration":
                self.tools = [_checked(each, TOOL_PROVIDER_WITH_TOOLS, "tools register failed") for each in data]
            case "endpoint_declaration":
                self.endpoints = [_checked(each, GROUP_WITH_ENDPOINTS, "endpoints register failed") for each in data]
            case "asset_chunk":
                content = base64.b64decode(data["data"], validate=True)
                self.assets[data["filename"]] = self.assets.get(data["filename"], b"") + content
            case "end":
                self._finish()
            case _:
                raise Refused(f"a plugin of tools and endpoints sends no {kind}")

    def _finish(self) -> None:
        if not self.tools and not self.endpoints:
            raise Refused("no registration transferred, cannot initialize")
        identities = [self.manifest, *(provider["identity"] for provider in self.tools)]
        for icon in filter(None, (each.get(name) for each in identities for name in ("icon", "icon_dark"))):
            if icon not in self.assets:
                raise Refused(f"assets remap failed, invalid assets data, cannot remap: file not found: {icon}")


class DebuggingPort:
    """Listens on loopback for plugins that know the `key`. `registrations` are of all that came,
    `plugins` those that were let in, in order."""

    def __init__(self, *, key: str) -> None:
        self._key = key
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(PATIENCE)
        self.address = "127.0.0.1:{1}".format(*self._listening.getsockname())
        self.registrations: list[Registration] = []
        self.plugins: list[RemotePlugin] = []

    def start(self, command: list[str], *, folder: Path, environment: Mapping[str, str]) -> "RemotePlugin":
        """Start a plugin whose `.env` leads here, and let it register; to be given to `PluginProcess`."""
        plugin = RemotePlugin(self, command, folder=folder, environment=environment)
        self.plugins.append(plugin)
        return plugin

    def accept(self) -> "Connection":
        """The next plugin, registered. Raises Refused after telling it why."""
        accepted, _ = self._listening.accept()
        accepted.settimeout(PATIENCE)
        connection = Connection(accepted)
        registration = Registration()
        self.registrations.append(registration)
        try:
            for message in connection.messages():
                registration.add(message["type"], message["data"], key=self._key)
                if message["type"] == "end":
                    accepted.settimeout(None)
                    return connection
        except Refused as refusal:
            connection.write(f"{refusal}\n".encode())
            connection.close()
            raise
        raise Refused("the plugin has left before its end message")

    def close(self) -> None:
        self._listening.close()


class Connection:
    """A plugin on the line. Lines that come are in `stream`."""

    def __init__(self, accepted: socket.socket) -> None:
        self._socket = accepted
        self.stream: IO[bytes] = io.BufferedReader(_Received(accepted))
        self._writing = threading.Lock()

    def messages(self) -> Iterator[dict[str, Any]]:
        """Up to the one after which nobody asks: what follows stays in the stream."""
        while line := self.stream.readline():
            if line.strip():
                yield json.loads(line)

    def write(self, line: bytes) -> None:
        with self._writing, contextlib.suppress(OSError):
            self._socket.sendall(line)

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.hang_up()
        self.stream.close()
        self._socket.close()


class _Received(io.RawIOBase):
    """What comes over a socket; a connection that is reset just ends, as a pipe does."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            return self._socket.recv_into(buffer)
        except OSError:
            return 0


class RemotePlugin(ChildProcess):
    """A plugin's process whose messages come and go over TCP. Its `.env` says so: nothing here does."""

    def __init__(
        self, port: DebuggingPort, command: list[str], *, folder: Path, environment: Mapping[str, str]
    ) -> None:
        own = {name: value for name, value in environment.items() if name != "INSTALL_METHOD"}
        super().__init__(command, folder=folder, environment=own)
        self.printed: list[str] = []
        self._printing = threading.Thread(target=self._read_printed, args=[self.stdout], daemon=True)
        self._printing.start()
        try:
            self._connection = port.accept()
        except BaseException:
            self.end()
            super().close_pipes()
            raise
        self.stdout = self._connection.stream

    def _read_printed(self, stdout: IO[bytes]) -> None:
        with stdout:
            self.printed.extend(line.decode().rstrip() for line in stdout)

    def write(self, line: bytes) -> None:
        self._connection.write(line)

    def hang_up(self) -> None:
        """End the connection and leave the process alone."""
        self._connection.hang_up()

    def end(self) -> None:
        super().end()
        self._printing.join()

    def close_pipes(self) -> None:
        super().close_pipes()
        self._connection.close()


def _checked(declaration: dict[str, Any], schema: dict[str, Any], refusal: str) -> dict[str, Any]:
    if problem := problem_in(declaration, schema):
        raise Refused(f"{refusal}: {problem}")
    return declaration
