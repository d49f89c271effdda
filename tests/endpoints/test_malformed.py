"""Malformed requests at every route, by the hundred: whatever is sent, the answer is one that a client can use.

The requests are good ones with something broken in them. Left out are those that the SDK or the plugin daemon answers
before any code of the plugin runs (see test_errors.py and test_not_found.py): a header name with "_", a header that is
not UTF-8, and a path with a line break or another control character.
"""

import copy
import http.client
import json
import string
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from endpoints.http.routes import ROUTES
from tests.endpoints.api import KEY, Api
from tests.endpoints.error_forms import form_of, read_error
from tests.endpoints.valid_requests import VALID, answering, request
from workspace.plugin.file_server import FileServer

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]
NEVER_SHOWN = (KEY, "Traceback", 'File "', "Switchboard failed", "only-page.example", "dispatch endpoint", "pydantic")

texts = st.text(max_size=8) | st.sampled_from(["\ud800", "\0", "ü🔑", "a" * 70_000, "NaN", "null", "-1", "../x", "/"])
numbers = st.integers() | st.floats() | st.sampled_from([10**400, -1, 0, 2**63, 1e308])
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
content_types = st.sampled_from(
    [
        "application/json",
        "application/json; charset=utf-16",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary="x',
        "json",
        "/",
        ";",
        "é",
    ]
)
keys = st.sampled_from([f"Bearer {KEY}x", "Bearer ", "Bearer é", f"Basic {KEY}", "Basic é", KEY, "", "Bearer None"])
header_values = st.text(string.ascii_letters + string.digits + " ,;=/*\"'()[]{}<>?@\\", max_size=30).map(str.strip)
path_texts = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=20)


class Sent(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@st.composite
def broken_json(draw: st.DrawFn, good: dict[str, Any]) -> bytes:
    """The object with up to three of its parts replaced, removed, nested, or joined by others."""
    value: Any = copy.deepcopy(good)
    for _ in range(draw(st.integers(0, 3))):
        holder, key = draw(st.sampled_from([*places({"": value})]))
        if holder is not value and key == "":
            value = draw(values)
            continue
        match draw(st.sampled_from(["replace", "replace", "remove", "nest", "repeat", "add"])):
            case "replace":
                holder[key] = draw(values)
            case "remove":
                del holder[key]
            case "nest":
                holder[key] = draw(st.sampled_from([[holder[key]], {"value": holder[key]}]))
            case "repeat":
                holder[key] = [holder[key]] * draw(st.sampled_from([0, 2, 50]))
            case "add" if isinstance(holder, dict):
                holder[draw(texts)] = draw(values)
    return json.dumps(value).encode()


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each container in a value with each of its keys."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield value, key
        yield from places(child)


@st.composite
def broken_bytes(draw: st.DrawFn, good: bytes) -> bytes:
    start, end = sorted((draw(st.integers(0, len(good))), draw(st.integers(0, len(good)))))
    middle = draw(
        st.binary(max_size=4) | st.sampled_from([b"\xef\xbb\xbf", b"NaN", b"[" * 1000, b'"', b"\r\n--", b"9" * 5000])
    )
    return draw(
        st.sampled_from(
            [good, good[:start], good[:start] + good[end:], good[:start] + middle + good[start:], b"", middle]
        )
    )


@st.composite
def broken_path(draw: st.DrawFn, good: str) -> str:
    path, _, query = good.partition("?")
    added = quote(draw(path_texts), safe=draw(st.sampled_from(["", "/", "/:;@&=+$,"])))
    segments = path.split("/")
    segments[draw(st.integers(1, len(segments) - 1))] = added
    changed = draw(
        st.sampled_from([path + "/", path + "/" + added, "/" + path, path.upper(), "/".join(segments), path * 9])
    )
    return draw(st.sampled_from([good, good, changed, f"{path}?{query}&{added}={added}", f"{path}?query="]))


@st.composite
def broken_request(draw: st.DrawFn, route: str) -> Sent:
    valid = draw(st.sampled_from(VALID[route]))
    good = request(route, valid)
    body = good.read()
    if valid.json is not None:
        body = draw(broken_json(valid.json))
    if draw(st.integers(0, 3)) == 0:
        body = draw(broken_bytes(body))
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": good.headers.get("Content-Type", "")}
    for name, strategy in {
        "Authorization": keys,
        "Content-Type": content_types,
        "Content-Encoding": st.sampled_from(["gzip", "identity", "x"]),
        "Accept": header_values,
        "Origin": header_values | st.just("null"),
        "Access-Control-Request-Headers": header_values,
        "Cookie": header_values,
        "Range": header_values,
    }.items():
        if draw(st.integers(0, 9)) == 0:
            headers[name] = draw(strategy)
    path = draw(broken_path(valid.path)) if draw(st.integers(0, 3)) == 0 else valid.path
    method = draw(st.sampled_from(METHODS)) if draw(st.integers(0, 9)) == 0 else good.method
    return Sent(method, path, {name: value for name, value in headers.items() if value}, body)


def send(api: Api, sent: Sent) -> tuple[int, http.client.HTTPMessage, bytes]:
    """As it is: other clients mend what they send."""
    address = urlsplit(api.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
    connection.putrequest(sent.method, address.path + sent.path)
    for name, value in sent.headers.items():
        connection.putheader(name, value.encode())
    connection.putheader("Content-Length", str(len(sent.body)))
    connection.endheaders(sent.body)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, content


def assert_error(sent: Sent, status: int, content: bytes, route: str) -> None:
    """An error in the form of the API that the path speaks."""
    error = json.loads(content)
    form, message = read_error(error)
    assert isinstance(message, str)
    assert error.get("status", status) == status
    if sent.path in {valid.path for valid in VALID[route]}:
        assert form == form_of(route)


@pytest.fixture(scope="module")
def well_answered(running_api: Api, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with FileServer(uploads=tmp_path_factory.mktemp("uploads")) as uploads:
        running_api.reset()
        running_api.settings["allowed_origins"] = "https://only-page.example"
        running_api.handler = answering(uploads)
        yield running_api


@pytest.mark.parametrize("route", ROUTES)
def test_whatever_is_sent_the_answer_is_one_that_a_client_can_use(well_answered, route):
    @settings(max_examples=25, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(broken_request(route))
    def holds(sent: Sent) -> None:
        status, headers, content = send(well_answered, sent)

        assert status < 500, content
        assert not [word for word in NEVER_SHOWN if word.encode() in content]
        assert KEY not in str(headers)
        if status >= 400 and sent.method != "HEAD":
            if route == "/" and headers["Content-Type"] == "text/html; charset=utf-8":
                assert status == 401  # the page, with what is wrong with the key
                return
            assert headers["Content-Type"] == "application/json"
            assert_error(sent, status, content, route)

    holds()

    # nobody starts the plugin again, so this is the same process
    alive = well_answered.http.get("/v1/models")
    assert alive.status_code == 200
    assert next(model["id"] for model in alive.json()["data"]) == "test-model"
