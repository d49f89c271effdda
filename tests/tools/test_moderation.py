import itertools

import pytest

from switchboard.errors import InvalidInput, NoAnswer, NotPermitted, ProviderFailed, TimedOut
from tools.moderation import ModerationTool
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError

MODEL = {"provider": "langgenius/openai/openai", "model": "omni-moderation-latest", "model_type": "moderation"}


def moderate(dify, **parameters):
    return dify.run(ModerationTool, {"model": MODEL, "text": "Nice weather.", **parameters})


@pytest.mark.parametrize(
    ("flagged", "words"),
    [(True, "Flagged by omni-moderation-latest."), (False, "Not flagged by omni-moderation-latest.")],
)
def test_the_whole_request_and_every_output(flagged, words):
    dify = StubbedDify(replies({"result": flagged}))

    outputs = moderate(dify)

    assert dify.requests == [("moderation", {**MODEL, "text": "Nice weather."})]
    assert outputs.variables == {"flagged": flagged}
    assert outputs.text == words


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"model": None}, "Choose a moderation model"),
        ({"model": {**MODEL, "model_type": "speech2text"}}, "is a speech-to-text model"),
        ({"model": {"provider": "openai"}}, "has no model"),
        ({"text": ""}, "`text` is empty"),
        ({"text": "\t"}, "`text` is empty"),
        ({"text": "\ud800"}, "surrogate"),
        ({"text": "x" * 6_000_000}, "takes 6.0 MB"),
    ],
)
def test_bad_input_is_refused_before_dify_is_asked(parameters, sentence):
    dify = StubbedDify(replies())

    with pytest.raises(InvalidInput, match=sentence):
        moderate(dify, **parameters)

    assert dify.requests == []


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([DifyError("permission denied, you need to enable moderation access in plugin manifest")], NotPermitted),
        ([DifyError("invoke moderation model failed: request failed: overloaded")], ProviderFailed),
        ([{"result": "perhaps"}], NoAnswer),
        ([], NoAnswer),
        (itertools.repeat(None, 250), TimedOut),
    ],
)
def test_failures_are_told_apart(events, error):
    with pytest.raises(error):
        moderate(StubbedDify(replies(*events)))
