import json
import math

import pytest

from endpoints.http.framing import MAX_FRAME
from endpoints.openai.wire.replies import json_reply


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"text": "Bom dia, Zoë 👋\n"}, '{"text":"Bom dia, Zoë 👋\\n"}'),
        ([0.1, 1e-7, math.inf, math.nan], "[0.1,1e-7,null,null]"),
        ({"text": "half \ud83d of it"}, '{"text": "half ? of it"}'),
    ],
)
def test_a_reply_is_json_that_every_client_reads(value, written):
    response = json_reply(value)

    assert response.get_data().decode() == written
    assert response.content_type == "application/json"


def test_a_large_reply_leaves_in_frames():
    value = ["x" * 1000] * 2000

    response = json_reply(value)

    frames = list(response.response)
    assert len(frames) == 2
    assert max(map(len, frames)) <= MAX_FRAME
    assert json.loads(b"".join(frames)) == value
