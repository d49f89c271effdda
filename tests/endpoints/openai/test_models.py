"""`/v1/models` with the `openai` client."""

import openai
import pytest


def test_every_configured_model_and_app_is_listed_once(api):
    names = [model.id for model in api.openai().models.list()]

    assert names == ["test-model", "app/chat-app", "app/workflow-app", "app/completion-app"]


def test_a_model_is_found_by_its_alias(api):
    api.settings["models"] = "gpt-4o = langgenius/openai/openai/gpt-4o-2024"

    assert api.openai().models.retrieve("gpt-4o").id == "gpt-4o"


def test_an_app_is_a_model_whose_id_has_a_slash(api):
    assert api.openai().models.retrieve("app/chat-app").id == "app/chat-app"


def test_an_unknown_model_is_not_found(api):
    with pytest.raises(openai.NotFoundError) as failure:
        api.openai().models.retrieve("gpt-5")

    assert failure.value.code == "model_not_found"
    assert api.asked == []
