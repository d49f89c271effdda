"""What a workflow's tool node makes of the messages a tool answers with."""

import base64
import binascii
import re
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from workspace.plugin.errors import OutputError, PluginCallError
from workspace.plugin.files import extension_of
from workspace.wire import Payload

MAX_CHUNK = 8 * 1024
MAX_FILE = 50 * 1024 * 1024
"""Bytes in one chunk of a file and in a whole one; Dify's API refuses more."""

_UNSEEN = frozenset({"log", "retriever_resources"})
_TOOL_FILE = re.compile(r"(?:^|/)files/tools/([^/?#.]+)")


@dataclass(frozen=True)
class OutputFile:
    filename: str
    mime_type: str
    data: bytes = field(repr=False)


@dataclass
class Outputs:
    """The outputs of a tool node. `text` has the links in it; Dify shows `json` as `[{"data": []}]` where it is empty.

    Feed it each message with `add`. `links` are the addresses that are in the text as "Link: ...". `tool_file` gives
    the file with an id, for messages that name one which Dify has already.
    """

    text: str = ""
    json: list[Any] = field(default_factory=list)
    files: list[OutputFile] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    tool_file: Callable[[str], OutputFile | None] = field(default=lambda _id: None, repr=False)
    _chunks: dict[str, bytearray] = field(default_factory=dict, repr=False)

    def add(self, message: Payload) -> str:
        """Take one message, `{type, message, meta}`; returns what it adds to the text.

        Raises OutputError where Dify's API would fail, PluginCallError where the daemon would.
        """
        kind, content, meta = message.get("type"), message.get("message"), message.get("meta") or {}
        if not isinstance(content, dict):
            content = {}
        added = ""
        match kind:
            case "text":
                added = _string(content, "text")
            case "link":
                link = _string(content, "text")
                self.links.append(link)
                added = f"Link: {link}\n"
            case "json":
                if content.get("json_object"):
                    self.json.append(content["json_object"])
            case "variable":
                self._add_variable(content)
            case "image":
                added = self._add_image(_string(content, "text"))
            case "blob":
                self._add_file(_decoded(content), meta)
            case "blob_chunk":
                self._add_chunk(content, meta)
            case "image_link" | "binary_link":
                self._add_tool_file(_string(content, "text"), meta)
            case "file":
                raise OutputError("Dify fails on a message of type 'file': send the file as a blob message.")
            case _ if kind not in _UNSEEN:
                raise PluginCallError("unmarshal_error", f"unmarshal json failed: no message has the type {kind!r}")
        self.text += added
        return added

    def _add_variable(self, content: dict[str, Any]) -> None:
        name, value = _string(content, "variable_name"), content.get("variable_value")
        if not content.get("stream"):
            self.variables[name] = value
            return
        before = self.variables.get(name, "")
        if not isinstance(value, str) or not isinstance(before, str):
            raise OutputError(f"Dify fails on the variable {name!r}: only text can be streamed, piece by piece.")
        self.variables[name] = before + value

    def _add_chunk(self, content: dict[str, Any], meta: dict[str, Any]) -> None:
        file_id, chunk = _string(content, "id"), _decoded(content)
        data = self._chunks.setdefault(file_id, bytearray())
        if len(data) + len(chunk) > MAX_FILE:
            raise OutputError(f"File is too large which reached the limit of {MAX_FILE / 1024 / 1024}MB")
        if len(chunk) > MAX_CHUNK:
            raise OutputError(f"File chunk is too large which reached the limit of {MAX_CHUNK / 1024}KB")
        data += chunk
        if content.get("end"):
            self._add_file(bytes(self._chunks.pop(file_id)), meta)

    def _add_file(self, data: bytes, meta: dict[str, Any]) -> None:
        mime_type = meta.get("mime_type") or "application/octet-stream"
        filename = meta.get("filename") or f"{uuid.uuid4().hex}{extension_of(mime_type)}"
        self.files.append(OutputFile(str(filename), str(mime_type), data))

    def _add_tool_file(self, address: str, meta: dict[str, Any]) -> None:
        """A file that another tool has put out: by the id in `meta`, or else in the address."""
        match = _TOOL_FILE.search(address)
        file_id = meta.get("tool_file_id") or (match[1] if match else "")
        file = self.tool_file(str(file_id)) if file_id else None
        if file is None:
            raise OutputError(f"Dify fails on a link to the file {file_id or address}, which it does not have.")
        self.files.append(file)

    def _add_image(self, url: str) -> str:
        """Dify fetches an image that is given by its address."""
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https"):
            return f"Failed to download image: {url}: it is no http address\n"
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                mime_type = response.headers.get_content_type()
                self._add_file(response.read(), {"mime_type": mime_type, "filename": PurePosixPath(parts.path).name})
        except (OSError, ValueError) as error:
            return f"Failed to download image: {url}: {error}\n"
        return ""


def _string(content: dict[str, Any], key: str) -> str:
    value = content.get(key)
    if not isinstance(value, str):
        raise OutputError(f"Dify fails on a message of the plugin: its {key!r} is no text.")
    return value


def _decoded(content: dict[str, Any]) -> bytes:
    try:
        return base64.b64decode(_string(content, "blob"))
    except binascii.Error:
        raise OutputError("Dify fails on a file of the plugin: its 'blob' is not in base64.") from None
