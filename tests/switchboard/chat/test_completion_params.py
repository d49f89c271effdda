"""What a request wants instead of a selector's parameters."""

import pytest

from switchboard.chat.completion_params import given_way, overridden


@pytest.mark.parametrize(
    ("defaults", "wanted", "parameters"),
    [
        ({"temperature": 0.7, "seed": 1}, {"temperature": 0.0}, {"temperature": 0.0, "seed": 1}),
        ({}, {"max_tokens": 0}, {"max_tokens": 0}),
        ({"response_format": "JSON", "json_schema": "{}"}, {"response_format": None}, {}),
        ({"max_output_tokens": 100, "topP": 0.1}, {"max_tokens": 5, "top_p": 0.0}, {"max_tokens": 5, "top_p": 0.0}),
        ({"max_output_tokens": 100}, {"temperature": 1.0}, {"max_output_tokens": 100, "temperature": 1.0}),
    ],
)
def test_a_request_overrides_defaults_also_under_the_name_that_the_model_has_for_them(defaults, wanted, parameters):
    assert overridden(defaults, wanted) == parameters


@pytest.mark.parametrize(
    ("parameters", "refused", "most", "left"),
    [
        ({"max_tokens": 32000, "top_p": 1}, "max_tokens", 4096.0, {"max_tokens": 4096, "top_p": 1}),
        ({"max_tokens": 32000}, "max_output_tokens", 8192.0, {"max_tokens": 8192}),
        ({"max_tokens": 32000}, "max_tokens", None, {}),
        ({"max_tokens": 5}, "max_tokens", 4096.0, {}),
        ({"thinking": True, "top_p": 1}, "thinking", None, {"top_p": 1}),
        ({"top_p": 1.5}, "top_p", 1.0, {"top_p": 1.5}),
        ({"top_p": 1}, "thinking", None, {"top_p": 1}),
        ({"top_p": 1}, "", None, {"top_p": 1}),
    ],
)
def test_a_parameter_that_a_model_refuses_is_lowered_or_left_out_if_it_is_negotiable(parameters, refused, most, left):
    assert given_way(parameters, refused, {"max_tokens", "thinking"}, most=most) == left
