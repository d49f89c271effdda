"""What the endpoints owe: to Dify (their YAML), and to those who have saved settings or written clients."""

from collections import Counter
from pathlib import Path

import pytest
import yaml
from dify_plugin import DifyPluginEnv
from dify_plugin.core.plugin_registration import PluginRegistration
from werkzeug.routing import Map, Rule

from endpoints.http.routes import ROUTES
from tests.endpoints.valid_requests import VALID, answering, request
from workspace.plugin.file_server import FileServer
from workspace.plugin.yaml_file import Loader

ROOT = Path(__file__).parent.parent.parent
GROUP = yaml.load((ROOT / "endpoints" / "group.yaml").read_bytes(), Loader)
ENDPOINTS = {name: yaml.load((ROOT / name).read_bytes(), Loader) for name in GROUP["endpoints"]}
SETTINGS = {setting["name"]: setting for setting in GROUP["settings"]}
LANGUAGES = {"en_US", "zh_Hans", "ja_JP", "pt_BR"}
CATCH_ALL = {"/", "/<path:path>"}


def test_the_settings_are_pinned():
    """Their names and types are in the groups that people have saved."""
    assert [(name, setting["type"], setting.get("scope")) for name, setting in SETTINGS.items()] == [
        ("api_key", "secret-input", None),
        ("chat_model", "model-selector", "llm"),
        ("embedding_model", "model-selector", "text-embedding"),
        ("speech_model", "model-selector", "tts"),
        ("transcription_model", "model-selector", "speech2text"),
        ("moderation_model", "model-selector", "moderation"),
        ("rerank_model", "text-input", None),
        ("models", "text-input", None),
        ("chat_app", "app-selector", "chat"),
        ("workflow_app", "app-selector", "workflow"),
        ("completion_app", "app-selector", "completion"),
        ("apps", "text-input", None),
        ("tools", "array[tools]", None),
        ("reach", "select", None),
        ("allowed_origins", "text-input", None),
    ]
    assert [option["value"] for option in SETTINGS["reach"]["options"]] == ["configured", "workspace"]


def test_only_the_key_has_to_be_set_and_the_form_shows_what_it_reaches():
    assert [name for name, setting in SETTINGS.items() if setting["required"]] == ["api_key"]
    assert {name: setting["default"] for name, setting in SETTINGS.items() if "default" in setting} == {
        "reach": "configured"
    }


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_explained_in_all_four_languages(name):
    texts = [SETTINGS[name]["label"], SETTINGS[name]["help"]]
    texts += [option["label"] for option in SETTINGS[name].get("options", [])]
    texts += [SETTINGS[name]["placeholder"]] if "placeholder" in SETTINGS[name] else []

    for text in texts:
        assert set(text) == LANGUAGES
        assert all(value.strip() for value in text.values())
    for text in (SETTINGS[name]["label"], SETTINGS[name]["help"]):
        assert len(set(text.values())) == len(LANGUAGES), "a translation repeats another language"
    for place, text in enumerate(SETTINGS[name]["help"].values()):
        ends = "。" if place in (1, 2) else "."
        assert text.endswith(ends)


def test_the_routes_are_those_of_the_yaml_files():
    any_path = {"endpoints/not_found.py", "endpoints/preflight.py"}
    own = [endpoint for endpoint in ENDPOINTS.values() if endpoint["extra"]["python"]["source"] not in any_path]

    assert {endpoint["path"]: endpoint["method"] for endpoint in own} == ROUTES


def test_every_file_is_in_the_group_once():
    files = {str(path.relative_to(ROOT)) for path in (ROOT / "endpoints").rglob("*.yaml")} - {"endpoints/group.yaml"}
    modules = [path.relative_to(ROOT) for path in (ROOT / "endpoints").rglob("*.py")]
    sources = {str(path) for path in modules if not {"wire", "http"} & set(path.parts)}

    assert Counter(GROUP["endpoints"]) == Counter(files)
    assert {endpoint["extra"]["python"]["source"] for endpoint in ENDPOINTS.values()} == sources


def test_every_method_of_a_path_is_answered_once():
    answered = Counter((endpoint["method"], endpoint["path"]) for endpoint in ENDPOINTS.values())

    assert set(answered.values()) == {1}
    for path in CATCH_ALL:
        assert {method for method, found in answered if found == path} == {"GET", "POST", "PUT", "DELETE", "OPTIONS"}


@pytest.mark.parametrize("name", ENDPOINTS)
def test_every_file_is_as_the_daemon_takes_it(name):
    endpoint = ENDPOINTS[name]

    assert set(endpoint) - {"hidden"} == {"path", "method", "extra"}
    assert endpoint["path"].startswith("/")
    assert endpoint["method"] in {"HEAD", "GET", "POST", "PUT", "DELETE", "OPTIONS"}
    Map([Rule(endpoint["path"])])


def test_dify_lists_the_page_that_says_how_to_connect_and_the_few_addresses_that_most_programs_want():
    """Its panel shows the addresses in the order of the group, cut so that only their beginnings can be read."""
    shown = [ENDPOINTS[name] for name in GROUP["endpoints"] if not ENDPOINTS[name].get("hidden")]

    assert [(endpoint["method"], endpoint["path"]) for endpoint in shown] == [
        ("GET", "/"),
        ("POST", "/v1/chat/completions"),
        ("POST", "/v1/responses"),
        ("POST", "/v1/messages"),
        ("POST", "/mcp"),
    ]


def test_a_refusal_names_the_routes_in_the_same_order():
    listed = [ENDPOINTS[name] for name in GROUP["endpoints"]]

    assert [each["path"] for each in listed if ROUTES.get(each["path"]) == each["method"]] == list(ROUTES)


def test_the_sdk_serves_what_the_files_say():
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        registered = PluginRegistration(DifyPluginEnv()).endpoints

    rules = Counter((rule.rule, frozenset(rule.methods - {"HEAD"})) for rule in registered.iter_rules())
    assert rules == Counter((endpoint["path"], frozenset([endpoint["method"]])) for endpoint in ENDPOINTS.values())


def test_the_manifest_declares_the_group_and_asks_for_what_it_calls():
    manifest = yaml.safe_load((ROOT / "manifest.yaml").read_text())

    assert manifest["plugins"]["endpoints"] == ["endpoints/group.yaml"]
    permissions = manifest["resource"]["permission"]
    assert permissions["endpoint"] == {"enabled": True}
    assert permissions["app"] == {"enabled": True}
    assert all(permissions["model"].values())


@pytest.mark.parametrize(("route", "valid"), [(route, valid) for route, valids in VALID.items() for valid in valids])
def test_every_route_answers_a_good_request(api, tmp_path, route, valid):
    with FileServer(uploads=tmp_path) as uploads:
        api.handler = answering(uploads)
        sent = request(route, valid)

        answer = api.http.request(sent.method, valid.path, content=sent.read(), headers=typed(sent))

    assert answer.status_code in (200, 201), answer.text
    assert set(VALID) == set(ROUTES)


def typed(sent):
    return {"Content-Type": sent.headers["Content-Type"]} if "Content-Type" in sent.headers else {}
