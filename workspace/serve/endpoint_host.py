"""The plugin's endpoints over HTTP, mapped as the plugin daemon maps them."""

import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

from werkzeug import Request, Response
from werkzeug.serving import make_server

from workspace.plugin.process import PluginProcess


class EndpointHost:
    """Serves `/e/<hook>/...` on a free port of localhost until it is closed; `settings` are those of the group."""

    def __init__(self, plugin: PluginProcess, settings: Callable[[], dict[str, Any]], *, hook: str = "hook") -> None:
        self._plugin = plugin
        self._settings = settings
        self._prefix = f"/e/{hook}"
        self._server = make_server("127.0.0.1", 0, self._app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}{self._prefix}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @Request.application  # type: ignore[arg-type]
    def _app(self, request: Request) -> Response:  # type: ignore[misc]
        body = request.get_data()
        query = request.query_string.decode()
        path = request.environ["RAW_URI"].partition("?")[0].removeprefix(self._prefix)
        head = [f"{request.method} {path}{'?' + query if query else ''} HTTP/1.1"]
        head += [f"{name}: {value}" for name, value in request.headers if name.lower() != "content-length"]
        head += [f"Content-Length: {len(body)}", "", ""]
        raw = "\r\n".join(head).encode() + body
        call = {
            "type": "endpoint",
            "action": "invoke_endpoint",
            "user_id": "",
            "raw_http_request": raw.hex(),
            "settings": self._settings(),
        }
        messages = self._plugin.call(call)
        first = next(messages)

        def chunks() -> Iterator[bytes]:
            yield bytes.fromhex(first.get("result") or "")
            for message in messages:
                yield bytes.fromhex(message["result"])

        return Response(chunks(), status=first["status"], headers=first["headers"])
