import shutil
import sys
from pathlib import Path

import pytest

from workspace.plugin.errors import PluginFolderError
from workspace.plugin.folder import Option, read_plugin_folder

GREETER = Path(__file__).parent / "plugins" / "greeter"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GREETER, tmp_path / "greeter"))


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


def test_a_folder_tells_what_the_plugin_is() -> None:
    folder = read_plugin_folder(GREETER)
    assert (folder.author, folder.name, folder.version, folder.entrypoint) == ("tests", "greeter", "0.0.1", "main")
    assert folder.permission == {"model": {"enabled": True, "llm": True}}
    assert folder.manifest["resource"]["memory"] == 67108864
    assert [tool.name for tool in folder.tools] == ["greet", "describe_files", "draw", "ask", "fail", "enter"]


def test_a_tool_has_its_parameters_with_all_that_the_yaml_says() -> None:
    tool = read_plugin_folder(GREETER).tool("greet")
    assert (tool.provider, tool.label, tool.description) == (
        "greeter",
        "Greet",
        "Greets somebody, as often as you like.",
    )
    assert list(tool.output_schema["properties"]) == ["greeting", "parameters"]
    name, times, style, shout = tool.parameters
    assert (name.type, name.form, name.required, name.default, name.description) == (
        "string",
        "llm",
        True,
        None,
        "Who is greeted.",
    )
    assert (times.type, times.default, times.minimum, times.maximum) == ("number", 1, 1, 5)
    assert (style.options, style.default) == ((Option("warm", "Warm"), Option("formal", "Formal")), "warm")
    assert (shout.type, shout.default, shout.form) == ("boolean", False, "form")


def test_a_provider_declares_its_credentials() -> None:
    door_key, floor = read_plugin_folder(GREETER).provider("locked").credentials
    assert (door_key.name, door_key.required, door_key.label, door_key.description) == (
        "door_key",
        True,
        "Key of the door",
        "It hangs by the door.",
    )
    assert (floor.required, floor.default) == (False, "ground")


def test_an_unknown_tool_is_refused_with_those_that_are_close() -> None:
    folder = read_plugin_folder(GREETER)
    with pytest.raises(PluginFolderError, match=r"^greeter has no tool 'greeet': did you mean greet\?$"):
        folder.tool("greeet")
    with pytest.raises(PluginFolderError, match=r"did you mean greet\?$"):
        folder.tool("GREET")
    with pytest.raises(PluginFolderError, match=r"'something_else': it has greet, describe_files, draw, .*enter\.$"):
        folder.tool("something_else")


def test_two_tools_of_one_name_are_told_apart_by_their_providers(folder: Path) -> None:
    change(folder / "tools" / "enter.yaml", "name: enter", "name: greet")
    plugin = read_plugin_folder(folder)
    with pytest.raises(PluginFolderError, match="write greeter/greet or locked/greet"):
        plugin.tool("greet")
    assert plugin.tool("locked/greet").provider == "locked"


def test_a_plugin_runs_under_the_python_of_its_own_environment_if_it_has_one(folder: Path) -> None:
    plugin = read_plugin_folder(folder)
    assert (plugin.python, plugin.own_python) == (Path(sys.executable), False)
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    plugin = read_plugin_folder(folder)
    assert (plugin.python, plugin.own_python) == (python, True)


def test_a_folder_without_tools_or_permissions_is_a_plugin_too(folder: Path) -> None:
    change(folder / "manifest.yaml", "    - provider/greeter.yaml\n    - provider/locked.yaml\n", "")
    change(folder / "manifest.yaml", "resource:\n", "elsewhere:\n")
    plugin = read_plugin_folder(folder)
    assert plugin.tools == ()
    assert plugin.permission == {}
    with pytest.raises(PluginFolderError, match="it has no tools"):
        plugin.tool("greet")


def test_text_without_an_english_form_is_given_in_what_there_is(folder: Path) -> None:
    change(folder / "tools" / "greet.yaml", "en_US: Greet\n", "ja_JP: 挨拶\n")
    change(folder / "tools" / "draw.yaml", "  label:\n    en_US: Draw\n", "")
    plugin = read_plugin_folder(folder)
    assert plugin.tool("greet").label == "挨拶"
    assert plugin.tool("greet").label.translations == {"ja_JP": "挨拶"}
    assert plugin.tool("draw").label == "draw"
    assert plugin.tool("draw").label.translations == {"en_US": "draw"}


def test_a_text_comes_in_all_its_languages(folder: Path) -> None:
    change(
        folder / "manifest.yaml",
        "label:\n  en_US: Greeter\n",
        "label: {zh_Hans: 问候, en_US: ' Greeter ', pt_BR: '', ja_JP: 3}\n",
    )
    change(folder / "tools" / "greet.yaml", "      en_US: Who is greeted.\n", "      zh_Hans: 谁\n      en_US: Who\n")
    change(folder / "tools" / "greet.yaml", "  - name: name\n", "  - name: name\n    placeholder: Ada\n")
    plugin = read_plugin_folder(folder)
    name = plugin.tool("greet").parameters[0]

    assert (plugin.label, plugin.label.translations) == ("Greeter", {"zh_Hans": "问候", "en_US": "Greeter"})
    assert (name.description, name.description.translations) == ("Who", {"zh_Hans": "谁", "en_US": "Who"})
    assert (name.placeholder, name.placeholder.translations) == ("Ada", {"en_US": "Ada"})
    assert not plugin.tool("draw").parameters[0].placeholder.translations


@pytest.mark.parametrize(
    ("file", "before", "after", "problem"),
    [
        ("manifest.yaml", "author: tests\n", "", "manifest.yaml lacks author, or it is no text."),
        ("manifest.yaml", "entrypoint: main", "point: main", "manifest.yaml lacks meta.runner.entrypoint"),
        ("manifest.yaml", "entrypoint: main", "entrypoint: start", "names the entrypoint 'start', but there is no"),
        ("manifest.yaml", "name: greeter", "name: [", "manifest.yaml is not YAML in line"),
        ("manifest.yaml", "provider/greeter.yaml", "provider/none.yaml", "provider/none.yaml cannot be read in"),
        (
            "manifest.yaml",
            "    - provider/greeter.yaml\n    - provider/locked.yaml",
            "    a: b",
            "must be a list of file names",
        ),
        ("provider/greeter.yaml", "name: greeter", "nom: greeter", "provider/greeter.yaml lacks identity.name"),
        ("provider/greeter.yaml", "tools/draw.yaml", "tools/drew.yaml", "tools/drew.yaml cannot be read in"),
        ("tools/draw.yaml", "    type: number\n", "", "tools/draw.yaml lacks parameters[0].type, or it is no text."),
        ("tools/draw.yaml", "parameters:\n  - name", "parameters:\n    name", "parameters must be a list of mappings."),
        (
            "tools/greet.yaml",
            "output_schema:\n  type: object",
            "output_schema: x\nother:\n  type: x",
            "must be a mapping",
        ),
    ],
)
def test_a_problem_is_one_sentence_that_names_the_file(
    folder: Path, file: str, before: str, after: str, problem: str
) -> None:
    change(folder / file, before, after)
    with pytest.raises(PluginFolderError) as caught:
        read_plugin_folder(folder)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_plugin_folder_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(PluginFolderError, match="is no folder"):
        read_plugin_folder(tmp_path / "nothing")
    with pytest.raises(PluginFolderError, match=r"^manifest\.yaml cannot be read in .*: No such file or directory\.$"):
        read_plugin_folder(tmp_path)
    (tmp_path / "manifest.yaml").write_text("- a list")
    with pytest.raises(PluginFolderError, match="holds no mapping"):
        read_plugin_folder(tmp_path)


# -- endpoints


@pytest.fixture
def with_endpoints(folder: Path) -> Path:
    change(folder / "manifest.yaml", "plugins:\n", "plugins:\n  endpoints: [unused.yaml, group.yaml]\n")
    (folder / "group.yaml").write_text("""\
settings:
  - {name: key, type: secret-input, required: true, help: {en_US: A long text.}}
  - {name: model, type: model-selector, scope: llm}
endpoints: [one.yaml, two.yaml]
""")
    (folder / "one.yaml").write_text("{path: /one/<path:id>, method: GET}")
    (folder / "two.yaml").write_text("{path: /two, method: POST, hidden: true}")
    return folder


def test_a_plugin_has_the_last_of_its_groups_of_endpoints(with_endpoints: Path) -> None:
    group = read_plugin_folder(with_endpoints).group

    assert group is not None
    key, model = group.settings
    assert (key.name, key.type, key.required, key.description) == ("key", "secret-input", True, "A long text.")
    assert (model.scope, model.required) == ("llm", False)
    assert [(endpoint.route, endpoint.hidden) for endpoint in group.endpoints] == [
        ("GET /one/<path:id>", False),
        ("POST /two", True),
    ]


def test_a_plugin_need_not_have_endpoints() -> None:
    assert read_plugin_folder(GREETER).group is None


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("group.yaml", "settings: {key: {type: text-input}}", "group.yaml: settings must be a list of mappings."),
        ("group.yaml", "endpoints: [{path: /one}]", "group.yaml: endpoints must be a list of file names."),
        ("group.yaml", "settings: [{type: text-input}]", "group.yaml lacks settings[0].name, or it is no text."),
        ("one.yaml", "{path: /one}", "one.yaml lacks method, or it is no text."),
        ("one.yaml", "{method: GET}", "one.yaml lacks path, or it is no text."),
    ],
)
def test_endpoints_that_cannot_be_used_are_told(with_endpoints: Path, file: str, content: str, problem: str) -> None:
    (with_endpoints / file).write_text(content)

    with pytest.raises(PluginFolderError) as error:
        read_plugin_folder(with_endpoints)
    assert str(error.value) == problem
