"""What every route does around its own work: checks the key, answers errors in its API's form, allows origins.

    class EmbeddingsEndpoint(Endpoint):
        @route(openai_error)
        def _invoke(self, r: Request, values: Mapping, settings: Mapping) -> Response:
            ...  # raises SwitchboardError

Nothing may escape from `_invoke`: the SDK makes a 404 of a `ValueError`, and puts the text of others in a body.
"""

import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any

from dify_plugin.config.logger_format import plugin_logger_handler
from werkzeug import Request, Response

from endpoints.http.cors import allow_origin, check_origins
from endpoints.http.keys import check_key
from switchboard.errors import SwitchboardError

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)
logger.addHandler(plugin_logger_handler)

type ErrorResponse = Callable[[SwitchboardError], Response]
"""Writes an error out as one API does."""

type Invoke[E] = Callable[[E, Request, Mapping[str, Any], Mapping[str, Any]], Response]


def route[E](error_response: ErrorResponse, *, basic: bool = False) -> Callable[[Invoke[E]], Invoke[E]]:
    """Decorates `_invoke` of an endpoint. `basic` also takes the key as the password of Basic authentication."""

    def decorate(invoke: Invoke[E]) -> Invoke[E]:
        @functools.wraps(invoke)
        def answer(endpoint: E, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
            try:
                check_key(r, settings, basic=basic)
                check_origins(r, settings)
                response = invoke(endpoint, r, values, settings)
            except Exception as error:  # noqa: BLE001 - see above
                response = error_response(presentable(error))
            allow_origin(r, settings, response)
            return response

        return answer

    return decorate


def presentable(error: BaseException) -> SwitchboardError:
    """The error as a caller may see it. What is no SwitchboardError is a defect: where it is goes to the log."""
    if isinstance(error, SwitchboardError):
        return error
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "an unknown place"
    logger.error("defect: %s at %s", type(error).__name__, place)
    return SwitchboardError("Switchboard failed on this request. Dify's plugin log says where.")
