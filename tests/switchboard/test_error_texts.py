import json

import dify_plugin  # noqa: F401 - patches for gevent before anything imports ssl
import pytest

from switchboard.error_texts import Reason, hide_keys, readable_reason, reason_of

HEX = "0123456789abcdef" * 2
LETTERS = "AbCdEfGhIj" * 4


def wrapped(error_type, message):
    args = {"traceback": "Traceback (most recent call last):\n  raise"}
    return "PluginInvokeError: " + json.dumps({"args": args, "error_type": error_type, "message": message})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("overloaded", "overloaded."),
        ("invoke llm model failed: request failed: overloaded", "overloaded."),
        ("fetch app failed: request failed: app not found", "app not found."),
        ("request failed: req_id: 0123456789 PluginInvokeError: overloaded", "overloaded."),
        (wrapped("InvokeServerUnavailableError", "overloaded"), "overloaded."),
        (
            wrapped("InvokeRateLimitError", '{"error": {"message": "Slow down", "code": 429}}'),
            "Slow down.",
        ),
        # OpenAI API reference, error object; Anthropic's; Google's, which is a list
        (
            '{"error": {"message": "The model `gpt-9` does not exist", "type": "invalid", "code": "gone"}}',
            "The model `gpt-9` does not exist.",
        ),
        ('{"error": {"message": "Bad input", "type": "invalid", "code": null}}', "Bad input."),
        ('{"type": "error", "error": {"type": "overloaded", "message": "Wait"}}', "Wait."),
        ('[{"error": {"code": 429, "message": "Exhausted", "status": "RESOURCE_EXHAUSTED"}}]', "Exhausted."),
        # Python's `repr` of the same, as the client of OpenAI puts it into its messages
        (
            "[openai] Error code: 400 - {'error': {'message': \"'none' isn't allowed\", 'type': 'x', 'code': None}}",
            "'none' isn't allowed.",
        ),
        ("Error code: 400 - {'error': {'message': 'it\\'s\\nwrong', 'param': None}}", "it's wrong."),
        ("{'error': 'out of order', 'code': 1}", "out of order."),
        (wrapped("E", json.dumps({"message": json.dumps({"error": json.dumps({"message": "deep"})})})), "deep."),
        ('{"message": ["odd", 1]}', '["odd", 1].'),
        ('{"error": {"param": "n"}}', '{"param": "n"}.'),
        ('{"detail": "Not Found"}', '{"detail": "Not Found"}.'),
        ("{not json", "{not json."),
        ("", "no reason given."),
        ("request failed:", "no reason given."),
        ("invoke llm model failed: request failed: ", "no reason given."),
        (
            '{"code": "internal_server_error", "message": "request failed: "}',
            "no reason given but `internal_server_error`.",
        ),
        ("request failed: Traceback (most recent call last):\n  File", "no reason given."),
        (
            'Traceback (most recent call last):\n  File "<string>", line 2, in main\nValueError: boom on purpose\n',
            "ValueError: boom on purpose.",
        ),
        ('Run failed: Traceback (most recent call last):\n  File "a.py", line 1\nKeyError: 1', "KeyError: 1."),
        (
            "Traceback (most recent call last):\n  x\nKeyError\n\nDuring handling of the above exception, another "
            "exception occurred:\n\nTraceback (most recent call last):\n  x\n  ~~^\nz.Error: two\nlines\n  of it",
            "z.Error: two lines.",
        ),
        ('  File "<string>", line 3\n    def\n       ^\nSyntaxError: invalid syntax', "SyntaxError: invalid syntax."),
        (
            "Traceback (most recent call last):\n  x\nError: bad key sk-test-1234567890",
            "Error: bad key [hidden].",
        ),
        ("request failed: [x] Error: Traceback (most recent call last):\n  File", "[x] Error."),
        ("<html>\n<head><title>502 Bad Gateway</title></head><body>{}</body></html>", "502 Bad Gateway."),
        ("[x] Error code: 502 - <!DOCTYPE html><title>Down &amp; out</title>", "[x] Error code: 502 - Down & out."),
        ('<body><script>{"message": "no reason"}</script></body>', "no reason given."),
        ('{"message": "<html><body>Sorry</body></html>"}', "no reason given."),
        ("余额不足。", "余额不足。"),
        ("请稍后再试！", "请稍后再试！"),
        ("是否存在？", "是否存在？"),
        ("Really?", "Really?"),
        ('{"message": "half \\ud83d of it"}', "half ? of it."),
    ],
)
def test_the_reason_is_what_failed_first(text, reason):
    assert readable_reason(text) == reason


def test_the_codes_of_every_layer_are_kept():
    text = wrapped("InvokeBadRequestError", '{"error": {"message": "no", "code": "model_not_found"}}')

    assert reason_of(text) == Reason("no", codes=("InvokeBadRequestError", "model_not_found"), from_plugin=True)


@pytest.mark.parametrize(
    ("text", "is_timeout"),
    [
        ("killed by timeout", True),
        ("context deadline exceeded", True),
        ("DEADLINE_EXCEEDED", True),
        ("HTTPSConnectionPool: Read timed out.", True),
        ("stream invocation timed out (phase=total, timeout_ms=240000)", True),
        ("[x] Request timeout", True),
        ("[x] Connection time-out", True),
        ("timeout", True),
        ("Timeout of 60 seconds", True),
        ("timeout while waiting for the model", True),
        ("httpx.ReadTimeout", True),
        ("TimeoutError", True),
        ("openai.APITimeoutError: no", True),
        ("请求超时，请重试", True),
        ("504 Gateway Time-out", True),
        ("<html><head><title>504 Gateway Time-out</title></head></html>", True),
        ("Error code: 504 - {'error': {'message': 'busy'}}", True),
        ("[x] HTTP 408", True),
        ('{"error": {"code": 504, "message": "busy"}}', True),
        ("CUDA Runtime out of memory", False),
        ("The parameter request_timeout is not supported", False),
        ("unexpected keyword argument 'timeout'", False),
        ("request timeout must be at least 1", False),
        ("The read timeout parameter is not supported", False),
        ("Error code: 400 - {'error': {'message': 'read timeout: 0'}}", False),
        ("HTTP 400: request timeout", False),
        ("overloaded", False),
    ],
)
def test_a_timeout_is_told_from_the_word(text, is_timeout):
    assert reason_of(text).is_timeout is is_timeout


@pytest.mark.parametrize(
    ("text", "is_overload"),
    [
        ("Error code: 529 - {'type': 'error', 'error': {'type': 'overloaded_error', 'message': 'Overloaded'}}", True),
        ("Error code: 529 - {'message': 'Try later'}", True),
        ("503 UNAVAILABLE. {'error': {'message': 'The model is overloaded. Please try again later.'}}", True),
        ("The engine is currently overloaded, please try again later", True),
        (wrapped("InvokeServerUnavailableError", "down for maintenance"), False),
        ("Error code: 400 - {'message': 'the function add is overloaded'}", False),
        ("", False),
    ],
)
def test_a_provider_that_is_overloaded_says_so(text, is_overload):
    assert reason_of(text).is_overload is is_overload


def test_a_message_is_found_in_what_is_too_long_to_be_read_whole():
    text = json.dumps({"message": "out of memory", "traceback": "x" * 200_000})

    assert readable_reason(text) == "out of memory."


def test_long_reasons_are_cut():
    shown = readable_reason("very long " * 1000)

    assert shown == ("very long " * 50) + "…"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"url: /v1beta/models?key={HEX}&alt=sse", "url: /v1beta/models?key=[hidden]&alt=sse"),
        ("url: /v1?key=test&alt=sse", "url: /v1?key=[hidden]&alt=sse"),
        ("[azure] Invalid api-key: test-key", "[azure] Invalid api-key: [hidden]"),
        ("Incorrect API key provided: hf_AbCdEf...12345678.", "Incorrect API key provided: [hidden]."),
        ("API key provided: sk-test1234567890. Find it online.", "API key provided: [hidden]. Find it online."),
        ("Incorrect API key provided: test", "Incorrect API key provided: [hidden]"),
        ("API key: test", "API key: [hidden]"),
        ("Your api key: ****1234 is invalid", "Your api key: [hidden] is invalid"),
        ("API Key：test-key，请检查", "API Key：[hidden]，请检查"),
        ("Authorization: Basic dGVzdA==", "Authorization: Basic [hidden]"),
        ("{'Authorization': 'Bearer test-key'}", "{'Authorization': 'Bearer [hidden]'}"),
        ('{"api_key": "test-key", "n": 1}', '{"api_key": "[hidden]", "n": 1}'),
        ('{\\"client_secret\\": \\"test-key\\"}', '{\\"client_secret\\": \\"[hidden]\\"}'),
        ("access_token=test-key", "access_token=[hidden]"),
        ("token: test-key", "token: [hidden]"),
        ("password=letters", "password=[hidden]"),
        ("Secret : letters", "Secret : [hidden]"),
        ("with Bearer test-key", "with Bearer [hidden]"),
        ("with bearer test-key sent", "with bearer [hidden] sent"),
        ("postgresql://user:letters@db/x", "postgresql://[hidden]@db/x"),
        ("https://letters@example.com/x", "https://[hidden]@example.com/x"),
        ("redis://:p:a@ss@db", "redis://[hidden]@db"),
        (
            "404 for http://x/files/tools/1.txt?timestamp=1&sign=bNx-YlA=",
            "404 for http://x/files/tools/1.txt?timestamp=1&sign=[hidden]",
        ),
        ("https://b.example.com/x?X-Amz-Signature=ab12&y=1", "https://b.example.com/x?X-Amz-Signature=[hidden]&y=1"),
        ("AIza" + "test-" * 7, "[hidden]"),
        ("eyJ" + "test" * 5 + ".test1.test-2", "[hidden]"),
        ("sk-test1234567890 is wrong", "[hidden] is wrong"),
        ("pk-test-1 is wrong", "[hidden] is wrong"),
        ("sk-****cdef", "[hidden]"),
        ("app-test1234567890", "[hidden]"),
        *((f"{prefix}test1234567890.", "[hidden].") for prefix in ("hf_", "gsk_", "nvapi-", "xai-", "pplx-", "r8_")),
        (f"hf_{LETTERS}", "[hidden]"),
        (f"of {HEX},", "of [hidden],"),
        (f"of {HEX}.test-1.", "of [hidden]."),
        (f"user_{HEX}", "user_[hidden]"),
    ],
)
def test_keys_are_hidden(text, shown):
    assert hide_keys(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Model meta-llama/Llama-4-Maverick-17B-128E-Instruct-Turbo not exist.",
        "app-selector and 123e4567-e89b-12d3-a456-426614174000",
        "hf_hub_download failed",
        "a" * 40,
        "1" * 40,
        "a1" * 15,
        "Missing required key: messages",
        "Unexpected token: 7",
        "max_tokens: 4096",
        "KeyError: 'choices'",
        "Bearer token is missing",
        "http://localhost:8080/v1?mail=a@b",
    ],
)
def test_what_is_no_key_stays_readable(text):
    assert hide_keys(text) == text


def test_no_half_of_a_key_is_left_where_a_text_is_cut():
    text = f"sk-{HEX * 55} and " + "sk-test1234567890 " * 50

    for start in range(20):
        hidden = hide_keys("." * start + text)
        assert "sk-" not in hidden
        assert hidden.endswith("…")


@pytest.mark.parametrize(
    "part",
    [
        *(
            "sk-a.",
            "credential ",
            "key",
            "key ",
            "token=",
            "Bearer ",
            "://a",
            "AIza",
            "eyJ.",
            "a1",
            "a",
            ".",
            "\\",
            '"',
        ),
        *("{", '{"a":', "[", '{"message":', "'message': \"", '{"error":{"message":"', "<html", "<title>", "model x "),
        *("request failed: ", "invoke a failed", "Traceback (most recent call last)", "timed out", "read timeout "),
    ],
)
def test_a_megabyte_of_anything_is_read(part):
    text = part * (1_000_000 // len(part))

    for prefix in ("", "request failed: ", '{"message": "', "{'message': '", "{"):
        assert len(readable_reason(prefix + text)) < 610
        assert reason_of(prefix + text).is_timeout in (True, False)


@pytest.mark.parametrize("value", [{"message": [[[]]] * 3}, {"message": {"error": {"message": "x"}}}, None, 7, [], {}])
def test_what_is_json_already_is_read_too(value):
    assert reason_of(value).readable().endswith(".")


def test_json_that_is_nested_too_deeply_is_shown_as_it_is():
    assert readable_reason('{"a":' * 100_000).startswith('{"a":{"a":')
    assert readable_reason('{"message":' + "[" * 5_000 + "]" * 5_000 + "}")
