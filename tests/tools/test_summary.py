import itertools

import pytest

from switchboard.errors import InvalidInput, NoAnswer, NotConfigured, NotPermitted, ProviderFailed, TimedOut
from tests.replies import llm_chunk
from tools.summary import SummaryTool
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError

LONG = "All happy families are alike. " * 100


def test_the_whole_request_and_every_output():
    dify = StubbedDify(replies({"summary": "Families."}))

    outputs = dify.run(SummaryTool, {"text": LONG, "instruction": "One word."})

    assert dify.requests == [("system_summary", {"text": LONG, "instruction": "One word."})]
    assert outputs.text == "Families."
    assert outputs.variables == {"summary": "Families.", "unchanged": False}


def test_a_short_text_comes_back_unchanged_without_asking_dify_and_says_so():
    dify = StubbedDify(replies())

    outputs = dify.run(SummaryTool, {"text": "Short."})

    assert dify.requests == []
    assert outputs.variables == {"summary": "Short.", "unchanged": True}
    assert "only 6 characters" in outputs.text


def test_summaries_start_at_1024_characters():
    dify = StubbedDify(replies({"summary": "Short."}))

    assert dify.run(SummaryTool, {"text": "x" * 1024}).variables["unchanged"] is False
    assert dify.run(SummaryTool, {"text": "x" * 1023}).variables["unchanged"] is True


def test_a_text_that_dify_returns_unchanged_is_told_apart():
    outputs = StubbedDify(replies({"summary": LONG})).run(SummaryTool, {"text": LONG})

    assert outputs.variables == {"summary": LONG, "unchanged": True}
    assert "60% of the default model's context" in outputs.text
    assert "PLUGIN_BASED_TOKEN_COUNTING_ENABLED=true" in outputs.text
    assert "`model_id`" in outputs.text
    assert LONG not in outputs.text


def handler(*chunks):
    """A Dify that returns a text as it was, and whose models answer with these chunks."""

    def answer(invoke_type, payload):
        match invoke_type:
            case "system_summary":
                yield {"summary": payload["text"]}
            case "llm":
                yield from map(llm_chunk, chunks)

    return answer


@pytest.mark.parametrize("text", [LONG, "Short."])
@pytest.mark.parametrize("thought", ["<think>Hm.</think>", "Hm.\n</think>", "</think>"])
def test_a_model_summarizes_what_dify_returns_unchanged(text, thought):
    dify = StubbedDify(handler(thought, "\n\nFami", "lies."))

    outputs = dify.run(SummaryTool, {"text": text, "instruction": "One word.", "model_id": "langgenius/x/x/meta/llama"})

    invoke_type, payload = dify.requests[-1]
    assert invoke_type == "llm"
    assert (payload["provider"], payload["model"]) == ("langgenius/x/x", "meta/llama")
    system, user = payload["prompt_messages"]
    assert system["content"].endswith("\n\nOne word.")
    assert user["content"] == text
    assert outputs.text == "Families."
    assert outputs.variables == {"summary": "Families.", "unchanged": False}


def test_a_model_is_not_asked_for_what_dify_has_summarized():
    dify = StubbedDify(replies({"summary": "Families."}))

    outputs = dify.run(SummaryTool, {"text": LONG, "model_id": "openai/gpt-4o"})

    assert [invoke_type for invoke_type, _ in dify.requests] == ["system_summary"]
    assert outputs.variables == {"summary": "Families.", "unchanged": False}


@pytest.mark.parametrize("chunks", [[], ["<think>Hm.</think>"], [" \n"], ["x" * 3_000_000] * 2])
def test_a_model_whose_summary_is_of_no_use_is_an_error(chunks):
    with pytest.raises(NoAnswer):
        StubbedDify(handler(*chunks)).run(SummaryTool, {"text": LONG, "model_id": "openai/gpt-4o"})


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({}, "`text` is empty"),
        ({"text": None}, "`text` is empty"),
        ({"text": " \n"}, "`text` is empty"),
        ({"text": 5}, "`text` has to be text, not a number"),
        ({"text": LONG + "\udc00"}, "`text` holds half of a surrogate pair"),
        ({"text": "x" * 6_000_000}, r"The text takes 6\.0 MB"),
        ({"text": LONG, "model_id": "gpt-4o"}, "written as `provider/model`"),
        ({"text": LONG, "model_id": 5}, "`model_id` has to be text"),
    ],
)
def test_bad_input_is_refused_before_dify_is_asked(parameters, sentence):
    dify = StubbedDify(replies())

    with pytest.raises(InvalidInput, match=sentence):
        dify.run(SummaryTool, parameters)

    assert dify.requests == []


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([DifyError("permission denied, you need to enable llm access in plugin manifest")], NotPermitted),
        ([DifyError("request failed: Default model not found for ModelType.LLM")], NotConfigured),
        ([DifyError("request failed: [openai] Server Unavailable")], ProviderFailed),
        ([{"summary": "  "}], NoAnswer),
        ([{"text": "not a summary"}], NoAnswer),
        ([{"summary": "x" * 6_000_000}], NoAnswer),
        ([], NoAnswer),
        (itertools.repeat(None, 250), TimedOut),
    ],
)
def test_failures_are_told_apart(events, error):
    with pytest.raises(error):
        StubbedDify(replies(*events)).run(SummaryTool, {"text": LONG})
