import io
from decimal import Decimal

import pytest
from dify_plugin.entities.model import EmbeddingInputType
from dify_plugin.entities.model.llm import LLMModelConfig, LLMResultChunk
from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    PromptMessageTool,
    SystemPromptMessage,
    TextPromptMessageContent,
    ToolPromptMessage,
    UserPromptMessage,
)
from dify_plugin.entities.model.moderation import ModerationModelConfig
from dify_plugin.entities.model.rerank import RerankModelConfig
from dify_plugin.entities.model.speech2text import Speech2TextModelConfig
from dify_plugin.entities.model.text_embedding import (
    TextEmbeddingModelConfig,
)
from dify_plugin.entities.model.tts import TTSModelConfig

from tests.workspace.dify.app_calls import session_of
from tests.workspace.dify.fake_models import EVERYTHING, FakeModels
from tests.workspace.dify.model_calls import LLM, NAME, error_of, llm_payload
from workspace.engines import Generated, TokenCount, ToolCall
from workspace.local import local_dify

# --- llm


def test_an_answer_streams_and_its_last_chunk_alone_has_the_usage(session):
    chunks = list(session.model.llm.invoke(LLM, [UserPromptMessage(content="Hi")]))

    assert [chunk.delta.message.content for chunk in chunks] == ["Good ", "day.", ""]
    assert [chunk.delta.index for chunk in chunks] == [0, 1, 2]
    assert [chunk.delta.finish_reason for chunk in chunks] == [None, None, "stop"]
    assert [chunk.delta.usage is None for chunk in chunks] == [True, True, False]
    usage = chunks[-1].delta.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (7, 2, 9)
    assert (usage.total_price, usage.currency) == (Decimal(0), "USD")
    assert chunks[0].model == "m"


def test_a_call_that_does_not_stream_gets_the_same_chunks(session):
    result = session.model.llm.invoke(LLM, [UserPromptMessage(content="Hi")], stream=False)

    assert result.message.content == "Good day."
    assert result.usage.total_tokens == 9


def test_a_chunk_has_the_fields_and_the_text_prices_that_the_daemon_writes(models):
    *_, last = local_dify(EVERYTHING, models).handle("llm", llm_payload())

    assert last["delta"]["usage"].pop("latency") >= 0
    assert last == {
        "model": "m",
        "system_fingerprint": "",
        "prompt_messages": [],
        "delta": {
            "index": 2,
            "message": {"role": "assistant", "content": "", "name": "", "tool_calls": [], "tool_call_id": ""},
            "usage": {
                "prompt_tokens": 7,
                "prompt_unit_price": "0",
                "prompt_price_unit": "0",
                "prompt_price": "0",
                "completion_tokens": 2,
                "completion_unit_price": "0",
                "completion_price_unit": "0",
                "completion_price": "0",
                "total_tokens": 9,
                "total_price": "0",
                "currency": "USD",
            },
            "finish_reason": "stop",
        },
    }


def test_a_model_is_asked_what_the_plugin_asked_without_what_the_daemon_adds(session, models):
    call = AssistantPromptMessage.ToolCall(
        id="c1", type="function", function=AssistantPromptMessage.ToolCall.ToolCallFunction(name="f", arguments="{}")
    )
    messages = [
        SystemPromptMessage(content="Be brief."),
        UserPromptMessage(content=[TextPromptMessageContent(data="Hi")], name="ada"),
        AssistantPromptMessage(content=None, tool_calls=[call]),
        ToolPromptMessage(content="3", tool_call_id="c1"),
    ]
    tool = PromptMessageTool(name="f", description="d", parameters={"type": "object"})
    config = LLMModelConfig(**NAME, mode="chat", completion_params={"temperature": 0})
    list(session.model.llm.invoke(config, messages, tools=[tool], stop=["END"]))

    assert models.asked == [
        {
            "model": "m",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": [{"opaque_body": None, "type": "text", "data": "Hi"}], "name": "ada"},
                {
                    "role": "assistant",
                    "content": "",
                    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
                },
                {"role": "tool", "content": "3", "tool_call_id": "c1"},
            ],
            "tools": [{"name": "f", "description": "d", "parameters": {"type": "object"}}],
            "stop": ["END"],
            "parameters": {"temperature": 0},
        }
    ]


def test_a_tool_call_reaches_the_plugin():
    session = session_of(FakeModels(calls=(ToolCall("c1", "f", '{"a": 1}'),)))
    first, last = session.model.llm.invoke(LLM, [UserPromptMessage(content="Hi")])

    assert first.delta.message.tool_calls[0].model_dump() == {
        "id": "c1",
        "type": "function",
        "function": {"name": "f", "arguments": '{"a": 1}'},
    }
    assert last.delta.finish_reason == "tool_calls"


@pytest.mark.parametrize("pieces", [[], [Generated("Hi")], [Generated("Hi", tokens=TokenCount(1, 1))]])
def test_an_answer_that_just_stops_is_given_an_end(pieces, models):
    models.generate = lambda *args, **kwargs: iter(pieces)
    chunks = [LLMResultChunk(**chunk) for chunk in local_dify(EVERYTHING, models).handle("llm", llm_payload())]

    assert chunks[-1].delta.finish_reason == "stop"
    assert chunks[-1].delta.usage is not None


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"completion_params": None}, "completion_params\\n  Input should be a valid dictionary"),
        ({"prompt_messages": None}, "prompt_messages\\n  Value error, prompt_messages must be a list"),
        ({"prompt_messages": [{"role": "developer", "content": "x"}]}, "prompt_messages.0.role\\n  Input should be"),
    ],
)
def test_a_payload_that_dify_refuses_is_a_status_of_a_streaming_call(changes, problem, models):
    text = error_of(lambda: list(local_dify(EVERYTHING, models).handle("llm", llm_payload(**changes))))

    assert text.startswith(
        "invoke llm model failed: request failed with status code: 400 and respond with: "
        '{"code": "invalid_param", "message": "invalid payload: 1 validation error for RequestInvokeLLM\\n'
    )
    assert problem in text


# --- the other model types


def test_an_embedding_has_a_vector_for_each_text_and_its_usage(session, models):
    result = session.model.text_embedding.invoke(
        TextEmbeddingModelConfig(**NAME), ["a", "bcd"], EmbeddingInputType.DOCUMENT
    )

    assert result.embeddings == [[1.0, 1.0], [1.0, 3.0]]
    assert (result.usage.tokens, result.usage.total_tokens, result.usage.total_price) == (2, 2, Decimal(0))
    assert models.asked == [{"model": "m", "texts": ["a", "bcd"], "input_type": "document"}]


def test_an_input_type_that_dify_does_not_know_is_refused_without_a_reason(models):
    payload = {**NAME, "texts": ["a"], "input_type": "image"}

    text = error_of(lambda: list(local_dify(EVERYTHING, models).handle("text_embedding", payload)))
    assert text == "invoke text-embedding model failed: data is nil"


@pytest.mark.parametrize(
    ("numbers", "indexes"),
    [
        ({"score_threshold": 0.0, "top_n": 3}, [1, 2, 0]),
        ({"score_threshold": 0.0, "top_n": 2}, [1, 2]),
        ({"score_threshold": 0.3, "top_n": 3}, [1, 2]),
        ({"score_threshold": 0.9, "top_n": 3}, []),
        ({"score_threshold": 0.0, "top_n": 0}, [1, 2, 0]),
    ],
)
def test_the_best_documents_come_first_within_the_two_limits(session, numbers, indexes):
    docs = ["a", "aaaaaa", "aaa"]
    result = session.model.rerank.invoke(RerankModelConfig(**NAME, **numbers), docs, "q")

    assert [doc.index for doc in result.docs] == indexes
    assert all(doc.text == docs[doc.index] and doc.score == len(doc.text) / 10 for doc in result.docs)


def test_nothing_to_rerank_is_an_empty_result(session):
    assert session.model.rerank.invoke(RerankModelConfig(**NAME, score_threshold=0, top_n=1), [], "q").docs == []


def test_speech_comes_in_pieces(session):
    pieces = list(session.model.tts.invoke(TTSModelConfig(**NAME, voice="amy"), "Hello"))

    assert pieces == [b"ID3", b"amy:Hello"]


def test_speech_is_recognised(session):
    assert session.model.speech2text.invoke(Speech2TextModelConfig(**NAME), io.BytesIO(b"ID3")) == "3 bytes"


def test_audio_that_is_no_hex_is_refused_without_a_reason(models):
    text = error_of(lambda: list(local_dify(EVERYTHING, models).handle("speech2text", {**NAME, "file": "xyz"})))

    assert text == "invoke speech2text model failed: data is nil"


@pytest.mark.parametrize(
    ("audio", "reason"),
    [(b"\xff\xfb", "Non-hexadecimal digit found"), (b"\xff\xfb\x90", "Odd-length string"), (b"4944", "read")],
)
def test_recognition_fails_where_it_is_to_fail_as_in_dify(audio, reason):
    session = session_of(FakeModels(), fail_like_dify=True)
    text = error_of(lambda: session.model.speech2text.invoke(Speech2TextModelConfig(**NAME), io.BytesIO(audio)))

    assert text == f"invoke speech2text model failed: request failed: {reason}"


@pytest.mark.parametrize("flagged", [True, False])
def test_moderation_is_a_boolean(flagged):
    session = session_of(FakeModels(flagged=flagged))

    assert session.model.moderation.invoke(ModerationModelConfig(**NAME), "Hi") is flagged


def test_a_short_text_is_its_own_summary(session, models):
    text = "word " * 1000

    assert session.model.summary.invoke(text, "short") == text
    assert models.asked == []


def test_a_long_text_is_summed_up_in_parts(models):
    session = session_of(models, context_tokens=1000, default_model="writer")
    text = "A sentence of a text. " * 300

    assert session.model.summary.invoke(text, "in one line") == "\n".join(["Good day."] * 3)
    parts = [asked["messages"][1]["content"] for asked in models.asked]
    assert "".join(parts) == text
    assert all(len(part) <= 2400 and part.endswith(".") for part in parts[:-1])
    assert {asked["model"] for asked in models.asked} == {"writer"}
    assert models.asked[0]["messages"][0]["content"].endswith("in one line")


def test_a_summary_that_does_not_shorten_is_not_summed_up_for_ever():
    models = FakeModels(words=("x" * 5000,))
    session = session_of(models, context_tokens=1000)

    assert len(session.model.summary.invoke("y" * 5000, "")) > 5000
    assert len(models.asked) == 3


def test_a_summary_of_summaries_is_made_where_they_are_long_together():
    models = FakeModels(words=("z" * 1300,))
    session = session_of(models, context_tokens=1000)

    assert session.model.summary.invoke("y" * 4800, "") == "z" * 1300 + "\n" + "z" * 1300
