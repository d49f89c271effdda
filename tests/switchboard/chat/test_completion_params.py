"""What a request wants instead of a selector's parameters."""

import pytest

from switchboard.chat.completion_params import overridden


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
