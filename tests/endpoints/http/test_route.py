import json
import logging

import pytest
from werkzeug import Request, Response

from endpoints.dify.wire.errors import dify_error
from endpoints.http import route as module
from endpoints.http.errors import MethodNotAllowed, NotFound, UnreadableSetting
from endpoints.http.route import presentable, route
from endpoints.openai.wire.errors import openai_error
from switchboard.errors import BrokenInDify, InvalidInput, NotConfigured, SwitchboardError, TimedOut, WaitsForAPerson

SETTINGS = {"api_key": "test-key", "allowed_origins": "https://chat.example.com"}
HEADERS = {"Authorization": "Bearer test-key", "Origin": "https://chat.example.com"}


def answered(work, *, headers=HEADERS, error_response=openai_error):
    """The reply of an endpoint that does this."""

    class SomeEndpoint:
        @route(error_response)
        def _invoke(self, r, values, settings):
            return work()

    return SomeEndpoint()._invoke(Request.from_values(headers=headers), {}, SETTINGS)


def raising(error):
    def work():
        raise error

    return work


def test_a_reply_passes_with_what_its_page_may_read():
    response = answered(lambda: Response("fine", status=201))

    assert (response.get_data(), response.status_code) == (b"fine", 201)
    assert response.headers["Access-Control-Allow-Origin"] == "https://chat.example.com"


def test_nothing_is_done_without_the_key():
    work = raising(AssertionError("was called"))

    response = answered(work, headers={"Origin": "https://chat.example.com"})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="Switchboard"'
    assert response.headers["Access-Control-Allow-Origin"] == "https://chat.example.com"


@pytest.mark.parametrize(
    ("error", "openai", "dify"),
    [
        (InvalidInput("No.", field="n"), ("invalid_request_error", "n", None), "invalid_param"),
        (NotFound("No.", field="model"), ("invalid_request_error", "model", "model_not_found"), "not_found"),
        (NotConfigured("No."), ("invalid_request_error", None, None), "app_unavailable"),
        (TimedOut("No."), ("api_error", None, "timeout"), "gateway_timeout"),
        (UnreadableSetting("No."), ("api_error", None, None), "internal_server_error"),
    ],
)
def test_an_error_is_written_as_the_api_spoken_does(error, openai, dify):
    kind, param, code = openai
    spoken = answered(raising(error))
    assert json.loads(spoken.get_data()) == {"error": {"message": "No.", "type": kind, "param": param, "code": code}}

    spoken = answered(raising(error), error_response=dify_error)
    assert json.loads(spoken.get_data()) == {"code": dify, "message": "No.", "status": error.status}
    assert spoken.status_code == error.status
    assert spoken.content_type == "application/json"
    assert spoken.headers["Access-Control-Allow-Origin"] == "https://chat.example.com"


@pytest.mark.parametrize("error_response", [openai_error, dify_error])
def test_what_goes_with_a_status_goes_with_it(error_response):
    not_allowed = error_response(MethodNotAllowed("No.", allowed=["GET", "POST"]))
    assert not_allowed.headers["Allow"] == "GET, POST"

    for error in (BrokenInDify("No."), UnreadableSetting("No."), WaitsForAPerson(["Approval"])):
        assert error_response(error).headers["x-should-retry"] == "false"
    assert "x-should-retry" not in error_response(TimedOut("No.")).headers


@pytest.mark.parametrize(
    "defect",
    [ValueError("SECRET"), KeyError("SECRET"), RecursionError("SECRET"), json.JSONDecodeError("SECRET", "SECRET", 0)],
)
def test_a_defect_is_a_500_without_its_text_and_a_line_in_the_log_that_says_where(defect, caplog):
    caplog.set_level(logging.INFO, logger=module.logger.name)

    response = answered(raising(defect))

    assert response.status_code == 500
    assert json.loads(response.get_data())["error"]["message"] == (
        "Switchboard failed on this request. Dify's plugin log says where."
    )
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith(f"defect: {type(defect).__name__} at {__name__}:")


def test_what_callers_may_see_passes_as_it_is():
    error = InvalidInput("No.")

    assert presentable(error) is error
    assert type(presentable(ValueError())) is SwitchboardError
