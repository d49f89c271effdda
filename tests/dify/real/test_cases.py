"""What once went wrong in a real Dify, case by case as it was found there, as far as it can be watched from here."""

import re
from typing import Any

import openai
import pytest

from tests.dify import apps
from tests.dify.cases import UNKNOWN_ID
from tests.dify.real.place import PLUGIN, PROVIDER, Place
from tests.dify.real.settings import model
from tests.dify.real.test_routes import HELLO, openai_client
from tests.test_outputs_in_the_editor import could_be, objects_in
from tests.workspace.workflows.dsl_files import end, start, variable


def failure(dify: Place, tool: str, /, **given: Any) -> str:
    """What its node says."""
    node = dify.run_tool(tool, given)
    assert node["status"] == "failed", f"{tool} does not fail: {node['outputs']}"
    error = str(node["error"])
    assert "(invalid_param)" not in error, error
    return error


def test_s1_the_editor_takes_no_object_for_a_file(dify: Place) -> None:
    listed = dify.console.get(f"/workspaces/current/tool-provider/builtin/{PROVIDER}/tools")
    schemas = {each["name"]: each["output_schema"]["properties"] for each in listed if each["output_schema"]}
    definitions = dify.console.get("/spec/schema-definitions")
    [file] = [each["schema"] for each in definitions if each["name"] == "file"]
    found = [
        (f"{tool}.{where}", schema)
        for tool, outputs in schemas.items()
        for output, said in outputs.items()
        for where, schema in objects_in(said, output)
    ]

    assert len(found) > 10
    assert [where for where, schema in found if could_be(schema, file)] == []


def test_s2_who_hands_a_file_to_an_app_is_told_that_dify_cannot(dify: Place) -> None:
    takes = {"allowed_file_types": ["document"], "allowed_file_upload_methods": ["local_file", "remote_url"]}
    nodes = [start(variable("document", "file", required=True, **takes)), end(document=["start", "document"])]
    app_id = dify.app_id("workflow that takes a file", dsl=apps.dsl("workflow that takes a file", nodes))
    error = failure(dify, "workflow_app", app_id=app_id, files=b"Hello", files_input="document")

    assert "BrokenInDify" in error, error


def test_s3_a_text_that_comes_back_unchanged_says_which_setting_of_the_server_it_wants(dify: Place) -> None:
    node = dify.run_tool("summary", {"text": "All happy families are alike. " * 1400})

    assert node["status"] == "succeeded", str(node["error"])
    if node["outputs"]["unchanged"]:
        assert "PLUGIN_BASED_TOKEN_COUNTING_ENABLED" in node["outputs"]["text"], node["outputs"]["text"]


@pytest.mark.parametrize("language", ["en_US", "zh_Hans", "ja_JP", "pt_BR"])
def test_s4_the_readme_in_dify_has_no_link_that_it_blocks(dify: Place, language: str) -> None:
    asked = {"plugin_unique_identifier": dify.identifier, "language": language}
    readme = dify.console.get("/workspaces/current/plugin/readme", **asked)["readme"]
    links = re.findall(r"\]\(([^)\s]+)", readme)

    assert readme.startswith("# Switchboard"), readme[:100]
    assert [link for link in links if not link.startswith("https://")] == []


@pytest.mark.parametrize("kind", ["chatbot", "chatflow", "agent"])
def test_s5_an_app_whose_model_fails_is_no_refusal(dify: Place, kind: str) -> None:
    error = failure(dify, "chat_app", app=dify.app(f"{kind} that fails"), query="Hello")
    assert "ProviderFailed" in error, error
    assert "The model fails on purpose." in error, error

    with openai_client(dify) as client, pytest.raises(openai.APIStatusError) as failed:
        client.chat.completions.create(model=f"app/{dify.app_id(f'{kind} that fails')}", messages=HELLO)
    assert failed.value.status_code == 502, str(failed.value)


def test_s5_an_app_whose_model_is_at_its_limit_is_asked_again_later(dify: Place) -> None:
    error = failure(dify, "chat_app", app=dify.app("chatbot at its limit"), query="Hello")
    assert "ProviderFailed" in error, error

    for asked in (f"app/{dify.app_id('chatbot at its limit')}", "limited"):
        with openai_client(dify) as client, pytest.raises(openai.RateLimitError):
            client.chat.completions.create(model=asked, messages=HELLO)


def test_s6_an_app_that_is_not_published_is_to_be_published(dify: Place) -> None:
    for tool in ("workflow_app", "app_parameters"):
        error = failure(dify, tool, app=dify.app("unpublished"))
        assert "ublish" in error, error
        assert "Model Provider" not in error, error


def test_s7_a_code_node_that_fails_says_why(dify: Place) -> None:
    given = {"app": dify.app("workflow whose code fails"), "inputs": '{"text": "Hello"}'}
    error = failure(dify, "workflow_app", **given)
    assert "boom on purpose" in error, error

    asked = {"inputs": {"text": "Hello"}, "response_mode": "blocking", "user": "ana"}
    answer = dify.http.post(f"/{dify.app_id('workflow whose code fails')}/workflows/run", json=asked)
    assert "boom on purpose" in answer.json()["data"]["error"], answer.text


def test_s8_the_endpoints_that_dify_shows_begin_with_those_that_are_used_most(dify: Place) -> None:
    assert dify.url
    group = dify.console.endpoints(PLUGIN)[0]
    shown = [each["path"] for each in group["declaration"]["endpoints"] if not each.get("hidden")]

    assert len(shown) < 8, shown
    assert "/v1/chat/completions" in shown[:2], shown
    assert not [path for path in shown if "<app_id>" in path or "completion-messages" in path], shown


@pytest.mark.parametrize("kind", ["chatbot", "chatflow"])
def test_s9_an_unknown_conversation_is_told_as_one(dify: Place, kind: str) -> None:
    error = failure(dify, "chat_app", app=dify.app(kind), query="Hello", conversation_id=UNKNOWN_ID)
    assert "UnknownConversation" in error, error

    asked = {"query": "Hello", "inputs": {}, "user": "ana", "conversation_id": UNKNOWN_ID}
    assert dify.http.post(f"/{dify.app_id(kind)}/chat-messages", json=asked).status_code == 404


@pytest.mark.parametrize("provider_type", ["builtin", "api", "workflow", "mcp"])
def test_s10_a_tool_that_is_not_there_is_looked_for(dify: Place, provider_type: str) -> None:
    error = failure(dify, "invoke_tool", provider_type=provider_type, provider="nobody/nothing/nothing", tool="nosuch")

    assert "NotConfigured" in error, error


def test_s13_errors_and_answers_are_without_what_nobody_wants_to_read(dify: Place) -> None:
    unknown = failure(dify, "llm", model=model("nosuch"), prompt="Hello")
    assert "NotConfigured" in unknown, unknown
    assert dify.run_tool("llm", {"model": model("says-thoughts"), "prompt": "Hello"})["outputs"]["answer"] == "Hello."


def test_s13_what_a_key_reaches_is_chosen_in_the_form_of_a_new_endpoint(dify: Place) -> None:
    assert dify.url
    settings = {each["name"]: each for each in dify.console.endpoints(PLUGIN)[0]["declaration"]["settings"]}

    assert settings["reach"]["default"] == "configured"
