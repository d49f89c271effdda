from typing import Any

import pytest
from dify_plugin.entities.model import ModelType

from endpoints.http.errors import NotFound, UnreadableSetting
from endpoints.http.settings import GroupSettings
from switchboard.errors import InvalidInput

LLM, TTS, RERANK, EMBEDDING = ModelType.LLM, ModelType.TTS, ModelType.RERANK, ModelType.TEXT_EMBEDDING
CHAT = {"provider": "langgenius/openai/openai", "model": "gpt-4o", "model_type": "llm"}


def group(**settings: Any) -> GroupSettings:
    return GroupSettings(settings)


def names(**settings: Any) -> list[str]:
    return [f"{model.model_type.value}:{model.name}" for model in group(**settings).models()]


@pytest.mark.parametrize("unset", [None, "", {}, {"provider": "", "model": ""}, {"model_type": "llm"}])
def test_a_selector_that_holds_no_model_is_not_set(unset):
    assert group(chat_model=unset).models() == []
    with pytest.raises(InvalidInput, match="none is set as `chat_model`") as refused:
        group(chat_model=unset).model(LLM, None)
    assert refused.value.field == "model"


@pytest.mark.parametrize(
    "stored",
    [
        CHAT,
        {"value": CHAT, "type": "constant"},
        '{"provider": "langgenius/openai/openai", "model": "gpt-4o"}',
        {**CHAT, "model_type": "tts", "voice": "alloy", "top_n": 3},
        {"provider": CHAT["provider"], "model": CHAT["model"]},
    ],
    ids=["as chosen", "wrapped", "as text", "left over from another model", "without a type"],
)
def test_a_selector_is_read_in_every_shape_that_dify_stores(stored):
    model = group(chat_model=stored).model(LLM, None)

    assert (model.name, model.full_id, model.model_type) == ("gpt-4o", "langgenius/openai/openai/gpt-4o", LLM)
    assert model.selector["model_type"] == "llm"


def test_what_was_set_with_a_model_stays_with_it():
    parameters = {"temperature": 0}

    model = group(chat_model={**CHAT, "completion_params": parameters, "mode": "chat"}).model(LLM, "gpt-4o")

    assert model.selector == {**CHAT, "completion_params": parameters, "mode": "chat"}


@pytest.mark.parametrize(
    ("entry", "model_type", "provider", "model"),
    [
        ("openai/gpt-4o", "llm", "openai", "gpt-4o"),
        ("huggingface/BAAI/bge-m3", "llm", "huggingface", "BAAI/bge-m3"),
        ("langgenius/openai/openai/gpt-4o", "llm", "langgenius/openai/openai", "gpt-4o"),
        ("langgenius/openrouter/openrouter/meta/llama", "llm", "langgenius/openrouter/openrouter", "meta/llama"),
        ("langgenius/ollama/ollama/llama3:8b", "llm", "langgenius/ollama/ollama", "llama3:8b"),
        ("ollama/llama3:8b", "llm", "ollama", "llama3:8b"),
        ("llm:ollama/llama3:8b", "llm", "ollama", "llama3:8b"),
        ("TTS : openai/tts-1", "tts", "openai", "tts-1"),
        ("text-embedding:openai/small", "text-embedding", "openai", "small"),
        ("speech2text:openai/whisper-1", "speech2text", "openai", "whisper-1"),
        ("rerank:cohere/rerank-v3.5", "rerank", "cohere", "rerank-v3.5"),
        ("moderation:openai/omni", "moderation", "openai", "omni"),
        (" openai / gpt 4o ", "llm", "openai", "gpt 4o"),
    ],
)
def test_a_listed_model_is_found_by_its_parts(entry, model_type, provider, model):
    [found] = group(models=entry).models()

    assert found.selector == {"provider": provider, "model": model, "model_type": model_type}
    assert found.name == model
    assert group(models=f"my alias = {entry}").model(ModelType(model_type), "my alias").selector == found.selector


@pytest.mark.parametrize("separator", [",", "\n", " ,\n, ", "\r\n"])
def test_entries_are_separated_by_commas_or_lines(separator):
    text = separator.join(["openai/a", "b = openai/x", "tts:openai/c"])

    assert names(models=text) == ["llm:a", "llm:b", "tts:c"]
    assert [app.name for app in group(apps=separator.join(["id-1", "help = id-2"])).apps()] == ["id-1", "help"]


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        ("a/b，text-embedding:c/d", ["llm:b", "text-embedding:d"]),
        ("a/b、tts：c/d", ["llm:b", "tts:d"]),
        ("a/b；c/d;e/f", ["llm:b", "llm:d", "llm:f"]),
        ("a/b، c/d", ["llm:b", "llm:d"]),
        ("快速＝a/b，朗读 ＝ tts：c／d", ["llm:快速", "tts:朗读"]),
        ("　a/b　，　c/d　", ["llm:b", "llm:d"]),
        ("\ufeffa/b\u200b，c/d", ["llm:b", "llm:d"]),
        ("langgenius／ollama／ollama／llama3：8b", ["llm:llama3:8b"]),
        ("客服：售前 = a/b", ["llm:客服：售前"]),
    ],
)
def test_the_signs_of_other_keyboards_separate_as_well(models, expected):
    assert names(models=models) == expected


@pytest.mark.parametrize("apps", ["id-1，help＝id-2", "id-1、help = id-2", "id-1；help =id-2", "id-1،\nhelp﹦id-2"])
def test_apps_are_separated_by_them_too(apps):
    assert [(app.name, app.app_id) for app in group(apps=apps).apps()] == [("id-1", "id-1"), ("help", "id-2")]


def test_the_rerank_model_may_be_typed_on_them_too():
    assert group(rerank_model="rerank：cohere／rerank-v3.5").model(RERANK, None).full_id == "cohere/rerank-v3.5"


@pytest.mark.parametrize("blank", ["", " ", ",", "，、", ",\n ,", None, 7, []])
def test_a_list_without_entries_is_empty(blank):
    assert group(models=blank, apps=blank, rerank_model=blank).models() == []
    assert group(models=blank, apps=blank, rerank_model=blank).apps() == []


@pytest.mark.parametrize(
    ("setting", "text", "entry"),
    [
        ("models", "openai/a, SECRET", 2),
        ("models", "= openai/SECRET", 1),
        ("models", "SECRET =", 1),
        ("models", "openai/a,, ,SECRET/", 2),
        ("models", "/SECRET", 1),
        ("models", "openai//SECRET", 1),
        ("models", "ttts:openai/SECRET", 1),
        ("models", ":openai/SECRET", 1),
        ("models", "tts:SECRET", 1),
        ("models", "openai/SECRET" + "x" * 300, 1),
        ("models", "openai/a openai/SECRET", 1),
        ("models", "openai/a | openai/SECRET", 1),
        ("models", "openai/a und openai/SECRET", 1),
        ("models", "openai/a。SECRET", 1),
        ("models", '["openai/a", "openai/SECRET"]', 1),
        ("models", "a = openai/SECRET = openai/b", 1),
        ("models", "tts:llm:openai/SECRET", 1),
        ("models", "openai/a，SECRET", 2),
        ("models", "openai/a・openai/b", 1),
        ("models", "openai/a • openai/b", 1),
        ("models", "openai/a·openai/b", 1),
        ("models", "openai/a&openai/b", 1),
        ("models", "openai/a…", 1),
        ("apps", "id-1，２f6a", 2),
        ("models", "openai/SECRET｜tts:openai/tts-1", 1),
        ("models", "openai/SECRET︐openai/tts-1", 1),
        ("models", "openai/gpt-4o, openai/SECRET‚ openai/tts-1", 2),
        ("models", "“openai/SECRET”", 1),
        ("models", "ｏｐｅｎａｉ/SECRET", 1),
        ("models", "openai/ｇｐｔ-SECRET", 1),
        ("rerank_model", "cohere/SECRET｜cohere/b", 1),
        ("apps", "id-1。", 1),
        ("models", "＝openai/SECRET", 1),
        ("rerank_model", "SECRET", 1),
        ("apps", "id-1, SECRET =", 2),
        ("apps", "SECRET 2f6a", 1),
        ("apps", "a = b/SECRET", 1),
        ("apps", "a: SECRET", 1),
        ("apps", "id-1，a→SECRET", 2),
        ("apps", "https://dify.example.com/app/SECRET/develop", 1),
    ],
)
def test_an_entry_that_cannot_be_read_is_told_by_its_place_and_never_shown(setting, text, entry):
    with pytest.raises(UnreadableSetting, match=f"`{setting}` .* its entry {entry} has to be ") as failure:
        group(**{setting: text}).apps() if setting == "apps" else group(**{setting: text}).models()

    assert "SECRET" not in str(failure.value)
    assert failure.value.status == 500


@pytest.mark.parametrize("stored", ["SECRET", "{SECRET", 7, ["SECRET"]])
@pytest.mark.parametrize("setting", ["chat_model", "embedding_model", "chat_app", "workflow_app"])
def test_a_selector_that_cannot_be_read_is_told_by_its_name(setting, stored):
    settings = group(**{setting: stored})

    with pytest.raises(UnreadableSetting, match=f"^The setting `{setting}` of this endpoint cannot be read") as failure:
        settings.apps() if setting.endswith("app") else settings.models()

    assert "SECRET" not in str(failure.value)


def test_a_setting_that_cannot_be_read_is_in_the_way_only_where_it_is_needed():
    settings = group(chat_model=CHAT, embedding_model="broken", models="broken", apps="a b", chat_app={"app_id": "c"})

    assert settings.model(LLM, None).name == "gpt-4o"
    assert settings.model(LLM, "gpt-4o").name == "gpt-4o"
    assert settings.default_app("chat_app").app_id == "c"
    with pytest.raises(UnreadableSetting, match="`models`"):
        settings.model(LLM, "gpt-5")
    with pytest.raises(UnreadableSetting, match="`embedding_model`"):
        settings.model(EMBEDDING, None)


def test_the_rerank_model_is_written_as_text():
    assert group(rerank_model="cohere/rerank-v3.5").model(RERANK, None).full_id == "cohere/rerank-v3.5"
    assert group(rerank_model="r = rerank:cohere/rerank-v3.5").model(RERANK, "r").full_id == "cohere/rerank-v3.5"
    with pytest.raises(InvalidInput, match="none is set as `rerank_model`"):
        group(rerank_model={"provider": "cohere", "model": "rerank-v3.5"}).model(RERANK, None)


def test_the_selector_is_the_default_and_else_the_first_that_is_listed():
    models = "openai/first, openai/second, tts:openai/speak"

    assert group(chat_model=CHAT, models=models).model(LLM, "").name == "gpt-4o"
    assert group(models=models).model(LLM, None).name == "first"
    assert group(models=models).model(TTS, None).name == "speak"


@pytest.mark.parametrize("name", ["fast", "gpt-4o-mini", "openai/gpt-4o-mini"])
def test_a_model_goes_by_its_alias_its_name_and_its_full_id(name):
    assert group(models="fast = openai/gpt-4o-mini").model(LLM, name).full_id == "openai/gpt-4o-mini"


def test_of_two_models_with_one_name_the_first_has_it_and_the_other_its_full_id():
    settings = {"chat_model": CHAT, "models": "azure/gpt-4o, tts:azure/gpt-4o, other/gpt-4o"}

    assert names(**settings) == ["llm:gpt-4o", "llm:azure/gpt-4o", "llm:other/gpt-4o", "tts:gpt-4o"]
    assert group(**settings).model(LLM, "gpt-4o").full_id == "langgenius/openai/openai/gpt-4o"
    assert group(**settings).model(LLM, "azure/gpt-4o").full_id == "azure/gpt-4o"
    assert group(**settings).model(TTS, "gpt-4o").model_type is TTS


def test_an_alias_goes_before_the_name_behind_another_alias():
    models = "fast = openai/gpt-4o, gpt-4o = openai/gpt-5"

    assert group(models=models).model(LLM, "gpt-4o").full_id == "openai/gpt-5"
    assert group(models=models).model(LLM, "openai/gpt-4o").name == "fast"


def test_a_model_of_another_type_is_told_from_one_that_is_not_there():
    with pytest.raises(InvalidInput, match="`speak` is of type tts, and this route takes models of type llm") as wrong:
        group(models="speak = tts:openai/tts-1").model(LLM, "openai/tts-1")
    assert (type(wrong.value), wrong.value.field) == (InvalidInput, "model")


@pytest.mark.parametrize("reach", [None, "", "configured", "Workspace", "all", 1, True])
def test_a_key_reaches_only_what_is_configured_unless_the_workspace_is_chosen(reach):
    settings = group(reach=reach, chat_model=CHAT)

    with pytest.raises(NotFound):
        settings.model(LLM, "langgenius/openai/openai/gpt-5")
    with pytest.raises(NotFound):
        settings.app("app/some-id")


def test_a_key_that_reaches_the_workspace_takes_any_full_id():
    settings = group(reach="workspace", chat_model=CHAT)

    assert settings.model(LLM, "langgenius/ollama/ollama/llama3:8b").selector == {
        "provider": "langgenius/ollama/ollama",
        "model": "llama3:8b",
        "model_type": "llm",
    }
    assert settings.model(TTS, "openai/tts-1").model_type is TTS
    assert settings.app("app/some-id").selector == {"app_id": "some-id"}
    assert settings.app("some-id").app_id == "some-id"


@pytest.mark.parametrize("name", ["gpt-5", "/gpt-5", "openai/", "a//b", "/", "x/" + "y" * 300])
def test_what_is_no_full_id_is_not_found_even_in_the_whole_workspace(name):
    with pytest.raises(NotFound, match="does not exist, or this key does not reach it") as missing:
        group(reach="workspace").model(LLM, name)
    assert len(str(missing.value)) < 500


@pytest.mark.parametrize("name", ["", "a/b", "a b", "x" * 256, "app/", "app/a/b"])
def test_what_is_no_app_id_is_not_found_even_in_the_whole_workspace(name):
    with pytest.raises(NotFound, match="does not exist, or this key does not reach it"):
        group(reach="workspace").app(name)


def test_an_app_goes_by_its_alias_and_its_id_with_and_without_the_prefix():
    settings = group(apps="support = 2f6a", chat_app={"app_id": "c", "inputs": {"tone": "dry"}, "extra": 1})

    for name in ("support", "app/support", "2f6a", "app/2f6a"):
        assert settings.app(name).app_id == "2f6a"
    assert settings.app("c").selector["inputs"] == {"tone": "dry"}
    assert [app.name for app in settings.apps()] == ["c", "support"]


@pytest.mark.parametrize("unset", [None, "", {}, {"app_id": ""}, {"inputs": {}}])
def test_without_an_app_the_setting_to_fill_is_named(unset):
    with pytest.raises(InvalidInput, match="^No app is chosen. Set `chat_app` or `workflow_app` in this endpoint's"):
        group(chat_app=unset).default_app("chat_app", "workflow_app")


def test_a_model_is_found_however_its_entry_is_spaced_and_whatever_stands_around_it():
    settings = group(models="a = p / m , gpt-4o-mini = x/y, gpt-4o = langgenius/openai/openai/gpt-4o")

    assert settings.model(LLM, "p/m").name == "a"
    assert settings.model(LLM, "gpt-4o").full_id == "langgenius/openai/openai/gpt-4o"
    assert settings.chat_partner("gpt-4o-mini").full_id == "x/y"
