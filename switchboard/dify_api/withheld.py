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
    "/messages": _NO_MEMORY,
    "/messages/<id>/suggested": "Dify gives a plugin no suggestions for the next question.",
    "/messages/<id>/feedbacks": _NO_FEEDBACK,
    "/app/feedbacks": _NO_FEEDBACK,
    "/apps/<path:rest>": _NO_FEEDBACK,
    "/conversations": _NO_MEMORY,
    "/conversations/<path:rest>": _NO_MEMORY,
    "/chat-messages/<id>/stop": _NO_STOP,
    "/completion-messages/<id>/stop": _NO_STOP,
    "/workflows/tasks/<id>/stop": _NO_STOP,
    "/workflows/run/<id>": _NO_RUNS,
    "/workflows/logs": _NO_RUNS,
    "/workflow/<id>/events": _NO_RUNS,
    "/workflows/<id>/run": _NO_VERSION,
    "/form/human_input/<token>": _NO_FORMS,
    "/audio-to-text": "Dify's route for recordings is not here. POST /v1/audio/transcriptions takes them.",
    "/text-to-audio": "Dify's route for speech is not here. POST /v1/audio/speech speaks.",
    "/info": _NO_APP,
    "/meta": _NO_APP,
    "/site": _NO_APP,
    "/files/<id>/preview": _NO_FILES,
    "/end-users/<id>": _NO_USERS,
    "/datasets": _NO_KNOWLEDGE,
    "/datasets/<path:rest>": _NO_KNOWLEDGE,
}
"""The paths of Dify's API reference; each may have the id of an app in front."""


def why_withheld(path: str) -> str:
    """Why a path of Dify's Service API is not here, "" for any other path."""
    try:
        return str(_map().bind("localhost").match(path)[0])
    except HTTPException:
        return ""


@functools.cache
def _map() -> Map:
    rules = [
        Rule(prefix + path, endpoint=sentence) for prefix in ("", "/<app_id>") for path, sentence in _SENTENCES.items()
    ]
    return Map(rules, merge_slashes=False)
