"""Remote debugging: what a plugin tells about itself when it connects, and who is let in."""

import base64
import copy
import threading

import pytest
import yaml

from tests.transports.conftest import DEBUGGING_KEY, LARGE_ASSET, plugin_folder
from tests.transports.debugging_port import DebuggingPort, Refused, Registration
from tests.transports.hosted import ROOT, Hosted
from workspace.plugin.errors import PluginGone
from workspace.plugin.folder import read_plugin_folder

FOLDER = read_plugin_folder(ROOT)


@pytest.fixture
def registration(remote, debugging_port):
    return debugging_port.registrations[0]


def test_everything_is_declared_in_the_order_of_the_protocol(registration):
    assert registration.key == DEBUGGING_KEY
    assert registration.kinds == [
        "handshake",
        "manifest_declaration",
        "tool_declaration",
        "endpoint_declaration",
        "asset_chunk",
        "end",
    ]


def test_the_declarations_are_those_of_the_yaml_files(registration):
    [provider], [group] = registration.tools, registration.endpoints
    settings = yaml.safe_load((ROOT / "endpoints" / "group.yaml").read_text())["settings"]

    assert registration.manifest["version"] == FOLDER.manifest["version"]
    assert registration.manifest["resource"] == FOLDER.manifest["resource"]
    assert {tool["identity"]["name"] for tool in provider["tools"]} == {tool.name for tool in FOLDER.tools}
    assert [setting["name"] for setting in group["settings"]] == [setting["name"] for setting in settings]
    assert {"/duck/<app_id>", "/v1/chat/completions", "/chat-messages"} <= {each["path"] for each in group["endpoints"]}


def test_assets_arrive_whole_and_those_in_folders_or_empty_do_not(registration):
    icons = {icon.name: icon.read_bytes() for icon in (ROOT / "_assets").iterdir()}

    assert registration.assets == {**icons, "large.bin": LARGE_ASSET}


def replaced(declaration, path, value):
    changed = place = copy.deepcopy(declaration)
    *way, last = path
    for key in way:
        place = place[key]
    place[last] = value
    return changed


def parameter(provider, of_type):
    """Where there is one of that type."""
    for at, tool in enumerate(provider["tools"]):
        for number, each in enumerate(tool["parameters"]):
            if each["type"] == of_type:
                return "tools", at, "parameters", number
    raise LookupError(of_type)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["author"], "Switchboard"),
        (["version"], "0.1"),
        (["label", "en_US"], ""),
        (["description", "ja_JP"], "x" * 1024),
        (["tags"], ["tools"]),
        (["resource", "memory"], 0),
        (["resource", "permission", "storage"], {"enabled": False, "size": 0}),
        (["meta", "arch"], ["riscv"]),
        (["repo"], 7),
    ],
)
def test_the_check_of_the_manifest_can_fail(registration, path, value):
    with pytest.raises(Refused, match="invalid plugin declaration"):
        Registration().add("manifest_declaration", replaced(registration.manifest, path, value), key=DEBUGGING_KEY)


@pytest.mark.parametrize(
    ("of_type", "name", "value"),
    [
        ("model-selector", "scope", "all"),
        ("app-selector", "scope", "agent"),
        ("string", "scope", "llm"),
        ("string", "type", "text-input"),
        ("string", "form", "both"),
        ("select", "label", {"zh_Hans": "x"}),
    ],
)
def test_the_check_of_the_tools_can_fail(registration, of_type, name, value):
    [provider] = registration.tools
    broken = replaced(provider, [*parameter(provider, of_type), name], value)

    with pytest.raises(Refused, match="tools register failed"):
        Registration().add("tool_declaration", [broken], key=DEBUGGING_KEY)


@pytest.mark.parametrize(
    ("path", "value"), [(["settings", 0, "type"], "string"), (["endpoints", 0, "method"], "PATCH")]
)
def test_the_check_of_the_endpoints_can_fail(registration, path, value):
    with pytest.raises(Refused, match="endpoints register failed"):
        Registration().add(
            "endpoint_declaration", [replaced(registration.endpoints[0], path, value)], key=DEBUGGING_KEY
        )


def test_a_plugin_that_declares_nothing_is_refused():
    with pytest.raises(Refused, match="no registration transferred"):
        Registration().add("end", {}, key=DEBUGGING_KEY)


def test_an_icon_that_does_not_come_is_noticed(registration):
    without = Registration(manifest=registration.manifest, tools=registration.tools)
    content = base64.b64encode(registration.assets["icon.svg"]).decode()
    without.add("asset_chunk", {"filename": "icon.svg", "data": content, "end": True}, key=DEBUGGING_KEY)

    with pytest.raises(Refused, match=r"file not found: icon-dark\.svg$"):
        without.add("end", {}, key=DEBUGGING_KEY)


def test_a_plugin_with_another_key_is_refused(workspace, tmp_path):
    port = DebuggingPort(key="another-key")
    folder = plugin_folder(tmp_path, port.address, DEBUGGING_KEY)

    with pytest.raises(Refused, match="invalid key"):
        Hosted(workspace, start=port.start, folder=folder)

    assert port.registrations[0].manifest == {}
    port.close()


def test_who_waits_learns_that_the_connection_is_lost(workspace, tmp_path):
    port, asked, lost = DebuggingPort(key=DEBUGGING_KEY), threading.Event(), threading.Event()

    def answer(_invoke_type, _payload):
        asked.set()
        assert lost.wait(10)
        yield {"data": "61"}

    with Hosted(workspace, start=port.start, folder=plugin_folder(tmp_path, port.address, DEBUGGING_KEY)) as hosted:
        workspace.handler = answer
        [plugin] = port.plugins
        threading.Thread(target=lambda: asked.wait(10) and plugin.hang_up()).start()
        with pytest.raises(PluginGone):
            hosted.call("storage", action="get", key="a")
        lost.set()
    port.close()
