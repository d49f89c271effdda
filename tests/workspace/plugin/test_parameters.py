from pathlib import Path
from typing import Any

import pytest

from workspace.cli.arguments import add_default_models, read_arguments
from workspace.plugin.files import file_parameter
from workspace.plugin.folder import Option, Parameter, Tool
from workspace.plugin.parameters import ParameterError, cast, cast_from_dify, credentials, tool_parameters
from workspace.plugin.selectors import model_selector, model_type_of

FILE = file_parameter("http://127.0.0.1/a.txt", filename="a.txt", mime_type="text/plain", size=1)
MODEL = {"provider": "p", "model": "m", "model_type": "tts"}


def parameter(
    kind: str,
    name: str = "it",
    *,
    required: bool = False,
    default: Any = None,
    options: tuple[str, ...] = (),
    scope: str = "",
    multiple: bool = False,
) -> Parameter:
    return Parameter(
        name=name,
        type=kind,
        form="llm",
        required=required,
        default=default,
        options=tuple(Option(option, option) for option in options),
        minimum=None,
        maximum=None,
        scope=scope,
        multiple=multiple,
        label=name.title(),
        description="",
    )


def tool(*parameters: Parameter) -> Tool:
    return Tool("provider", "tool", "Tool", "", "", parameters, {})


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("string", "text", "text"),
        ("string", 5, "5"),
        ("secret-input", "s", "s"),
        ("dynamic-select", "whatever", "whatever"),
        ("number", "3", 3),
        ("number", "3.0", 3.0),
        ("number", " -7 ", -7),
        ("number", 2.5, 2.5),
        ("boolean", "Yes", True),
        ("boolean", "1", True),
        ("boolean", True, True),
        ("boolean", "n", False),
        ("boolean", "false", False),
        ("boolean", 0, False),
        ("object", '{"a": 1}', {"a": 1}),
        ("object", {"a": 1}, {"a": 1}),
        ("array", "[1, 2]", [1, 2]),
        ("array", [1], [1]),
        ("array", "one", ["one"]),
        ("array", '{"a": 1}', ['{"a": 1}']),
        ("any", [1, {"b": None}], [1, {"b": None}]),
        ("file", FILE, FILE),
        ("file", [FILE], FILE),
        ("files", FILE, [FILE]),
        ("files", [FILE, FILE], [FILE, FILE]),
        ("model-selector", MODEL, MODEL),
        ("app-selector", {"app_id": "a"}, {"app_id": "a"}),
    ],
)
def test_a_value_is_cast_to_the_declared_type(kind: str, given: Any, expected: Any) -> None:
    value = cast(parameter(kind), given)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("declared", "given", "problem"),
    [
        (parameter("number"), "three", "it: it takes a number, such as it:=3, not 'three'."),
        (parameter("number"), True, "it: it takes a number, such as it:=3, not True."),
        (parameter("boolean"), "maybe", "it: it takes true or false, as it:=true, not 'maybe'."),
        (parameter("select", options=("a", "b")), "c", "it: it is one of a, b, not 'c'."),
        (parameter("string"), FILE, "it: it takes text, not a file; it=@path gives it the file's text."),
        (parameter("file"), "a.txt", "it: it takes a file, as it@path."),
        (parameter("file"), [FILE, FILE], "it: it takes one file, not 2."),
        (parameter("files"), [FILE, "a.txt"], "it: it takes a file, as it@path."),
        (parameter("object"), "[1]", """it: it takes a JSON object, as it:='{"key": "value"}'."""),
        (
            parameter("model-selector"),
            "p/m",
            "it: the selector must be a dictionary with provider, model, model_type.",
        ),
        (parameter("app-selector"), {"inputs": {}}, "it: the selector must be a dictionary with app_id."),
    ],
)
def test_a_value_of_another_kind_is_refused_in_a_sentence(declared: Parameter, given: Any, problem: str) -> None:
    with pytest.raises(ParameterError) as caught:
        cast(declared, given)
    assert str(caught.value) == problem


LIST = ["a", {"b": None, "c": True}]


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("string", LIST, "['a', {'b': None, 'c': True}]"),
        ("string", {"a": "it's"}, """{'a': "it's"}"""),
        ("string", True, "True"),
        ("string", 2.0, "2.0"),
        ("string", None, ""),
        ("secret-input", ["a"], "['a']"),
        ("select", 3, "3"),
        ("select", ["a"], "['a']"),
        ("select", "", ""),
        ("dynamic-select", {"a": 1}, "{'a': 1}"),
        ("checkbox", False, "False"),
        ("number", [1], None),
        ("number", {"a": 1}, None),
        ("number", True, True),
        ("number", "", None),
        ("number", None, None),
        ("boolean", [], False),
        ("boolean", ["false"], True),
        ("boolean", 2, True),
        ("boolean", None, False),
        ("boolean", "", False),
        ("object", LIST, {}),
        ("object", 3, {}),
        ("object", "", {}),
        ("object", None, {}),
        ("array", {"a": 1}, [{"a": 1}]),
        ("array", 3, [3]),
        ("array", "", [""]),
        ("array", None, [None]),
        ("array", [], []),
        ("any", None, None),
        ("file", [FILE], FILE),
        ("file", {"a": 1}, {"a": 1}),
        ("file", None, None),
        ("files", 3, [3]),
        ("files", None, [None]),
        ("model-selector", MODEL, MODEL),
    ],
)
def test_of_a_value_that_is_no_text_becomes_what_dify_makes_of_it(kind: str, given: Any, expected: Any) -> None:
    value = cast_from_dify(parameter(kind, options=("a", "b")), given)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("kind", "given", "problem"),
    [
        ("model-selector", None, "The selector must be a dictionary."),
        ("app-selector", ["a"], "The selector must be a dictionary."),
        ("file", [FILE, FILE], "This parameter only accepts one file but got multiple files while invoking."),
        ("file", [], "This parameter only accepts one file but got multiple files while invoking."),
        ("any", object(), "The var selector must be a string, dictionary, list or number."),
        ("number", "three", "it: it takes a number, such as it:=3, not 'three'."),
        ("select", "c", "it: it is one of a, b, not 'c'."),
    ],
)
def test_what_dify_refuses_is_refused(kind: str, given: Any, problem: str) -> None:
    with pytest.raises(ParameterError) as caught:
        cast_from_dify(parameter(kind, options=("a", "b")), given)
    assert str(caught.value) == problem


@pytest.mark.parametrize("given", [LIST, {"a": None}, True, 5])
def test_what_is_typed_for_a_text_and_is_none_becomes_text_as_in_dify(given: Any) -> None:
    assert cast(parameter("string"), given) == str(given)


def test_a_select_of_several_options_is_a_list() -> None:
    several = parameter("select", options=("a", "b"), multiple=True)
    assert cast(several, ["a", "b"]) == ["a", "b"]
    assert cast(several, "a") == ["a"]
    with pytest.raises(ParameterError, match="it is one of a, b, not 'c'"):
        cast(several, ["a", "c"])


def test_defaults_are_filled_in_and_cast_and_the_rest_is_left_out() -> None:
    declared = tool(
        parameter("string", "text", required=True),
        parameter("number", "n", default="2"),
        parameter("boolean", "flag", default=False),
        parameter("string", "hint"),
    )
    assert tool_parameters(declared, {"text": ""}) == {"text": "", "n": 2, "flag": False}


def test_none_leaves_out_even_what_is_required_or_has_a_default() -> None:
    declared = tool(parameter("model-selector", "model", required=True), parameter("number", "n", default=2))
    assert tool_parameters(declared, {"model": None, "n": None}) == {}


def test_what_is_required_is_named_when_it_is_missing() -> None:
    declared = tool(
        parameter("string", "a", required=True),
        parameter("string", "b", required=True),
        parameter("string", "c", required=True),
        parameter("string", "d", required=True, default="x"),
    )
    with pytest.raises(ParameterError, match=r"^tool needs a, b and c: write a=text b=text c=text$"):
        tool_parameters(declared, {})


def test_an_unknown_name_is_refused_with_those_that_are_close() -> None:
    declared = tool(parameter("string", "query"), parameter("string", "model"))
    with pytest.raises(ParameterError, match=r"^tool has no parameter 'qurey': did you mean query\?$"):
        tool_parameters(declared, {"qurey": "x"})
    with pytest.raises(ParameterError, match=r"^tool has no parameter 'zzz': it has query, model\.$"):
        tool_parameters(declared, {"zzz": "x"})


def test_credentials_are_checked_and_defaulted_by_what_the_provider_declares() -> None:
    declared = [
        parameter("secret-input", "door_key", required=True),
        parameter("boolean", "vip"),
        parameter("text-input", "floor", default="ground"),
    ]
    assert credentials(declared, {"door_key": "5", "vip": "yes"}) == {"door_key": "5", "vip": True, "floor": "ground"}
    with pytest.raises(
        ParameterError, match=r"^the provider needs door_key \(Door_Key\): write --credential door_key=\.\.\.$"
    ):
        credentials(declared, {})
    with pytest.raises(ParameterError, match="has no credential 'dor_key': did you mean door_key"):
        credentials(declared, {"dor_key": "5"})


# -- on the command line


def share(path: Path) -> dict[str, Any]:
    path.stat()
    return {**FILE, "filename": path.name}


def read(*arguments: str, declared: Tool) -> dict[str, Any]:
    return read_arguments(declared, arguments, share=share)


def test_the_notation_is_httpies(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("Zwölf: = @\n")
    (tmp_path / "value.json").write_text('{"a": [1]}')
    declared = tool(*(parameter("any", name) for name in "abcdef"), parameter("string", "mail"))
    assert read(
        "a=b:=c@d",
        "b:=[1, null]",
        f"c=@{tmp_path}/text.txt",
        f"d:=@{tmp_path}/value.json",
        f"e@{tmp_path}/text.txt",
        "f=",
        "mail=somebody@example.com",
        declared=declared,
    ) == {
        "a": "b:=c@d",
        "b": [1, None],
        "c": "Zwölf: = @\n",
        "d": {"a": [1]},
        "e": {**FILE, "filename": "text.txt"},
        "f": "",
        "mail": "somebody@example.com",
    }


def test_what_takes_several_values_is_repeated(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "b").touch()
    declared = tool(parameter("files", "files"), parameter("select", "tags", multiple=True), parameter("string", "one"))
    values = read(f"files@{tmp_path}/a", f"files@{tmp_path}/b", "tags=x", "tags=y", "tags=z", declared=declared)
    assert [file["filename"] for file in values["files"]] == ["a", "b"]
    assert values["tags"] == ["x", "y", "z"]
    with pytest.raises(ParameterError, match=r"^one: it is given twice and takes one value\.$"):
        read("one=1", "one=2", declared=declared)


@pytest.mark.parametrize(
    ("argument", "problem"),
    [
        ("hello", "'hello' is not a parameter: write name=text, name:=json or name@file."),
        ("=x", "'=x' is not a parameter: write name=text, name:=json or name@file."),
        ("txet=x", "tool has no parameter 'txet': did you mean text?"),
        ("TEXT=x", "tool has no parameter 'TEXT': did you mean text?"),
        ("text@/nowhere/a", "text: /nowhere/a cannot be read: No such file or directory."),
        ("text=@/nowhere/a", "text: /nowhere/a cannot be read: No such file or directory."),
        ("text:=hello", "text: this is not JSON ("),
    ],
)
def test_an_argument_that_cannot_be_read_is_refused_in_a_sentence(argument: str, problem: str) -> None:
    with pytest.raises(ParameterError) as caught:
        read(argument, declared=tool(parameter("string", "text")))
    assert str(caught.value).startswith(problem)


def test_a_file_that_is_no_text_is_refused_as_text(tmp_path: Path) -> None:
    (tmp_path / "voice").write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(ParameterError, match="is no UTF-8 text.$"):
        read(f"text=@{tmp_path}/voice", declared=tool(parameter("string", "text")))


@pytest.mark.parametrize(
    ("name", "provider", "model"),
    [
        ("langgenius/openai/openai/gpt-4o", "langgenius/openai/openai", "gpt-4o"),
        ("langgenius/ollama/ollama/library/llama3", "langgenius/ollama/ollama", "library/llama3"),
        ("openai/gpt-4o", "openai", "gpt-4o"),
        ("openrouter/meta/llama-3", "openrouter", "meta/llama-3"),
        ("gpt-4o", "local", "gpt-4o"),
    ],
)
def test_a_model_is_written_as_provider_and_name(name: str, provider: str, model: str) -> None:
    assert model_selector(name, scope="rerank") == {"provider": provider, "model": model, "model_type": "rerank"}


def test_a_language_model_has_what_the_editor_adds() -> None:
    declared = tool(parameter("model-selector", "model", scope="llm&vision"), parameter("app-selector", "app"))
    assert read("model=p/m", "app=1-2-3", declared=declared) == {
        "model": {"provider": "p", "model": "m", "model_type": "llm", "mode": "chat", "completion_params": {}},
        "app": {"app_id": "1-2-3", "inputs": {}, "files": []},
    }
    assert read('model:={"provider": "p"}', declared=declared) == {"model": {"provider": "p"}}


@pytest.mark.parametrize(
    ("scope", "model_type"),
    [
        ("", "llm"),
        ("tts", "tts"),
        ("tool-call&llm", "llm"),
        ("vision", "llm"),
        ("rerank&text-embedding", "text-embedding"),
    ],
)
def test_the_type_of_a_model_follows_from_the_scope(scope: str, model_type: str) -> None:
    assert model_type_of(scope) == model_type


def test_only_a_required_model_that_was_not_given_is_picked() -> None:
    declared = tool(
        parameter("model-selector", "voice", scope="tts", required=True),
        parameter("model-selector", "judge", scope="rerank"),
        parameter("model-selector", "mind", scope="llm", required=True),
    )
    values: dict[str, Any] = {"mind": None}
    assert add_default_models(declared, values, {"tts": "local/espeak", "llm": "local/x"}) == {"voice": "local/espeak"}
    assert values == {
        "mind": None,
        "voice": {"provider": "local", "model": "espeak", "model_type": "tts"},
    }
