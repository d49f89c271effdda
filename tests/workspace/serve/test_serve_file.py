import shlex
from pathlib import Path
from typing import Any

import pytest

from workspace.plugin.errors import PluginFolderError
from workspace.plugin.folder import Endpoint, EndpointGroup
from workspace.plugin.parameters import ParameterError
from workspace.serve import serve_file
from workspace.serve.serve_file import ServeFile, curl_lines, read_serve_file

URL = "http://127.0.0.1:5080/e/hook"


def line(method: str, path: str, request: Any = None, **headers: str) -> list[str]:
    """The words of the command for one route."""
    endpoint = Endpoint(method=method, path=path, hidden=False)
    file = ServeFile(headers=headers, requests={} if request is None else {endpoint.route: request})
    [found] = curl_lines(EndpointGroup((), (endpoint,)), file, URL)
    return shlex.split(found)


def test_a_route_is_a_command_of_curl() -> None:
    assert line("GET", "/v1/models") == ["curl", "-N", f"{URL}/v1/models"]


@pytest.mark.parametrize(
    ("method", "request_", "words"),
    [
        ("HEAD", None, ["--head"]),
        ("DELETE", None, ["-X", "DELETE"]),
        ("POST", None, ["-X", "POST"]),
        ("POST", {"json": {"a": "it's é", "b": [1]}}, ["-d", '{"a": "it\'s é", "b": [1]}']),
        ("PUT", {"json": []}, ["-d", "[]", "-X", "PUT"]),
        ("POST", {"form": ["file=@a.txt;type=text/plain", "n=1"]}, ["-F", "file=@a.txt;type=text/plain", "-F", "n=1"]),
        ("POST", {"json": {}, "save": "a b.mp3"}, ["-d", "{}", "-o", "a b.mp3"]),
    ],
)
def test_method_and_body_are_written_for_curl(method: str, request_: Any, words: list[str]) -> None:
    json_type = ["-H", "Content-Type: application/json"] if "json" in (request_ or {}) else []

    assert line(method, "/x", request_) == ["curl", "-N", f"{URL}/x", *json_type, *words]


def test_a_request_fills_in_what_a_path_leaves_open() -> None:
    words = line("GET", "/apps/<app_id>", {"path": "/apps/chatbot?query=a b"}, Authorization="Bearer test-key")

    assert words == ["curl", "-N", f"{URL}/apps/chatbot?query=a b", "-H", "Authorization: Bearer test-key"]


def test_what_dify_does_not_show_is_shown_only_where_there_is_a_request_for_it() -> None:
    group = EndpointGroup((), (Endpoint("GET", "/", hidden=True), Endpoint("GET", "/a", hidden=False)))

    assert curl_lines(group, ServeFile(), URL) == [f"curl -N {URL}/a"]
    assert curl_lines(group, ServeFile(requests={"GET /": {}}), URL) == [f"curl -N {URL}/", f"curl -N {URL}/a"]


@pytest.mark.parametrize(
    ("requests", "problem"),
    [
        ({"GET /model": {}}, "requests: there is no route 'GET /model': did you mean GET /models?"),
        ({"GET /models": "x"}, "requests: GET /models must be a mapping."),
        (
            {"GET /models": {"form": "n=1"}},
            "requests: form of GET /models must be a list, such as [file=@a.txt, n=1].",
        ),
        ({"GET /models": {"jsn": {}}}, "requests: GET /models takes no 'jsn': did you mean json?"),
    ],
)
def test_requests_that_fit_no_route_are_told(requests: dict[str, Any], problem: str) -> None:
    group = EndpointGroup((), (Endpoint("GET", "/models", hidden=False),))

    with pytest.raises(ParameterError) as error:
        curl_lines(group, ServeFile(requests=requests), URL)
    assert str(error.value) == problem


def test_the_example_in_the_documentation_can_be_read(tmp_path: Path) -> None:
    example = (serve_file.__doc__ or "").partition("\n\n")[2]
    (tmp_path / "serve.yaml").write_text(example)
    file = read_serve_file(tmp_path / "serve.yaml")

    assert file.settings == {"api_key": "test-key"}
    assert file.headers == {"Authorization": "Bearer test-key"}
    assert list(file.requests) == [
        "POST /v1/embeddings",
        "POST /v1/audio/speech",
        "POST /v1/audio/transcriptions",
        "GET /apps/<app_id>",
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("api_key: test-key", "serve.yaml takes no 'api_key': it has settings, headers, requests."),
        ("setting: {}", "serve.yaml takes no 'setting': did you mean settings?"),
        ("5: {}", "serve.yaml takes no 5: it has settings, headers, requests."),
        ("settings: {a: 2026-01-01}", "serve.yaml holds what JSON cannot, such as a date that is not in quotes."),
        ("settings: {a: .nan}", "serve.yaml holds what JSON cannot, such as a date that is not in quotes."),
        ("settings: [a]", "serve.yaml: settings must be a mapping."),
        ("settings: {", "serve.yaml is not YAML in line 2: "),
        ("", "serve.yaml holds no mapping."),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "serve.yaml").write_text(content)

    with pytest.raises((ParameterError, PluginFolderError)) as error:
        read_serve_file(tmp_path / "serve.yaml")
    assert str(error.value).startswith(problem)
