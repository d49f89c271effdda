"""What clients of other servers with this API send: nothing that changes an answer is dropped without a word."""

import pytest

from endpoints.openai.wire.chat_parameters import IGNORED, REFUSED, SAME_NAME
from endpoints.openai.wire.chat_request import ChatRequest
from tests.endpoints.api import MODEL
from tests.replies import llm_chunk, tool_call

HELLO = [{"role": "user", "content": "Hello"}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


def post(api, **fields):
    return api.http.post("/v1/chat/completions", json={"messages": HELLO, **fields})


def asked(api, **fields):
    """The type and payload of what Dify got for a request that has to go through."""
    api.answer({**llm_chunk("Good day.", finish_reason="stop"), "structured_output": {"city": "Faro"}})
    response = post(api, **fields)
    assert response.status_code == 200, response.text
    ((kind, payload),) = api.asked
    return kind, payload


def of_provider(api, provider, **completion_params):
    selector = {**MODEL, "provider": provider, "model_type": "llm", "mode": "chat"}
    api.settings["chat_model"] = {**selector, "completion_params": completion_params}


OFF = {"enable_thinking": False, "thinking": False}
ON = {"enable_thinking": True, "thinking": True}


@pytest.mark.parametrize(
    ("fields", "parameters"),
    [
        ({"thinking": {"type": "disabled"}}, OFF),
        ({"thinking": {"type": "enabled"}}, ON),
        ({"thinking": {"type": "adaptive"}}, ON),
        ({"thinking": {"type": "enabled", "budget_tokens": 2048}}, {**ON, "thinking_budget": 2048}),
        ({"thinking": {"type": "enabled", "clear_thinking": True}}, ON),
        ({"thinking": False}, OFF),
        ({"thinking": "disabled"}, OFF),
        ({"thinking": None}, {}),
        ({"thinking": {"enabled": False}}, OFF),
        ({"thinking": {"budget_tokens": 2048}}, {**ON, "thinking_budget": 2048}),
        ({"enable_thinking": False}, OFF),
        ({"enable_thinking": True, "thinking_budget": 100}, {**ON, "thinking_budget": 100}),
        ({"chat_template_kwargs": {"enable_thinking": False}}, OFF),
        ({"chat_template_kwargs": {"thinking": True, "custom": 1}}, ON),
        ({"chat_template_kwargs": {"thinking_budget": 64}}, {"thinking_budget": 64}),
        ({"chat_template_kwargs": {"reasoning_effort": "high"}}, {"reasoning_effort": "high"}),
        ({"chat_template_kwargs": {}}, {}),
        ({"chat_template_args": {"enable_thinking": False}}, OFF),
        ({"reasoning": {"enabled": False}}, OFF),
        (
            {"reasoning": {"effort": "low", "max_tokens": 512, "exclude": False}},
            {"reasoning_effort": "low", "thinking_budget": 512},
        ),
        ({"think": False}, OFF),
        ({"think": "high"}, {"reasoning_effort": "high"}),
        ({"think": "high", "reasoning_effort": "low"}, {"reasoning_effort": "low"}),
        ({"reasoning_effort": "none"}, {**OFF, "reasoning_effort": "none"}),
        ({"reasoning": {"effort": "none"}}, {**OFF, "reasoning_effort": "none"}),
        ({"reasoning_effort": "none", "enable_thinking": True}, {**ON, "reasoning_effort": "none"}),
    ],
)
def test_every_way_of_saying_how_much_to_think_reaches_the_model(api, fields, parameters):
    assert asked(api, **fields) == ("llm", asked_payload(api, parameters))


def asked_payload(api, parameters):
    (_, payload) = api.asked[-1]
    return {**payload, "completion_params": parameters}


@pytest.mark.parametrize(
    ("provider", "parameters"),
    [
        ("langgenius/volcengine/volcengine", {"enable_thinking": False, "thinking": "disabled"}),
        ("langgenius/mimo/mimo", {"enable_thinking": False, "thinking": "disabled"}),
        ("langgenius/volcengine_maas/volcengine_maas", {"enable_thinking": False, "thinking": "disabled"}),
        ("langgenius/gemini/gemini", {**OFF, "thinking_mode": False}),
        ("langgenius/ollama/ollama", {**OFF, "think": False}),
        ("langgenius/xinference/xinference", {**OFF, "think": False}),
        ("deepseek", OFF),
    ],
)
def test_a_provider_is_told_in_its_own_terms(api, provider, parameters):
    of_provider(api, provider)

    assert asked(api, thinking={"type": "disabled"})[1]["completion_params"] == parameters


@pytest.mark.parametrize(
    ("provider", "fields", "parameters"),
    [
        ("langgenius/gemini/gemini", {"reasoning_effort": "low"}, {"reasoning_effort": "low", "thinking_level": "Low"}),
        ("vertex_ai", {"reasoning_effort": "minimal"}, {"reasoning_effort": "minimal", "thinking_level": "Low"}),
        ("gemini", {"reasoning_effort": "medium"}, {"reasoning_effort": "medium"}),
        ("langgenius/anthropic/anthropic", {"think": "high"}, {"reasoning_effort": "high", "effort": "high"}),
        ("anthropic", {"reasoning": {"effort": "minimal"}}, {"reasoning_effort": "minimal"}),
        (
            "langgenius/openrouter/openrouter",
            {"reasoning": {"max_tokens": 512}},
            {"thinking_budget": 512, "reasoning_budget": 512},
        ),
    ],
)
def test_how_much_to_think_is_told_in_the_providers_words(api, provider, fields, parameters):
    of_provider(api, provider)

    assert asked(api, **fields)[1]["completion_params"] == parameters


@pytest.mark.parametrize(
    ("fields", "parameters"),
    [
        ({"think": "low"}, {"reasoning_effort": "low", "think_level": "low"}),
        ({"reasoning_effort": "high"}, {"reasoning_effort": "high", "think_level": "high"}),
        ({"reasoning_effort": "minimal"}, {"reasoning_effort": "minimal", "think_level": "medium"}),
        ({"think": False}, {**OFF, "think": False}),
        ({"enable_thinking": True}, {**ON, "think": True}),
        ({}, {"think_level": "medium"}),
    ],
)
def test_the_level_of_a_model_on_ollama_gives_way_to_what_is_asked(api, fields, parameters):
    of_provider(api, "langgenius/ollama/ollama", think_level="medium")

    assert asked(api, **fields)[1]["completion_params"] == parameters


def test_what_is_set_with_the_model_gives_way(api):
    of_provider(api, "langgenius/tongyi/tongyi", enable_thinking=True, thinking=True, temperature=0.5)

    wanted = {"chat_template_kwargs": {"enable_thinking": False}}
    assert asked(api, **wanted)[1]["completion_params"] == {**OFF, "temperature": 0.5}


@pytest.mark.parametrize(
    "fields",
    [
        {"response_format": {"type": "json_object", "schema": SCHEMA}},
        {"response_format": {"type": "json_schema", "schema": SCHEMA}},
        {"response_format": {"type": "json_object", "json_schema": {"name": "place", "schema": SCHEMA}}},
        {"response_format": {"type": "json", "schema": SCHEMA}},
        {"response_format": {"type": "json_schema", "json_schema": SCHEMA}},
        {"response_format": {"type": "json_object", "json_schema": SCHEMA}},
        {"response_format": {"type": "json", "value": SCHEMA}},
        {"response_format": {"type": "json_object", "value": SCHEMA}},
        {"guided_json": SCHEMA},
        {"guided_json": '{"type": "object", "properties": {"city": {"type": "string"}}}'},
        {"structured_outputs": {"json": SCHEMA}},
        {"json_schema": SCHEMA, "response_format": {"type": "json_object"}},
    ],
)
def test_a_schema_is_followed_however_it_is_asked_for(api, fields):
    of_provider(api, MODEL["provider"], response_format="JSON", temperature=0)

    kind, payload = asked(api, **fields)

    assert kind == "llm_structured_output"
    assert payload["structured_output_schema"] == SCHEMA
    assert payload["completion_params"] == {"temperature": 0}


@pytest.mark.parametrize(
    "fields",
    [
        {"response_format": {"type": "json_object", "schema": None}},
        {"response_format": {"type": "json_object", "schema": {}}},
        {"response_format": {"type": "json_object"}, "guided_json": {}},
        {"response_format": {"type": "json_object"}},
    ],
)
def test_an_object_without_a_schema_is_a_parameter_of_the_model(api, fields):
    kind, payload = asked(api, **fields)

    assert (kind, payload["completion_params"]) == ("llm", {"response_format": "json_object"})


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"response_format": {"type": "json_object", "schema": []}}, "response_format.schema", "an object"),
        ({"response_format": {"type": "json_object", "schema": {"type": "array"}}}, None, "the schema of an object"),
        ({"guided_json": {"type": "string"}}, "guided_json", "the schema of an object"),
        ({"guided_json": "{"}, "guided_json", "an object"),
        ({"structured_outputs": {"choice": ["a", "b"]}}, "structured_outputs.choice", "by a JSON schema alone"),
        ({"thinking": {"type": "sometimes"}}, "thinking.type", "'enabled', 'disabled', 'adaptive' or 'auto'"),
        ({"thinking": {"type": "enabled", "budget_tokens": "many"}}, "thinking.budget_tokens", "a whole number"),
        ({"chat_template_kwargs": {"enable_thinking": "sometimes"}}, None, "true or false"),
        ({"chat_template_kwargs": []}, "chat_template_kwargs", "an object"),
        ({"add_generation_prompt": False}, "add_generation_prompt", "make the prompt"),
        ({"skip_special_tokens": False}, "skip_special_tokens", "have no such parameter"),
        ({"n_predict": 5}, "n_predict", "as `max_tokens`"),
        ({"system": "Be brief."}, "system", "a message of the role `system`"),
        ({"response_format": {"type": "json", "value": {"type": "string"}}}, None, "the schema of an object"),
        ({"response_format": {"type": "regex", "value": "a+"}}, "response_format", "'json_schema'"),
        (
            {"messages": [{"role": "user", "content": "What is this?", "images": ["iVBORw0KGgo="]}]},
            "messages[0].images",
            "of the type `image_url`",
        ),
        ({"extra_body": {"top_k": 1}}, "extra_body", "in the body itself"),
        (
            {"messages": [*HELLO, {"role": "assistant", "content": "Good", "prefix": True}]},
            "messages[1].prefix",
            "begin each answer anew",
        ),
        (
            {"messages": [*HELLO, {"role": "assistant", "content": "Good", "partial": True}]},
            "messages[1].partial",
            "begin each answer anew",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_the_name_of_the_field(api, fields, field, sentence):
    response = post(api, **fields)

    assert response.status_code == 400
    assert sentence in response.json()["error"]["message"]
    if field:
        assert response.json()["error"]["param"] == field
    assert api.asked == []


@pytest.mark.parametrize("name", REFUSED)
def test_whatever_would_be_missed_is_refused_by_name(api, name):
    response = post(api, **{name: "always"})

    assert response.status_code == 400
    assert response.json()["error"]["param"] == name
    assert response.json()["error"]["message"].startswith(f"`{name}` cannot be had: ")
    assert api.asked == []


def test_values_that_ask_for_nothing_are_passed_over(api):
    nothing = [None, False, 0, "", [], {}]
    fields = {name: nothing[at % len(nothing)] for at, name in enumerate(REFUSED)}
    fields |= {"best_of": 1, "length_penalty": 1.0, "typical_p": 1, "tfs_z": 1.0, "num_beams": 1, "top_n_sigma": -1}
    fields |= {"add_generation_prompt": True, "skip_special_tokens": True, "thinking": {}, "guidance_scale": 1}

    assert asked(api, **fields)[1]["completion_params"] == {}


def test_what_changes_no_answer_is_passed_over(api):
    assert asked(api, **{name: {"num_ctx": 4096} for name in IGNORED})[1]["completion_params"] == {}


@pytest.mark.parametrize(
    ("fields", "penalty"),
    [({"repeat_penalty": 1.1}, 1.1), ({"repeat_penalty": 1.1, "repetition_penalty": 1.2}, 1.2)],
)
def test_a_penalty_of_repetition_has_two_names(api, fields, penalty):
    assert asked(api, **fields)[1]["completion_params"] == {"repetition_penalty": penalty}


def test_what_a_model_refused_before_stays_in_the_history(api):
    refused = {"role": "assistant", "content": None, "refusal": "I cannot."}

    assert asked(api, messages=[*HELLO, refused, *HELLO])[1]["prompt_messages"][1]["content"] == "I cannot."


def test_no_field_is_of_two_kinds():
    kinds = [set(SAME_NAME), set(REFUSED), set(IGNORED)]

    assert sum(map(len, kinds)) == len(set().union(*kinds))
    assert set(SAME_NAME) <= set(ChatRequest.model_fields)
    assert not (set(REFUSED) | set(IGNORED)) & set(ChatRequest.model_fields)


CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": ""}
MARK = "<!--dify-deepseek-reasoning-->"


@pytest.mark.parametrize(
    ("message", "content"),
    [
        ({"content": "Yes.", "reasoning_content": "Hm."}, "<think>\nHm.\n</think>\n\nYes."),
        ({"content": "Yes.", "reasoning": "Hm."}, "<think>\nHm.\n</think>\n\nYes."),
        ({"content": [{"type": "text", "text": "Yes."}], "reasoning_content": "Hm."}, "<think>\nHm.\n</think>\n\nYes."),
        ({"content": None, "tool_calls": [CALL], "reasoning_content": "Ask."}, "<think>\nAsk.\n</think>\n\n"),
        ({"content": "<think>Hm.</think>Yes.", "reasoning_content": "Hm."}, "<think>Hm.</think>Yes."),
        ({"content": "Yes.", "reasoning_content": " \n"}, "Yes."),
        ({"content": "Yes.", "reasoning_content": None}, "Yes."),
        ({"content": "Yes.", "reasoning_content": "a </think> b"}, "<think>\na  b\n</think>\n\nYes."),
        ({"content": [THOUGHT, {"type": "text", "text": "Yes."}]}, "<think>\nHm.\n</think>\n\nYes."),
        ({"content": [{"type": "reasoning", "text": "Hm."}], "tool_calls": [CALL]}, "<think>\nHm.\n</think>\n\n"),
        (
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}], "tool_calls": [CALL]},
            "<think>\nHm.\n</think>\n\n",
        ),
        (
            {"content": [{"type": "redacted_thinking", "data": "c2ln"}, {"type": "text", "text": "Yes."}]},
            "Yes.",
        ),
        ({"content": "Yes.", "thinking_blocks": [THOUGHT]}, "<think>\nHm.\n</think>\n\nYes."),
        (
            {"content": "Yes.", "reasoning_details": [{"type": "reasoning.text", "text": "Hm."}, {"data": "c2ln"}]},
            "<think>\nHm.\n</think>\n\nYes.",
        ),
        (
            {"content": "Yes.", "reasoning": "Hm.", "reasoning_details": [{"type": "reasoning.text", "text": "Hm."}]},
            "<think>\nHm.\n</think>\n\nYes.",
        ),
        ({"content": "Yes.", "reasoning_details": "Hm.", "thinking_blocks": {}}, "Yes."),
        ({"content": "Yes.", "thinking": "Hm."}, "<think>\nHm.\n</think>\n\nYes."),
        ({"content": "Yes.", "reasoning_content": "", "thinking_blocks": [THOUGHT]}, "<think>\nHm.\n</think>\n\nYes."),
    ],
)
def test_what_a_model_has_thought_goes_back_to_it(api, message, content):
    messages = [*HELLO, {"role": "assistant", **message}]

    _, payload = asked(api, messages=messages)

    assert payload["prompt_messages"][1]["content"] == content


@pytest.mark.parametrize(
    ("message", "content"),
    [
        (
            {"content": "Yes.", "reasoning_content": "if a < b && c"},
            f"<think>\n{MARK}if a &lt; b &amp;&amp; c\n</think>Yes.",
        ),
        (
            {"content": "", "tool_calls": [CALL], "reasoning_content": "Ask <it>."},
            f"<think>\n{MARK}Ask &lt;it&gt;.\n</think>",
        ),
        ({"content": "<think>\nHm. &\n</think>Yes."}, f"<think>\n{MARK}Hm. &amp;\n</think>Yes."),
        ({"content": f"<think>\n{MARK}a &lt; b\n</think>Yes."}, f"<think>\n{MARK}a &lt; b\n</think>Yes."),
        ({"content": "Yes."}, "Yes."),
    ],
)
@pytest.mark.parametrize("provider", ["langgenius/deepseek/deepseek", "deepseek"])
def test_deepseeks_provider_gets_it_back_as_it_marks_it(api, provider, message, content):
    of_provider(api, provider)
    tools = [{"type": "function", "function": {"name": "weather"}}]

    _, payload = asked(api, messages=[*HELLO, {"role": "assistant", **message}], tools=tools)

    assert payload["prompt_messages"][1]["content"] == content


ANSWER = f"<think>\n{MARK}if a &lt; b\nand &amp;lt; c\n</think>Yes."


@pytest.mark.parametrize(
    "chunks",
    [
        [ANSWER],
        list(ANSWER),
        [f"<think>\n{MARK}if a &lt; b", "\nand &am", "p;lt; c", "\n</think>Yes."],
        ["<think>", f"\n{MARK}if a &lt", "; b\nand &amp;lt; c\n", "</think>", "Yes."],
    ],
)
def test_deepseeks_reasoning_comes_without_its_mark_and_unescaped(api, chunks):
    api.answer(*map(llm_chunk, chunks))

    message = post(api).json()["choices"][0]["message"]
    assert (message["content"], message["reasoning_content"]) == ("Yes.", "if a < b\nand &lt; c")
    streamed = api.openai().chat.completions.create(model="test-model", messages=HELLO, stream=True)
    deltas = [chunk.choices[0].delta for chunk in streamed]
    assert "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas) == "if a < b\nand &lt; c"
    assert "".join(delta.content or "" for delta in deltas) == "Yes."


@pytest.mark.parametrize(
    ("chunks", "content", "reasoning"),
    [
        (["Let me see.\n</think>\n\nYes."], "Yes.", "Let me see.\n"),
        (["Let me", " see.</th", "ink>Yes."], "Yes.", "Let me see."),
        (["a < b\n</THINK>\n"], "", "a < b\n"),
        (["Close it with `</think>`."], "Close it with `</think>`.", None),
        (["<think>Hm.</think>Write </think> at the end."], "Write </think> at the end.", "Hm."),
        (["Write <think> and </think>."], "Write <think> and </think>.", None),
        (["</think>Yes."], "Yes.", None),
        (["\n</thi", "nk>\n\nYes."], "Yes.", None),
    ],
)
def test_a_whole_answer_is_parted_at_a_closing_tag_that_nothing_opens(api, chunks, content, reasoning):
    api.answer(*map(llm_chunk, chunks))

    message = post(api).json()["choices"][0]["message"]

    assert message["content"] == content
    assert message.get("reasoning_content") == (reasoning.strip() if reasoning else None)


def test_calls_of_tools_survive_the_parting(api):
    api.answer(llm_chunk("Ask.</think>"), llm_chunk("", tool_calls=[tool_call("weather", "{}", id="c1")]))

    message = post(api, tools=[{"type": "function", "function": {"name": "weather"}}]).json()["choices"][0]["message"]

    assert message["reasoning_content"] == "Ask."
    assert [call["function"]["name"] for call in message["tool_calls"]] == ["weather"]


@pytest.mark.parametrize("answer", ["<think>Hm.</think>Yes.", "Hm.</think>Yes."])
@pytest.mark.parametrize(
    "fields", [{"include_reasoning": False}, {"reasoning": {"exclude": True}}, {"reasoning_format": "hidden"}]
)
def test_reasoning_is_left_out_for_who_does_not_want_it(api, fields, answer):
    api.answer(llm_chunk(answer))

    message = post(api, **fields).json()["choices"][0]["message"]

    assert message["content"] == "Yes."
    assert "reasoning_content" not in message
    if answer.startswith("<think>"):
        assert "Hm." not in post(api, stream=True, **fields).text
