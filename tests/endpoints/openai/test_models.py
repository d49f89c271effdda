"""`/v1/models` with the `openai` client and that of Anthropic."""

import openai
import pytest

FULL_ID = "langgenius/openai/openai/gpt-4o-2024"


@pytest.fixture(autouse=True)
def more_models(api):
    api.settings["models"] = f"gpt-4o = {FULL_ID}, tts-1 = tts:langgenius/openai/openai/gpt-4o-mini-tts"
    api.settings["apps"] = "support = 2f6a1c1e"


def test_every_configured_model_and_app_is_listed_once(api):
    listed = list(api.openai().models.list())

    assert [(model.id, model.owned_by) for model in listed] == [
        ("test-model", "langgenius/test/test"),
        ("gpt-4o", "langgenius/openai/openai"),
        ("tts-1", "langgenius/openai/openai"),
        ("app/chat-app", "dify"),
        ("app/workflow-app", "dify"),
        ("app/completion-app", "dify"),
        ("app/support", "dify"),
    ]
    assert {(model.object, model.created) for model in listed} == {("model", 0)}
    assert api.asked == []


def test_nothing_is_listed_where_nothing_is_configured(api):
    api.settings = {"api_key": api.settings["api_key"]}

    none = {"first_id": None, "last_id": None, "has_more": False}
    assert api.http.get("/v1/models").json() == {"object": "list", "data": [], **none}


def test_the_client_of_anthropic_reads_the_same_list(api):
    page = api.anthropic().models.list(limit=3)

    assert [model.id for model in page] == [model.id for model in api.openai().models.list()]
    assert (page.first_id, page.last_id, page.has_more) == ("test-model", "app/support", False)
    assert {(model.type, model.lifecycle, model.created_at.year) for model in page} == {("model", "active", 1970)}
    assert [model.display_name for model in page] == [model.id for model in page]
    for name in ("gpt-4o", "app/support"):
        assert api.anthropic().models.retrieve(name) in list(page)


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("gpt-4o", "gpt-4o"),
        ("gpt-4o-2024", "gpt-4o"),
        (FULL_ID, "gpt-4o"),
        ("test-model", "test-model"),
        ("app/chat-app", "app/chat-app"),
        ("app/support", "app/support"),
        ("app/2f6a1c1e", "app/support"),
    ],
)
def test_a_model_is_found_by_each_of_its_names(api, name, listed):
    found = api.openai().models.retrieve(name)

    assert found in list(api.openai().models.list())
    assert found.id == listed


@pytest.mark.parametrize("name", ["gpt-5", "gpt", "openai/gpt-4o-2024", "app/other", "app/gpt-4o", "support"])
@pytest.mark.parametrize("reach", [None, "configured", "workspace"])
def test_what_is_not_configured_is_not_found(api, name, reach):
    api.settings["reach"] = reach

    with pytest.raises(openai.NotFoundError) as failure:
        api.openai().models.retrieve(name)

    assert (failure.value.code, failure.value.param) == ("model_not_found", "model")
    assert f"The model `{name}`" in failure.value.message
    assert ("only a request to one shows whether it exists" in failure.value.message) is (reach == "workspace")
    assert api.asked == []


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/gpt-4o"])
def test_head_says_what_get_would_without_a_body(api, path):
    response = api.http.head(path)

    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    assert response.content == b""


def test_head_on_an_unknown_model_is_not_found(api):
    assert api.http.head("/v1/models/gpt-5").status_code == 404


def test_a_wrong_key_lists_nothing(api):
    with pytest.raises(openai.AuthenticationError, match="Incorrect API key provided"):
        openai.OpenAI(base_url=f"{api.url}/v1", api_key="wrong", max_retries=0).models.list()
