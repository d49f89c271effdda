"""`POST /files/upload`: keeps a file in Dify, as an input of type file for an app (Dify 1.16 lets no app read it).

The answer's `id` stands for the file in the inputs of the other routes, as in Dify:

    {"inputs": {"report": {"type": "document", "transfer_method": "local_file", "upload_file_id": "<id>"}}}
"""

from collections.abc import Mapping
from typing import Any

from dify_plugin import Endpoint
from werkzeug import Request, Response

from endpoints.dify.wire.app_calls import called_app, named_app
from endpoints.dify.wire.errors import dify_error
from endpoints.dify.wire.uploads import sent_file, upload_reply
from endpoints.http.json_bytes import json_bytes
from endpoints.http.route import route
from switchboard.reverse_invocation import reverse_invocation


class FilesUploadEndpoint(Endpoint):
    @route(dify_error)
    def _invoke(self, r: Request, values: Mapping[str, Any], settings: Mapping[str, Any]) -> Response:
        if named_app(values):
            called_app(settings, values)  # a file belongs to no app, but the key has to reach the app that is named
        file = sent_file(r)
        with reverse_invocation("file upload"):
            uploaded = self.session.file.upload(file.filename, file.content, file.mime_type)
        return Response(json_bytes(upload_reply(uploaded)), status=201, content_type="application/json")
