import logging

import pytest

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
    reverse_invocation,
)

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
        ("app parameters", "fetch app failed: data is nil", NotConfigured, "still exists in this workspace"),
        ("llm", "read llm model failed: EOF\nfailed to read data", ProviderFailed, "cut off"),
        (
            "chat app",
            f"invoke app failed: request failed with status code: 400 and respond with: {INVALID_PARAM}",
            RefusedByDify,
            r"\(HTTP 400\): query is required in input form \(invalid_param\)",
        ),
        (
            "chat app",
            "invoke app failed: request failed with status code: 500 and respond with: Internal Server Error",
            ProviderFailed,
            r"inside Dify \(HTTP 500\): Internal Server Error",
        ),
        ("chat app", "request failed: app not found", NotConfigured, "app not found"),
        ("llm", f"read llm model failed: request failed: {PLUGIN_ERROR}", NotConfigured, r"provided: \[hidden\]"),
        ("llm", f"invoke llm model failed: request failed: {RATE_LIMIT}", ProviderFailed, "Slow down"),
        ("llm", "request failed: Model gpt-9 not exist.", NotConfigured, "Model gpt-9 not exist"),
        ("llm", "", ProviderFailed, "no reason given"),
        ("llm", "{not json", ProviderFailed, "{not json"),
        ("speech2text", "invoke speech2text model failed: request failed: Odd-length string", BrokenInDify, "twice"),
        ("speech2text", "invoke speech2text model failed: data is nil", BrokenInDify, "nothing to set right"),
        ("completion app", "invoke app failed: request failed: 'query'", BrokenInDify, "Use a chat app"),
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


def test_long_reasons_are_cut():
    with pytest.raises(ProviderFailed) as caught, reverse_invocation("llm"):
        raise Exception("very long " * 1000)  # noqa: TRY002

    assert len(str(caught.value)) < 600


def test_names_that_look_like_keys_stay_readable():
    names = "app-selector and 123e4567-e89b-12d3-a456-426614174000"

    with pytest.raises(ProviderFailed, match=names), reverse_invocation("llm"):
        raise Exception(names)  # noqa: TRY002


def test_errors_of_the_code_inside_pass_as_they_are():
    with pytest.raises(KeyError), reverse_invocation("llm"):
        raise KeyError("a defect")
    with pytest.raises(InvalidInput, match="^mine$"), reverse_invocation("llm"):
        raise InvalidInput("mine")


def test_each_failure_is_one_line_in_the_log_without_content(caplog):
    caplog.set_level(logging.WARNING, logger=errors.logger.name)

    with pytest.raises(ProviderFailed), reverse_invocation("llm"):
        raise Exception("request failed: somebody's text")  # noqa: TRY002

    assert [record.getMessage() for record in caplog.records] == ["llm: ProviderFailed"]


def test_the_tree_in_the_docstring_is_the_tree():
    tree = [SwitchboardError, InvalidInput, *errors.InvocationError.__subclasses__()]

    assert all(error.__name__ in (errors.__doc__ or "") for error in tree)
