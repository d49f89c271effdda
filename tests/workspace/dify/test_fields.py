"""`daemon_fields.jsonl` holds what the plugin daemon itself (0.6) made of each payload."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workspace.dify.fields import decode
from workspace.dify.permissions import NEEDED
from workspace.dify.request_structs import REQUESTS
from workspace.wire import DifyError

RECORDED = [json.loads(line) for line in Path(__file__).with_name("daemon_fields.jsonl").read_text().splitlines()]


def outcome(invoke_type, payload):
    try:
        return decode(invoke_type, payload)
    except DifyError as error:
        return str(error)


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: f"{case['type']} {json.dumps(case['payload'])[:60]}")
def test_a_payload_is_decoded_or_refused_as_the_daemon_does(case):
    expected = case.get("decoded") or f"unmarshal backwards invoke request failed: {case['error']}"

    assert outcome(case["type"], case["payload"]) == expected


def test_every_invocation_type_has_its_fields():
    assert set(REQUESTS) == set(NEEDED)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "role", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(deadline=None, derandomize=True)
@given(st.sampled_from(sorted(REQUESTS)), st.data())
def test_any_json_is_decoded_or_refused_in_words(invoke_type, data):
    keys = [field.key for field in REQUESTS[invoke_type].fields]
    payload = data.draw(st.dictionaries(st.sampled_from(keys), JSON))

    result = outcome(invoke_type, payload)
    if isinstance(result, str):
        assert result.startswith("unmarshal backwards invoke request failed: error ")
    else:
        assert set(result) <= set(keys)


def test_unknown_keys_are_dropped():
    request = decode("app", {"app_id": "a", "inputs": {}, "response_mode": "streaming", "files": [{"type": "image"}]})

    assert "files" not in request


def test_several_failures_are_told_line_by_line():
    text = outcome("tts", {"provider": "p", "model": "m"})

    assert text == (
        "unmarshal backwards invoke request failed: error validating struct: "
        "Key: 'InvokeTTSRequest.InvokeTTSSchema.ContentText' "
        "Error:Field validation for 'ContentText' failed on the 'required' tag\n"
        "Key: 'InvokeTTSRequest.InvokeTTSSchema.Voice' Error:Field validation for 'Voice' failed on the 'required' tag"
    )


def test_a_wrong_type_is_told_before_a_missing_field():
    assert outcome("moderation", {"text": 3}) == (
        "unmarshal backwards invoke request failed: error decoding map: 1 error(s) decoding:\n\n"
        "* 'text' expected type 'string', got unconvertible type 'float64', value: '3'"
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "type 'bool', value: 'true'"),
        (1.5, "type 'float64', value: '1.5'"),
        (2.0, "type 'float64', value: '2'"),
        ([1, None, "a"], "type '[]interface {}', value: '[1 <nil> a]'"),
        ({"b": [], "a": {"c": False}}, "type 'map[string]interface {}', value: 'map[a:map[c:false] b:[]]'"),
    ],
)
def test_a_wrong_value_is_shown_as_go_prints_it(value, shown):
    assert outcome("fetch_app", {"app_id": value}).endswith(f"got unconvertible {shown}")
