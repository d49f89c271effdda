"""What a key reaches: what is configured, or the whole workspace."""

import pytest

from tests.endpoints.error_forms import read_error
from tests.endpoints.valid_requests import VALID, answering, request
from workspace.plugin.file_server import FileServer

MODEL_ROUTES = [route for route in VALID if route.startswith(("/v1/", "/v2/")) and "models" not in route]
APP_ROUTES = [route for route in VALID if "<app_id>" in route]
COUNT_TOKENS = "/v1/messages/count_tokens"
"""Asks for nothing."""
UNKNOWN = "langgenius/other/other/no-such-model"


def with_model(api, route, model):
    """The first good request for a route, with another model."""
    valid = VALID[route][0]
    if valid.json is not None:
        valid = valid._replace(json={**valid.json, "model": model})
    else:
        valid = valid._replace(form={**valid.form, "model": model})
    return send(api, route, valid)


def with_app(api, route, app_id):
    valid = VALID[route][0]
    parts = valid.path.split("/")
    place = 2 if route.startswith("/duck") else 1
    parts[place] = app_id + ("?query=Hi" if place == 2 else "")
    return send(api, route, valid._replace(path="/".join(parts)))


def send(api, route, valid):
    sent = request(route, valid)
    headers = {"Content-Type": sent.headers["Content-Type"]} if "Content-Type" in sent.headers else {}
    return api.http.request(sent.method, valid.path, content=sent.read(), headers=headers)


@pytest.fixture
def answered(api, tmp_path):
    with FileServer(uploads=tmp_path) as uploads:
        api.handler = answering(uploads)
        yield api


@pytest.mark.parametrize("route", MODEL_ROUTES)
@pytest.mark.parametrize("reach", [None, "", "configured", "anything"])
def test_a_model_that_the_key_does_not_reach_looks_like_one_that_does_not_exist(answered, route, reach):
    answered.settings |= {"reach": reach}

    refused = with_model(answered, route, UNKNOWN)

    assert refused.status_code == 404
    form, message = read_error(refused.json())
    if form == "openai":
        assert refused.json()["error"]["code"] == "model_not_found"
        assert refused.json()["error"]["param"] == "model"
    else:
        assert refused.json()["error"]["type"] == "not_found_error"
    other = with_model(answered, route, "nonsense")
    assert read_error(other.json()) == (form, message.replace(UNKNOWN, "nonsense"))
    assert answered.asked == []


@pytest.mark.parametrize("route", MODEL_ROUTES)
def test_with_the_whole_workspace_in_reach_a_model_is_named_by_its_full_id(answered, route):
    answered.settings |= {"reach": "workspace", "models": "fast = langgenius/other/other/no-such-model"}

    assert with_model(answered, route, "langgenius/third/third/some/model").status_code == 200

    called = {(payload["provider"], payload["model"]) for _, payload in answered.asked}
    assert called == (set() if route == COUNT_TOKENS else {("langgenius/third/third", "some/model")})
    assert with_model(answered, route, "some-model").status_code == 404


@pytest.mark.parametrize("route", MODEL_ROUTES)
def test_a_configured_model_goes_by_its_alias(answered, route):
    kinds = ["llm", "text-embedding", "tts", "speech2text", "moderation", "rerank"]
    answered.settings |= {"models": ", ".join(f"{kind}-alias = {kind}:other/a-model" for kind in kinds)}

    answers = {kind: with_model(answered, route, f"{kind}-alias").status_code for kind in kinds}

    assert sorted(answers.values()) == [200, 400, 400, 400, 400, 400]
    assert {payload["model"] for _, payload in answered.asked} == (set() if route == COUNT_TOKENS else {"a-model"})


@pytest.mark.parametrize("route", APP_ROUTES)
def test_an_app_that_the_key_does_not_reach_looks_like_one_that_does_not_exist(answered, route):
    refused = with_app(answered, route, "other-app")

    assert refused.status_code == 404
    assert refused.json()["code"] == "not_found"
    assert with_app(answered, route, "nonsense").text == refused.text.replace("other-app", "nonsense")
    assert answered.asked == []


@pytest.mark.parametrize("route", APP_ROUTES)
def test_an_app_is_reached_by_its_alias_or_in_the_whole_workspace_by_its_id(answered, route):
    app_id = VALID[route][0].path.split("/")[2 if route.startswith("/duck") else 1].partition("?")[0]
    answered.settings |= {"apps": f"support = other-{app_id}"}

    assert with_app(answered, route, "support").status_code in (200, 201)
    assert with_app(answered, route, f"third-{app_id}").status_code == 404
    answered.settings |= {"reach": "workspace"}
    assert with_app(answered, route, f"third-{app_id}").status_code in (200, 201)

    called = [payload["app_id"] for _, payload in answered.asked if "app_id" in payload]
    assert called == ([] if "upload" in route else [f"other-{app_id}", f"third-{app_id}"])


def test_the_list_of_models_holds_what_the_key_reaches_and_no_more(api):
    api.settings |= {"models": "fast = other/m, tts:other/speak", "apps": "support = 2f6a, 90c1"}
    listed = [model.id for model in api.openai().models.list()]

    assert listed == [
        *("test-model", "fast", "speak"),
        *("app/chat-app", "app/workflow-app", "app/completion-app", "app/support", "app/90c1"),
    ]
    api.settings |= {"reach": "workspace"}
    assert [model.id for model in api.openai().models.list()] == listed


@pytest.mark.parametrize("setting", ["models", "apps", "chat_model", "chat_app"])
def test_a_setting_that_cannot_be_read_is_named_and_never_shown(api, setting):
    api.settings |= {setting: "SECRET one, = SECRET" if setting.endswith("s") else "SECRET"}

    answer = api.http.get("/v1/models")

    assert answer.status_code == 500
    assert answer.json()["error"]["message"].startswith(f"The setting `{setting}` of this endpoint cannot be read")
    assert "SECRET" not in answer.text
    assert answer.headers["x-should-retry"] == "false"
