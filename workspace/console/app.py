"""The console over HTTP: the page, the plugin's description, calls of its tools, files, and the reverse invocations."""

import contextlib
import json
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from werkzeug import Request, Response
from werkzeug.exceptions import BadRequest, HTTPException, NotFound, RequestEntityTooLarge
from werkzeug.routing import Map, Rule
from werkzeug.security import safe_join
from werkzeug.utils import send_file

from workspace.console import description
from workspace.console.guard import guarded, refuse_strangers
from workspace.console.invocation_log import InvocationLog
from workspace.console.tool_calls import ToolCalls, described_file
from workspace.dify import Dify
from workspace.plugin.errors import PluginFolderError
from workspace.plugin.file_server import FileServer
from workspace.plugin.files import mime_type_of
from workspace.plugin.folder import PluginFolder
from workspace.serve.serve_file import ServeFile

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PAGE = Path(__file__).parent / "page"
MOST = 100 * 1024 * 1024
"""Bytes of a request's body."""
LINES = "application/x-ndjson"
PLAYED = ("audio", "image", "video")
SVG = "image/svg+xml"
_TYPE = re.compile(r"[A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+")

URLS = Map(
    [
        Rule("/", endpoint="page", methods=["GET"]),
        Rule("/console/<name>", endpoint="page", methods=["GET"]),
        Rule("/console/icon", endpoint="icon", methods=["GET"]),
        Rule("/console/api/plugin", endpoint="plugin", methods=["GET"]),
        Rule("/console/api/files", endpoint="upload", methods=["POST"]),
        Rule("/console/api/tools/<provider>/<tool>", endpoint="call", methods=["POST"]),
        Rule("/console/api/invocations", endpoint="invocations", methods=["GET"]),
        Rule("/console/files/<file_id>/<path:filename>", endpoint="file", methods=["GET"]),
    ],
    merge_slashes=False,
)


class Console:
    """A WSGI application. `models` describes those of the workspace; what is not the console's goes to `beyond`."""

    def __init__(
        self,
        folder: PluginFolder,
        dify: Dify,
        calls: ToolCalls,
        invocations: InvocationLog,
        files: FileServer,
        *,
        serve_file: ServeFile,
        hook: str,
        models: Callable[[], dict[str, Any]],
        beyond: "WSGIApplication",
    ) -> None:
        self._folder = folder
        self._dify = dify
        self._calls = calls
        self._invocations = invocations
        self._files = files
        self._serve_file = serve_file
        self._hook = hook
        self._models = models
        self._beyond = beyond

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        if request.path != "/" and not request.path.startswith("/console"):
            return self._beyond(environ, start_response)
        request.max_content_length = MOST
        try:
            refuse_strangers(request)
            endpoint, values = URLS.bind_to_environ(environ).match()
            response = getattr(self, f"_on_{endpoint}")(request, **values)
        except RequestEntityTooLarge:
            response = _json({"message": f"At most {MOST // 1024**2} MiB can be sent at once."}, status=413)
        except HTTPException as error:
            response = _json({"message": error.description}, status=error.code or 500)
        return guarded(response)(environ, start_response)

    def _on_page(self, request: Request, name: str = "index.html") -> Response:
        if name not in {path.name for path in PAGE.iterdir()}:
            raise NotFound
        return send_file(PAGE / name, request.environ, mimetype=mime_type_of(name, b""))

    def _on_icon(self, request: Request) -> Response:
        name = self._folder.manifest.get("icon_dark" if "dark" in request.args else "icon")
        path = safe_join(str(self._folder.path / "_assets"), str(name))
        if path is None or not Path(path).is_file():
            raise NotFound
        return send_file(path, request.environ, mimetype=mime_type_of(path, b""))

    def _on_plugin(self, request: Request) -> Response:
        group = self._folder.group
        url = f"http://{request.host}/e/{self._hook}"
        return _json(
            {
                **description.describe_plugin(self._folder, self._calls.credentials),
                "icon": "/console/icon" if self._folder.manifest.get("icon") else None,
                "icon_dark": "/console/icon?dark" if self._folder.manifest.get("icon_dark") else None,
                "endpoints": description.describe_endpoints(group, self._serve_file, url) if group else None,
                "models": self._models(),
                "apps": description.describe_apps(self._dify.apps),
            }
        )

    def _on_upload(self, request: Request) -> Response:
        upload = request.files.get("file")
        if upload is None:
            raise BadRequest("A file is uploaded as the part `file` of a form.")
        filename = (upload.filename or "file").replace("\\", "/").rpartition("/")[2] or "file"
        content = upload.read()
        mime_type = upload.mimetype
        if mime_type in ("", "application/octet-stream"):
            mime_type = mime_type_of(filename, content[:4096])
        return _json(described_file(self._files.keep(content, filename=filename, mime_type=mime_type)))

    def _on_call(self, request: Request, provider: str, tool: str) -> Response:
        try:
            found = self._folder.tool(f"{provider}/{tool}")
        except PluginFolderError as error:
            raise NotFound(str(error)) from None
        body = _object(request)
        return _stream(self._calls.run(found, _member(body, "parameters"), _member(body, "credentials")))

    def _on_invocations(self, request: Request) -> Response:
        return _stream(self._invocations.changes())

    def _on_file(self, request: Request, file_id: str, filename: str) -> Response:
        file = self._files.find(file_id)
        if file is None or not file.path.is_file():
            raise NotFound("There is no such file.")
        mime_type, opens = _served_as(file.mime_type)
        return send_file(
            file.path, request.environ, mimetype=mime_type, as_attachment=not opens, download_name=file.filename
        )


def _served_as(mime_type: str) -> tuple[str, bool]:
    """The type with which a file goes out, and whether it is shown where it is opened.

    What could hold scripts is saved instead, and has no type with which it could be run. An SVG may be an image in the
    page, where its scripts do not run.
    """
    mime_type = mime_type.partition(";")[0].strip().lower()
    if not _TYPE.fullmatch(mime_type):
        return "application/octet-stream", False
    if mime_type == "text/plain" or (mime_type.partition("/")[0] in PLAYED and mime_type != SVG):
        return mime_type, True
    return SVG if mime_type == SVG else "application/octet-stream", False


def _object(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.get_data(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BadRequest("The body is no JSON.") from None
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.")
    return body


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _member(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name) or {}
    if not isinstance(value, dict):
        raise BadRequest(f"{name} must be a JSON object.")
    return value


def _json(content: Any, *, status: int = 200) -> Response:
    return Response(
        json.dumps(content, ensure_ascii=False, default=str), status=status, content_type="application/json"
    )


def _stream(events: Generator[dict[str, Any]]) -> Response:
    """One JSON object a line, each as it comes."""

    def lines() -> Iterator[bytes]:
        with contextlib.closing(events):
            for event in events:
                yield json.dumps(event).encode() + b"\n"

    return Response(lines(), content_type=LINES)
