"""What every tool owes: to Dify (its YAML), to the workflow (its outputs), to its caller (its errors)."""

import itertools
from pathlib import Path

import jsonschema
import pytest

from switchboard import errors
from tests.app_replies import chat, completion
from tests.replies import llm_chunk
from tests.tool_cases import INVOKE_TYPES, TOOL_CASES, TOOLS, every_tool
from workspace.plugin.folder import read_plugin_folder
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError

ROOT = Path(__file__).parent.parent
STREAMED = {"llm", "llm_structured_output", "tts", "tool", "app"}
"""The types of invocations whose answer comes in pieces."""
WITH_SELECTOR = [
    tool.name for tool in read_plugin_folder(ROOT).tools if any("-selector" in each.type for each in tool.parameters)
]
SELECTORS = ("model-selector", "app-selector")


@pytest.fixture
def tool(registration, name):
    return registration.tools_mapping["switchboard"][2][name]


@pytest.fixture
def case(name, serve):
    return TOOL_CASES[name](serve)


def test_the_set_of_tools_is_pinned(registration):
    assert set(registration.tools_mapping["switchboard"][2]) == set(TOOLS)
    assert {path.stem for path in (ROOT / "tools").glob("*.py")} == set(TOOLS)
    assert {path.stem for path in (ROOT / "tools").glob("*.yaml")} == set(TOOLS)


@every_tool
def test_labels_descriptions_and_forms_are_as_dify_needs_them(tool):
    config, _ = tool

    assert config.description.llm.strip()
    assert config.output_schema["type"] == "object"
    assert not {"text", "json", "files"} & set(config.output_schema["properties"])
    for parameter in config.parameters:
        kind, form = parameter.type.value, parameter.form.value
        assert not (kind in ("file", "files") and parameter.required), "a required file breaks agents"
        assert (kind in SELECTORS) <= (form == "form"), "agents cannot fill selectors"
        assert (kind in SELECTORS) == bool(parameter.scope)
        assert (kind in ("array", "object", "any")) <= (form == "form"), "OpenAI refuses what agents make of these"
        assert (form == "llm") <= bool(parameter.llm_description), parameter.name


@every_tool
def test_a_selector_is_optional_and_has_a_text_beside_it(tool):
    """New agents keep no selector's value, and one that is required and missing fails them whole."""
    config, _ = tool
    parameters = [(each.name, each.type.value, each.form.value) for each in config.parameters]

    for place, selector in enumerate(config.parameters):
        if selector.type.value in SELECTORS:
            typed = config.parameters[place + 1]
            assert parameters[place + 1] == (f"{selector.name}_id", "string", "form")
            assert (selector.required, typed.required) == (False, False)
            assert (selector.default, typed.default) == (None, None)


@every_tool
def test_every_declared_output_is_emitted_and_nothing_else(tool, case):
    config, cls = tool

    outputs = case.dify().run(cls, case.parameters)

    assert set(outputs.variables) == set(config.output_schema["properties"])
    jsonschema.validate(outputs.variables, dict(config.output_schema))
    assert outputs.text


@every_tool
def test_every_parameter_matters(tool, case):
    config, cls = tool
    assert set(case.changes) == {parameter.name for parameter in config.parameters}

    def run(parameters):
        dify = case.dify()
        outputs = dify.run(cls, dict(parameters))
        return dify.requests, outputs

    before = run(case.parameters)
    for parameter, value in case.changes.items():
        assert run({**case.parameters, parameter: value}) != before, parameter


@every_tool
def test_the_visible_call_is_the_call_that_dify_gets(tool, case):
    _, cls = tool
    dify = case.dify()

    dify.run(cls, case.parameters)

    assert [invoke_type for invoke_type, _ in dify.requests if invoke_type not in case.also] == [case.invoke_type]


FAILURES = {
    "permission denied, you need to enable some access in plugin manifest": errors.NotPermitted,
    "request failed: Model some-model not exist.": errors.NotConfigured,
    'request failed with status code: 400 and respond with: {"code":"invalid_param","message":"no","status":400}': (
        errors.RefusedByDify
    ),
    "request failed: Traceback (most recent call last):\n  File: secrets sk-test1234567890": errors.ProviderFailed,
    "killed by timeout": errors.TimedOut,
    "No response from Dify": errors.NoAnswer,
    "request failed: EOF\nfailed to read data": errors.ProviderFailed,
}


@pytest.mark.parametrize("text", FAILURES)
@pytest.mark.parametrize(
    ("name", "answered"),
    [*((name, 0) for name in TOOLS), *((name, 1) for name in TOOLS if INVOKE_TYPES[name] in STREAMED)],
)
def test_every_failure_of_the_invocation_becomes_the_right_error(tool, case, text, answered):
    _, cls = tool
    dify = case.dify(*case.events[:answered], DifyError(text))

    with pytest.raises(FAILURES[text]) as caught:
        dify.run(cls, case.parameters)

    assert type(caught.value) is FAILURES[text]
    assert "Traceback" not in str(caught.value)
    assert "sk-test" not in str(caught.value)
    assert str(caught.value)[0].isupper() or str(caught.value)[0] == "`"
    assert str(caught.value).endswith((".", "…"))


@pytest.mark.parametrize("name", [name for name in TOOLS if name != "storage"])  # the SDK takes no answer for a yes
def test_a_dify_that_says_nothing_is_an_error(tool, case):
    _, cls = tool

    with pytest.raises(errors.InvocationError):
        StubbedDify(replies()).run(cls, case.parameters)


@every_tool
def test_a_dify_that_never_ends_is_an_error(tool, case):
    _, cls = tool
    dify = StubbedDify(lambda invoke_type, payload: itertools.repeat(None), max_invocation_timeout=2)

    with pytest.raises(errors.TimedOut, match="2 seconds"):
        dify.run(cls, case.parameters)


@every_tool
def test_no_parameters_at_all_is_refused_before_dify_is_asked(tool):
    _, cls = tool
    dify = StubbedDify(replies())

    with pytest.raises(errors.InvalidInput):
        dify.run(cls, {})

    assert dify.requests == []


@pytest.mark.parametrize("name", WITH_SELECTOR)
def test_selectors_of_any_shape_are_a_sentence(tool, case):
    config, cls = tool
    [selector] = [p.name for p in config.parameters if p.type.value.endswith("-selector")]
    dify = StubbedDify(replies())

    for value in (None, "", {}, [], "a string", 7, {"provider": "p"}, {"app_id": ""}, {"value": "x"}):
        with pytest.raises(errors.InvalidInput):
            dify.run(cls, {**case.parameters, selector: value})

    assert dify.requests == []


@every_tool
def test_text_that_is_not_utf8_is_refused_before_dify_is_asked(tool, case):
    config, cls = tool
    texts = [p.name for p in config.parameters if p.type.value == "string"]
    dify = StubbedDify(replies())

    for parameter in texts:
        with pytest.raises(errors.InvalidInput, match="surrogate"):
            dify.run(cls, {**case.parameters, parameter: "half \ud83d"})

    assert dify.requests == []


@every_tool
def test_a_megabyte_of_text_works_or_is_a_sentence(tool, case):
    config, cls = tool
    texts = [p.name for p in config.parameters if p.type.value == "string"]

    for parameter in texts:
        for text in ("word " * 200_000, '"\\\n' * 333_333):
            sentence = ""
            try:
                case.dify().run(cls, {**case.parameters, parameter: text})
            except (errors.InvalidInput, errors.NoAnswer) as error:
                sentence = str(error)
            assert len(sentence) < 300, parameter


ANSWERING = {
    "llm": llm_chunk("x" * 100_000),
    "chat_app": chat("message", answer="x" * 100_000),
    "completion_app": completion("message", answer="x" * 100_000),
}


@pytest.mark.parametrize("name", ANSWERING)
def test_an_answer_that_never_ends_is_given_up_when_it_no_longer_fits(tool, case, name):
    _, cls = tool
    dify = case.dify_with(lambda invoke_type, payload: itertools.repeat(ANSWERING[name]))

    with pytest.raises(errors.NoAnswer, match="The output answer takes"):
        dify.run(cls, case.parameters)
