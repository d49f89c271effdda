"""What the console tells of a plugin, and of the workspace around it."""

import shutil
from pathlib import Path

import pytest

from tests.served import ROOT
from tests.workspace.cli.calling import GREETER
from tests.workspace.console.api.serving import Console, console_of
from workspace.plugin.folder import read_plugin_folder

pytestmark = pytest.mark.usefixtures("child_process")


def test_the_texts_of_a_plugin_come_in_all_their_languages(stepper: Console) -> None:
    plugin = stepper.plugin()

    assert plugin["label"] == {"en_US": "Stepper", "ja_JP": "ステッパー"}
    assert plugin["description"] == {"zh_Hans": "一步一步"}
    walk, remember, locked = plugin["tools"]
    assert (walk["provider"], walk["name"], walk["label"]) == ("steps", "walk", {"en_US": "Walk", "pt_BR": "Andar"})
    assert (walk["description"], walk["llm_description"]) == ({"en_US": "Walks."}, "Does steps.")
    assert walk["output_schema"]["properties"] == {"found": {"type": "string"}}
    assert (remember["label"], remember["description"]) == ({"en_US": "remember"}, {})
    assert (locked["provider"], locked["name"]) == ("locked", "walk")


def test_a_parameter_comes_with_all_that_its_yaml_says(stepper: Console) -> None:
    steps, pace, way, model, *_ = stepper.plugin()["tools"][0]["parameters"]

    assert pace == {
        "name": "pace",
        "type": "number",
        "form": "form",
        "required": False,
        "default": 3,
        "options": [],
        "min": 1,
        "max": 9,
        "scope": "",
        "multiple": False,
        "label": {"en_US": "pace"},
        "description": {},
        "placeholder": {"en_US": "3", "ja_JP": "三"},
        "llm_description": "",
    }
    assert steps["llm_description"] == "The steps."
    assert model["scope"] == "llm"
    assert way["options"] == [
        {"value": "up", "label": {"en_US": "Up", "zh_Hans": "上"}},
        {"value": "down", "label": {"en_US": "down"}},
    ]


def test_a_tool_comes_with_the_credentials_it_needs(stepper: Console) -> None:
    walk, _, locked = stepper.plugin()["tools"]

    assert walk["credentials"] == []
    [door_key] = locked["credentials"]
    assert (door_key["name"], door_key["type"], door_key["required"]) == ("door_key", "secret-input", True)
    assert door_key["given"] is False


def test_a_route_comes_with_a_command_and_with_the_request_it_makes(stepper: Console) -> None:
    endpoints = stepper.plugin()["endpoints"]

    assert endpoints["url"] == stepper.endpoints
    walk, hidden = endpoints["routes"]
    assert (walk["method"], walk["path"], walk["hidden"]) == ("POST", "/walk/<name>", False)
    assert walk["request"] == {
        "method": "POST",
        "path": "/walk/home",
        "headers": {"Authorization": "Bearer test-key"},
        "json": [["text", "hello"]],
    }
    assert walk["curl"].startswith(f"curl -N {stepper.endpoints}/walk/home -H 'Authorization: Bearer test-key'")
    assert (hidden["hidden"], hidden["request"]["path"]) == (True, "/<path:path>")


def test_the_endpoints_are_of_the_host_that_was_asked(stepper: Console) -> None:
    url = stepper.url.replace("127.0.0.1", "localhost")
    answer = stepper.client.get("/console/api/plugin", headers={"Host": url.removeprefix("http://")})

    assert answer.json()["endpoints"]["url"] == f"{url}/e/hook"


def test_of_a_secret_setting_it_is_only_said_whether_it_is_set(stepper: Console) -> None:
    settings = stepper.plugin()["endpoints"]["settings"]

    assert [(one["name"], one["value"]) for one in settings] == [
        ("key", "set"),
        ("other_key", "not set"),
        ("tone", "warm"),
    ]


def test_the_workspace_names_its_models_its_voices_and_its_apps(stepper: Console) -> None:
    plugin = stepper.plugin()

    [llm] = plugin["models"]["llm"]
    assert (llm["provider"], llm["model"]) == ("local", "extractive")
    assert "no language model" in llm["description"]
    assert {kind: [one["model"] for one in models] for kind, models in plugin["models"].items()} == {
        "llm": ["extractive"],
        "text-embedding": ["minilm"],
        "rerank": ["minilm"],
        "moderation": ["profanity"],
        "speech2text": ["pocketsphinx"],
        "tts": ["espeak"],
    }
    assert {"value": "pt-br", "name": "Portuguese (Brazil)"} in plugin["models"]["tts"][0]["voices"]
    apps = {app["app_id"]: app for app in plugin["apps"]}
    assert (apps["chatbot"]["mode"], apps["workflow"]["mode"]) == ("chat", "workflow")
    assert {"remembering", "plugin-agent"} <= set(apps)
    assert "number" in {next(iter(field)) for field in apps["workflow"]["inputs"]}


def test_the_icon_is_the_plugin_s(stepper: Console) -> None:
    plugin = stepper.plugin()

    assert plugin["icon_dark"] is None
    icon = stepper.client.get(plugin["icon"])
    assert (icon.headers["Content-Type"], icon.text[:4]) == ("image/svg+xml; charset=utf-8", "<svg")
    assert stepper.client.get("/console/icon?dark").status_code == 404


def test_this_repository_s_plugin_is_there_whole(own: Console) -> None:
    plugin = own.plugin()
    folder = read_plugin_folder(ROOT)

    assert [tool["name"] for tool in plugin["tools"]] == [tool.name for tool in folder.tools]
    assert len(plugin["endpoints"]["routes"]) == len(folder.group.endpoints)
    assert plugin["permission"] == folder.permission
    assert own.client.get(plugin["icon_dark"]).status_code == 200
    assert Path(plugin["folder"]) == ROOT


@pytest.fixture
def greeter(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GREETER, tmp_path / "greeter"))


def test_a_plugin_of_the_sdk_without_endpoints_is_served(greeter: Path, tmp_path: Path) -> None:
    with console_of(greeter, tmp_path / "data", "--credential", "door_key=test-key") as console:
        assert console.endpoints is None
        plugin = console.plugin()
        assert plugin["endpoints"] is None
        credentials = [one for tool in plugin["tools"] for one in tool["credentials"]]
        assert {one["name"]: one["given"] for one in credentials}["door_key"] is True
        *_, outputs, end = console.call("greeter/greet", {"name": "Ada", "times": "2"})
        assert outputs["outputs"]["variables"]["greeting"] == "Hello, Ada! Hello, Ada! "
        assert end["event"] == "end"
        assert [event["event"] for event in console.call("locked/enter", {})][-2] == "outputs"
        error = console.call("greeter/fail", {})[-2]
        assert (error["kind"], error["message"]) == ("LookupError", "nothing to say")
        assert error["place"] == 'tools/fail.py:8: raise LookupError("nothing to say")'
        assert console.client.get("/e/hook/x").status_code == 404
