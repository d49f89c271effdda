import binascii
import json
import logging
import re

import dify_plugin  # noqa: F401 - patches for gevent before anything imports ssl
import httpx
import pytest
import requests
from pydantic_core import to_json

from switchboard import errors
from switchboard.errors import (
    BrokenInDify,
    InvalidInput,
    NoAnswer,
    NotConfigured,
    NotPermitted,
    ProviderFailed,
    RefusedByDify,
    SwitchboardError,
    TimedOut,
)
from switchboard.reverse_invocation import error_event, logger, reverse_invocation

INVALID_PARAM = '{"code":"invalid_param","message":"query is required in input form","status":400}'
PLUGIN_ERROR = (
    'req_id: 0123456789 PluginInvokeError: {"args":{"description":"[models] Error","traceback":"Traceback (most recent '
    'call last):\\n  File \\"llm.py\\", line 1"},"error_type":"InvokeAuthorizationError","message":"[models] Incorrect '
    'API key provided: sk-abc123def456. You can find your key online."}'
)
RATE_LIMIT = (
    'PluginInvokeError: {"args":{},"error_type":"InvokeRateLimitError","message":"{\\"error\\": {\\"message\\": '
    '\\"Slow down\\", \\"code\\": 429}}"}'
)


@pytest.mark.parametrize(
    ("interface", "text", "error", "sentence"),
    [
        (
            "llm",
            "permission denied, you need to enable llm access in plugin manifest",
            NotPermitted,
            "ask for llm access",
        ),
        ("llm", "invocation exited without response after 250 seconds", TimedOut, "sent nothing for 250 seconds"),
        ("llm", "killed by timeout", TimedOut, "took longer than it may"),
        ("tts", "read tts model failed: request failed: HTTPSConnectionPool: Read timed out.", TimedOut, "longer"),
        (
            "tts",
            "unmarshal backwards invoke request failed: error validating struct: Key: 'InvokeTTSSchema.Voice' "
            "Error:Field validation for 'Voice' failed on the 'required' tag",
            RefusedByDify,
            "the field Voice is not valid",
        ),
        ("rerank", "No response from rerank", NoAnswer, "without an answer"),
        (
            "llm",
            "Failed to parse response: 1 validation error for LLMResultChunk ... 'secret'",
            NoAnswer,
            "cannot read",
        ),
        ("rerank", "invoke rerank model failed: data is nil", NotConfigured, "data is nil"),
        ("app parameters", "fetch app failed: data is nil", NotConfigured, "lost the reason .* publish it in Dify"),
        ("llm", "read llm model failed: EOF\nfailed to read data", ProviderFailed, "cut off: Dify closed"),
        (
            "llm",
            "read llm model failed: http: read on closed response body\nfailed to read system header",
            ProviderFailed,
            "cut off: Dify closed",
        ),
        ("llm", "any Go error\nfailed to read system header", ProviderFailed, "cut off: Dify closed"),
        ("llm", "any Go error\nfailed to read header", ProviderFailed, "cut off: Dify closed"),
        ("llm", "any Go error\nfailed to read data", ProviderFailed, "cut off: Dify closed"),
        ("rerank", "invoke rerank model failed: http: read on closed response body", ProviderFailed, "cut off: Dify"),
        ("rerank", "invoke rerank model failed: EOF", ProviderFailed, "cut off: Dify closed"),
        ("rerank", "invoke rerank model failed: unexpected EOF", ProviderFailed, "cut off: Dify closed"),
        (
            "llm",
            "read llm model failed: context deadline exceeded\nfailed to read data",
            TimedOut,
            "took longer than it may: context deadline exceeded",
        ),
        (
            "chat app",
            f"invoke app failed: request failed with status code: 400 and respond with: {INVALID_PARAM}",
            RefusedByDify,
            r"\(HTTP 400\): query is required in input form\. Give it in `inputs`",
        ),
        (
            "chat app",
            "invoke app failed: request failed with status code: 500 and respond with: Internal Server Error",
            ProviderFailed,
            r"inside Dify \(HTTP 500\): Internal Server Error",
        ),
        ("chat app", "request failed: app not found", NotConfigured, "no app with this id.*publish"),
        ("llm", f"read llm model failed: request failed: {PLUGIN_ERROR}", NotConfigured, r"provided: \[hidden\]"),
        ("llm", f"invoke llm model failed: request failed: {RATE_LIMIT}", ProviderFailed, "Slow down"),
        ("llm", "request failed: Model gpt-9 not exist.", NotConfigured, "Model gpt-9 not exist"),
        ("llm", "", ProviderFailed, "no reason given"),
        ("llm", "{not json", ProviderFailed, "{not json"),
        ("speech2text", "invoke speech2text model failed: request failed: Odd-length string", BrokenInDify, "twice"),
        ("speech2text", "invoke speech2text model failed: data is nil", BrokenInDify, "^Most likely Dify cannot"),
        ("completion app", "invoke app failed: request failed: 'query'", BrokenInDify, "Use a chat app"),
        ("app", "invoke app failed: request failed: 'query'", BrokenInDify, "Use a chat app"),
        (
            "llm",
            "read llm model failed: request failed: Failed to parse structured output: sk-abc",
            NoAnswer,
            "did not answer with the JSON object that was asked for",
        ),
    ],
)
def test_dify_errors_become_sentences(interface, text, error, sentence):
    with pytest.raises(SwitchboardError, match=sentence) as caught, reverse_invocation(interface):
        raise Exception(text)  # noqa: TRY002 - what the SDK raises

    assert type(caught.value) is error
    message = str(caught.value)
    assert "Traceback" not in message
    assert "sk-abc" not in message
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("failure", "error", "sentence"),
    [
        (requests.ConnectionError("refused"), NoAnswer, r"\(ConnectionError\).*INTERNAL_FILES_URL or FILES_URL"),
        (requests.exceptions.MissingSchema("Invalid URL '/files/upload'"), NoAnswer, r"\(MissingSchema\).*FILES_URL"),
        (requests.ReadTimeout("10 s"), TimedOut, r"\(ReadTimeout\)"),
        (requests.JSONDecodeError("no JSON", "<html>", 0), NoAnswer, "something that is not JSON"),
        (
            Exception('upload file failed, status code: 413, response: {"code": "file_too_large", "message": "Big"}'),
            RefusedByDify,
            r"refused the file upload call \(HTTP 413\): Big\.$",
        ),
        (Exception("upload file failed, status code: 502, response: <html>"), ProviderFailed, r"HTTP 502"),
        (Exception("upload file failed: data is nil"), NoAnswer, "gave no address to send the file to, and lost"),
        (Exception("upload file failed, could not get signed url"), ProviderFailed, "could not get signed url"),
    ],
)
def test_a_file_that_does_not_reach_dify_is_told_with_its_reason(failure, error, sentence):
    with pytest.raises(error, match=sentence) as caught, reverse_invocation("file upload"):
        raise failure

    assert "/files/upload" not in str(caught.value)


def test_any_other_error_of_the_system_is_a_defect():
    with pytest.raises(OSError, match="disk"), reverse_invocation("llm"):
        raise OSError("no disk")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            '{"code": "provider_not_initialize", "message": "{\\"code\\": \\"inner\\", \\"message\\": \\"x\\"}"}',
            "provider_not_initialize",
        ),
        ("no code", ""),
    ],
)
def test_an_error_carries_the_outermost_code(text, code):
    assert fail("chat app", f"request failed: {text}").code == code


def fail(interface, text):
    with pytest.raises(SwitchboardError) as caught, reverse_invocation(interface):
        raise Exception(text)  # noqa: TRY002
    return caught.value


@pytest.mark.parametrize(
    ("said", "parameter", "most"),
    [
        ("should be less than or equal to 4096.0.", "max_tokens", 4096.0),
        ("should be less than or equal to 2.", "temperature", 2.0),
        ("should be greater than or equal to 1024.", "thinking_budget", None),
        ("should be bool.", "thinking", None),
        ("should be one of ['low', 'high'].", "reasoning_effort", None),
        ("is required.", "voice", None),
    ],
)
def test_a_parameter_that_a_model_refuses_is_named(said, parameter, most):
    error = {"error_type": "ValueError", "message": f"Model Parameter {parameter} {said}"}

    failure = fail("llm", f"read llm model failed: request failed: req_id: 0123 PluginInvokeError: {json.dumps(error)}")

    assert (type(failure), failure.status) == (RefusedByDify, 400)
    assert (failure.parameter, failure.most) == (parameter, most)
    assert f"Model Parameter {parameter} {said[:-1]}" in str(failure)


def answered(status, body):
    body = body if isinstance(body, str) else json.dumps(body)
    return f"invoke llm model failed: request failed with status code: {status} and respond with: {body}"


@pytest.mark.parametrize(
    ("reason", "error", "sentence"),
    [
        (
            "plugin provider a/b/c not found",
            NotConfigured,
            r"not found\. Check the kind of tool, its provider and its name",
        ),
        ("workflow provider 7f not found", NotConfigured, "installed and authorised under Tools"),
        ("Tool with name search not found", NotConfigured, "installed and authorised under Tools"),
        ("Invalid plugin id a b", NotConfigured, "installed and authorised under Tools"),
        ("tool parameter model not found in tool config", RefusedByDify, "a setting `model` that is missing or wrong"),
        ("tool parameter mode value x not in options ['y']", RefusedByDify, "setting `mode` .* settings too"),
        ("The workspace is locked", RefusedByDify, r"^Dify refused the tool call \(HTTP 400\): The workspace is lock"),
    ],
)
def test_a_tool_that_dify_does_not_run_is_told_with_where_to_look(reason, error, sentence):
    body = {"code": "invalid_param", "message": reason, "status": 400}

    failure = fail("tool", answered(400, body))

    assert type(failure) is error
    assert re.search(sentence, str(failure))
    assert "Model Provider" not in str(failure)


@pytest.mark.parametrize(
    ("error_type", "message", "error"),
    [
        ("InvalidInput", "`text` is empty.", ProviderFailed),
        ("NotConfigured", "Model gpt-9 not exist.", NotConfigured),
        ("ToolProviderCredentialValidationError", "Incorrect API key provided: sk-abc123def456.", NotConfigured),
    ],
)
def test_what_another_tool_says_is_passed_on_as_its_own_words(error_type, message, error):
    raised = {"args": {"traceback": "Traceback (most recent call last):"}, "error_type": error_type, "message": message}
    text = f"read tool response failed: request failed: req_id: 0a1b2c PluginInvokeError: {json.dumps(raised)}"

    failure = fail("tool", text)

    assert type(failure) is error
    assert str(failure).startswith(f"The tool call failed: {message[:20]}")
    assert failure.code == error_type
    assert "Traceback" not in str(failure)
    assert "sk-abc" not in str(failure)


@pytest.mark.parametrize(
    "reason",
    [
        "[x] Connection reset by peer",
        "[x] EOF",
        "EOF while parsing a value",
        "[x] broken pipe",
        "[x] failed to read data from the bucket",
        "WhatsApp not found in contacts",
        "[x] data is nil",
        "[x] Field validation for 'Model' failed on the 'required' tag",
        "Quota exceeded for requests per minute",
        "model not loaded, file not found",
        "CUDA Runtime out of memory",
    ],
)
def test_what_a_provider_says_is_not_taken_for_dify(reason):
    error = fail("llm", f"read llm model failed: request failed: {reason}")

    assert type(error) is ProviderFailed
    assert str(error) == f"The llm call failed: {reason}."


@pytest.mark.parametrize(
    "reason",
    [
        "Model credentials are not initialized.",
        "Model gpt-9 credentials is not initialized.",
        "Provider langgenius/openai/openai does not exist.",
        "The model `gpt-9` does not exist",
        "model 'gpt-9' not found, try pulling it first",
        "Could not find model gpt-9",
        "Model provider langgenius/openai/openai quota exceeded.",
        "Model provider openai quota has been exhausted",
        "Your quota for Dify Hosted Model Provider has been exhausted.",
        "Default model not found for ModelType.LLM",
        "Model schema not found",
        "CredentialsValidateFailedError",
        *(
            json.dumps({"code": code, "message": "no"})
            for code in ("provider_not_initialize", "model_currently_not_support", "provider_quota_exceeded")
        ),
        json.dumps({"error": {"code": "model_not_found", "message": "no"}}),
        json.dumps({"error_type": "CredentialsValidateFailedError", "message": "no"}),
        json.dumps({"error_type": "InvokeAuthorizationError", "message": '{"error": {"message": "no", "code": "x"}}'}),
    ],
)
@pytest.mark.parametrize("wrapping", ["request failed: {}", answered(400, "{}"), answered(500, "{}")])
def test_what_is_not_set_up_is_told_from_what_fails(wrapping, reason):
    for interface, model in (("llm", "the model chosen here"), ("chat app", "a model that the app uses")):
        error = fail(interface, wrapping.replace("{}", reason))

        assert type(error) is NotConfigured
        assert str(error).endswith(f" Check {model}, and its provider under Integrations > Model Provider.")


@pytest.mark.parametrize("interface", ["chat app", "workflow app", "completion app", "app"])
@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            "unexpected app type",
            "not published, or it is of a kind that plugins cannot call, such as those under Agents",
        ),
        ("App unavailable", "Publish it in Dify, or choose another app"),
        (json.dumps({"code": "app_unavailable", "message": "no"}), "Publish it in Dify"),
        ("app not found", "no app with this id. Choose the app again or correct its id, and publish the app if"),
    ],
)
def test_an_app_that_cannot_be_called_is_told_without_a_word_of_models(interface, reason, sentence):
    for wrapping in ("request failed: {}", answered(400, "{}")):
        error = fail(interface, wrapping.replace("{}", reason))

        assert type(error) is NotConfigured
        assert sentence in str(error)
        assert "Model Provider" not in str(error)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (
            answered(504, "<html><head><title>504 Gateway Time-out</title></head><body><hr>nginx</body></html>"),
            TimedOut,
            "The llm call took longer than it may (HTTP 504): 504 Gateway Time-out.",
        ),
        (answered(408, ""), TimedOut, "The llm call took longer than it may (HTTP 408): no reason given."),
        (
            answered(400, {"code": "invalid_param", "message": "the request timeout is over"}),
            RefusedByDify,
            "Dify refused the llm call (HTTP 400): the request timeout is over.",
        ),
        (
            answered(502, "<html><body>Sorry</body></html>"),
            ProviderFailed,
            "The llm call failed inside Dify (HTTP 502): no reason given.",
        ),
        (
            answered(400, {"code": "completion_request_error", "message": "[x] overloaded"}),
            ProviderFailed,
            "The llm call failed: [x] overloaded.",
        ),
        (
            "request failed: The parameter request_timeout is not supported",
            ProviderFailed,
            "The llm call failed: The parameter request_timeout is not supported.",
        ),
        ("request failed: 请求超时", TimedOut, "The llm call took longer than it may: 请求超时."),
        (
            "unmarshal backwards invoke request failed: error decoding map: 'mode' expected type 'string'",
            RefusedByDify,
            "Dify's plugin daemon refused the llm call: error decoding map: 'mode' expected type 'string'.",
        ),
        (
            "request failed: Incorrect API key provided: sk-test1234567890",
            NotConfigured,
            "The llm call could not start: Incorrect API key provided: [hidden]. Check the model chosen here, and its "
            "provider under Integrations > Model Provider.",
        ),
        (
            "request failed: Traceback (most recent call last):\n x",
            ProviderFailed,
            "The llm call failed: no reason given.",
        ),
    ],
)
def test_the_whole_sentence(text, error, message):
    translated = fail("llm", text)

    assert type(translated) is error
    assert str(translated) == message


OPENAI_429 = "[langgenius/openai/openai] Rate Limit Error, Error code: 429 - {'error': {'message': 'Slow down'}}"


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (fail("llm", f"invoke llm model failed: request failed: {RATE_LIMIT}"), 429),
        (fail("llm", f"read llm model failed: request failed: {OPENAI_429}"), 429),
        (fail("llm", "request failed: [langgenius/x/x] Rate Limit Error, try again later"), 429),
        (fail("llm", answered(500, {"message": OPENAI_429})), 429),
        (fail("llm", answered(400, {"code": "completion_request_error", "message": OPENAI_429})), 429),
        (error_event("chat app", {"status": 400, "code": "completion_request_error", "message": OPENAI_429}), 429),
        (fail("llm", answered(429, {"code": "too_many_requests", "message": "no"})), 429),
        (error_event("chat app", {"status": 429, "code": "rate_limit_error", "message": "no"}), 429),
        (fail("llm", "request failed: [x] Server Unavailable Error, Error code: 529 - {'message': 'Overloaded'}"), 503),
        (fail("llm", "request failed: [x] Server Unavailable Error, down"), 502),
        (fail("llm", "request failed: The Rate Limit Error parameter is unknown"), 502),
        (fail("llm", "request failed: [langgenius/x/x] Server Unavailable Error, Error code: 503 - {}"), 502),
        (fail("llm", answered(500, "Internal Server Error")), 502),
        (fail("llm", answered(503, "")), 502),
        (fail("llm", answered(504, "")), 504),
        (fail("llm", "killed by timeout"), 504),
        (fail("llm", "No response from Dify"), 502),
        (fail("llm", answered(400, {"code": "invalid_param", "message": "no"})), 400),
        (fail("llm", answered(404, {"code": "not_found", "message": "no"})), 404),
        (fail("llm", answered(413, "")), 413),
        (fail("llm", answered(401, {"code": "unauthorized", "message": "no"})), 502),
        (fail("llm", "request failed: Model gpt-9 not exist."), 400),
        (fail("llm", "permission denied, you need to enable llm access in plugin manifest"), 403),
        (fail("speech2text", "invoke speech2text model failed: request failed: Odd-length string"), 502),
    ],
)
def test_an_endpoint_answers_with_the_status_that_its_clients_act_on(failure, status):
    assert failure.status == status


@pytest.mark.parametrize("interface", ["completion app", "workflow app", "chat app"])
@pytest.mark.parametrize("reason", ["'query'", "KeyError: 'query'", "KeyError('query')"])
def test_a_completion_app_is_broken_in_dify_whatever_it_is_called_as(interface, reason):
    body = {"code": "internal_server_error", "message": reason, "status": 500}

    assert type(fail(interface, f"invoke app failed: request failed: {reason}")) is BrokenInDify
    assert type(fail(interface, answered(500, body))) is BrokenInDify
    assert type(error_event(interface, {"event": "error", **body})) is BrokenInDify


def test_any_http_500_of_a_completion_app_is_that_defect():
    assert type(fail("completion app", answered(500, "Internal Server Error"))) is BrokenInDify
    assert type(fail("workflow app", answered(500, "Internal Server Error"))) is ProviderFailed


@pytest.mark.parametrize("reason", ["KeyError: 'choices'", "'choices'", "Unknown field 'query' in the request"])
def test_a_completion_app_whose_provider_fails_is_not_broken_in_dify(reason):
    event = {"event": "error", "status": 500, "code": "internal_server_error", "message": reason}

    assert type(fail("completion app", f"read app failed: request failed: {reason}")) is ProviderFailed
    assert str(error_event("completion app", event)) == (f"The completion app call failed: {reason}.")
    assert (
        type(error_event("completion app", {**event, "status": 400, "code": "provider_not_initialize"}))
        is NotConfigured
    )


@pytest.mark.parametrize(
    "reason",
    ["Non-hexadecimal digit found", "Odd-length string", "UnsupportedOperation: read", "not readable", "read"],
)
def test_speech_recognition_is_broken_in_dify(reason):
    assert str(fail("speech2text", f"invoke speech2text model failed: request failed: {reason}")) == (
        "Dify cannot transcribe for plugins today: its own API decodes the recording twice and then reads a file that "
        "it opened for writing. The recording was sent correctly; there is nothing to set right here."
    )


@pytest.mark.parametrize("reason", ["[x] audio not readable, use MP3", "[x] Odd-length string", "cannot read"])
def test_a_recognition_whose_provider_fails_is_not_broken_in_dify(reason):
    assert type(fail("speech2text", f"invoke speech2text model failed: request failed: {reason}")) is ProviderFailed


def test_a_reason_that_speech_recognition_lost_may_be_another():
    assert str(fail("speech2text", "invoke speech2text model failed: data is nil")) == (
        "Most likely Dify cannot transcribe for plugins today: its own API decodes the recording twice and then reads "
        'a file that it opened for writing. But Dify lost the reason on the way (it says only "data is nil"), so check '
        "also that the model chosen still exists in this workspace and has valid credentials."
    )


@pytest.mark.parametrize(
    ("status", "error"),
    [(504, TimedOut), (408, TimedOut), (503, ProviderFailed), (400, RefusedByDify), (True, ProviderFailed)],
)
def test_the_status_of_an_event_decides(status, error):
    assert type(error_event("chat app", {"status": status, "code": "invalid_param", "message": "no"})) is error


def test_an_event_can_tell_of_a_timeout():
    event = {"status": 400, "code": "completion_request_error", "message": "[x] Read timed out."}

    assert type(error_event("chat app", event)) is TimedOut


@pytest.mark.parametrize(
    "part", ["credential ", "sk-a.", '{"a":', "a failed: ", "timed out ", "failed to read data\n", "x"]
)
def test_a_megabyte_of_anything_becomes_an_error(part):
    for prefix in ("", "request failed: ", "unmarshal backwards ", answered(500, "")):
        assert len(str(fail("llm", prefix + part * (1_000_000 // len(part))))) < 700


@pytest.mark.parametrize(
    ("raised", "error", "sentence"),
    [
        (httpx.ConnectError("refused"), NoAnswer, r"did not reach Dify's plugin daemon \(ConnectError\). Check that"),
        (httpx.ConnectTimeout("slow"), NoAnswer, "DIFY_PLUGIN_DAEMON_URL leads to it"),
        (httpx.ReadTimeout("slow"), TimedOut, r"fell silent during the llm call \(ReadTimeout\)"),
        (httpx.ReadError("reset"), ProviderFailed, "cut off: Dify closed the connection"),
        (httpx.RemoteProtocolError("closed"), ProviderFailed, "cut off: Dify closed the connection"),
        (KeyError("session_id"), NoAnswer, "no longer knows the run that made the llm call"),
        (binascii.Error("Odd-length string"), NoAnswer, "something that is not hexadecimal"),
    ],
)
def test_what_else_the_sdk_raises_becomes_a_sentence(raised, error, sentence):
    with pytest.raises(error, match=sentence) as caught, reverse_invocation("llm"):
        raise raised

    assert caught.value.__suppress_context__


def test_speech_that_is_not_even_ascii_is_not_hexadecimal():
    with pytest.raises(NoAnswer, match="something that is not hexadecimal"), reverse_invocation("tts"):
        binascii.unhexlify("🎉")


def test_what_cannot_be_sent_is_told_apart():
    deep: object = []
    for _ in range(2000):
        deep = [deep]
    for unsendable, sentence in ((deep, "nested too deeply to be sent"), ("half \ud83d", "half of a surrogate pair")):
        with pytest.raises(InvalidInput, match=sentence), reverse_invocation("llm"):
            to_json(unsendable)


def test_errors_of_the_code_inside_pass_as_they_are():
    for defect in (KeyError("a defect"), ValueError("a defect"), RecursionError("a defect"), RuntimeError("a defect")):
        with pytest.raises(type(defect), match="a defect"), reverse_invocation("llm"):
            raise defect
    with pytest.raises(InvalidInput, match="^mine$") as caught, reverse_invocation("llm"):
        raise InvalidInput("mine") from KeyError("why")
    assert isinstance(caught.value.__cause__, KeyError)


def test_each_failure_is_one_line_in_the_log_without_content(caplog):
    caplog.set_level(logging.WARNING, logger=logger.name)

    with pytest.raises(ProviderFailed), reverse_invocation("llm"):
        raise Exception("request failed: somebody's text")  # noqa: TRY002

    assert [record.getMessage() for record in caplog.records] == ["llm: ProviderFailed"]


def test_the_tree_in_the_docstring_is_the_tree():
    tree = [SwitchboardError, InvalidInput, *errors.InvocationError.__subclasses__()]

    assert all(error.__name__ in (errors.__doc__ or "") for error in tree)
