import itertools

import pytest

from switchboard.errors import InvalidInput, NoAnswer, NotConfigured, NotPermitted, TimedOut
from tools.app_parameters import AppParametersTool
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError

APP = {"app_id": "8a1c5f2e-1111-4222-8333-444455556666", "inputs": {}, "files": []}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def look_up(dify, **parameters):
    return dify.run(AppParametersTool, {"app": APP, **parameters})


def parameters_with(*form):
    return {"opening_statement": "Hello", "user_input_form": list(form), "system_parameters": {"file_size_limit": 15}}


def schema_of(kind, **field):
    form = parameters_with({kind: {"variable": "it", **field}})
    return look_up(StubbedDify(replies(form))).variables["input_schema"]["properties"]["it"]


def test_the_whole_request_and_every_output():
    body = parameters_with(
        {"text-input": {"variable": "city", "label": "Your city", "required": True, "max_length": 48, "default": ""}},
        {"select": {"variable": "size", "label": "size", "required": False, "options": ["S", "é"], "default": "S"}},
        {"file-list": {"variable": "photos", "label": "Photos", "required": True, "max_length": 3}},
    )
    dify = StubbedDify(replies(body))

    outputs = look_up(dify)

    assert dify.requests == [("fetch_app", {"app_id": APP["app_id"]})]
    schema = outputs.variables["input_schema"]
    assert schema["$schema"] == DIALECT
    assert (schema["type"], schema["required"]) == ("object", ["city", "photos"])
    assert schema["properties"]["city"] == {"type": "string", "maxLength": 48, "title": "Your city"}
    assert schema["properties"]["size"] == {"type": "string", "enum": ["S", "é"], "title": "size", "default": "S"}
    assert outputs.variables == {"input_schema": schema, "parameters": body}
    assert outputs.texts == [
        "The app takes these inputs:\n"
        "- city (Your city): text of at most 48 characters, required\n"
        '- size: one of "S", "é" (default "S"), optional\n'
        "- photos (Photos): at most 3 files, required"
    ]


@pytest.mark.parametrize(
    ("kind", "field", "expected"),
    [
        ("text-input", {}, {"type": "string"}),
        ("text-input", {"max_length": 8, "default": "Lisbon"}, {"type": "string", "maxLength": 8, "default": "Lisbon"}),
        ("text-input", {"max_length": None}, {"type": "string"}),
        ("text-input", {"max_length": 0}, {"type": "string"}),
        ("paragraph", {"max_length": 2000}, {"type": "string", "maxLength": 2000}),
        ("number", {"default": "5"}, {"type": "number", "default": 5}),
        ("number", {"default": "2.5"}, {"type": "number", "default": 2.5}),
        ("number", {"default": 0}, {"type": "number", "default": 0}),
        ("number", {"default": "many"}, {"type": "number"}),
        ("select", {"options": ["a", "b"], "default": "c"}, {"type": "string", "enum": ["a", "b"]}),
        ("select", {"options": []}, {"type": "string"}),
        ("checkbox", {"default": "false"}, {"type": "boolean", "default": False}),
        ("checkbox", {"default": True}, {"type": "boolean", "default": True}),
        ("checkbox", {"default": 1}, {"type": "boolean", "default": True}),
        ("checkbox", {}, {"type": "boolean"}),
        ("json_object", {}, {"type": "object"}),
        ("json_object", {"default": {"a": 1}}, {"type": "object", "default": {"a": 1}}),
        (
            "json_object",
            {"json_schema": {"$schema": DIALECT, "type": "object", "properties": {"a": {"type": "number"}}}},
            {"type": "object", "properties": {"a": {"type": "number"}}},
        ),
        ("json_object", {"json_schema": '{"required": ["a"]}'}, {"type": "object", "required": ["a"]}),
        ("json_object", {"json_schema": "{"}, {"type": "object"}),
        ("json_object", {"json_schema": {"enum": 5, "properties": None}}, {"type": "object"}),
        ("something_new", {"label": "New"}, {"title": "New"}),
        (
            "text-input",
            {"label": "City", "description": "Where?"},
            {"type": "string", "title": "City", "description": "Where?"},
        ),
    ],
)
def test_each_kind_of_field_becomes_its_schema(kind, field, expected):
    assert schema_of(kind, **field) == expected


def test_a_file_is_an_object_that_says_where_the_file_is():
    schema = schema_of("file", allowed_file_types=["image"], allowed_file_upload_methods=["remote_url"])

    assert schema["properties"]["type"]["enum"] == ["image"]
    assert schema["properties"]["transfer_method"]["enum"] == ["remote_url", "tool_file"]
    assert schema["required"] == ["type", "transfer_method"]


def test_a_list_of_files_is_an_array_of_such_objects():
    schema = schema_of("file-list", max_length=2)

    assert (schema["type"], schema["maxItems"]) == ("array", 2)
    assert schema["items"]["properties"]["type"]["enum"] == ["image", "document", "audio", "video", "custom"]
    assert schema["items"]["properties"]["transfer_method"]["enum"] == ["remote_url", "local_file", "tool_file"]


def test_what_dify_fills_in_itself_is_not_asked_for():
    form = parameters_with({"external_data_tool": {"variable": "weather", "label": "Weather", "required": True}})

    outputs = look_up(StubbedDify(replies(form)))

    assert outputs.variables["input_schema"] == {"$schema": DIALECT, "type": "object", "properties": {}, "required": []}
    assert outputs.text == "The app takes no inputs."


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ({"paragraph": {}}, "text"),
        ({"number": {}}, "a number"),
        ({"checkbox": {"default": False}}, "true or false (default false)"),
        ({"file": {}}, "a file"),
        ({"file-list": {}}, "files"),
        ({"json_object": {}}, "an object"),
        ({"something_new": {}}, "any value"),
    ],
)
def test_each_kind_of_field_is_put_in_words(field, words):
    [(kind, more)] = field.items()

    outputs = look_up(StubbedDify(replies(parameters_with({kind: {"variable": "it", **more}}))))

    assert outputs.text == f"The app takes these inputs:\n- it: {words}, optional"


@pytest.mark.parametrize(
    "form",
    [
        None,
        {},
        "form",
        [
            None,
            "x",
            {},
            {"text-input": None},
            {"text-input": {}},
            {"number": {"variable": 7}},
            {"number": {"variable": ""}},
        ],
    ],
)
def test_a_form_of_no_use_is_a_form_without_inputs(form):
    outputs = look_up(StubbedDify(replies({"user_input_form": form})))

    assert outputs.text == "The app takes no inputs."
    assert outputs.variables["parameters"] == {"user_input_form": form}


def test_an_id_from_a_variable_goes_before_the_chosen_app():
    dify = StubbedDify(replies(parameters_with()))

    look_up(dify, app_id=" typed ")

    assert dify.requests == [("fetch_app", {"app_id": "typed"})]


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"app": None}, "No app is chosen"),
        ({"app": None, "app_id": " "}, "No app is chosen"),
        ({"app": "8a1c5f2e"}, "`app` has to be chosen in its selector"),
        ({"app_id": ["8a1c5f2e"]}, "`app_id` has to be text, not a list"),
        ({"app_id": "half \ud83d"}, "`app_id` holds half of a surrogate pair"),
    ],
)
def test_bad_input_is_refused_before_dify_is_asked(parameters, sentence):
    dify = StubbedDify(replies(parameters_with()))

    with pytest.raises(InvalidInput, match=sentence):
        look_up(dify, **parameters)

    assert dify.requests == []


@pytest.mark.parametrize(
    ("events", "expected", "sentence"),
    [
        (
            [DifyError("fetch app failed: data is nil")],
            NotConfigured,
            "publish it in Dify, and check that it still exists",
        ),
        ([DifyError("fetch app failed: request failed: app not found")], NotConfigured, "app not found"),
        (
            [DifyError("permission denied, you need to enable app access in plugin manifest")],
            NotPermitted,
            "app access",
        ),
        ([], NoAnswer, "without an answer"),
    ],
)
def test_a_failing_look_up_is_an_error_and_nothing_goes_out(events, expected, sentence):
    messages = StubbedDify(replies(*events)).messages(AppParametersTool, {"app": APP})

    seen = []
    with pytest.raises(expected, match=sentence):
        seen.extend(messages)

    assert seen == []


def test_dify_that_never_answers_times_out():
    dify = StubbedDify(lambda invoke_type, payload: itertools.repeat(None), max_invocation_timeout=3)

    with pytest.raises(TimedOut, match="nothing for 3 seconds"):
        look_up(dify)
