import json
import math

import pytest

from workspace.engines import Generated, ModelFailed, ToolCall
from workspace.engines.openai_server import OpenAIModels
from workspace.wire import DifyError

pytestmark = pytest.mark.usefixtures("child_process")

CHAT = "/v1/chat/completions"


def chunk(delta=None, *, finish_reason=None, usage=None):
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish_reason}]
    return {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": choices,
        "usage": usage and {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)},
    }


def ask(models, *messages, tools=(), stop=(), **parameters):
    given = list(messages) or [{"role": "user", "content": "Hello"}]
    return list(models.generate("gpt-4o", given, tools=list(tools), stop=list(stop), parameters=parameters))


# --- chat


def test_the_answer_streams_and_ends_with_reason_and_tokens(server, openai_models):
    server.stream(
        chunk({"role": "assistant", "content": ""}),
        chunk({"content": "Good "}),
        chunk({"content": "day."}),
        chunk({}, finish_reason="length"),
        chunk(usage=(7, 2)),
    )
    pieces = ask(openai_models)

    assert pieces == [Generated("Good "), Generated("day."), Generated(finish_reason="length", tokens=(7, 2))]


def test_the_request_is_openai_s(server, openai_models):
    server.stream(chunk({"content": "ok"}, finish_reason="stop"))
    tool = {"name": "weather", "description": "Weather", "parameters": {"type": "object", "properties": {}}}
    ask(openai_models, tools=[tool], stop=["END"], temperature=0.2, max_tokens=5, top_k=3, no_such_parameter=1)

    (asked,) = server.asked
    assert asked.path == CHAT
    assert asked.headers["authorization"] == "Bearer test-key"
    assert asked.json == {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.2,
        "max_tokens": 5,
        "top_k": 3,
        "stop": ["END"],
        "tools": [{"type": "function", "function": tool}],
    }


def test_without_tools_and_stop_words_neither_is_sent(server, openai_models):
    server.stream(chunk({"content": "ok"}, finish_reason="stop"))
    ask(openai_models)

    assert server.asked[0].json.keys().isdisjoint({"tools", "stop", "response_format"})


def test_dify_s_messages_become_openai_s(server, openai_models):
    server.stream(chunk({"content": "ok"}, finish_reason="stop"))
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}}
    ask(
        openai_models,
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": "Be kind."},
        {
            "role": "user",
            "content": [
                {"type": "text", "data": "Look", "opaque_body": None},
                {"type": "image", "url": "http://127.0.0.1/a.png", "detail": "high", "mime_type": "image/png"},
                {"type": "image", "url": "", "base64_data": "AAAA", "mime_type": "image/png", "format": "png"},
                {"type": "audio", "base64_data": "BBBB", "format": "wav", "mime_type": "audio/wav"},
                {"type": "document", "base64_data": "CC==", "mime_type": "application/pdf", "filename": "a.pdf"},
            ],
        },
        {"role": "assistant", "content": "", "tool_calls": [call], "opaque_body": None},
        {"role": "tool", "content": "18 degrees", "tool_call_id": "call_1", "name": "weather"},
        {"role": "assistant", "content": None},
    )

    assert server.asked[0].json["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": "Be kind."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look"},
                {"type": "image_url", "image_url": {"url": "http://127.0.0.1/a.png", "detail": "high"}},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "auto"}},
                {"type": "input_audio", "input_audio": {"data": "BBBB", "format": "wav"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,CC=="}},
            ],
        },
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": "18 degrees", "tool_call_id": "call_1"},
        {"role": "assistant", "content": ""},
    ]


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": [{"type": "video", "url": "http://127.0.0.1/a.mp4"}]},
        {"role": "narrator", "content": "once upon a time"},
    ],
)
def test_what_openai_s_api_cannot_be_given_is_refused_before_the_server_is_asked(server, openai_models, message):
    with pytest.raises(DifyError, match="OpenAI's API"):
        ask(openai_models, message)
    assert server.asked == []


@pytest.mark.parametrize(
    ("parameters", "sent"),
    [
        ({"response_format": "text"}, None),
        ({"response_format": "json_object"}, {"type": "json_object"}),
        (
            {"response_format": "json_schema", "json_schema": json.dumps({"type": "object"})},
            {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}},
        ),
        (
            {"json_schema": {"name": "n", "schema": {"type": "object"}}},
            {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}},
        ),
    ],
)
def test_dify_s_response_format_becomes_openai_s(server, openai_models, parameters, sent):
    server.stream(chunk({"content": "{}"}, finish_reason="stop"))
    ask(openai_models, **parameters)

    assert server.asked[0].json.get("response_format") == sent


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_comes_between_think_tags(server, openai_models, field):
    server.stream(
        chunk({field: "Let me "}), chunk({field: "see."}), chunk({"content": "42"}), chunk({}, finish_reason="stop")
    )

    assert "".join(piece.text for piece in ask(openai_models)) == "<think>\nLet me see.\n</think>42"


def test_reasoning_without_an_answer_is_closed_too(server, openai_models):
    server.stream(chunk({"reasoning_content": "Hm."}), chunk({}, finish_reason="length"))

    assert "".join(piece.text for piece in ask(openai_models)) == "<think>\nHm.\n</think>"


def test_fragments_of_tool_calls_carry_the_id_of_their_call(server, openai_models):
    def fragment(index, **function):
        call_id = {"id": f"id_{index}", "type": "function"} if "name" in function else {}
        return chunk({"tool_calls": [{"index": index, "function": function, **call_id}]})

    server.stream(
        fragment(0, name="weather", arguments=""),
        fragment(0, arguments='{"city": '),
        fragment(1, name="time", arguments="{"),
        fragment(0, arguments='"Paris"}'),
        fragment(1, arguments="}"),
        chunk({}, finish_reason="tool_calls"),
    )
    *pieces, last = ask(openai_models)

    assert [piece.tool_calls for piece in pieces] == [
        [ToolCall("id_0", "weather", "")],
        [ToolCall("id_0", "", '{"city": ')],
        [ToolCall("id_1", "time", "{")],
        [ToolCall("id_0", "", '"Paris"}')],
        [ToolCall("id_1", "", "}")],
    ]
    assert (last.finish_reason, last.tokens) == ("tool_calls", None)


def test_an_error_in_the_stream_comes_after_what_was_said(server, openai_models):
    lines = f"data: {json.dumps(chunk({'content': 'Good '}))}\n\n" + 'data: {"error": {"message": "out of memory"}}\n\n'
    server.reply(CHAT, lines, content_type="text/event-stream")
    answer = openai_models.generate("m", [], tools=[], stop=[], parameters={})

    assert next(answer).text == "Good "
    with pytest.raises(ModelFailed) as caught:
        next(answer)
    assert caught.value.said == f"{server.url} failed: out of memory"


def test_a_stream_that_breaks_off_is_said_to(server, openai_models):
    server.reply(
        CHAT, f"data: {json.dumps(chunk({'content': 'Good '}))}\n\n", content_type="text/event-stream", missing=9
    )

    with pytest.raises(DifyError, match="no connection to http://127"):
        ask(openai_models)


def test_a_stream_that_ends_early_is_no_whole_answer(server, openai_models):
    server.stream(chunk({"content": "Good "}))
    answer = openai_models.generate("m", [], tools=[], stop=[], parameters={})

    assert next(answer).text == "Good "
    with pytest.raises(DifyError, match="the server's answer broke off: it ended without a finish reason"):
        next(answer)


def test_usage_alone_ends_an_answer_too(server, openai_models):
    server.stream(chunk({"content": "Good day."}), chunk(usage=(7, 2)))

    assert ask(openai_models)[-1] == Generated(finish_reason="stop", tokens=(7, 2))


def test_without_a_default_model_none_is_asked(server, openai_models):
    with pytest.raises(DifyError, match="^no default model is set: name one with --default-model PROVIDER/NAME$"):
        list(openai_models.generate("", [], tools=[], stop=[], parameters={}))
    assert server.asked == []


# --- the other model types


def test_vectors_come_in_the_order_of_the_texts_and_at_unit_length(server, openai_models):
    data = [
        {"object": "embedding", "index": index, "embedding": vector} for index, vector in ((1, [0, 5]), (0, [3, 4]))
    ]
    usage = {"prompt_tokens": 4, "total_tokens": 4}
    server.reply("/v1/embeddings", {"object": "list", "data": data, "model": "m", "usage": usage})
    embedded = openai_models.embed("text-embedding-3-small", ["one", "two"], input_type="document")

    assert embedded == ([[0.6, 0.8], [0.0, 1.0]], 4)
    assert server.asked[0].json["input"] == ["one", "two"]
    assert server.asked[0].json["model"] == "text-embedding-3-small"


def test_no_texts_are_not_sent(server, openai_models):
    assert openai_models.embed("m", [], input_type="query") == ([], 0)
    assert server.asked == []


def test_too_few_vectors_are_refused(server, openai_models):
    data = [{"object": "embedding", "index": 0, "embedding": [1.0]}]
    server.reply("/v1/embeddings", {"object": "list", "data": data, "model": "m"})

    with pytest.raises(DifyError, match="1 vectors for 2 texts"):
        openai_models.embed("m", ["one", "two"], input_type="query")


def test_speech_streams_as_mp3(server, openai_models):
    audio = bytes(range(256)) * 200
    server.reply("/v1/audio/speech", audio, content_type="audio/mpeg")
    pieces = list(openai_models.speak("tts-1", "Hello", voice="nova"))

    assert b"".join(pieces) == audio
    assert len(pieces) > 1
    assert server.asked[0].json == {"model": "tts-1", "input": "Hello", "voice": "nova", "response_format": "mp3"}


def test_speech_that_breaks_off_is_said_to(server, openai_models):
    server.reply("/v1/audio/speech", bytes(1000), content_type="audio/mpeg", missing=9)

    with pytest.raises(DifyError, match="broke off"):
        list(openai_models.speak("tts-1", "Hello", voice="nova"))


@pytest.mark.parametrize(
    ("audio", "name"),
    [
        (b"RIFF....WAVE", "audio.wav"),
        (b"ID3....", "audio.mp3"),
        (b"\xff\xf3\x80", "audio.mp3"),
        (b"OggS....", "audio.ogg"),
        (b"fLaC....", "audio.flac"),
        (b"....ftypM4A ", "audio.m4a"),
        (b"\x1aE\xdf\xa3..", "audio.webm"),
    ],
)
def test_a_recording_is_uploaded_under_the_name_of_its_type(server, openai_models, audio, name):
    server.reply("/v1/audio/transcriptions", {"text": "Good day."})

    assert openai_models.transcribe("whisper-1", audio) == "Good day."
    (asked,) = server.asked
    assert asked.headers["content-type"].startswith("multipart/form-data")
    assert f'filename="{name}"'.encode() in asked.body
    assert audio in asked.body
    assert b"whisper-1" in asked.body


@pytest.mark.parametrize("flagged", [True, False])
def test_moderation_is_the_server_s(server, openai_models, flagged):
    server.reply("/v1/moderations", {"id": "m", "model": "m", "results": [{"flagged": flagged}]})

    assert openai_models.moderate("omni-moderation-latest", "text") is flagged
    assert server.asked[0].json == {"model": "omni-moderation-latest", "input": "text"}


def test_rerank_scores_are_put_in_the_order_of_the_documents(server, openai_models):
    results = [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.2}]
    server.reply("/v1/rerank", {"results": results})

    assert openai_models.rerank("rerank-v3", "q", ["a", "b"]) == [0.2, 0.9]
    assert server.asked[0].json == {"model": "rerank-v3", "query": "q", "documents": ["a", "b"], "top_n": 2}


def test_without_a_rerank_route_the_server_s_embeddings_are_compared(server, openai_models):
    vectors = ([1, 0], [0, 1], [-1, 0], [2, 0])
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)]
    server.reply("/v1/embeddings", {"object": "list", "data": data, "model": "m"})

    assert openai_models.rerank("m", "q", ["a", "b", "c"]) == [0.5, 0.0, 1.0]
    assert [asked.path for asked in server.asked] == ["/v1/rerank", "/v1/embeddings"]
    assert server.asked[1].json["input"] == ["q", "a", "b", "c"]


def test_a_rerank_answer_of_another_shape_is_refused(server, openai_models):
    server.reply("/v1/rerank", {"scores": [1]})

    with pytest.raises(DifyError, match="did not answer /rerank as Jina and Cohere do"):
        openai_models.rerank("m", "q", ["a"])


# --- failures


@pytest.mark.parametrize(
    ("base_url", "api_key", "problem"),
    [
        ("localhost:11434/v1", "k", "OPENAI_BASE_URL lacks its http:// or https://"),
        ("/v1", "k", "OPENAI_BASE_URL lacks its http:// or https://"),
        ("http://", "k", "OPENAI_BASE_URL is no HTTP address"),
        ("http://[::1", "k", "OPENAI_BASE_URL is no HTTP address"),
        ("http://a b/v1", "k", "OPENAI_BASE_URL is no HTTP address"),
        ("http://a:99999/v1", "k", "OPENAI_BASE_URL is no HTTP address"),
        ("ftp://a/v1", "k", "OPENAI_BASE_URL is no HTTP address"),
        ("http://127.0.0.1:9/v1", "ключ", "OPENAI_API_KEY has characters that no key has"),
        ("http://127.0.0.1:9/v1", "a\nb", "OPENAI_API_KEY has characters that no key has"),
    ],
)
def test_settings_that_cannot_be_are_one_sentence(base_url, api_key, problem):
    models = OpenAIModels(base_url, api_key)

    with pytest.raises(DifyError, match=f"^{problem}"):
        ask(models)
    with pytest.raises(DifyError, match=f"^{problem}"):
        list(models.speak("m", "a", voice="nova"))


@pytest.mark.parametrize(
    "body", [{"error": {"message": "The model `m` does not exist", "type": "x"}}, {"error": "no model"}, "Not Found"]
)
@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_a_refusal_is_the_status_and_what_the_server_said(server, openai_models, status, body):
    server.reply(CHAT, body, status=status)
    written = body if isinstance(body, str) else json.dumps(body)

    with pytest.raises(ModelFailed) as caught:
        ask(openai_models)
    assert caught.value.said == f"API request failed with status code {status}: {written}"
    assert len(server.asked) == 1


def test_a_refusal_that_repeats_the_key_does_not_carry_it(server, openai_models):
    server.reply("/v1/moderations", {"error": {"message": "Incorrect API key provided: test-key"}}, status=401)

    with pytest.raises(DifyError, match=r"Incorrect API key provided: \*\*\*"):
        openai_models.moderate("m", "text")


def test_a_refused_connection_names_the_address():
    models = OpenAIModels("http://name:test-password@127.0.0.1:9/v1", "test-key")
    calls = (
        lambda: ask(models),
        lambda: models.embed("m", ["a"], input_type="query"),
        lambda: models.rerank("m", "q", ["a"]),
        lambda: list(models.speak("m", "a", voice="nova")),
        lambda: models.transcribe("m", b"audio"),
        lambda: models.moderate("m", "a"),
    )

    for call in calls:
        with pytest.raises(ModelFailed) as caught:
            call()
        assert caught.value.said == "no connection to http://127.0.0.1:9/v1: check OPENAI_BASE_URL and the server"
    models.close()


def test_a_page_in_the_place_of_an_api_is_told(server, openai_models):
    for path in (CHAT, "/v1/embeddings", "/v1/moderations", "/v1/audio/transcriptions", "/v1/rerank"):
        server.reply(path, "<html>hello</html>", content_type="text/html")

    with pytest.raises(DifyError, match="is it the base URL"):
        ask(openai_models)
    with pytest.raises(DifyError, match="is it the base URL"):
        openai_models.embed("m", ["a"], input_type="query")
    with pytest.raises(DifyError, match="is it the base URL"):
        openai_models.moderate("m", "a")
    with pytest.raises(DifyError, match="Jina and Cohere"):
        openai_models.rerank("m", "q", ["a"])


def test_a_vector_of_zeros_stays_one(server, openai_models):
    data = [{"object": "embedding", "index": 0, "embedding": [0.0, 0.0]}]
    server.reply("/v1/embeddings", {"object": "list", "data": data, "model": "m"})
    ((vector,), _) = openai_models.embed("m", ["a"], input_type="query")

    assert math.hypot(*vector) == 0


# --- what there is


def test_the_models_of_the_server_are_known_by_their_names(serve):
    listed = {"object": "list", "data": [{"id": "llama3.2"}, {"id": "library/qwen"}, {"name": "no id"}, "no model"]}
    url = serve(json.dumps(listed).encode(), at="/v1/models", headers={"Content-Type": "application/json"})
    models = OpenAIModels(url.removesuffix("/models"), "test-key")

    assert models.names("llm") == ["openai/llama3.2", "openai/library/qwen"]
    models.close()


@pytest.mark.parametrize("reply", [b"<html>", b"[]", b'{"data": null}', b'{"error": "no"}'])
def test_a_server_that_lists_no_models_has_no_names(serve, reply):
    url = serve(reply, at="/v1/models", headers={"Content-Type": "application/json"})
    models = OpenAIModels(url.removesuffix("/models"), "test-key")

    assert models.names("tts") == []
    models.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/v1", "nowhere"])
def test_a_server_that_is_not_there_has_no_names(url):
    assert OpenAIModels(url, "test-key").names("llm") == []


def test_a_server_s_voices_are_those_of_openai(openai_models):
    assert openai_models.voices()["alloy"] == "alloy"
