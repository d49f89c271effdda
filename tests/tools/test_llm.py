import base64
import itertools

import pytest

from switchboard.errors import InvalidInput, NoAnswer, NotPermitted, ProviderFailed, TimedOut
from tests.replies import PNG, file_at, llm_chunk
from tools.llm import LLMTool
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError

MODEL = {"provider": "langgenius/openai/openai", "model": "gpt-4o", "model_type": "llm", "mode": "chat"}


def image_part(**fields):
    part = {"type": "image", "format": "png", "mime_type": "image/png", "base64_data": base64.b64encode(PNG).decode()}
    return {**part, **fields}


def ask(dify, **parameters):
    return dify.run(LLMTool, {"model": {**MODEL, "completion_params": {}}, "prompt": "Who are you?", **parameters})


def test_the_whole_request_and_every_output():
    dify = StubbedDify(
        replies(llm_chunk("I am "), llm_chunk("a model."), llm_chunk("", finish_reason="stop", total_tokens=7))
    )

    outputs = dify.run(
        LLMTool,
        {
            "model": {**MODEL, "completion_params": {"temperature": 0}},
            "prompt": "Who are you?",
            "system_prompt": "Be brief.",
            "stop": "END\nFIN",
        },
    )

    assert dify.requests == [
        (
            "llm",
            {
                "provider": "langgenius/openai/openai",
                "model": "gpt-4o",
                "model_type": "llm",
                "mode": "chat",
                "completion_params": {"temperature": 0},
                "prompt_messages": [
                    {"role": "system", "content": "Be brief.", "name": None},
                    {"role": "user", "content": "Who are you?", "name": None},
                ],
                "tools": None,
                "stop": ["END", "FIN"],
                "stream": True,
            },
        )
    ]
    assert outputs.texts == ["I am ", "a model."]
    usage = outputs.variables.pop("usage")
    assert usage["total_tokens"] == 7
    assert outputs.variables == {
        "answer": "I am a model.",
        "reasoning": "",
        "finish_reason": "stop",
        "model_name": "test-model",
    }


def test_text_leaves_as_soon_as_it_comes():
    def handler(invoke_type, payload):
        yield llm_chunk("first")
        raise AssertionError("asked for more before the first text had left")

    messages = StubbedDify(handler).messages(LLMTool, {"model": MODEL, "prompt": "Hi"})

    assert next(messages).message.text == "first"


@pytest.mark.parametrize(
    ("chunks", "answer", "reasoning"),
    [
        (["Let me", " see.\n</think>\n\nYes."], "Yes.", "Let me see."),
        (["<think>\n<!--dify-deepseek-reasoning-->if a &lt; b\n</think>Yes."], "Yes.", "if a < b"),
        (["Close it with `</think>`."], "Close it with `</think>`.", ""),
    ],
)
def test_reasoning_is_told_from_the_answer_in_each_providers_writing(chunks, answer, reasoning):
    outputs = ask(StubbedDify(replies(*map(llm_chunk, chunks))))

    assert (outputs.variables["answer"], outputs.variables["reasoning"]) == (answer, reasoning)


def test_reasoning_is_kept_out_of_the_answer_even_when_its_tags_are_split():
    dify = StubbedDify(replies(*map(llm_chunk, ["<th", "ink>Let me", " see.</thi", "nk>\n\n", "It is ", "4 < 5."])))

    outputs = ask(dify)

    assert outputs.text == "It is 4 < 5."
    assert outputs.variables["answer"] == "It is 4 < 5."
    assert outputs.variables["reasoning"] == "Let me see."


def test_content_in_parts_gives_text_and_a_picture_as_a_file():
    dify = StubbedDify(replies(llm_chunk([{"type": "text", "data": "Here: "}, image_part()]), llm_chunk("done")))

    outputs = ask(dify)

    assert outputs.text == "Here: done"
    assert [(file.blob, file.mime_type, file.filename) for file in outputs.files] == [(PNG, "image/png", "image-1.png")]


def test_parts_go_out_in_their_order():
    parts = [{"type": "text", "data": "Before. "}, image_part(), {"type": "text", "data": "After."}, image_part()]

    messages = list(StubbedDify(replies(llm_chunk(parts))).messages(LLMTool, {"model": MODEL, "prompt": "Draw."}))

    assert [message.type.value for message in messages[:4]] == ["text", "blob", "text", "blob"]
    assert [message.meta["filename"] for message in messages if message.meta] == ["image-1.png", "image-2.png"]


def test_a_model_that_speaks_gives_a_file():
    part = {
        "type": "audio",
        "format": "wav",
        "mime_type": "audio/wav",
        "base64_data": base64.b64encode(b"RIFF").decode(),
    }

    [file] = ask(StubbedDify(replies(llm_chunk([part])))).files

    assert (file.blob, file.mime_type, file.filename) == (b"RIFF", "audio/wav", "audio-1.wav")


def test_a_picture_in_a_data_url_is_a_file_too():
    part = image_part(base64_data="", url="data:image/png;base64," + base64.b64encode(PNG).decode())

    assert ask(StubbedDify(replies(llm_chunk([part])))).files[0].blob == PNG


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"base64_data": ""}, "returned image number 1 with nothing in it"),
        ({"base64_data": "abc"}, "not base64"),
        ({"base64_data": "é"}, "not base64"),
        ({"base64_data": "", "url": "http://127.0.0.1/" + "a" * 6_000_000}, "The output files takes 6.0 MB"),
        ({"base64_data": "A" * 72_000_000}, "The image has more than 50 MiB"),
    ],
)
def test_a_picture_that_cannot_be_handed_on_is_refused(fields, sentence):
    with pytest.raises(NoAnswer, match=sentence):
        ask(StubbedDify(replies(llm_chunk([image_part(**fields)]))))


def test_a_very_long_file_name_is_cut():
    [file] = ask(StubbedDify(replies(llm_chunk([image_part(filename="a" * 6_000_000)])))).files

    assert file.filename == "a" * 255


def test_stop_sequences_of_the_models_own_settings_are_sent_where_dify_reads_them():
    dify = StubbedDify(replies(llm_chunk("Yes.")))

    ask(dify, model={**MODEL, "completion_params": {"temperature": 0, "stop": ["END"]}}, stop='["\\n\\n"]')

    [(_, payload)] = dify.requests
    assert payload["stop"] == ["\n\n", "END"]
    assert payload["completion_params"] == {"temperature": 0}


def test_a_system_prompt_of_white_space_is_not_sent():
    dify = StubbedDify(replies(llm_chunk("Yes.")))

    ask(dify, system_prompt=" \n")

    assert [message["role"] for message in dify.requests[0][1]["prompt_messages"]] == ["user"]


def test_usage_and_finish_reason_are_the_last_that_were_given():
    chunks = [llm_chunk("Yes", finish_reason="stop", total_tokens=5), llm_chunk("."), llm_chunk("")]

    outputs = ask(StubbedDify(replies(*chunks)))

    assert outputs.variables["finish_reason"] == "stop"
    assert outputs.variables["usage"]["total_tokens"] == 5


def test_what_was_held_back_at_the_end_is_not_lost():
    outputs = ask(StubbedDify(replies(llm_chunk("1 "), llm_chunk("<t"))))
    assert (outputs.text, outputs.variables["answer"]) == ("1 <t", "1 <t")

    outputs = ask(StubbedDify(replies(llm_chunk("<think>cut off </th"))))
    assert outputs.variables["reasoning"] == "cut off </th"


def test_an_answer_that_does_not_end_is_given_up_when_it_no_longer_fits():
    asked = itertools.count()

    def endless(invoke_type, payload):
        for _ in asked:
            yield llm_chunk("x" * 100_000)

    with pytest.raises(NoAnswer, match="The output answer takes 5.2 MB"):
        ask(StubbedDify(endless))

    assert next(asked) < 60


def test_a_piece_too_large_for_a_line_is_refused():
    with pytest.raises(NoAnswer, match="The output answer takes"):
        ask(StubbedDify(replies(llm_chunk("\x00" * 1_000_000))))


@pytest.mark.parametrize(("content", "status", "sentence"), [(b"", 200, "dot.png is empty"), (b"", 404, "HTTP 404")])
def test_an_image_that_cannot_be_downloaded_is_refused(serve, content, status, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        ask(StubbedDify(replies()), images=[file_at(serve(content, status=status), "dot.png", type="image")])


def test_an_image_known_to_be_too_large_is_not_downloaded():
    huge = {**file_at("http://127.0.0.1:9/huge.png", "huge.png", type="image"), "size": 600_000_000}

    with pytest.raises(InvalidInput, match=r"`images`: huge.png has 600.00 MB, and Dify carries at most 3.88 MB"):
        ask(StubbedDify(replies()), images=[huge])


def test_a_picture_that_comes_as_an_address_is_passed_on():
    picture = {"type": "image", "format": "png", "mime_type": "image/png", "url": "http://127.0.0.1/cat.png"}

    assert ask(StubbedDify(replies(llm_chunk([picture])))).image_urls == ["http://127.0.0.1/cat.png"]


def test_images_become_parts_of_the_message(serve):
    dify = StubbedDify(replies(llm_chunk("A dot.")))

    ask(dify, images=[file_at(serve(PNG), "dot.png", type="image")])

    [(_, payload)] = dify.requests
    text, image = payload["prompt_messages"][0]["content"]
    assert text["data"] == "Who are you?"
    assert (image["type"], image["mime_type"], image["filename"]) == ("image", "image/png", "dot.png")
    assert base64.b64decode(image["base64_data"]) == PNG


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"model": None}, "No model is chosen"),
        ({"model": {**MODEL, "model_type": "rerank"}}, "needs a language model, but gpt-4o is a rerank model"),
        ({"model": "gpt-4o"}, "chosen in its selector"),
        ({"prompt": ""}, "`prompt` is empty"),
        ({"prompt": " \n\t"}, "`prompt` is empty"),
        ({"prompt": "half \ud83d"}, "`prompt` holds half of a surrogate pair at character 6"),
        ({"prompt": "é" * 3_000_000}, "The prompt takes 6.0 MB"),
        ({"stop": "[1]"}, "`stop` has to be an array of strings"),
        ({"stop": "x" * 6_000_000}, "The prompt takes 6.0 MB"),
        ({"model": {**MODEL, "completion_params": {"user": "x" * 6_000_000}}}, "The prompt takes 6.0 MB"),
        ({"images": "a.png"}, "`images` has to be a file, not text"),
    ],
)
def test_bad_input_is_refused_before_dify_is_asked(parameters, sentence):
    dify = StubbedDify(replies(llm_chunk("never")))

    with pytest.raises(InvalidInput, match=sentence):
        ask(dify, **parameters)

    assert dify.requests == []


def test_a_megabyte_of_text_goes_through():
    dify = StubbedDify(replies(llm_chunk("long")))

    assert ask(dify, prompt="word " * 200_000).text == "long"


def test_pictures_that_do_not_fit_on_the_wire_are_refused(serve):
    picture = file_at(serve(PNG + bytes(3_000_000)), "big.png", type="image")

    with pytest.raises(InvalidInput, match=r"The prompt with its images takes 8\.0 MB"):
        ask(StubbedDify(replies()), images=[picture, picture])


def test_a_file_that_is_no_picture_is_refused(serve):
    with pytest.raises(InvalidInput, match=r"notes\.png is not a PNG, JPEG, GIF or WebP picture"):
        ask(StubbedDify(replies()), images=[file_at(serve(b"hello"), "notes.png", type="image")])


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([DifyError("permission denied, you need to enable llm access in plugin manifest")], NotPermitted),
        ([DifyError("read llm model failed: request failed: overloaded")], ProviderFailed),
        ([llm_chunk("half"), DifyError("read llm model failed: EOF\nfailed to read data")], ProviderFailed),
        ([], NoAnswer),
        ([llm_chunk("  ", finish_reason="length")], NoAnswer),
    ],
)
def test_a_failing_model_is_an_error_and_no_variable_is_set(events, error):
    messages = StubbedDify(replies(*events)).messages(LLMTool, {"model": MODEL, "prompt": "Hi"})

    seen = []
    with pytest.raises(error):
        seen.extend(messages)

    assert {message.type.value for message in seen} <= {"text"}


def test_a_model_that_never_answers_times_out():
    dify = StubbedDify(lambda invoke_type, payload: itertools.repeat(None), max_invocation_timeout=3)

    with pytest.raises(TimedOut, match="nothing for 3 seconds"):
        ask(dify)
