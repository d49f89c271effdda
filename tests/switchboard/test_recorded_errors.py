"""What Dify 1.16 said when models, apps, tools and files failed on purpose, and what becomes of it.

The texts are recordings; only ids are made up. The provider plugins were `openai_api_compatible`, which answers with
the provider's own JSON, and `openai`, which answers with Python's `repr` of it.
"""

import json

import dify_plugin  # noqa: F401 - patches for gevent before anything imports ssl
import pytest

from switchboard.errors import (
    BrokenInDify,
    InvocationError,
    NotConfigured,
    ProviderFailed,
    RefusedByDify,
    RefusedByProvider,
    SwitchboardError,
    TimedOut,
    UnknownConversation,
)
from switchboard.reverse_invocation import error_event, failed_run, reverse_invocation

TOO_LONG = (
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. Please reduce "
    "the length of the messages."
)
TOO_LONG_IN_OTHER_WORDS = [
    "The decoder prompt (length 9000) is longer than the maximum model length of 8192.",  # vLLM
    "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",  # Mistral
    "This model's maximum prompt length is 131072 but the request contains 150000 tokens.",  # xAI
    "<400> InternalError.Algo.InvalidParameter: Total message token length exceed model limit (10000 tokens).",
    "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5000.",  # Cohere
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens",
    "Input validation error: `inputs` must have less than 512 tokens. Given: 700",
    "The input (40000 tokens) is longer than the model's context length (32768 tokens).",
    "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length",
    "An error occurred (ValidationException) when calling Converse: Input is too long for requested model.",
    "Input length 140000 exceeds the maximum length 131072",
    "context window exceeds limit (2013)",  # MiniMax
    "prompt tokens exceed limit",
    "the input length exceeds the context length",  # Ollama
    "Your request exceeded model token limit: 8192",  # Moonshot
    "Prompt 超长",
    "输入超过最大长度",
    "上下文长度超出模型限制",
]
UNSUPPORTED = "Unsupported value: 'temperature' does not support 0.7 with this model."


def compatible(status: int, message: str, kind: str, code: str | None) -> str:
    """What the plugin `openai_api_compatible` raises for an answer of its provider."""
    answered = json.dumps({"error": {"message": message, "type": kind, "param": None, "code": code}})
    said = f"[models] Error: API request failed with status code {status}: {answered}"
    raised = {"args": {"description": said}, "error_type": "InvokeError", "message": said}
    return json.dumps(raised, separators=(",", ":"))


def openai(words: str, status: int, message: str, kind: str, code: str | None) -> str:
    """What the plugin `openai` raises for an answer of its provider."""
    answered = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return f"[models] {words}, Error code: {status} - {answered}"


def parameter(message: str) -> str:
    return json.dumps({"args": {}, "error_type": "ValueError", "message": message}, separators=(",", ":"))


BOOM = compatible(500, "The fake provider fails on purpose.", "server_error", "boom")
LIMITED = compatible(429, "Rate limit reached for limited. Please try again in 7s.", "requests", "rate_limit_exceeded")
CONTEXT = compatible(400, TOO_LONG, "invalid_request_error", "context_length_exceeded")
BAD_REQUEST = compatible(400, UNSUPPORTED, "invalid_request_error", "unsupported_value")
UNAUTHORIZED = compatible(401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key")

FAILURES = [
    (BOOM, ProviderFailed, 502, "The fake provider fails on purpose."),
    (LIMITED, ProviderFailed, 429, "Rate limit reached for limited."),
    (CONTEXT, RefusedByProvider, 400, TOO_LONG),
    (BAD_REQUEST, RefusedByProvider, 400, UNSUPPORTED),
    (UNAUTHORIZED, NotConfigured, 400, "Incorrect API key provided."),
    (
        compatible(402, "Insufficient Balance", "unknown_error", "invalid_request_error"),
        RefusedByProvider,
        400,
        "Insuf",
    ),
    (compatible(403, "Country not supported", "request_forbidden", "x"), RefusedByProvider, 400, "Country"),
    (compatible(413, "Request too large", "invalid_request_error", "request_too_large"), RefusedByProvider, 400, "Req"),
    (compatible(422, "Input should be a valid string", "invalid_request_error", None), RefusedByProvider, 400, "Input"),
    (compatible(503, "Overloaded", "server_error", None), ProviderFailed, 503, "Overloaded"),
    (parameter("Model Parameter temperature should be less than or equal to 2.0."), RefusedByDify, 400, "temperature"),
    (parameter("Model Parameter temperature should be float."), RefusedByDify, 400, "should be float"),
]
PLAIN_FAILURES = [
    (openai("Server Unavailable Error", 503, "Overloaded", "server_error", None), ProviderFailed, 503, "Overloaded"),
    (openai("Rate Limit Error", 429, "Rate limit reached", "requests", "x"), ProviderFailed, 429, "Rate limit reached"),
    (openai("Bad Request Error", 400, TOO_LONG, "x", "context_length_exceeded"), RefusedByProvider, 400, TOO_LONG),
    (openai("Bad Request Error", 422, "Not a string", "x", None), RefusedByProvider, 400, "Not a string"),
    (openai("Bad Request Error", 404, "The model `g` does not exist", "x", "y"), NotConfigured, 400, "does not exist"),
    ("Incorrect API key provided", NotConfigured, 400, "Incorrect API key provided"),
    ("[OpenAI] Incorrect model credentials provided, please check and try again.", NotConfigured, 400, "credentials"),
]


def failure_of(interface: str, text: str) -> InvocationError:
    with pytest.raises(SwitchboardError) as caught, reverse_invocation(interface):
        raise Exception(text)  # noqa: TRY002 - what the SDK raises
    assert isinstance(caught.value, InvocationError)
    return caught.value


def refused(what: str, message: str, *, status: int = 400, code: str = "invalid_param") -> str:
    """What Dify's API answers before the first frame of a stream, as the plugin daemon hands it on."""
    body = json.dumps({"code": code, "message": message, "status": status})
    return f"{what} failed: request failed with status code: {status} and respond with: {body}\n"


def check(failure: InvocationError, kind: type[InvocationError], status: int, reason: str) -> None:
    assert type(failure) is kind
    assert failure.status == status
    assert reason in str(failure)
    assert "{" not in str(failure)
    assert "(invalid_param)" not in str(failure)


@pytest.mark.parametrize(("said", "kind", "status", "reason"), FAILURES)
def test_a_model_that_fails_in_a_chatbot_or_an_agent_is_no_refusal_of_dify(said, kind, status, reason):
    event = {"event": "error", "code": "invalid_param", "status": 400, "message": said}

    failure = error_event("chat app", event)

    check(failure, kind, status, reason)
    assert failure.code != "invalid_param" or kind is RefusedByDify


@pytest.mark.parametrize(("said", "kind", "status", "reason"), PLAIN_FAILURES)
def test_so_is_one_whose_failure_dify_has_a_name_for(said, kind, status, reason):
    limited = "Rate Limit" in said
    told = (
        {"code": "rate_limit_error", "status": 429} if limited else {"code": "completion_request_error", "status": 400}
    )

    check(error_event("chat app", {"event": "error", "message": said, **told}), kind, status, reason)


@pytest.mark.parametrize(("said", "kind", "status", "reason"), FAILURES)
def test_a_model_that_fails_is_told_alike_however_it_is_asked(said, kind, status, reason):
    raised = f"req_id: 0a1b2c3d4e PluginInvokeError: {said}"

    check(failure_of("llm", f"read llm model failed: request failed: {raised}"), kind, status, reason)
    check(failure_of("llm", refused("invoke llm model", raised)), kind, status, reason)
    check(failure_of("chat app", refused("invoke app", raised)), kind, status, reason)


@pytest.mark.parametrize(("said", "kind", "status", "reason"), PLAIN_FAILURES)
def test_so_is_one_of_a_plugin_that_names_its_failure(said, kind, status, reason):
    check(failure_of("llm", f"read llm model failed: request failed: {said}"), kind, status, reason)
    check(failure_of("llm", refused("invoke llm model", said)), kind, status, reason)


@pytest.mark.parametrize(
    ("said", "kind", "status"),
    [
        (BOOM, ProviderFailed, 502),
        (LIMITED, ProviderFailed, 429),
        (compatible(503, "Overloaded", "server_error", None), ProviderFailed, 503),
        (compatible(504, "upstream request timeout", "x", None), TimedOut, 504),
        (CONTEXT, RefusedByProvider, 400),
        (UNAUTHORIZED, RefusedByProvider, 400),
        (parameter("Model Parameter temperature should be less than or equal to 2.0."), RefusedByDify, 400),
    ],
)
def test_a_model_that_fails_in_a_node_is_told_with_the_node(said, kind, status):
    failure = failed_run('The workflow run failed at the node "LLM"', f"req_id: 97ee080a41 PluginInvokeError: {said}")

    check(failure, kind, status, 'failed at the node "LLM": ')


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (CONTEXT, "context_length_exceeded"),
        (BAD_REQUEST, "unsupported_value"),
        (openai("Bad Request Error", 400, TOO_LONG, "x", "context_length_exceeded"), "context_length_exceeded"),
        (openai("Bad Request Error", 400, "no", "x", None), "x"),
        (
            "[anthropic] Bad Request Error, prompt is too long: 208310 tokens > 200000 maximum",
            "context_length_exceeded",
        ),
        ("[x] Bad Request Error, input length and `max_tokens` exceed context limit", "context_length_exceeded"),
        ("[x] Error: the request exceeds the available context size. try increasing it", "context_length_exceeded"),
        ("[x] Error: Range of input length should be [1, 30720]", "context_length_exceeded"),
        ("[x] Error: The input token count (1048577) exceeds the maximum number", "context_length_exceeded"),
        ("Query or prefix prompt is too long, you can reduce the prefix prompt", "context_length_exceeded"),
        ("[x] Error: The input exceeds the model's maximum number of tokens.", "context_length_exceeded"),
        ("[x] Bad Request Error, tokens exceed the maximum number of input tokens (4096)", "context_length_exceeded"),
        *((f"[x] Error, {words}", "context_length_exceeded") for words in TOO_LONG_IN_OTHER_WORDS),
        ("[x] Bad Request Error, messages: at least one message is required", ""),
    ],
)
def test_a_request_that_is_too_long_has_one_code_whatever_the_provider_calls_it(said, code):
    failure = error_event("chat app", {"code": "completion_request_error", "status": 400, "message": said})

    assert type(failure) is RefusedByProvider
    assert failure.code == code


@pytest.mark.parametrize(
    "said",
    [
        "[openai] Bad Request Error, The server had an error while processing your request. Sorry about that!",
        "[x] Bad Request Error, The model is overloaded. Please try again later.",
        "[x] Connection Error, Connection error.",
        "[x] Server Unavailable Error, Error code: 500 - {'error': {'message': 'Maximum of tries reached'}}",
        "[x] Error: API request failed with status code 409: busy",
        "[x] Bad Request Error, 服务暂时不可用，请稍后重试",
        "[x] Error, Invalid response from the server, connection lost",
        "[x] Error, 500 Server Error: Internal Server Error for url: http://127.0.0.1/v1",
    ],
)
def test_what_may_pass_is_no_refusal(said):
    assert type(failure_of("llm", f"read llm model failed: request failed: {said}")) is ProviderFailed


@pytest.mark.parametrize(
    "said",
    [
        "[x] Error, thinking_budget must be less than max_tokens",
        "[tongyi] Error, Output data may contain inappropriate content.",
        "[deepseek] Error, Content Exists Risk",
        "[gemini] Error, 400 User location is not supported for the API use.",
        "[x] Error, 400 Client Error: Bad Request for url: http://127.0.0.1/v1",
        "[x] Error, Client error '422 Unprocessable Entity' for url 'http://127.0.0.1/v1'",
        "[cohere] Error, status_code: 400, body: {'message': 'invalid role'}",
        "[bedrock] Error, An error occurred (ValidationException) when calling Converse: roles must alternate",
        "[bedrock] Error, An error occurred (AccessDeniedException) when calling InvokeModel: no access",
        "[x] Error, Unsupported language: tlh",
        "[x] Error, Image is too large: 30 MB",
        "[x] Error, 参数错误：top_p",
        parameter("Model g does not support vision"),
        parameter("Invalid image: 'x'"),
    ],
)
def test_a_refusal_is_known_by_its_words_where_no_status_is_told(said):
    failure = failure_of("llm", f"read llm model failed: request failed: req_id: 0a PluginInvokeError: {said}")

    assert (type(failure), failure.status) == (RefusedByProvider, 400)
    assert type(
        error_event("chat app", {"event": "error", "code": "invalid_param", "status": 400, "message": said})
    ) is (RefusedByProvider)


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        (
            "[openai] Rate Limit Error, Error code: 429 - {'error': {'message': 'You exceeded your current quota, "
            "please check your plan.', 'type': 'insufficient_quota', 'code': 'insufficient_quota'}}",
            429,
            "insufficient_quota",
        ),
        ("[zhipuai] Error, Error code: 429, {'error': {'code': '1113', 'message': '余额不足，请充值。'}}", 429, ""),
        ("[x] Bad Request Error, Your credit balance is too low to access the API.", 400, ""),
        ("[x] Rate Limit Error, Insufficient balance, please top up and try again later.", 400, ""),
    ],
)
def test_what_a_provider_wants_to_be_paid_for_is_a_refusal(said, status, code):
    failure = failure_of("llm", f"read llm model failed: request failed: req_id: 0a PluginInvokeError: {said}")

    assert (type(failure), failure.status, failure.code) == (RefusedByProvider, status, code)
    assert type(failed_run("The run failed", f"PluginInvokeError: {said}")) is RefusedByProvider


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("An error occurred (ThrottlingException) when calling Converse: Too many requests, please wait.", 429),
        ("Throttling.RateQuota: Requests rate limit exceeded, please try again later.", 429),
        ("您的请求过于频繁", 429),
        ("System is too busy now. Please try again later.", 503),
        ("系统繁忙，请稍后再试", 503),
    ],
)
@pytest.mark.parametrize("words", ["Error", "Bad Request Error"])
def test_so_is_a_provider_that_is_asked_too_often_or_has_too_much_to_do(said, status, words):
    failure = failure_of("llm", f"read llm model failed: request failed: [x] {words}, {said}")

    assert (type(failure), failure.status) == (ProviderFailed, status)


def test_a_code_node_that_fails_says_why():
    error = (
        'Traceback (most recent call last):\n  File "<string>", line 12, in <module>\n'
        '  File "<string>", line 2, in main\nValueError: boom on purpose\n'
    )

    assert str(failed_run('The workflow run failed at the node "Boom"', error)) == (
        'The workflow run failed at the node "Boom": ValueError: boom on purpose.'
    )


@pytest.mark.parametrize("interface", ["chat app", "app"])
def test_a_conversation_that_dify_does_not_know_is_told_in_a_sentence(interface):
    failure = failure_of(interface, refused("invoke app", ""))

    assert type(failure) is UnknownConversation
    assert (failure.status, failure.code, failure.field) == (404, "not_found", "conversation_id")
    assert "no conversation with this `conversation_id`" in str(failure)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (refused("invoke tool", "Internal Server Error", status=500, code="unknown"), "no more than HTTP 500"),
        (refused("invoke tool", "builtin tool nosuch not found"), "builtin tool nosuch not found."),
        (refused("invoke tool", "api provider 00000000-0000-4000-8000-000000000000 not found"), "api provider 0000"),
        (refused("invoke tool", "mcp provider nosuch not found"), "mcp provider nosuch not found."),
    ],
)
def test_a_provider_of_tools_that_dify_does_not_know_gets_a_hint(text, sentence):
    failure = failure_of("tool", text)

    assert type(failure) is NotConfigured
    assert sentence in str(failure)
    assert "For a Swagger API or a workflow the provider is its id, not its name" in str(failure)


@pytest.mark.parametrize("what", ["app parameters", "chat app", "workflow app"])
def test_an_app_that_is_not_published_is_to_be_published(what):
    nothing = "fetch app failed: data is nil"
    failure = failure_of(what, nothing if what == "app parameters" else refused("invoke app", "unexpected app type"))

    assert type(failure) is NotConfigured
    assert "publish it in Dify" in str(failure).replace("Publish", "publish")
    assert "Model Provider" not in str(failure)


@pytest.mark.parametrize("interface", ["chat app", "workflow app", "app"])
def test_a_file_that_dify_does_not_let_an_app_read_is_broken_in_dify(interface):
    not_found = refused("invoke app", "ToolFile 1b79d572-09a1-4482-93c0-6969770a2667 not found")
    not_downloaded = (
        "Error downloading file: HTTP request failed with status code 404 for http://127.0.0.1:5001/files/tools/"
        "1b79d572-09a1-4482-93c0-6969770a2667.txt?timestamp=1795983419&nonce=3e7f34bed010fe4fe597856955004ddd&"
        "sign=bNxYlAw1O-5uTzGCuZAdiSqBBXXzOCy3Cv_QmPDA4Jc="
    )

    for failure in (failure_of(interface, not_found), failed_run("The workflow run failed", not_downloaded)):
        assert type(failure) is BrokenInDify
        assert "Give a link to a file outside of Dify instead (`remote_url`)" in str(failure)


def test_a_file_of_another_server_that_is_not_there_fails_as_it_is():
    error = "Error downloading file: HTTP request failed with status code 404 for http://127.0.0.1:5010/nosuch.txt"

    assert type(failed_run("The workflow run failed", error)) is ProviderFailed


@pytest.mark.parametrize(
    ("interface", "names_the_other"), [("chat app", True), ("completion app", True), ("workflow app", False)]
)
def test_an_input_that_is_missing_may_be_one_of_a_workflow(interface, names_the_other):
    failure = failure_of(interface, refused("invoke app", "text is required in input form"))

    assert type(failure) is RefusedByDify
    assert "text is required in input form. Give it in `inputs`." in str(failure)
    assert ("`workflow_app`" in str(failure)) is names_the_other
