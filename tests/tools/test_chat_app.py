import itertools
import json

import pytest

from switchboard.errors import (
    BrokenInDify,
    InvalidInput,
    NoAnswer,
    NotConfigured,
    NotPermitted,
    ProviderFailed,
    RefusedByDify,
    TimedOut,
    UnknownConversation,
)
from tests.app_replies import (
    CONVERSATION,
    MESSAGE,
    OTHER_CONVERSATION,
    RESOURCE,
    UNKNOWN_CONVERSATION,
    USAGE,
    chat,
    chat_end,
    chatflow,
    completion,
    error,
    file_kept_by_dify,
    workflow,
    workflow_finished,
)
from tests.replies import PNG
from tools.chat_app import ChatAppTool
from workspace.stub import StubbedDify, replies
from workspace.wire import DifyError

APP = {"app_id": "8a1c5f2e-1111-4222-8333-444455556666", "inputs": {}, "files": []}
ANSWERED = [chat("message", answer="30 "), chat("message", answer="days."), chat_end()]


def ask(dify, **parameters):
    return dify.run(ChatAppTool, {"app": APP, "query": "How many holidays?", **parameters})


def sent(dify):
    [(invoke_type, payload)] = dify.requests
    assert invoke_type == "app"
    return payload


def test_the_whole_request_and_every_output():
    dify = StubbedDify(replies(*ANSWERED))

    outputs = dify.run(
        ChatAppTool,
        {
            "app": {**APP, "inputs": {"country": "Portugal", "year": 2025}},
            "query": "How many holidays?",
            "inputs": '{"year": 2026}',
            "conversation_id": CONVERSATION,
        },
    )

    assert dify.requests == [
        (
            "app",
            {
                "app_id": APP["app_id"],
                "query": "How many holidays?",
                "inputs": {"country": "Portugal", "year": 2026},
                "response_mode": "streaming",
                "conversation_id": CONVERSATION,
                "user": None,
            },
        )
    ]
    assert outputs.texts == ["30 days."]
    assert outputs.variables == {
        "answer": "30 days.",
        "conversation_id": CONVERSATION,
        "message_id": MESSAGE,
        "usage": USAGE,
    }
    assert (outputs.json, outputs.files) == ([{"conversation_id": CONVERSATION}], [])


def test_a_conversation_goes_on_with_the_id_that_was_given_out():
    dify = StubbedDify(replies(*ANSWERED))

    first = ask(dify)
    ask(dify, conversation_id=f" {first.variables['conversation_id']}\n")

    assert [payload["conversation_id"] for _, payload in dify.requests] == [None, CONVERSATION]


@pytest.mark.parametrize("events", [[DifyError(UNKNOWN_CONVERSATION)], ANSWERED], ids=["chatbot", "chatflow"])
def test_a_conversation_that_the_app_does_not_have_is_an_error(events):
    dify = StubbedDify(replies(*events))

    with pytest.raises(UnknownConversation, match="no conversation with this `conversation_id`"):
        ask(dify, conversation_id=OTHER_CONVERSATION)


def test_the_id_of_a_conversation_is_the_same_in_capitals():
    assert ask(StubbedDify(replies(*ANSWERED)), conversation_id=CONVERSATION.upper()).texts == ["30 days."]


@pytest.mark.parametrize("no_id", ["new", "1", "c0ffee00-0000", "{{#chat.conversation_id#}}"])
def test_what_is_no_id_of_a_conversation_is_refused_before_dify_is_asked(no_id):
    dify = StubbedDify(replies(*ANSWERED))

    with pytest.raises(InvalidInput, match="`conversation_id` is no id of a conversation"):
        ask(dify, conversation_id=no_id)
    assert dify.requests == []


@pytest.mark.parametrize(
    ("parameters", "app_id", "inputs"),
    [
        ({"app": {"app_id": "chosen"}}, "chosen", {}),
        ({"app": {"app_id": "chosen", "inputs": None, "files": None}}, "chosen", {}),
        ({"app": {"app_id": "chosen", "inputs": {}, "files": [None]}}, "chosen", {}),
        ({"app": {"type": "constant", "value": {"app_id": "chosen", "inputs": {"a": 1}}}}, "chosen", {"a": 1}),
        (
            {"app": {"app_id": "chosen", "inputs": {"a": 1, "b": 2}}, "inputs": '{"b": 3, "c": null}'},
            "chosen",
            {"a": 1, "b": 3, "c": None},
        ),
        ({"app": None, "app_id": " typed "}, "typed", {}),
        ({"app": None, "app_id": "typed", "inputs": '{"a": 1}'}, "typed", {"a": 1}),
        ({"app": "no selector", "app_id": "typed"}, "typed", {}),
        ({"app": {"app_id": "chosen", "inputs": {"a": 1}}, "app_id": "typed"}, "typed", {}),
        ({"app": {"app_id": "chosen", "files": [{"type": "image"}]}, "app_id": "typed"}, "typed", {}),
        ({"app": {"app_id": "same", "inputs": {"a": 1}}, "app_id": "same"}, "same", {"a": 1}),
    ],
)
def test_the_app_and_its_inputs_are_chosen_or_typed_in(parameters, app_id, inputs):
    dify = StubbedDify(replies(*ANSWERED))

    ask(dify, **parameters)

    assert (sent(dify)["app_id"], sent(dify)["inputs"]) == (app_id, inputs)


def test_a_file_input_of_the_selector_goes_along():
    report = {"type": "document", "transfer_method": "local_file", "upload_file_id": "f1"}
    dify = StubbedDify(replies(*ANSWERED))

    ask(dify, app={**APP, "inputs": {"report": report}})

    assert sent(dify)["inputs"] == {"report": report}


def test_an_agents_thoughts_stay_with_it():
    thought = chat("agent_thought", position=1, thought="Look it up.", tool="search", tool_input="{}", observation="30")
    dify = StubbedDify(
        replies(thought, chat("agent_message", answer="30 "), chat("agent_message", answer="days."), chat_end())
    )

    assert ask(dify).text == "30 days."


def test_an_agent_that_repeats_its_whole_answer_is_heard_once():
    dify = StubbedDify(
        replies(
            chat("agent_message", answer="30 "),
            chat("agent_message", answer="days."),
            chat("message", answer="30 days."),
            chat_end(),
        )
    )

    assert ask(dify).text == "30 days."


def test_nothing_that_moderation_replaces_leaves_the_tool():
    dify = StubbedDify(replies(chat("message", answer="Rude"), chat("message_replace", answer="No."), chat_end()))

    outputs = ask(dify)

    assert (outputs.texts, outputs.variables["answer"]) == (["No."], "No.")


def test_a_chatflow_answers():
    dify = StubbedDify(
        replies(
            chatflow("workflow_started", inputs={}),
            chatflow("node_started", node_id="a", title="Answer"),
            chat("message", answer="30 days."),
            chat_end(),
            chatflow("workflow_finished", status="succeeded", outputs={"answer": "30 days."}),
        )
    )

    assert ask(dify).variables["answer"] == "30 days."


def test_an_answer_is_given_as_the_app_gives_it():
    assert ask(StubbedDify(replies(chat("message", answer="<think>Hm.</think>\n\n30"), chat_end()))).text == (
        "<think>Hm.</think>\n\n30"
    )


def test_what_the_answer_was_taken_from_reaches_the_workflow():
    outputs = ask(StubbedDify(replies(chat("message", answer="30"), chat_end(retriever_resources=[RESOURCE]))))

    assert outputs.json == [{"retriever_resources": [RESOURCE], "conversation_id": CONVERSATION}]


def test_a_file_that_dify_keeps_becomes_a_file_of_the_node(serve):
    file = file_kept_by_dify("", "chart.png", type="image", mime_type="image/png", size=len(PNG))
    file["url"] = serve(PNG, at=file["url"].partition("?")[0]) + "?timestamp=1&nonce=n&sign=s"
    early = chat("message_file", id="f", type="image", belongs_to="assistant", url=file["url"].replace("=n", "=m"))

    outputs = ask(StubbedDify(replies(early, chat("message", answer="See the chart."), chat_end(files=[file]))))

    assert [(each.blob, each.mime_type, each.filename) for each in outputs.files] == [(PNG, "image/png", "chart.png")]
    assert (outputs.text, outputs.image_urls) == ("See the chart.", [])


def test_a_picture_from_elsewhere_is_left_for_dify_to_fetch():
    picture = chat("message_file", id="f", type="image", belongs_to="assistant", url="https://example.com/cat.png")

    outputs = ask(StubbedDify(replies(picture, chat_end())))

    assert outputs.image_urls == ["https://example.com/cat.png"]
    assert (outputs.texts, outputs.variables["answer"]) == ([], "")


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"app": None}, "No app is chosen. Choose one in `app`, or give its id in `app_id`"),
        ({"app": ""}, "No app is chosen"),
        ({"app": {"app_id": " "}, "app_id": " "}, "No app is chosen"),
        ({"app": {"app_id": 7}}, "No app is chosen"),
        ({"app": "8a1c5f2e"}, "`app` has to be chosen in its selector"),
        ({"app": ["8a1c5f2e"]}, "`app` has to be chosen in its selector"),
        ({"app": {**APP, "inputs": ["a"]}}, "The inputs of the app chosen in `app` are not an object"),
        ({"app": {**APP, "files": [{"type": "image"}]}}, "no attached files.*input of type file instead"),
        ({"app_id": 7}, "`app_id` has to be text, not a number"),
        ({"query": None}, "`query` is empty"),
        ({"query": " \n\t"}, "`query` is empty"),
        ({"query": ["Hi"]}, "`query` has to be text, not a list"),
        ({"query": "half \ud83d"}, "`query` holds half of a surrogate pair at character 6"),
        ({"query": "é" * 3_000_000}, r"The query with the inputs takes 6\.0 MB"),
        ({"inputs": '{"city":\n "Lisbon" 1}'}, "`inputs` is not valid JSON: .* at line 2, column"),
        ({"inputs": "city=Lisbon"}, "`inputs` is not valid JSON: Expecting value at line 1, column 1"),
        ({"inputs": '["Lisbon"]'}, "`inputs` has to be a JSON object.*, not a list"),
        ({"inputs": "7"}, "`inputs` has to be a JSON object.*, not a number"),
        ({"inputs": "[" * 100_000}, "`inputs` is not usable JSON: it is nested too deeply"),
        ({"inputs": '{"a":' * 400 + "1" + "}" * 400}, "nested too deeply to be sent"),
        ({"inputs": '{"a": "\ud83d"}'}, "`inputs` holds half of a surrogate pair at character 8"),
        ({"inputs": '{"a": "\\ud83d"}'}, "half of a surrogate pair"),
        ({"inputs": '{"a": "' + "x" * 6_000_000 + '"}'}, r"The query with the inputs takes 6\.0 MB"),
        ({"conversation_id": 7}, "`conversation_id` has to be text, not a number"),
    ],
)
def test_bad_input_is_refused_before_dify_is_asked(parameters, sentence):
    dify = StubbedDify(replies(*ANSWERED))

    with pytest.raises(InvalidInput, match=sentence):
        ask(dify, **parameters)

    assert dify.requests == []


def test_a_megabyte_of_query_and_of_inputs_goes_through():
    dify = StubbedDify(replies(*ANSWERED))

    ask(dify, query="word " * 200_000, inputs=json.dumps({"text": "word " * 200_000}))

    assert len(sent(dify)["query"]) == len(sent(dify)["inputs"]["text"]) == 1_000_000


def refused(message, *, code="invalid_param", status=400):
    body = json.dumps({"code": code, "message": message, "status": status})
    return DifyError(f"invoke app failed: request failed with status code: {status} and respond with: {body}")


@pytest.mark.parametrize(
    ("events", "expected", "sentence"),
    [
        (
            [DifyError("permission denied, you need to enable app access in plugin manifest")],
            NotPermitted,
            "app access",
        ),
        ([refused("app not found")], NotConfigured, "app not found"),
        ([refused("Conversation Not Exists.", code="not_found", status=404)], UnknownConversation, "no conversation"),
        ([refused("city is required in input form")], RefusedByDify, "HTTP 400.*city is required in input form"),
        ([refused("App unavailable", code="app_unavailable")], NotConfigured, "App unavailable"),
        ([DifyError("read app failed: request failed: overloaded")], ProviderFailed, "overloaded"),
        ([*ANSWERED[:1], DifyError("read app failed: EOF\nfailed to read data")], ProviderFailed, "cut off"),
        ([error("overloaded")], ProviderFailed, "overloaded"),
        ([*ANSWERED[:1], error("no key", code="provider_not_initialize")], NotConfigured, "no key"),
        ([*ANSWERED[:1], error("too long", code="invalid_param")], RefusedByDify, "too long"),
        (ANSWERED[:2], ProviderFailed, "cut off"),
        ([], NoAnswer, "without an answer"),
        ([chat("message", answer=" "), chat_end()], NoAnswer, "without an answer"),
        (
            [
                chatflow("node_finished", title="LLM", status="failed", error="no credit"),
                chatflow("workflow_finished", status="failed", error="no credit"),
                error("Run failed: no credit"),
            ],
            ProviderFailed,
            'failed at the node "LLM" .*: no credit',
        ),
        ([chatflow("workflow_finished", status="stopped")], ProviderFailed, "was stopped"),
        (
            [
                chat("message", answer="Wait."),
                chatflow("human_input_required", node_title="Approval"),
                chatflow("workflow_paused", reasons=[]),
            ],
            NoAnswer,
            f"waits for a person at Approval.*{CONVERSATION}",
        ),
        ([chatflow("workflow_paused", reasons=None)], NoAnswer, "waits for a person at one of its nodes"),
        (
            [workflow("workflow_started"), workflow_finished({"a": "b"})],
            NotConfigured,
            "is a workflow app, not a chat app.*with workflow_app",
        ),
        ([completion("message", answer="Hi"), completion("message_end")], NotConfigured, "with completion_app"),
        ([DifyError("invoke app failed: request failed: 'query'")], BrokenInDify, "cannot run completion apps"),
    ],
)
def test_a_failing_app_is_an_error_and_nothing_goes_out(events, expected, sentence):
    messages = StubbedDify(replies(*events)).messages(ChatAppTool, {"app": APP, "query": "Hi"})

    seen = []
    with pytest.raises(expected, match=sentence):
        seen.extend(messages)

    assert seen == []


@pytest.mark.parametrize("first", [[], ANSWERED[:1]])
def test_an_app_that_falls_silent_times_out(first):
    dify = StubbedDify(
        lambda invoke_type, payload: itertools.chain(first, itertools.repeat(None)), max_invocation_timeout=3
    )

    with pytest.raises(TimedOut, match="nothing for 3 seconds"):
        ask(dify)


def test_an_answer_too_large_for_the_wire_is_refused_before_anything_goes_out():
    half = chat("message", answer="x" * 3_000_000)
    messages = StubbedDify(replies(half, half, chat_end())).messages(ChatAppTool, {"app": APP, "query": "Hi"})

    with pytest.raises(NoAnswer, match=r"The output answer takes 6\.0 MB"):
        next(messages)
