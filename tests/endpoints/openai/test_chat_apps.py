"""Apps as models of `/v1/chat/completions`."""

import json
import threading

import openai
import pytest

from tests.app_replies import (
    CONVERSATION,
    OTHER_CONVERSATION,
    UNKNOWN_CONVERSATION,
    chat,
    chat_end,
    chatflow,
    completion,
    error,
    file_kept_by_dify,
    workflow,
    workflow_finished,
)
from tests.app_replies import USAGE as APP_USAGE
from workspace.wire import DifyError

HELLO = [{"role": "user", "content": "Hello"}]
ANSWER = [chat("message", answer="Good "), chat("message", answer="day."), chat_end()]


def ask(api, messages=HELLO, *, model="app/chat-app", **fields):
    return api.openai().chat.completions.create(model=model, messages=messages, **fields)


def content(api, **fields):
    return ask(api, **fields).choices[0].message.content


def streamed(api, **fields):
    """The content of each chunk that has some, and the finish reason."""
    found = list(ask(api, stream=True, **fields))
    contents = [chunk.choices[0].delta.content for chunk in found]
    return [text for text in contents if text], found[-1].choices[0].finish_reason


def query(api, messages, **fields):
    """What the app is asked."""
    api.answer(*ANSWER)
    ask(api, messages, **fields)
    return api.asked[-1][1]["query"]


def test_a_chat_app_answers_in_one_reply(api):
    api.answer(*ANSWER)

    reply = ask(api)

    assert reply.model == "app/chat-app"
    assert reply.choices[0].message.content == "Good day."
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage.model_dump(exclude_none=True) == {
        "prompt_tokens": 6,
        "completion_tokens": 1,
        "total_tokens": 7,
    }
    assert reply.conversation_id == CONVERSATION


def test_a_chat_app_answers_as_its_text_comes(api):
    api.answer(*ANSWER)

    found = list(ask(api, stream=True, stream_options={"include_usage": True}))

    assert [chunk.choices[0].delta.content for chunk in found[:-1]] == ["", "Good ", "day.", None]
    assert {chunk.conversation_id for chunk in found} == {CONVERSATION}
    assert found[-1].usage.total_tokens == 7


def test_dify_is_asked_for_a_new_conversation_with_the_inputs_and_the_user(api):
    api.settings["chat_app"] = {"app_id": "chat-app", "inputs": {"name": "Ana", "city": "Faro"}, "files": []}
    api.answer(*ANSWER)

    ask(api, user="u-1", extra_body={"inputs": {"city": "Lagos"}})

    assert api.asked == [
        (
            "app",
            {
                "app_id": "chat-app",
                "query": "Hello",
                "inputs": {"query": "Hello", "name": "Ana", "city": "Lagos"},
                "response_mode": "streaming",
                "conversation_id": "",
                "user": "u-1",
            },
        )
    ]


def test_the_history_is_folded_into_the_query(api):
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "I am Ana."}, {"type": "text", "text": "Hi."}]},
        {"role": "assistant", "content": "Hello Ana."},
        {"role": "user", "content": "Who am I?"},
    ]

    assert query(api, messages) == (
        "System: Be brief.\n\nUser: I am Ana.\nHi.\n\nAssistant: Hello Ana.\n\nUser: Who am I?"
    )


def test_an_app_that_remembers_gets_the_last_message_alone(api):
    messages = [
        {"role": "user", "content": "I am Ana."},
        {"role": "assistant", "content": "Hello Ana."},
        {"role": "user", "content": "Who am I?"},
    ]

    assert query(api, messages, extra_body={"conversation_id": CONVERSATION}) == "Who am I?"
    assert api.asked[-1][1]["conversation_id"] == CONVERSATION


BLANK_PARTS = [{"type": "text", "text": " "}, {"type": "text", "text": "\n"}]


@pytest.mark.parametrize(
    "blank",
    [
        {"role": "system", "content": ""},
        {"role": "developer", "content": " \n"},
        {"role": "assistant", "content": None},
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": "<think>Hm.</think>"},
        {"role": "assistant", "content": None, "reasoning_content": "Hm."},
        {"role": "user", "content": "\t"},
        {"role": "user", "content": BLANK_PARTS},
        {"role": "system", "content": BLANK_PARTS},
        {"role": "system", "content": None},
        {"role": "developer", "content": []},
        {"role": "assistant", "content": []},
        {"role": "user", "content": None},
        {"role": "user", "content": []},
    ],
)
def test_a_blank_message_says_nothing(api, blank):
    assert query(api, [blank, *HELLO]) == "Hello"
    assert query(api, [*HELLO, blank]) == "Hello"
    talk = [{"role": "system", "content": "Be brief."}, blank, *HELLO]
    assert query(api, talk) == "System: Be brief.\n\nUser: Hello"


def test_a_blank_part_of_a_message_says_nothing(api):
    parts = [{"type": "text", "text": ""}, {"type": "text", "text": "Hello"}]

    assert query(api, [{"role": "user", "content": parts}]) == "Hello"


def test_what_a_model_has_thought_is_not_told_to_an_app(api):
    messages = [
        {"role": "user", "content": "I am Ana."},
        {"role": "assistant", "content": "Hello Ana.", "reasoning_content": "She is Ana."},
        {"role": "assistant", "content": "<think>So?</think>\nWell."},
        {"role": "assistant", "content": "So?\n</think>\n\nSo."},
        {"role": "user", "content": "Who am I?"},
    ]

    assert (
        query(api, messages)
        == "User: I am Ana.\n\nAssistant: Hello Ana.\n\nAssistant: Well.\n\nAssistant: So.\n\nUser: Who am I?"
    )


OLD = [
    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}]},
    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,broken!"}}]},
    {"role": "user", "content": [{"type": "video_url", "video_url": {"url": "https://example.com/cat.mp4"}}]},
    {"role": "tool", "content": "x", "tool_call_id": "c1"},
    {"role": "function", "name": "f", "content": "x"},
    {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    },
    {"role": "user", "content": ""},
    {"content": "no role at all"},
    "no message at all",
]


@pytest.mark.parametrize("model", ["app/support", "support"])
@pytest.mark.parametrize("old", OLD)
def test_with_a_conversation_only_the_last_message_is_looked_at(api, old, model):
    api.settings["apps"] = "support = 90c1"
    api.answer(*ANSWER)
    body = {"model": model, "conversation_id": CONVERSATION, "messages": [old, *HELLO]}

    response = api.http.post("/v1/chat/completions", json=body)

    assert response.status_code == 200, response.text
    assert api.asked[-1][1]["query"] == "Hello"
    assert response.json()["choices"][0]["message"]["content"] == "Good day."


@pytest.mark.parametrize("behind", [{"role": "assistant", "content": ""}, {"role": "assistant", "content": "Well,"}])
@pytest.mark.parametrize(
    ("path", "field"), [("/v1/chat/completions", "messages"), ("/v1/messages", "messages"), ("/v1/responses", "input")]
)
def test_with_a_conversation_the_last_message_of_the_user_need_not_be_the_last(api, path, field, behind):
    api.answer(*ANSWER)
    body = {"model": "app/chat-app", "max_tokens": 9, "conversation_id": CONVERSATION, field: [*HELLO, behind]}

    response = api.http.post(path, json=body)

    assert response.status_code == 200, response.text
    assert api.asked[-1][1]["query"] == "Hello"


@pytest.mark.parametrize(
    ("last", "field"),
    [
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]},
            "messages[1].content",
        ),
        ({"role": "user", "content": 5}, "messages[1].content"),
        ({"role": "user", "content": " "}, "messages"),
    ],
)
def test_with_a_conversation_the_last_message_is_looked_at(api, last, field):
    body = {"model": "app/chat-app", "conversation_id": CONVERSATION, "messages": [*HELLO, last]}

    response = api.http.post("/v1/chat/completions", json=body)

    assert response.status_code == 400
    assert response.json()["error"]["param"] == field
    assert api.asked == []


def test_a_model_is_told_everything_whatever_the_conversation_id(api):
    api.answer(*ANSWER)

    response = api.http.post(
        "/v1/chat/completions", json={"conversation_id": CONVERSATION, "messages": [OLD[4], *HELLO]}
    )

    assert response.status_code == 400
    assert response.json()["error"]["param"] == "messages[0]"


@pytest.mark.parametrize("model", ["app/support", "support", "app/90c1"])
def test_an_app_is_found_by_alias_and_id(api, model):
    api.settings["apps"] = "support = 90c1"
    api.answer(*ANSWER)

    assert ask(api, model=model).model == model
    assert api.asked[-1][1]["app_id"] == "90c1"


def test_an_agents_closing_message_is_not_told_twice(api):
    api.answer(
        chat("agent_thought", thought="Good day."),
        chat("agent_message", answer="Good "),
        chat("agent_message", answer="day."),
        chat("message", answer="Good day."),
        chat_end(),
    )

    assert streamed(api) == (["Good ", "day."], "stop")
    assert content(api) == "Good day."


def test_a_chatflow_ends_with_its_workflow(api):
    api.answer(
        chatflow("workflow_started"),
        chat("reasoning_chunk", data={"reasoning": "A greeting.", "node_id": "llm", "is_final": False}),
        chat("message", answer="Good day."),
        chat_end(),
        chatflow("workflow_finished", status="succeeded", outputs={"answer": "Good day."}),
    )

    assert streamed(api) == (["Good day."], "stop")
    assert ask(api).choices[0].message.reasoning_content == "A greeting."


def test_reasoning_in_an_apps_answer_is_kept_apart(api):
    api.answer(chat("message", answer="<think>\nA gree"), chat("message", answer="ting.</think>Good day."), chat_end())

    message = ask(api).choices[0].message

    assert (message.content, message.reasoning_content) == ("Good day.", "A greeting.")
    assert streamed(api) == (["Good day."], "stop")


def test_an_answer_that_moderation_replaces_is_followed_by_the_replacement(api):
    api.answer(chat("message", answer="Bad wo"), chat("message_replace", answer="I may not say that."), chat_end())

    assert streamed(api) == (["Bad wo", "\n\nI may not say that."], "content_filter")
    reply = ask(api).choices[0]
    assert (reply.message.content, reply.finish_reason) == ("I may not say that.", "content_filter")


def test_a_replacement_before_any_text_is_the_answer(api):
    api.answer(chat("message_replace", answer="I may not say that."), chat_end())

    assert streamed(api) == (["I may not say that."], "content_filter")


def test_files_of_an_app_are_linked(api):
    picture = file_kept_by_dify("http://files", "cat.png", type="image")
    report = file_kept_by_dify("http://files", "report.pdf")
    api.answer(chat("message", answer="Here."), chat_end(files=[picture, {**report, "url": "http://files/report.pdf"}]))

    expected = f"![cat.png]({picture['url']})\n[report.pdf](http://files/report.pdf)"
    assert content(api) == f"Here.\n\n{expected}"
    assert streamed(api)[0] == ["Here.", f"\n\n{expected}"]


@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        ({"summary": "Short."}, "Short."),
        ({"summary": "Short.", "words": 1}, '{"summary":"Short.","words":1}'),
        ({"words": 1}, '{"words":1}'),
        ({}, ""),
        (None, ""),
    ],
)
def test_a_workflow_answers_with_its_outputs(api, outputs, text):
    api.answer(
        workflow("workflow_started"),
        workflow("text_chunk", text="Sho", from_variable_selector=["llm", "text"]),
        workflow_finished(outputs),
    )

    assert content(api, model="app/workflow-app") == text
    assert streamed(api, model="app/workflow-app") == ([text] if text else [], "stop")
    assert api.asked[-1][1]["inputs"] == {"query": "Hello"}


def chunk(text, *selector):
    return workflow("text_chunk", text=text, from_variable_selector=[*selector])


@pytest.mark.parametrize(
    ("chunks", "outputs", "sent"),
    [
        ([("Good ",), ("day.",)], {"text": "Good day."}, ["Good ", "day."]),
        ([("Good ",), ("day",)], {"text": "Good day."}, ["Good ", "day", "."]),
        ([("Good ",), ("day.\n",)], {"text": "Good day."}, ["Good ", "day.\n"]),
        ([("<think>Hm.</think>",), ("Good ",), ("day.",)], {"text": "Good day."}, ["Good ", "day."]),
        (
            [("<think>Hm.</think>",), ("Good ",), ("day.",)],
            {"text": "<think>Hm.</think>Good day."},
            ["Good ", "day."],
        ),
        ([("16",)], {"words": 16}, ['{"words":16}']),
        ([("16", "code"), ("\n", "end"), ("Good ",), ("day.",)], {"words": 16}, ['{"words":16}']),
        (
            [("Good ",), ("day.",), ("\n", "end"), ("16", "code")],
            {"text": "Good day.", "words": 16},
            ["Good ", "day.", '\n\n{"text":"Good day.","words":16}'],
        ),
        ([("Good ",), ("day.",)], {}, ["Good ", "day."]),
    ],
)
def test_a_workflows_text_comes_as_dify_streams_it(api, chunks, outputs, sent):
    api.answer(
        workflow("workflow_started"),
        *(chunk(text, *(selector or ["llm"]), "text") for text, *selector in chunks),
        workflow_finished(outputs),
    )

    assert streamed(api, model="app/workflow-app") == (sent, "stop")
    whole = content(api, model="app/workflow-app")
    assert whole.strip() == sent[-1].strip() if sent[-1].startswith("\n\n") else whole == "".join(sent)


def test_a_chunk_of_a_workflow_leaves_before_the_run_is_over(api):
    first_was_read = threading.Event()

    def answer(_type, _payload):
        yield from (chunk("Good ", "llm", "text"), chunk("day", "llm", "text"))
        assert first_was_read.wait(20)
        yield from (chunk(".", "llm", "text"), workflow_finished({"text": "Good day."}))

    api.handler = answer
    body = {"model": "app/workflow-app", "messages": HELLO, "stream": True}
    with api.http.stream("POST", "/v1/chat/completions", json=body) as response:
        lines = response.iter_lines()
        assert any('"content":"Good "' in line for line in lines)
        first_was_read.set()
        assert [line for line in lines if line][-1] == "data: [DONE]"


def test_a_workflow_that_fails_after_it_has_spoken_ends_with_an_error_event(api):
    failed = workflow_finished(None, status="failed", error="Node broke")
    api.answer(chunk("Good ", "llm", "text"), chunk("day", "llm", "text"), failed)

    found = ask(api, model="app/workflow-app", stream=True)
    assert [next(found).choices[0].delta.content for _ in range(2)] == ["", "Good "]
    with pytest.raises(openai.APIError, match="Node broke"):
        list(found)


def test_a_workflow_has_no_conversation(api):
    api.answer(workflow("workflow_started"), workflow_finished({"summary": "Short."}))

    assert "conversation_id" not in ask(api, model="app/workflow-app").model_dump()


def test_a_completion_app_answers_where_dify_can_run_it(api):
    api.answer(completion("message", answer="Good day."), completion("message_end", metadata={"usage": APP_USAGE}))

    assert content(api, model="app/completion-app") == "Good day."


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("events", "status", "sentence"),
    [
        (
            [DifyError("invoke app failed: request failed: 'query'")],
            502,
            "cannot run completion apps for plugins today",
        ),
        ([DifyError("invoke app failed: request failed: app not found")], 400, "app not found"),
        ([error("no credits", code="provider_quota_exceeded")], 400, "no credits"),
        ([error("boom", status=500)], 502, "boom"),
        ([workflow_finished(None, status="failed", error="Node broke")], 502, "Node broke"),
        ([chat_end()], 502, "ended without an answer"),
        ([chatflow("workflow_paused", reasons=[{"node_title": "Approval"}])], 502, "waits for a person at Approval"),
        ([], 502, "without an answer"),
    ],
)
def test_an_app_that_fails_before_it_says_anything_is_an_http_error(api, events, status, sentence, streamed):
    api.answer(*events)

    with pytest.raises(openai.APIStatusError, match=sentence) as failure:
        ask(api, stream=streamed)

    assert failure.value.status_code == status


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([error("the model is down")], "the model is down"),
        ([], "was cut off"),
        ([DifyError("read app failed: EOF\nfailed to read data")], "was cut off"),
    ],
)
def test_an_app_that_fails_after_it_has_spoken_ends_with_an_error_event(api, events, sentence):
    api.answer(chat("message", answer="Good "), *events)

    found = ask(api, stream=True)
    assert [next(found).choices[0].delta.content for _ in range(2)] == ["", "Good "]
    with pytest.raises(openai.APIError, match=sentence):
        next(found)


PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}
TOOLS = [{"type": "function", "function": {"name": "f"}}]
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"tools": TOOLS, "tool_choice": "required"}, "tool_choice", "cannot be given `tool_choice`"),
        (
            {"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "f"}}},
            "tool_choice",
            "cannot be given `tool_choice`",
        ),
        ({"response_format": {"type": "json_object"}}, "response_format", "cannot be given `response_format`"),
        ({"stop": ["END"]}, "stop", "cannot be given `stop`"),
        ({"messages": [{"role": "user", "content": [PICTURE]}]}, "messages[0].content", "passes no files on"),
        ({"messages": [*HELLO, {"role": "tool", "content": "x", "tool_call_id": "c1"}]}, "messages[1]", "no tools but"),
        ({"messages": [*HELLO, {"role": "assistant", "content": "", "tool_calls": [CALL]}]}, "messages[1]", "no tools"),
        ({"messages": [{"role": "system", "content": "Be brief."}]}, "messages", "a message of the user"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages", "that is not empty"),
        (
            {"messages": [*HELLO, {"role": "assistant", "content": "Hi."}, {"role": "user", "content": ""}]},
            "messages",
            "that is not empty",
        ),
        ({"guided_json": {"type": "object"}}, "guided_json", "cannot be given `guided_json`"),
        (
            {"response_format": {"type": "json_object", "schema": {"type": "object"}}},
            "response_format",
            "cannot be given `response_format`",
        ),
        ({"logprobs": True}, "logprobs", "no log probabilities"),
        ({"inputs": ["a"]}, "inputs", "an object"),
        ({"conversation_id": 5}, "conversation_id", "text"),
        ({"n": 2}, "n", "has to be 1"),
    ],
)
def test_what_an_app_cannot_be_told_is_refused(api, fields, field, sentence):
    body = {"model": "app/chat-app", "messages": HELLO, **fields}

    response = api.http.post("/v1/chat/completions", json=body)

    assert response.status_code == 400
    assert response.json()["error"]["param"] == field
    assert sentence in response.json()["error"]["message"]
    assert api.asked == []


@pytest.mark.parametrize("tool_choice", [{}, {"tool_choice": "auto"}, {"tool_choice": "none"}])
def test_an_app_that_may_call_tools_answers_without(api, tool_choice):
    """Chat front ends such as Open WebUI send tools of their own with every chat."""
    api.answer(*ANSWER)

    answer = api.openai().chat.completions.create(model="app/chat-app", messages=HELLO, tools=TOOLS, **tool_choice)

    assert answer.choices[0].message.content == "Good day."
    assert answer.choices[0].finish_reason == "stop"


def test_what_clients_always_send_does_not_stop_an_app(api):
    fields = {"temperature": 0.7, "max_tokens": 100, "top_p": 1, "tools": [], "stop": [], "response_format": None}
    api.answer(*ANSWER)

    response = api.http.post("/v1/chat/completions", json={"model": "app/chat-app", "messages": HELLO, **fields})

    assert json.loads(response.text)["choices"][0]["message"]["content"] == "Good day."


@pytest.mark.parametrize("answer", [[DifyError(UNKNOWN_CONVERSATION)], ANSWER], ids=["of a chatbot", "of a chatflow"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_conversation_that_the_app_does_not_have_is_a_404(api, answer, stream):
    api.answer(*answer)

    with pytest.raises(openai.NotFoundError, match="no conversation with this `conversation_id`") as caught:
        ask(api, stream=stream, extra_body={"conversation_id": OTHER_CONVERSATION})

    assert (caught.value.type, caught.value.param) == ("invalid_request_error", "conversation_id")


def test_what_is_no_id_of_a_conversation_is_refused_before_dify_is_asked(api):
    with pytest.raises(openai.BadRequestError, match="no id of a conversation") as caught:
        ask(api, extra_body={"conversation_id": "new"})

    assert caught.value.param == "conversation_id"
    assert api.asked == []
