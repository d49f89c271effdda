"""What Dify's Service API has and gives no plugin: the paths, and what to say of each."""

import functools

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

_NO_MEMORY = (
    "Dify lets no plugin read or change conversations and messages. Keep what POST /chat-messages answers; with its "
    "`conversation_id` the conversation goes on."
)
_NO_FEEDBACK = "Dify takes no feedback and no annotations from a plugin. Give them in Dify, or through its own API."
_NO_STOP = "Dify lets no plugin stop what is running: it runs to its end, whoever has stopped reading."
_NO_RUNS = "Dify lets no plugin look at the runs of a workflow. POST /workflows/run tells of a run while it lasts."
_NO_VERSION = "Dify lets a plugin run the published version of a workflow alone: POST /workflows/run."
_NO_FORMS = "Dify lets no plugin fill in the forms of a workflow that waits for a person. Fill them in in Dify."
_NO_APP = "Dify tells a plugin the parameters of an app and nothing else of it: GET /parameters."
_NO_FILES = "Dify lets no plugin look up files. `preview_url` in the answer of POST /files/upload leads to the file."
_NO_USERS = "Dify tells a plugin nothing of end users; all callers of these endpoints are one to it."
_NO_KNOWLEDGE = "Dify gives a plugin no access to its knowledge bases. Use them in an app, and call the app."

_SENTENCES = {
    "GET /messages": _NO_MEMORY,
    "GET /messages/<id>/suggested": "Dify gives a plugin no suggestions for the next question.",
    "POST /messages/<id>/feedbacks": _NO_FEEDBACK,
    "GET /app/feedbacks": _NO_FEEDBACK,
    "GET /apps/<path:rest>": _NO_FEEDBACK,
    "POST /apps/<path:rest>": _NO_FEEDBACK,
    "PUT /apps/<path:rest>": _NO_FEEDBACK,
    "DELETE /apps/<path:rest>": _NO_FEEDBACK,
    "GET /conversations": _NO_MEMORY,
    "DELETE /conversations/<id>": _NO_MEMORY,
    "POST /conversations/<id>/name": _NO_MEMORY,
    "GET /conversations/<id>/variables": _NO_MEMORY,
    "PUT /conversations/<id>/variables/<variable_id>": _NO_MEMORY,
    "POST /chat-messages/<id>/stop": _NO_STOP,
    "POST /completion-messages/<id>/stop": _NO_STOP,
    "POST /workflows/tasks/<id>/stop": _NO_STOP,
    "GET /workflows/run/<id>": _NO_RUNS,
    "GET /workflows/logs": _NO_RUNS,
    "GET /workflow/<id>/events": _NO_RUNS,
    "POST /workflows/<id>/run": _NO_VERSION,
    "GET /form/human_input/<token>": _NO_FORMS,
    "POST /form/human_input/<token>": _NO_FORMS,
    "POST /audio-to-text": "Dify's route for recordings is not here. POST /v1/audio/transcriptions takes them.",
    "POST /text-to-audio": "Dify's route for speech is not here. POST /v1/audio/speech speaks.",
    "GET /info": _NO_APP,
    "GET /meta": _NO_APP,
    "GET /site": _NO_APP,
    "GET /files/<id>/preview": _NO_FILES,
    "GET /end-users/<id>": _NO_USERS,
    "GET /datasets": _NO_KNOWLEDGE,
    "POST /datasets": _NO_KNOWLEDGE,
    "GET /datasets/<path:rest>": _NO_KNOWLEDGE,
    "POST /datasets/<path:rest>": _NO_KNOWLEDGE,
    "DELETE /datasets/<path:rest>": _NO_KNOWLEDGE,
}
"""The calls of Dify's API reference; each path may have the id of an app in front."""


def why_withheld(method: str, path: str) -> str:
    """Why a call of Dify's Service API is not here, "" for any other call."""
    try:
        return str(_map().bind("localhost").match(path, method=method)[0])
    except HTTPException:
        return ""


@functools.cache
def _map() -> Map:
    calls = [(*call.split(), sentence) for call, sentence in _SENTENCES.items()]
    rules = [
        Rule(prefix + path, methods=[method], endpoint=sentence)
        for prefix in ("", "/<app_id>")
        for method, path, sentence in calls
    ]
    return Map(rules, merge_slashes=False)
