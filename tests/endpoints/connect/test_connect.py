"""`GET /`: the page that says how to connect, and that what it says to copy works."""

import base64
import contextlib
import html
import io
import json
import re
import tomllib
from collections import Counter
from pathlib import Path

import httpx
import pytest
import yaml

from tests.app_replies import chat, chat_end
from tests.endpoints.api import KEY
from tests.endpoints.mcp.test_tools import TIME
from tests.replies import llm_chunk, reranked
from workspace.wire import DifyError

WIRE = Path(__file__).parents[3] / "endpoints" / "connect" / "wire"
TEXTS = tomllib.loads((WIRE / "texts.toml").read_text(encoding="utf-8"))
PROGRAMS = tomllib.loads((WIRE / "programs.toml").read_text(encoding="utf-8"))["programs"]
LANGUAGES = ["en_US", "zh_Hans", "ja_JP", "pt_BR"]
PASSWORD = {"Authorization": "Basic " + base64.b64encode(f":{KEY}".encode()).decode()}


def get(api, path="/", **headers):
    return httpx.get(api.url + path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def shown(page):
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page.text, flags=re.DOTALL))


def lines(page, program):
    """What the page says to copy for a program."""
    [found] = re.findall(rf'<section id="{program}">.*?<code>([^<]*)</code></pre>', page.text, re.DOTALL)
    return html.unescape(found)


def test_anybody_may_read_it_and_there_is_no_secret_in_it(api):
    page = get(api)

    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    for secret in (KEY, "test-model", "chat-app", "workflow-app"):
        assert secret not in page.text
    assert api.asked == []


def test_it_holds_no_script_and_asks_for_nothing_from_elsewhere(api):
    page = get(api)

    assert not re.search(r"<script|<link|<img|<iframe|<form| on\w+=|url\(|@import", page.text)
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "Access-Control-Allow-Origin" not in page.headers
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("zh-TW", "zh-Hans"),
        ("ja", "ja"),
        ("pt-PT,pt;q=0.9", "pt-BR"),
        ("de,pt;q=0.5,en;q=0.3", "pt-BR"),
        ("de", "en"),
        ("*", "en"),
        ("x;;q=,=", "en"),
    ],
)
def test_it_is_in_the_language_of_its_reader(api, accepted, language):
    assert f'<html lang="{language}">' in get(api, Accept_Language=accepted).text


@pytest.mark.parametrize(
    ("hook_url", "base"),
    [
        ("https://dify.example.com/e/abc123/", "https://dify.example.com/e/abc123"),
        ("https://dify.example.com:8443/e/abc123/?list=", "https://dify.example.com:8443/e/abc123"),
        ("http://[::1]:5002/e/abc/", "http://[::1]:5002/e/abc"),
        ('https://a.example/e/x/"$(rm)', "https://dify.example.com/e/ENDPOINT"),
        ("https://a.example;rm/e/x/", "https://dify.example.com/e/ENDPOINT"),
        ("javascript:alert(1)", "https://dify.example.com/e/ENDPOINT"),
    ],
)
def test_the_address_is_the_one_that_the_request_came_to(api, hook_url, base):
    page = get(api, Dify_Hook_Url=hook_url)

    assert f"<code>{base}</code>" in page.text
    assert f"curl {base}/v1/chat/completions" in page.text


def test_without_a_header_of_a_proxy_it_is_the_daemons(api):
    assert f"<code>{api.url}</code>" in get(api).text


def test_with_the_key_it_lists_what_that_reaches(api):
    api.settings |= {"models": "fast = a/b/c/d", "apps": "support = 1234, <b> = 5", "tools": [TIME]}

    for headers in (PASSWORD, {"Authorization": f"Bearer {KEY}"}):
        page = get(api, **headers)
        assert page.status_code == 200
        for name in ("test-model (llm)", "fast (llm)", "test-model (rerank)", "app/support", "app/<b>", "Current Time"):
            assert name in shown(page)
        assert "<li>app/&lt;b&gt;</li>" in page.text
        assert 'model="test-model"' in lines(page, "openai")
        assert KEY not in page.text
        assert "every model of the workspace" not in shown(page)
    assert api.asked == []


def test_with_the_reach_of_the_workspace_it_says_so(api):
    api.settings = {"api_key": KEY, "reach": "workspace"}

    page = get(api, **PASSWORD)

    assert "Nothing is chosen in this endpoint's settings in Dify." in shown(page)
    assert "the key reaches every model of the workspace" in shown(page)
    assert 'model="MODEL"' in lines(page, "openai")


@pytest.mark.parametrize(
    ("path", "headers", "sentence"),
    [
        ("/?list", {}, "The request carries no API key."),
        ("/?list=", {"Authorization": "Basic OndyZW4="}, "Incorrect API key provided."),
        ("/", {"Authorization": "Bearer wrong"}, "Incorrect API key provided."),
        ("/", {"Authorization": ""}, "The request carries no API key."),
    ],
)
def test_a_browser_asks_for_the_key_and_whoever_has_none_sees_the_rest(api, path, headers, sentence):
    page = get(api, path, **headers)

    assert page.status_code == 401
    assert page.headers["WWW-Authenticate"].startswith("Basic ")
    assert sentence in shown(page)
    assert "curl " in page.text
    assert "test-model" not in page.text


def test_a_setting_that_cannot_be_read_is_named(api):
    api.settings["models"] = "broken"

    page = get(api, **PASSWORD)

    assert page.status_code == 200
    assert '<p role="alert" lang="en">The setting <code>models</code> of this endpoint cannot be read' in page.text


def test_it_answers_head_too(api):
    answer = httpx.head(f"{api.url}/")

    assert (answer.status_code, answer.content) == (200, b"")


def test_every_text_is_there_in_every_language_and_no_two_are_alike():
    assert Counter(each["id"] for each in PROGRAMS).most_common(1)[0][1] == 1
    for text in [*TEXTS.values(), *(each["where"] for each in PROGRAMS)]:
        assert list(text) == LANGUAGES
        assert len(set(text.values())) == len(LANGUAGES), text
        assert len({text[language].count("`") for language in LANGUAGES}) == 1, text
        codes = {tuple(re.findall(r"`([^`]+)`", text[language])) for language in LANGUAGES}
        assert len(codes) == 1 or "provider/model" in str(codes), text


def run(text):
    """What a Python program prints."""
    names = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(text, names)
    if hasattr(names["client"], "__exit__"):
        names["client"].__exit__(None, None, None)
    return printed.getvalue()


def copied(api, program):
    return re.sub(r"\bKEY\b", KEY, lines(get(api, **PASSWORD), program))


def test_the_lines_of_python_run(api):
    api.answer(llm_chunk("Good day.", finish_reason="stop", total_tokens=5))
    assert run(copied(api, "openai")) == "Good day.\n"

    api.answer(chat("message", answer="Good day."), chat_end())
    assert run(copied(api, "dify")) == "Good day.\n"

    api.answer(reranked((0, 0.1), (1, 0.9)))
    assert run(copied(api, "cohere")) == "Lisbon is in Portugal.\n"


def test_the_lines_for_dify_print_why_an_app_did_not_answer(api):
    """Such as one whose form has a required field, which the lines leave empty."""
    api.answer(DifyError("invoke app failed: permission denied, you need to enable app access in plugin manifest"))

    assert "app access" in run(copied(api, "dify"))


def test_the_lines_of_curl_are_a_request_that_is_answered(api):
    api.answer(llm_chunk("Good day.", finish_reason="stop", total_tokens=5))
    command = copied(api, "curl")
    [address] = re.findall(r"curl (\S+)", command)
    headers = dict(re.findall(r'-H "(.+?): (.+?)"', command))
    [body] = re.findall(r"-d '(.+)'", command)

    answer = httpx.post(address, content=body, headers=headers)

    assert answer.json()["choices"][0]["message"]["content"] == "Good day."


def test_the_settings_of_programs_are_what_these_can_read(api):
    server = json.loads(copied(api, "mcp"))["mcpServers"]["dify"]
    assert server["url"] == f"{api.url}/mcp"
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert httpx.post(server["url"], json=ping, headers=server["headers"]).json()["result"] == {}

    codex = tomllib.loads(copied(api, "codex"))
    assert codex["model"] == "test-model"
    assert codex["web_search"] == "disabled"  # what is refused, and offered wherever commands may reach the network
    assert codex["model_providers"]["dify"]["base_url"] == f"{api.url}/v1"
    assert codex["mcp_servers"]["dify"]["url"] == f"{api.url}/mcp"

    librechat = yaml.safe_load(copied(api, "librechat"))
    [custom] = librechat["endpoints"]["custom"]
    assert (custom["baseURL"], custom["apiKey"], custom["models"]["default"]) == (f"{api.url}/v1", KEY, ["test-model"])
    assert librechat["mcpServers"]["dify"]["headers"] == {"Authorization": f"Bearer {KEY}"}

    assert f"OPENAI_API_BASE_URL={api.url}/v1\nOPENAI_API_KEY={KEY}" == copied(api, "open-webui")
    assert f"export ANTHROPIC_BASE_URL={api.url}\nexport ANTHROPIC_AUTH_TOKEN={KEY}\n" in copied(api, "claude-code")
