"""The files of a workflow: what the engine asks its host about them, answered by the workspace's file server."""

import uuid
from collections.abc import Generator, Mapping
from pathlib import PurePosixPath
from typing import Any, Literal, NoReturn
from urllib.parse import unquote, urlsplit

from graphon.file.enums import FileTransferMethod, FileType
from graphon.file.file_factory import standardize_file_type
from graphon.file.models import File
from graphon.http import HttpxHttpClient
from graphon.http.response import HttpResponse

from workspace.plugin.file_server import FileServer, ServedFile
from workspace.plugin.files import extension_of, mime_type_of
from workspace.plugin.outputs import OutputFile

_IDS = {FileTransferMethod.LOCAL_FILE: "upload_file_id", FileTransferMethod.TOOL_FILE: "tool_file_id"}


class FileError(ValueError):
    """A file that is given is not there, or not allowed; in Dify's words where it has some."""


class Files:
    """The file runtime of the engine, its tool file manager, its file factory and what saves a model's files.

    `server` is None where the workspace serves no files: then a workflow can have none.
    """

    multimodal_send_format = "base64"

    def __init__(self, server: FileServer | None) -> None:
        self._server = server

    def keep(self, data: bytes, *, filename: str, mime_type: str) -> File:
        """Keep what a tool or a model has put out."""
        return _file(self._served().keep(data, filename=filename, mime_type=mime_type), FileTransferMethod.TOOL_FILE)

    def tool_file(self, file_id: str) -> OutputFile | None:
        return self._server.tool_file(file_id) if self._server else None

    # -- what comes in ------------------------------------------------------------------------------------------------

    def build_from_mapping(self, *, mapping: Mapping[str, Any]) -> File:
        """The file in an app's input: `{type, transfer_method, url | upload_file_id | tool_file_id}`.

        Source: Dify, `factories/file_factory`. Raises FileError.
        """
        given = str(mapping.get("transfer_method") or "")
        try:
            method = FileTransferMethod(given)
        except ValueError:
            told = f"Invalid file transfer method: {given}" if given else "transfer_method is required in file mapping"
            raise FileError(told) from None
        wanted = str(mapping.get("type") or "custom")
        if method is FileTransferMethod.REMOTE_URL:
            return _remote_file(str(mapping.get("url") or mapping.get("remote_url") or ""), wanted)
        file_id = str(mapping.get(_IDS.get(method, "")) or mapping.get("related_id") or "")
        served = self._served().find(file_id)
        if served is None:
            is_upload = method is FileTransferMethod.LOCAL_FILE
            raise FileError("Invalid upload file" if is_upload else f"ToolFile {file_id} not found")
        return _file(served, method, wanted)

    # -- WorkflowFileRuntimeProtocol ----------------------------------------------------------------------------------

    def http_get(self, url: str, *, follow_redirects: bool = True) -> HttpResponse:
        return HttpxHttpClient().get(url, follow_redirects=follow_redirects)

    def load_file_bytes(self, *, file: File) -> bytes:
        return self._of(file).path.read_bytes()

    def resolve_file_url(self, *, file: File, for_external: bool = True) -> str | None:
        return file.remote_url if file.transfer_method is FileTransferMethod.REMOTE_URL else self._of(file).url

    def storage_load(self, path: str, *, stream: bool = False) -> bytes | Generator[bytes]:
        _not_asked(path)

    def resolve_upload_file_url(
        self, *, upload_file_id: str, as_attachment: bool = False, for_external: bool = True
    ) -> str:
        _not_asked(upload_file_id)

    def resolve_tool_file_url(self, *, tool_file_id: str, extension: str, for_external: bool = True) -> str:
        _not_asked(tool_file_id)

    def verify_preview_signature(
        self, *, preview_kind: Literal["image", "file"], file_id: str, timestamp: str, nonce: str, sign: str
    ) -> bool:
        _not_asked(file_id)

    # -- ToolFileManagerProtocol, LLMFileSaver, FileManagerProtocol ---------------------------------------------------

    def create_file_by_raw(self, *, file_binary: bytes, mimetype: str, filename: str | None = None) -> ServedFile:
        filename = filename or f"{uuid.uuid4().hex}{extension_of(mimetype)}"
        return self._served().keep(file_binary, filename=filename, mime_type=mimetype)

    def get_file_generator_by_tool_file_id(self, tool_file_id: str) -> tuple[None, File | None]:
        served = self._served().find(tool_file_id)
        return None, _file(served, FileTransferMethod.TOOL_FILE) if served else None

    def save_binary_string(
        self, data: bytes, mime_type: str, file_type: FileType, extension_override: str | None = None
    ) -> File:
        extension = extension_of(mime_type) if extension_override is None else extension_override
        return self.keep(data, filename=f"{uuid.uuid4().hex}{extension}", mime_type=mime_type)

    def save_remote_url(self, url: str, file_type: FileType) -> File:
        return _remote_file(url, file_type)

    def download(self, f: File, /) -> bytes:
        if f.transfer_method is FileTransferMethod.REMOTE_URL:
            response = self.http_get(f.remote_url or "")
            response.raise_for_status()
            return response.content
        return self.load_file_bytes(file=f)

    def _of(self, file: File) -> ServedFile:
        served = self._served().find(file.related_id or "")
        if served is None:
            raise FileError(f"The file {file.filename} is there no longer.")
        return served

    def _served(self) -> FileServer:
        if self._server is None:
            raise FileError("The local workspace takes no files unless it serves HTTP.")
        return self._server


def _file(served: ServedFile, method: FileTransferMethod, wanted: str = "custom") -> File:
    extension = PurePosixPath(served.filename).suffix.lower() or extension_of(served.mime_type)
    return File(
        file_type=_type(wanted, extension=extension, mime_type=served.mime_type),
        transfer_method=method,
        reference=served.id,
        filename=served.filename,
        extension=extension,
        mime_type=served.mime_type,
        size=served.size,
    )


def _remote_file(url: str, wanted: str) -> File:
    """Dify asks the server for the type and the name; here the address has to tell."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise FileError("Invalid file url")
    filename = unquote(PurePosixPath(urlsplit(url).path).name) or "file"
    mime_type = mime_type_of(filename, b"")
    extension = PurePosixPath(filename).suffix.lower() or extension_of(mime_type)
    return File(
        file_type=_type(wanted, extension=extension, mime_type=mime_type),
        transfer_method=FileTransferMethod.REMOTE_URL,
        remote_url=url,
        filename=filename,
        extension=extension,
        mime_type=mime_type,
    )


def _type(wanted: str, *, extension: str, mime_type: str) -> FileType:
    if wanted not in (*FileType, "custom"):
        raise FileError(f"'{wanted}' is not a valid FileType")
    found = standardize_file_type(extension=extension, mime_type=mime_type)
    return FileType(wanted) if wanted != "custom" else found


def _not_asked(what: str) -> NoReturn:
    raise NotImplementedError(f"the engine resolves files as files, not {what!r} by its id")
