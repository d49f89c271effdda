from pathlib import Path
from typing import Any

import pytest

from tests.workspace.serve.scripted import MANIFEST, write_scripted
from workspace.plugin.folder import PluginFolder, read_plugin_folder
from workspace.plugin.parameters import ParameterError
from workspace.serve.settings import check_settings

GREETER = Path(__file__).parent.parent / "plugin" / "plugins" / "greeter"

GROUP = """\
settings:
  - {name: key, type: secret-input, required: true}
  - {name: note, type: text-input, default: never used}
  - {name: tone, type: select, options: [{value: warm}, {value: plain}]}
  - {name: loud, type: boolean}
  - {name: app, type: app-selector}
  - {name: any_model, type: model-selector}
  - {name: model, type: model-selector, scope: llm}
  - {name: reranker, type: model-selector, scope: rerank}
  - {name: speaker, type: model-selector, scope: tts}
  - {name: seer, type: model-selector, scope: vision}
  - {name: both, type: model-selector, scope: llm&vision}
endpoints: [raw.yaml]
"""
MODEL = {"provider": "p", "model": "m", "model_type": "llm"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_scripted(tmp_path / "scripted")


@pytest.fixture
def plugin(folder: Path) -> PluginFolder:
    (folder / "group.yaml").write_text(GROUP)
    return read_plugin_folder(folder)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"note": "", "tone": "plain", "loud": False},
        {"note": None, "app": None, "model": None},
        {"app": {"app_id": "a", "inputs": {}}},
        {"model": MODEL, "any_model": MODEL},
        {"reranker": {**MODEL, "score_threshold": 0, "top_n": 3}, "speaker": {**MODEL, "voice": "v"}},
        {"seer": {**MODEL, "completion_params": {}}},
    ],
)
def test_what_dify_saves_passes(plugin: PluginFolder, settings: dict[str, Any]) -> None:
    check_settings(plugin, {"key": "test-key", **settings})


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (
            {"key": None},
            "the setting key is required: give it in the file of --settings, as in `settings: {key: ...}`.",
        ),
        ({"key": 12345}, "the setting key takes text, not a number: put it in quotes."),
        ({"note": True}, "the setting note takes text, not true or false: put it in quotes."),
        ({"note": ["a"]}, "the setting note takes text, not a list: put it in quotes."),
        ({"tone": "cold"}, "the setting tone is one of warm, plain, not 'cold'."),
        ({"tone": 1}, "the setting tone takes text, not a number: put it in quotes."),
        ({"loud": "yes"}, "the setting loud takes true or false, not text."),
        ({"app": "chatbot"}, "the setting app takes an app as a mapping with app_id, not text."),
        ({"app": {"inputs": {}}}, "the setting app lacks app_id, without which Dify does not save an app there."),
        (
            {"model": "local/extractive"},
            "the setting model takes a model as a mapping with provider, model, model_type, not text.",
        ),
        (
            {"any_model": {"provider": "p"}},
            "the setting any_model lacks model and model_type, without which Dify does not save a model there.",
        ),
        (
            {"reranker": MODEL},
            "the setting reranker lacks score_threshold and top_n, without which Dify does not save a model there.",
        ),
        ({"speaker": MODEL}, "the setting speaker lacks voice, without which Dify does not save a model there."),
        ({"seer": MODEL}, "the setting seer lacks completion_params, without which Dify does not save a model there."),
        ({"both": MODEL}, "the setting both has the scope 'llm&vision', with which Dify saves no model for endpoints."),
        ({"note_": "x"}, "the endpoints have no setting 'note_': did you mean note?"),
        (
            {"zzz": "x"},
            "the endpoints have no setting 'zzz': it has key, note, tone, loud, app, any_model, model, reranker, "
            "speaker, seer, both.",
        ),
    ],
)
def test_what_dify_refuses_is_one_sentence_that_names_the_setting(
    plugin: PluginFolder, settings: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ParameterError) as refusal:
        check_settings(plugin, {"key": "test-key", **settings})

    assert str(refusal.value) == problem


def test_no_value_of_a_wrong_secret_is_told(plugin: PluginFolder) -> None:
    with pytest.raises(ParameterError) as refusal:
        check_settings(plugin, {"key": 98765})

    assert "98765" not in str(refusal.value)


def test_more_settings_than_dify_saves_are_refused(folder: Path) -> None:
    names = [f"s{place}" for place in range(65)]
    (folder / "group.yaml").write_text(
        f"settings: [{', '.join(f'{{name: {name}, type: text-input}}' for name in names)}]"
    )

    with pytest.raises(ParameterError, match="there are 65 settings, and Dify saves no more than 64."):
        check_settings(read_plugin_folder(folder), dict.fromkeys(names, "x"))


@pytest.mark.parametrize("permission", ["endpoint: {enabled: false}", "storage: {enabled: true}", "endpoint: true"])
def test_without_the_permission_nothing_is_served(folder: Path, permission: str) -> None:
    manifest = MANIFEST.replace("endpoint:\n      enabled: true", permission)
    (folder / "manifest.yaml").write_text(manifest)

    with pytest.raises(ParameterError) as refusal:
        check_settings(read_plugin_folder(folder), {"key": "test-key"})
    assert str(refusal.value) == (
        "permission denied, you need to enable endpoint access in plugin manifest: "
        "set resource.permission.endpoint.enabled to true in manifest.yaml."
    )


def test_a_plugin_without_endpoints_takes_no_settings() -> None:
    check_settings(read_plugin_folder(GREETER), {})
    with pytest.raises(ParameterError) as refusal:
        check_settings(read_plugin_folder(GREETER), {"key": "test-key"})

    assert str(refusal.value) == "greeter has no endpoints: its manifest.yaml names no group under plugins.endpoints."
