"""What a call of each tool asks of Dify and comes to, with and without events on the way."""

import base64
import json

import pytest
from jsonschema import Draft202012Validator

from tests.app_replies import (
    CONVERSATION,
    chat,
    chat_end,
    chatflow,
    completion,
    error,
    file_kept_by_dify,
    workflow,
    workflow_finished,
)
from tests.endpoints.api import MODEL
from tests.endpoints.mcp.messages import ERAS, answering, call, failure, form, listed, post, streamed
from tests.endpoints.mcp.test_tools import TIME
from tests.recordings import mp3, wav
from tests.replies import embedding, llm_chunk, reranked
from workspace.wire import DifyError

DAY = [chat("message", answer="Good "), chat("message", answer="day."), chat_end()]
RUN = [workflow("workflow_started"), workflow_finished({"summary": "Ice.", "words": 1})]
NODES = [workflow("node_started", title=title) for title in ("Start", "LLM", "End")]


def message(kind, **content):
    return {"type": kind, "message": content, "meta": None}


def read(told):
    """The text of a result."""
    [content] = told["content"]
    assert content["type"] == "text"
    return content["text"]


@pytest.mark.parametrize("era", ERAS)
def test_a_chat_app_is_asked_and_its_answer_comes_with_the_conversation(api, era):
    api.answer(*DAY)

    told = call(api, "chat-app", era=era, query="Hello", name="Ana", conversation_id=CONVERSATION)

    assert read(told) == "Good day."
    assert told["structuredContent"] == {"answer": "Good day.", "conversation_id": CONVERSATION}
    assert told["isError"] is False
    assert ("resultType" in told) == (era != "2025-06-18")
    assert api.asked == [
        (
            "app",
            {
                "app_id": "chat-app",
                "query": "Hello",
                "inputs": {"query": "Hello", "name": "Ana"},
                "response_mode": "streaming",
                "conversation_id": CONVERSATION,
                "user": "",
            },
        )
    ]


def test_a_workflow_gets_its_inputs_and_gives_its_outputs(api):
    api.answer(*RUN)

    told = call(api, "workflow-app", text="The harbour freezes.", max_words=3, unset=None)

    assert json.loads(read(told)) == {"summary": "Ice.", "words": 1}
    assert told["structuredContent"] == {"answer": read(told), "outputs": {"summary": "Ice.", "words": 1}}
    assert api.asked[0][1]["inputs"] == {"text": "The harbour freezes.", "max_words": 3}
    assert api.asked[0][1]["query"] == ""


def test_what_is_filled_in_at_the_app_goes_along_and_gives_way(api):
    api.settings["workflow_app"] = {"app_id": "workflow-app", "inputs": {"tone": "dry", "city": "Faro"}, "files": []}
    api.answer(*RUN)

    call(api, "workflow-app", city="Lisbon")

    assert api.asked[0][1]["inputs"] == {"tone": "dry", "city": "Lisbon"}


def test_other_kinds_of_apps_are_run_by_the_same_call(api):
    api.settings["apps"] = "any = 1234"
    for events, answer in (
        ([chat("agent_message", answer="14"), chat_end()], "14"),
        ([chatflow("workflow_started"), *DAY], "Good day."),
        ([completion("message", answer="A letter."), completion("message_end", metadata={})], "A letter."),
        (RUN, '{"summary":"Ice.","words":1}'),
        ([workflow("workflow_started"), workflow_finished({"only": "Ice."})], "Ice."),
    ):
        api.answer(*events)
        assert read(call(api, "any", query="What is it?")) == answer


def test_files_of_an_app_are_links(api):
    kept = file_kept_by_dify("https://dify.example.com", "report.pdf", mime_type="application/pdf")
    api.answer(workflow("workflow_started"), workflow_finished({"text": "Done."}, files=[kept]))

    told = call(api, "workflow-app")

    assert read(told) == f"Done.\n\n[report.pdf]({kept['url']})"
    assert told["structuredContent"]["files"] == [
        {"name": "report.pdf", "mime_type": "application/pdf", "url": kept["url"]}
    ]


def test_a_model_is_asked(api):
    api.settings["chat_model"] = {
        **MODEL,
        "model_type": "llm",
        "completion_params": {"temperature": 0, "stop": ["END"]},
    }
    api.answer(
        llm_chunk("<think>Hm.</think>"), llm_chunk("Good "), llm_chunk("day.", finish_reason="stop", total_tokens=5)
    )

    told = call(api, "ask_model", prompt="Hello", instruction="Be brief.")

    assert read(told) == "Good day."
    assert told["structuredContent"] == {
        "answer": "Good day.",
        "model": "test-model",
        "finish_reason": "stop",
        "usage": {"prompt_tokens": 4, "completion_tokens": 1, "total_tokens": 5},
    }
    [(asked, payload)] = api.asked
    assert asked == "llm"
    assert [(each["role"], each["content"]) for each in payload["prompt_messages"]] == [
        ("system", "Be brief."),
        ("user", "Hello"),
    ]
    assert (payload["completion_params"], payload["stop"]) == ({"temperature": 0}, ["END"])


def test_what_a_model_has_thought_before_a_closing_tag_alone_is_not_told(api):
    api.answer(llm_chunk("Hm.</thi"), llm_chunk("nk>\n\nGood day.", finish_reason="stop"))

    assert read(call(api, "ask_model", prompt="Hello")) == "Good day."


def test_texts_are_embedded(api):
    api.answer(embedding([[0.5, 1.0], [0.25, 0.0]]))

    told = call(api, "embed", texts=["one", "two"], input_type="query")

    assert told["structuredContent"] == {
        "embeddings": [[0.5, 1.0], [0.25, 0.0]],
        "dimensions": 2,
        "model": "test-model",
        "total_tokens": 4,
    }
    assert json.loads(read(told)) == told["structuredContent"]
    assert (api.asked[0][1]["texts"], api.asked[0][1]["input_type"]) == (["one", "two"], "query")


def test_documents_are_reranked(api):
    api.answer(reranked((1, 0.9), (0, 0.1), (2, 0.5)))

    told = call(api, "rerank", query="Where?", documents=["Oslo", "Lisbon", "Faro"], top_n=2.0)

    assert told["structuredContent"] == {
        "documents": [
            {"index": 1, "score": 0.9, "text": "Lisbon"},
            {"index": 2, "score": 0.5, "text": "Faro"},
        ],
        "model": "test-model",
    }
    assert (api.asked[0][1]["docs"], api.asked[0][1]["top_n"]) == (["Oslo", "Lisbon", "Faro"], 2)


@pytest.mark.parametrize("flagged", [True, False])
def test_a_text_is_moderated(api, flagged):
    api.answer({"result": flagged})

    assert call(api, "moderate", text="Hm.")["structuredContent"] == {"flagged": flagged, "model": "test-model"}


@pytest.mark.parametrize(("audio", "kind"), [(mp3(), "audio/mpeg"), (wav(), "audio/wav")])
def test_a_text_is_spoken(api, audio, kind):
    api.answer({"result": audio[:100].hex()}, {"result": audio[100:].hex()})

    told = call(api, "speak", text="Hello.", voice="nova")

    assert [(each["type"], each["mimeType"]) for each in told["content"]] == [("audio", kind)]
    assert base64.b64decode(told["content"][0]["data"]) == audio
    assert "structuredContent" not in told
    assert (api.asked[0][1]["content_text"], api.asked[0][1]["voice"]) == ("Hello.", "nova")


def test_speech_beyond_what_a_message_can_carry_is_refused(api):
    api.answer(*[{"result": mp3().ljust(1024 * 1024, b"\0").hex()}] * 11)

    assert failure(api, "speak", text="Hello.") == "The speech has more than 10 MiB. Send less text at a time."


def test_a_tool_of_the_workspace_is_run_with_what_was_set_for_it(api):
    api.settings["tools"] = [{**TIME, "credential_id": "c-1"}]
    api.answer(message("text", text="It is "), message("text", text="noon."), message("json", json_object={"hour": 12}))

    told = call(api, "current_time", format="%H", timezone=None)

    assert read(told) == "It is noon."
    assert told["structuredContent"] == {"text": "It is noon.", "json": [{"hour": 12}], "variables": {}, "links": []}
    assert api.asked == [
        (
            "tool",
            {
                "tool_type": "builtin",
                "provider": "time",
                "tool": "current_time",
                "tool_parameters": {"format": "%H", "timezone": "UTC"},
                "credential_id": "c-1",
            },
        )
    ]


@pytest.mark.parametrize(
    ("messages", "text", "structured"),
    [
        ([message("json", json_object=[1])], "[[1]]", {"json": [[1]]}),
        (
            [message("variable", variable_name="v", variable_value=part, stream=True) for part in ("a", "b")],
            '{"v":"ab"}',
            {"variables": {"v": "ab"}},
        ),
        ([message("image_link", text="/files/tools/a.png")], "/files/tools/a.png", {"links": ["/files/tools/a.png"]}),
        (
            [message("text", text="Drawn."), message("link", text="https://e.example/a")],
            "Drawn.\nhttps://e.example/a",
            {"text": "Drawn.", "links": ["https://e.example/a"]},
        ),
    ],
)
def test_whatever_a_tool_returns_is_readable(api, messages, text, structured):
    api.settings["tools"] = [TIME]
    api.answer(*messages)

    told = call(api, "current_time")

    assert read(told) == text
    assert told["structuredContent"] == {"text": "", "json": [], "variables": {}, "links": [], **structured}


def test_results_are_what_the_schemas_say(api):
    api.settings["tools"] = [TIME]
    api.handler = answering(fetch_app=[form()])
    tools = listed(api)
    kept = file_kept_by_dify("https://dify.example.com", "a.pdf")
    calls = {
        "chat-app": (DAY, {"query": "Hi"}),
        "workflow-app": ([workflow("workflow_started"), workflow_finished({"a": None}, files=[kept])], {}),
        "ask_model": ([llm_chunk("Hi")], {"prompt": "Hi"}),
        "embed": ([embedding([[0.5]])], {"texts": ["a"]}),
        "rerank": ([reranked((0, 0.5))], {"query": "a", "documents": ["b"]}),
        "moderate": ([{"result": True}], {"text": "a"}),
        "current_time": ([message("json", json_object={"a": 1})], {}),
    }

    for name, (events, arguments) in calls.items():
        api.answer(*events)
        told = call(api, name, **arguments)
        Draft202012Validator(tools[name]["outputSchema"]).validate(told["structuredContent"])
        Draft202012Validator(tools[name]["inputSchema"]).validate(arguments)
    assert set(tools) - set(calls) == {"completion-app", "speak"}


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("ask_model", {}, "The argument `prompt` is missing."),
        ("ask_model", {"prompt": None}, "The argument `prompt` is missing."),
        ("ask_model", {"prompt": 5}, "The argument `prompt` has to be text."),
        ("ask_model", {"prompt": " "}, "The argument `prompt` is empty."),
        (
            "ask_model",
            {"prompt": "Hi", "temperature": 1},
            "An argument is given that this tool does not have. It takes prompt, instruction, model.",
        ),
        ("ask_model", {"prompt": "Hi", "model": "other"}, "The argument `model` has to be one of test-model."),
        ("embed", {"texts": "one"}, "The argument `texts` has to be a list."),
        ("embed", {"texts": []}, "The argument `texts` is empty."),
        ("embed", {"texts": ["a", 5]}, "The argument `texts[1]` has to be text."),
        ("embed", {"texts": ["a", ""]}, "The argument `texts[1]` is empty."),
        (
            "embed",
            {"texts": ["a"], "input_type": "x"},
            "The argument `input_type` has to be one of document, query.",
        ),
        ("rerank", {"query": "a", "documents": ["b"], "top_n": 0}, "The argument `top_n` has to be at least 1."),
        ("rerank", {"query": "a", "documents": ["b"], "top_n": 1.5}, "The argument `top_n` has to be a whole number."),
        ("rerank", {"query": "a", "documents": ["b"], "top_n": True}, "The argument `top_n` has to be a whole number."),
        ("chat-app", {}, "The argument `query` is missing."),
        ("chat-app", {"query": " "}, "The argument `query` is missing."),
        ("chat-app", {"query": ["a"]}, "The argument `query` has to be text."),
        ("chat-app", {"query": "a", "conversation_id": 1}, "The argument `conversation_id` has to be text."),
        ("current_time", {"format": 5}, "The argument `format` has to be text."),
        (
            "current_time",
            {"timezone": "UTC"},
            "An argument is given that this tool does not have. It takes format, city.",
        ),
        ("nosuch", {}, "There is no tool nosuch here. There are chat-app, workflow-app, completion-app, ask_model, "),
    ],
)
def test_arguments_that_do_not_fit_are_told_to_who_gave_them(api, tool, arguments, sentence):
    api.settings["tools"] = [TIME]

    assert failure(api, tool, **arguments).startswith(sentence)
    assert api.asked == []


def test_no_text_too_long_for_the_way_to_dify_is_sent_on(api):
    for tool, arguments in (
        ("workflow-app", {"text": "ü" * 2_700_000}),
        ("ask_model", {"prompt": "ü" * 2_700_000}),
        ("embed", {"texts": ["ü" * 2_700_000]}),
        ("moderate", {"text": "ü" * 2_700_000}),
    ):
        assert "Send less at a time." in failure(api, tool, **arguments)
    assert api.asked == []


@pytest.mark.parametrize(
    ("tool", "arguments", "events", "sentence"),
    [
        ("chat-app", {"query": "a"}, [error("name is required in input form")], "name is required in input form"),
        (
            "workflow-app",
            {},
            [
                workflow("workflow_started"),
                workflow("node_finished", title="Boom", status="failed", error="too hot"),
                workflow_finished({}, status="failed", error="too hot"),
            ],
            'The workflow run failed at the node "Boom"',
        ),
        (
            "workflow-app",
            {},
            [workflow("human_input_required", node_title="Approve"), workflow("workflow_paused", outputs={})],
            "The app waits for a person at Approve and goes on in Dify once that is done.",
        ),
        (
            "workflow-app",
            {},
            [DifyError("invoke app failed: request failed: unexpected app type")],
            "The app is not published",
        ),
        ("chat-app", {"query": "a"}, [chat("message", answer="Good")], "was cut off: its last event did not come."),
        ("chat-app", {"query": "a"}, [], "Dify ended the app call without an answer."),
        (
            "ask_model",
            {"prompt": "a"},
            [llm_chunk("Good"), DifyError("read llm model failed: EOF\nfailed to read data")],
            "The answer to the llm call was cut off",
        ),
        ("ask_model", {"prompt": "a"}, [], "Dify ended the llm call without an answer."),
        ("embed", {"texts": ["a", "b"]}, [embedding([[0.5]])], "test-model returned 1 vectors for 2 texts."),
        ("rerank", {"query": "a", "documents": ["b"]}, [reranked()], "test-model returned no documents."),
        ("speak", {"text": "a"}, [], "The model returned no audio at all."),
        (
            "speak",
            {"text": "a"},
            [{"result": b"%PDF-1.7".hex()}],
            "The model returned a PDF document instead of audio.",
        ),
        ("current_time", {}, [], "The tool current_time ended without a result."),
        (
            "current_time",
            {},
            [message("text", text="a"), message("binary_link", text="/files/tools/a.mp3")],
            "a file that is no picture",
        ),
    ],
)
def test_what_fails_in_dify_is_told_in_a_sentence(api, tool, arguments, events, sentence):
    api.settings["tools"] = [TIME]
    api.answer(*events)

    assert sentence in failure(api, tool, **arguments)
    [*_progress, last] = streamed(api, tool, **arguments)
    assert sentence in last["result"]["content"][0]["text"]
    assert last["result"]["isError"] is True


def test_a_defect_is_told_without_its_traceback(api):
    api.answer({"model": "test-model", "docs": [{"index": 0, "text": "secret", "score": "high"}]})

    told = failure(api, "rerank", query="a", documents=["b"])

    assert "Traceback" not in told
    assert "secret" not in told


@pytest.mark.parametrize("token", ["t", 7])
def test_who_asks_for_it_is_told_what_begins_and_then_the_result(api, token):
    api.answer(workflow("workflow_started"), *NODES, workflow_finished({"only": "Ice."}))

    [*progress, last] = streamed(api, "workflow-app", token=token)

    assert [each["method"] for each in progress] == ["notifications/progress"] * 3
    assert [each["params"] for each in progress] == [
        {"progressToken": token, "progress": number, "message": title}
        for number, title in enumerate(("Start", "LLM", "End"), start=1)
    ]
    assert "id" not in progress[0]
    assert last["result"]["content"][0]["text"] == "Ice."
    assert last["id"]


def test_tools_of_an_agent_and_logs_of_a_tool_are_told_too(api):
    api.settings["tools"] = [TIME]
    api.answer(chat("agent_thought", tool=""), chat("agent_thought", tool="calculator"), *DAY)
    assert [each["params"]["message"] for each in streamed(api, "chat-app", query="Hi")[:-1]] == ["calculator"]

    api.answer(message("log", id="1", label="Looking", status="start", data={}), message("text", text="Noon."))
    assert [each["params"]["message"] for each in streamed(api, "current_time")[:-1]] == ["Looking"]


@pytest.mark.parametrize(("tool", "arguments"), [("chat-app", {"query": "Hi"}), ("workflow-app", {})])
def test_a_result_before_which_nothing_begins_comes_as_json(api, tool, arguments):
    api.answer(*(DAY if tool == "chat-app" else RUN))

    [only] = streamed(api, tool, **arguments)

    assert only["result"]["isError"] is False


def test_who_takes_no_events_gets_json(api):
    api.answer(workflow("workflow_started"), *NODES, workflow_finished({"only": "Ice."}))
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    params = {"name": "workflow-app", "_meta": {"progressToken": "t"}}

    answer = api.http.post("/mcp", json={**body, "params": params}, headers={"Accept": "application/json"})

    assert answer.json()["result"]["content"][0]["text"] == "Ice."


def test_a_large_result_comes_whole_as_json(api):
    vectors = [[0.123456789 * number for number in range(1536)] for _ in range(100)]
    api.answer(embedding(vectors))

    told = post(api, "tools/call", name="embed", arguments={"texts": ["a"] * 100}, _meta={"progressToken": "t"})

    assert len(told.content) > 3_000_000
    assert told.json()["result"]["structuredContent"]["embeddings"] == vectors


def test_a_result_too_large_for_an_event_says_how_to_get_it(api):
    api.answer(workflow("workflow_started"), *NODES, workflow_finished({"only": "x" * 600_000}))

    assert len(read(call(api, "workflow-app"))) == 600_000

    last = streamed(api, "workflow-app")[-1]["result"]
    assert last["isError"] is True
    assert last["content"][0]["text"] == (
        "The result takes 1.8 MB, more than clients take while they are told of the progress. Call the tool without a "
        "progress token, or ask for less."
    )


def test_text_that_is_none_in_utf8_does_not_spoil_the_message(api):
    api.answer(workflow("workflow_started"), workflow_finished({"only": "half \ud83d", "not a number": None}))

    assert "half " in read(call(api, "workflow-app"))


def test_an_input_that_the_app_misses_is_to_be_given_as_an_argument(api):
    body = json.dumps({"code": "invalid_param", "message": "text is required in input form", "status": 400})
    api.answer(DifyError(f"invoke app failed: request failed with status code: 400 and respond with: {body}"))

    assert failure(api, "workflow-app") == (
        "Dify refused the app tool call (HTTP 400): text is required in input form. Give it as an argument."
    )
