"""The package as Dify installs it: unpacked into a folder of its own, with what requirements.txt names and no more."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import httpx
import pytest

from publishing import plugin
from publishing.archive import archive
from tests.daemon.prerequisites import find_programs
from tests.endpoints.api import MODEL, SETTINGS
from workspace.plugin.errors import PluginCallError
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.outputs import Outputs
from workspace.plugin.parameters import tool_request
from workspace.plugin.process import PluginProcess
from workspace.serve.endpoint_host import EndpointHost
from workspace.stub import replies

ROOT = Path(__file__).parent.parent.parent
UV = find_programs().uv


def uv(*arguments, **options):
    """Offline: everything comes from uv's cache, where `uv sync` has put it for the project itself."""
    done = subprocess.run([UV, *arguments, "--offline", "--quiet"], capture_output=True, text=True, **options)
    if "Network connectivity is disabled" in done.stderr:
        pytest.skip(f"uv's cache no longer has what the project was set up with: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(child_process, tmp_path_factory):
    """The unpacked package, with a `.venv` of its own."""
    if not UV:
        pytest.skip("uv is needed to install the package, and was not found: `make` puts it into .uv.")
    folder = tmp_path_factory.mktemp("installed")
    package = tmp_path_factory.mktemp("dist") / "switchboard.difypkg"
    package.write_bytes(archive(plugin.read(ROOT).contents))
    with zipfile.ZipFile(package) as opened:
        opened.extractall(folder)
    lock = package.with_name("pylock.toml")
    python = folder / ".venv" / "bin" / "python"
    uv("export", "--frozen", "--no-dev", "--format", "pylock.toml", "--output-file", lock, cwd=ROOT)
    uv("venv", "--python", sys.executable, folder / ".venv")
    uv("pip", "install", "--preview-features", "pylock", "--python", python, "-r", lock)
    before = packages(python)
    uv("pip", "install", "--no-index", "--python", python, "-r", folder / "requirements.txt")  # it asks for no more
    assert packages(python) == before
    return folder


def packages(python):
    return sorted(json.loads(uv("pip", "list", "--format", "json", "--python", python)), key=lambda each: each["name"])


@pytest.fixture(scope="module")
def process(child_process, installed):
    with PluginProcess(read_plugin_folder(installed), replies({"result": True})) as running:
        yield running


def test_nothing_of_development_is_installed(installed):
    names = {each["name"] for each in packages(installed / ".venv" / "bin" / "python")}

    assert {"dify-plugin", "werkzeug", "pydantic", "pyyaml", "httpx", "mcp-types"} <= names
    assert not names & {"pytest", "openai", "graphon", "numpy", "ruff", "jsonschema", "mcp"}


def test_a_tool_answers(process, installed):
    assert process.folder.own_python
    model = {**MODEL, "model_type": "moderation"}
    request = tool_request(process.folder.tool("moderation"), {"model": model, "text": "Hm."}, user_id="test-user")
    outputs = Outputs()

    for message in process.call(request, timeout=30):
        outputs.add(message)

    assert outputs.variables == {"flagged": True}


def test_a_bad_call_is_told_in_a_sentence(process):
    request = tool_request(process.folder.tool("storage"), {"action": "list", "key": "a"}, user_id="test-user")

    with pytest.raises(PluginCallError, match="`action` has to be one of get, set, delete, exists"):
        list(process.call(request, timeout=30))


def test_an_endpoint_answers(process):
    host = EndpointHost(process, lambda: SETTINGS)
    try:
        headers = {"Authorization": "Bearer test-key"}
        reply = httpx.post(f"{host.url}/v1/moderations", json={"input": "Hm."}, headers=headers, timeout=30)
    finally:
        host.close()

    assert reply.json()["results"][0]["flagged"] is True


def test_a_tool_of_mcp_and_the_page_answer_from_what_is_packaged(process):
    host = EndpointHost(process, lambda: SETTINGS)
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    try:
        headers = {"Authorization": "Bearer test-key"}
        params = {"name": "moderate", "arguments": {"text": "Hm."}}
        called = httpx.post(f"{host.url}/mcp", json={**call, "params": params}, headers=headers, timeout=30)
        page = httpx.get(f"{host.url}/", timeout=30)
    finally:
        host.close()

    assert called.json()["result"]["structuredContent"] == {"flagged": True, "model": "test-model"}
    assert f"curl {host.url}/v1/chat/completions" in page.text


def test_it_starts_serverless(child_process, installed):
    """As the marketplace tries it, on a port of its own. The SDK listens a moment after it says so."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {"INSTALL_METHOD": "serverless", "SERVERLESS_HOST": "127.0.0.1", "SERVERLESS_PORT": str(port)}
    raw = b"GET /v1/models HTTP/1.1\r\nHost: dify\r\nAuthorization: Bearer test-key\r\n\r\n"
    asked = {"type": "endpoint", "action": "invoke_endpoint", "settings": SETTINGS, "raw_http_request": raw.hex()}

    with (
        subprocess.Popen(
            [installed / ".venv" / "bin" / "python", "-m", "main"],
            cwd=installed,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as started,
        httpx.Client(transport=httpx.HTTPTransport(retries=5), timeout=30) as client,
    ):
        too_late = threading.Timer(60, started.kill)
        too_late.start()
        try:
            assert any("Running on" in line for line in started.stdout)
            url = f"http://127.0.0.1:{port}"
            healthy = client.get(f"{url}/health")
            line = {"session_id": "s", "event": "request", "data": {"user_id": "", **asked}}
            answered = client.post(f"{url}/invoke", json=line)
        finally:
            too_late.cancel()
            started.kill()

    assert healthy.status_code == http.client.OK
    events = [json.loads(each)["data"] for each in answered.text.splitlines() if each.strip()]
    assert [event["type"] for event in events] == ["stream", "end"]
    assert events[0]["data"]["status"] == http.client.OK
    assert json.loads(bytes.fromhex(events[0]["data"]["result"]))["data"][0]["id"] == "test-model"
