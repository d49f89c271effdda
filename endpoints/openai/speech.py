"""`POST /v1/audio/speech`: reads a text aloud, in the format that the model's provider gives.

MP3, Ogg, AAC and AMR leave as they come. Formats whose start tells how long they are, WAV first of all, are gathered: a
provider may send one file a sentence, and they have to become one. Once audio has left, a failure can only end it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dify_plugin import Endpoint
from dify_plugin.entities.model import ModelType
from werkzeug import Request, Response

from endpoints.http.body import read_json
from endpoints.http.framing import stream, whole
from endpoints.http.route import route
from endpoints.http.settings import GroupSettings
from endpoints.openai.wire.errors import openai_error
from endpoints.openai.wire.speech import SpeechRequest, SpeechStart, gathered, start_of
from switchboard.media.audio import can_stream, join
from switchboard.reverse_invocation import reverse_invocation
from switchboard.selectors import tts_config
from switchboard.wire_limits import check_request_fits


class SpeechEndpoint(Endpoint):
    @route(openai_error)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        request = read_json(r, SpeechRequest)
        model = GroupSettings(settings).model(ModelType.TTS, request.model)
        model_config = tts_config(model.selector, voice=request.voice_for(model.selector))
        check_request_fits("The text", request.input, model_config.voice, field="input")

        with reverse_invocation("tts"):
            speech = self.session.model.tts.invoke(model_config=model_config, content_text=request.input)
            start = start_of(speech)
        request.check_format(start)
        if can_stream(start.content, start.type):
            return stream(_as_it_comes(start, speech), start.mime_type, error_piece=lambda _error: b"")
        with reverse_invocation("tts"):
            audio = join(gathered(start, speech))
        return whole(audio.content, start.mime_type)


def _as_it_comes(start: SpeechStart, speech: Iterator[bytes]) -> Iterator[bytes]:
    yield start.content
    with reverse_invocation("tts"):
        yield from filter(None, speech)
