import json

import pytest

from switchboard import selectors
from switchboard.errors import InvalidInput

IDENTITY = {"provider": "langgenius/openai/openai", "model": "some-model"}
STALE = {"mode": "chat", "completion_params": {"temperature": 1}, "voice": "alloy", "language": "en-US", "type": "x"}

BY_TYPE = {
    "llm": selectors.llm_config,
    "text-embedding": selectors.text_embedding_config,
    "rerank": lambda *chosen: selectors.rerank_config(*chosen, top_n=3, score_threshold=0.5),
    "tts": lambda *chosen: selectors.tts_config(*chosen, voice="alloy"),
    "speech2text": selectors.speech2text_config,
    "moderation": selectors.moderation_config,
}
SENT_BESIDES = {
    "llm": {"mode": "chat", "completion_params": {"temperature": 1}},
    "rerank": {"top_n": 3, "score_threshold": 0.5},
    "tts": {"voice": "alloy"},
}


@pytest.mark.parametrize("model_type", BY_TYPE)
def test_stale_and_extra_keys_are_dropped(model_type):
    config = BY_TYPE[model_type]({**IDENTITY, **STALE, "model_type": model_type})

    assert config.model_dump(mode="json") == {
        **IDENTITY,
        "model_type": model_type,
        **SENT_BESIDES.get(model_type, {}),
    }


@pytest.mark.parametrize("model_type", BY_TYPE)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda value: {"type": "constant", "value": value},
        lambda value: {"value": value},
        json.dumps,
        lambda value: {key: value[key] for key in ("provider", "model")},
    ],
    ids=["as a workflow stores it", "as older versions store it", "as a template makes text of it", "without its type"],
)
def test_older_and_wrapped_shapes_work(model_type, wrap):
    config = BY_TYPE[model_type](wrap({**IDENTITY, "model_type": model_type}))

    assert (config.provider, config.model) == ("langgenius/openai/openai", "some-model")


@pytest.mark.parametrize("model_type", BY_TYPE)
@pytest.mark.parametrize(
    ("selector", "sentence"),
    [
        (None, "No model is chosen"),
        ("", "No model is chosen"),
        ({}, "No model is chosen"),
        ({"type": "constant", "value": {}}, "No model is chosen"),
        ("gpt-4o", "has to be chosen in its selector"),
        ("{provider: openai}", "text that is not valid JSON"),
        ('{"provider":' * 100_000, "text that is not valid JSON"),
        (["gpt-4o"], "has to be chosen in its selector"),
        (4, "has to be chosen in its selector"),
        ({"model": "some-model"}, "has no provider"),
        ({"provider": "openai", "model": " "}, "has no model"),
        ({"provider": "openai", "model": None}, "has no model"),
        ({**IDENTITY, "model_type": "text2img"}, "is another kind of model"),
    ],
)
def test_anything_else_is_a_sentence(model_type, selector, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        BY_TYPE[model_type](selector)


@pytest.mark.parametrize("model_type", BY_TYPE)
def test_a_model_of_another_type_is_named(model_type):
    other = "tts" if model_type == "llm" else "llm"

    with pytest.raises(InvalidInput, match="some-model is a"):
        BY_TYPE[model_type]({**IDENTITY, "model_type": other})


@pytest.mark.parametrize("model_type", BY_TYPE)
@pytest.mark.parametrize("selector", [None, "", {}, {**IDENTITY, **STALE, "model_type": "llm"}, "a text", 7])
def test_a_model_that_is_typed_in_goes_before_the_selectors(model_type, selector):
    config = BY_TYPE[model_type](selector, " openai/other-model\n")

    assert config.model_dump(mode="json") == {
        "provider": "openai",
        "model": "other-model",
        "model_type": model_type,
        **SENT_BESIDES.get(model_type, {}),
        **({"completion_params": {}} if model_type == "llm" else {}),
    }


def test_what_is_set_in_the_selector_holds_for_the_same_model_typed_in():
    selector = {**IDENTITY, "completion_params": {"temperature": 0}, "voice": "nova"}
    typed = "langgenius/openai/openai/some-model"

    assert selectors.llm_config(selector, typed).completion_params == {"temperature": 0}
    assert selectors.tts_config(selector, typed).voice == "nova"
    assert selectors.node_model_config(selector, f"{typed}-mini").completion_params == {}


@pytest.mark.parametrize("model_type", BY_TYPE)
def test_a_text_that_names_no_model_says_which_and_how_it_is_written(model_type):
    with pytest.raises(InvalidInput, match="`model_id` names no model. A model is written as `provider/model`"):
        BY_TYPE[model_type](IDENTITY, "some-model")


@pytest.mark.parametrize("model_type", BY_TYPE)
def test_neither_says_where_to_choose(model_type):
    with pytest.raises(InvalidInput, match=r"^No model is chosen\. Choose an? .+ in `model`, or give its `prov.+`\.$"):
        BY_TYPE[model_type](None, " ")


@pytest.mark.parametrize("mode", [{}, {"mode": None}, {"mode": ""}])
def test_a_missing_mode_is_chat_and_missing_parameters_are_none(mode):
    config = selectors.llm_config({**IDENTITY, **mode, "completion_params": None})

    assert (config.mode, config.completion_params) == ("chat", {})


def test_parameters_of_the_wrong_shape_are_a_sentence():
    with pytest.raises(InvalidInput, match="not an object"):
        selectors.llm_config({**IDENTITY, "completion_params": [1]})


def test_the_mode_is_the_selectors():
    assert selectors.llm_config({**IDENTITY, "mode": "completion"}).mode == "completion"


@pytest.mark.parametrize(
    ("stop", "taken"), [(["END", ""], ["END"]), ("END", ["END"]), (None, []), ([], []), ({"a": 1}, [])]
)
def test_stop_sequences_are_taken_out_of_the_models_parameters(stop, taken):
    selector = {**IDENTITY, "completion_params": {"temperature": 0, "stop": stop}}
    config = selectors.llm_config(selector)

    assert selectors.take_stop_sequences(config) == taken
    assert config.completion_params == {"temperature": 0}
    assert selector["completion_params"]["stop"] == stop


def test_names_that_are_far_too_long_are_refused():
    with pytest.raises(InvalidInput, match="The model of the model chosen in `model` is no name"):
        selectors.llm_config({"provider": "openai", "model": "m" * 1000})
    with pytest.raises(InvalidInput, match="`app_id` has 1,000 characters, so it is no id of an app"):
        selectors.app_id(None, "a" * 1000)


def test_the_given_voice_goes_before_the_selectors():
    assert selectors.tts_config({**IDENTITY, "voice": "nova"}, voice=" echo ").voice == "echo"
    assert selectors.tts_config({**IDENTITY, "voice": "nova"}).voice == "nova"


@pytest.mark.parametrize("voice", [{}, {"voice": ""}, {"voice": None}])
def test_no_voice_at_all_says_where_to_set_it(voice):
    with pytest.raises(InvalidInput, match="No voice is set. Fill in `voice`, or open the settings"):
        selectors.tts_config({**IDENTITY, **voice, "language": "en-US"})


@pytest.mark.parametrize(
    ("selector", "typed", "expected"),
    [
        ({"app_id": "abc", "inputs": {}, "files": []}, "", "abc"),
        ({"app_id": "abc"}, " def ", "def"),
        (None, "def", "def"),
        ({"type": "constant", "value": {"app_id": "abc"}}, "", "abc"),
    ],
)
def test_an_app_is_chosen_or_typed_in(selector, typed, expected):
    assert selectors.app_id(selector, typed) == expected


@pytest.mark.parametrize("selector", [None, "", {}, {"inputs": {}}, {"app_id": ""}, {"app_id": 7}])
def test_no_app_is_a_sentence(selector):
    with pytest.raises(InvalidInput, match="No app is chosen"):
        selectors.app_id(selector)


@pytest.mark.parametrize("selector", ["my app", ["abc"]])
def test_an_app_that_was_not_chosen_in_its_selector_is_a_sentence(selector):
    with pytest.raises(InvalidInput, match="`app` has to be chosen in its selector"):
        selectors.app_id(selector)


@pytest.mark.parametrize(
    ("text", "provider", "model"),
    [
        ("langgenius/openai/openai/gpt-4o", "langgenius/openai/openai", "gpt-4o"),
        ("openai_api_compatible/echo", "openai_api_compatible", "echo"),
        (" openai / gpt-4o\n", "openai", "gpt-4o"),
        ("ollama/llama3:8b", "ollama", "llama3:8b"),
        ("openai_api_compatible/meta/llama", "openai_api_compatible", "meta/llama"),
        ("langgenius/vllm/vllm/meta/llama", "langgenius/vllm/vllm", "meta/llama"),
    ],
)
def test_a_model_is_named_by_its_provider_and_a_name_that_may_hold_slashes(text, provider, model):
    assert selectors.named_model(text) == (provider, model)


@pytest.mark.parametrize("text", ["", "gpt-4o", "/gpt-4o", "openai/", "openai//gpt-4o", "langgenius/ /openai/gpt-4o"])
def test_a_model_without_a_provider_is_told_how_it_is_written(text):
    with pytest.raises(InvalidInput, match="`provider/model`.*`langgenius/openai/openai/gpt-4o`"):
        selectors.named_model(text)


@pytest.mark.parametrize("text", ["openai/" + "m" * 256, "p" * 256 + "/gpt-4o"])
def test_a_name_that_dify_could_not_keep_is_no_name_of_a_model(text):
    with pytest.raises(InvalidInput, match="more than 255 characters"):
        selectors.named_model(text)
