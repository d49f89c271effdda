"""What keeps pages from elsewhere out of the console, which has no password: it is for the one at this machine.

A page from elsewhere can send requests to localhost, and by a name of its own that leads here (DNS rebinding) read the
answers too. The first are known by their Origin and Sec-Fetch-Site, or lack the header that a form cannot set, the
others by their Host.
"""

from werkzeug import Request, Response
from werkzeug.exceptions import Forbidden

NAMES = ("127.0.0.1", "localhost", "[::1]")
SAFE = ("GET", "HEAD")
FORMATS = ("application/json", "multipart/form-data")
POLICY = (
    "default-src 'self'; media-src 'self' blob: data:; img-src 'self' blob: data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


def refuse_strangers(request: Request) -> None:
    """Raises Forbidden for a request that may come from a page of somebody else's."""
    port = request.environ["SERVER_PORT"]
    hosts = {f"{name}:{port}" for name in NAMES} | (set(NAMES) if port == "80" else set())
    if request.headers.get("Host", "") not in hosts:
        raise Forbidden(f"The console answers to http://127.0.0.1:{port} and http://localhost:{port} alone.")
    origin = request.headers.get("Origin")
    if origin is not None and origin not in {f"http://{host}" for host in hosts}:
        raise Forbidden("The console does not answer to pages from elsewhere.")
    followed_link = request.method in SAFE and request.path == "/"
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin") and not followed_link:
        raise Forbidden("The console does not answer to pages from elsewhere.")
    if request.method not in SAFE and (request.headers.get("X-Console") != "1" or request.mimetype not in FORMATS):
        raise Forbidden("A request that does something is JSON or multipart and has the header X-Console: 1.")


def guarded(response: Response) -> Response:
    """The same response with the headers that every answer has."""
    response.headers.update(HEADERS)
    return response
