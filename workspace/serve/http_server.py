"""An HTTP server on this machine, for a WSGI application whose replies may be streams."""

import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class HttpServer:
    """Serves on a port of 127.0.0.1 (0: any that is free) until it is closed."""

    def __init__(self, app: "WSGIApplication", *, port: int = 0) -> None:
        self._server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
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


class _Handler(WSGIRequestHandler):
    """Sends each piece of a stream in one packet, and at once."""

    disable_nagle_algorithm = True
    wbufsize = -1

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Says nothing: the terminal belongs to the plugin."""
