"""What a plugin gets of a value, by its kind, by how the editor keeps it, and by the type of the parameter.

As it was seen in a real Dify: a list that goes into a text parameter arrives as Python writes it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.workspace.dify.fake_models import EVERYTHING, FakeModels
from tests.workspace.plugin.plugins.bare import write_plugin
from tests.workspace.workflows.conftest import MakeApp
from tests.workspace.workflows.dsl_files import end, events_of, finished, of_node, start, tool, variable
from workspace.local import local_dify
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.process import PluginProcess
from workspace.workflows.plugin_tools import PluginTools

pytestmark = pytest.mark.usefixtures("child_process")

ECHO = """
def request(session, data):
    answer(session, "stream", {"type": "json", "message": {"json_object": [data["tool_parameters"]]}})
    end(session)
"""
TEXTS = ["Bread rises.", "Lisbon is\nin Portugal."]
OBJECTS = [{"content": "Bread rises.", "score": None, "kept": True}]
GIVEN = {"given": {"texts": TEXTS, "objects": OBJECTS, "number": 2, "none": [], "one": {"a": "it's"}}}


def declared(name: str, kind: str, form: str) -> dict[str, Any]:
    words = {"en_US": name}
    return {"name": name, "type": kind, "form": form, "required": False, "label": words, "human_description": words}


PARAMETERS = [
    declared(f"{kind}_{form}", kind, form)
    for kind in ("string", "number", "boolean", "array", "object", "any")
    for form in ("llm", "form")
]


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginTools]:
    folder = read_plugin_folder(write_plugin(tmp_path_factory.mktemp("echo"), ECHO, parameters=PARAMETERS))
    tools = PluginTools(folder)
    with PluginProcess(folder, local_dify(EVERYTHING, FakeModels()).handle) as tools.plugin:
        yield tools


@pytest.fixture
def arrived(make: MakeApp, echo: PluginTools) -> Callable[..., Any]:
    """What the plugin gets as the parameter `name`, for an input as the editor keeps it."""

    def arrived(name: str, kept: Any) -> Any:
        do = tool("do", provider="tests/bare/bare")
        do["data"]["tool_configurations" if name.endswith("_form") else "tool_parameters"] = {name: kept}
        tried = make(start(variable("given", "json_object")), do, end(seen=["do", "json"]), tools=echo)
        events = events_of(tried, GIVEN)
        assert finished(events)["status"] == "succeeded", of_node(events, "do")["error"]
        [[seen]] = finished(events)["outputs"]["seen"]
        assert set(seen) == {name}  # what is not set does not arrive
        return seen[name]

    return arrived


def of_variable(*names: str) -> dict[str, Any]:
    return {"type": "variable", "value": ["start", "given", *names]}


def mixed(text: str) -> dict[str, Any]:
    return {"type": "mixed", "value": text}


def constant(value: Any) -> dict[str, Any]:
    return {"type": "constant", "value": value}


@pytest.mark.parametrize("form", ["llm", "form"])
@pytest.mark.parametrize(
    ("kind", "kept", "expected"),
    [
        ("string", of_variable("texts"), str(TEXTS)),
        ("string", of_variable("objects"), str(OBJECTS)),
        ("string", of_variable("one"), """{'a': "it's"}"""),
        ("string", of_variable("number"), "2"),
        ("string", mixed("{{#start.given.texts#}}"), '["Bread rises.", "Lisbon is\\nin Portugal."]'),
        ("string", mixed("{{#start.given.objects#}}"), str(OBJECTS)),
        ("string", mixed("{{#start.given.one#}}"), """{"a": "it's"}"""),
        ("string", mixed("{{#start.given.none#}}"), ""),
        ("string", mixed("a b\nLisbon"), "a b\nLisbon"),
        ("array", of_variable("texts"), TEXTS),
        ("array", of_variable("objects"), OBJECTS),
        ("array", of_variable("none"), []),
        ("array", of_variable("one"), [{"a": "it's"}]),
        ("array", of_variable("number"), [2]),
        ("array", mixed("{{#start.given.texts#}}"), TEXTS),
        ("array", mixed("{{#start.given.objects#}}"), [str(OBJECTS)]),
        ("array", mixed("a b\nLisbon"), ["a b\nLisbon"]),
        ("array", mixed("a b {{#start.given.texts#}}"), ['a b ["Bread rises.", "Lisbon is\\nin Portugal."]']),
        ("array", constant('["a", "b"]'), ["a", "b"]),
        ("array", constant("a\nb"), ["a\nb"]),
        ("object", of_variable("one"), {"a": "it's"}),
        ("object", of_variable("texts"), {}),
        ("object", mixed("{{#start.given.one#}}"), {"a": "it's"}),
        ("object", constant('{"a": 1}'), {"a": 1}),
        ("number", of_variable("texts"), None),
        ("boolean", of_variable("none"), False),
        ("boolean", of_variable("texts"), True),
        ("any", of_variable("objects"), OBJECTS),
        ("any", of_variable("number"), 2),
    ],
)
def test_a_value_arrives_as_in_dify(
    arrived: Callable[..., Any], form: str, kind: str, kept: Any, expected: Any
) -> None:
    value = arrived(f"{kind}_{form}", kept)

    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("array_form", ["a b", "Lisbon"]),
        ("array_llm", ["['a b', 'Lisbon']"]),
        ("string_form", "['a b', 'Lisbon']"),
        ("string_llm", "['a b', 'Lisbon']"),
        ("any_form", ["a b", "Lisbon"]),
        ("any_llm", "['a b', 'Lisbon']"),
    ],
)
def test_a_list_that_stands_in_the_file_arrives_as_in_dify(
    arrived: Callable[..., Any], name: str, expected: Any
) -> None:
    assert arrived(name, constant(["a b", "Lisbon"])) == expected
