"""`POST /v1/audio/transcriptions`: writes down what is said in a recording.

Dify's own API fails at this for every plugin: it decodes the recording twice. The call here is the right one, and the
reply to that failure says where the fault is.
"""

import io
from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from dify_plugin.entities.model import ModelType
from werkzeug import Request, Response

from endpoints.http.form import read_form
from endpoints.http.framing import whole
from endpoints.http.route import route
from endpoints.http.settings import GroupSettings
from endpoints.openai.wire.errors import openai_error
from endpoints.openai.wire.replies import json_reply
from endpoints.openai.wire.transcriptions import TranscriptionRequest, transcription_reply
from switchboard.media.files import check_recording
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import speech2text_config


class TranscriptionsEndpoint(Endpoint):
    @route(openai_error)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        form = read_form(r)
        request = form.read_fields(TranscriptionRequest)
        recording = form.file("file").content
        model = GroupSettings(settings).model(ModelType.SPEECH2TEXT, request.model)
        model_config = speech2text_config(model.selector)
        check_recording("The file", recording, field="file")

        with reverse_invocation("speech2text"):
            text = self.session.model.speech2text.invoke(model_config=model_config, file=io.BytesIO(recording))

        if request.response_format == "text":
            return whole(text.encode(errors="replace"), "text/plain; charset=utf-8")
        return json_reply(transcription_reply(text, verbose=request.response_format == "verbose_json"))
