import json

import pytest

from switchboard import selectors
from switchboard.errors import InvalidInput

IDENTITY = {"provider": "langgenius/openai/openai", "model": "some-model"}
STALE = {"mode": "chat", "completion_params": {"temperature": 1}, "voice": "alloy", "language": "en-US", "type": "x"}

BY_TYPE = {
    "llm": selectors.llm_config,
    "text-embedding": selectors.text_embedding_config,
    "rerank": lambda selector: selectors.rerank_config(selector, top_n=3, score_threshold=0.5),
    "tts": lambda selector: selectors.tts_config(selector, voice="alloy"),
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
