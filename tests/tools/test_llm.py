import base64
import itertools

import pytest

from switchboard.errors import InvalidInput, NoAnswer, NotPermitted, ProviderFailed, TimedOut
from tests.replies import PNG, file_at, llm_chunk
from tools.llm import LLMTool
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError

MODEL = {"provider": "langgenius/openai/openai", "model": "gpt-4o", "model_type": "llm", "mode": "chat"}


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


def test_reasoning_is_kept_out_of_the_answer_even_when_its_tags_are_split():
    dify = StubbedDify(replies(*map(llm_chunk, ["<th", "ink>Let me", " see.</thi", "nk>\n\n", "It is ", "4 < 5."])))

    outputs = ask(dify)

    assert outputs.text == "It is 4 < 5."
    assert outputs.variables["answer"] == "It is 4 < 5."
    assert outputs.variables["reasoning"] == "Let me see."


def test_content_in_parts_gives_text_and_a_picture_as_a_file():
    picture = {
        "type": "image",
        "format": "png",
        "mime_type": "image/png",
        "base64_data": base64.b64encode(PNG).decode(),
    }
    dify = StubbedDify(replies(llm_chunk([{"type": "text", "data": "Here: "}, picture]), llm_chunk("done")))

    outputs = ask(dify)

    assert outputs.text == "Here: done"
    assert [(file.blob, file.mime_type, file.filename) for file in outputs.files] == [
        (PNG, "image/png", "picture-1.png")
    ]


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
        ({"stop": '["a",'}, "`stop` is not valid JSON"),
        ({"stop": "[1]"}, "item 1 is a number"),
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
