"""`session.file.upload`: keep a file in Dify, which gives out an address for it.

To mind: the plugin itself must reach `INTERNAL_FILES_URL`; the type goes in without `; charset=`; Dify 1.16 lets no
app read the file.
"""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.media.files import download, upload_name, upload_type
from switchboard.parameters import required_file
from switchboard.reverse_invocation import reverse_invocation


class UploadFileTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        file = required_file(tool_parameters, "file")
        content = download(file, "file")
        mime_type = upload_type(file)
        filename = upload_name(file, mime_type)

        with reverse_invocation("file upload"):
            uploaded = self.session.file.upload(filename=filename, content=content, mimetype=mime_type)

        variables = {"file_input": uploaded.to_app_parameter(), "url": uploaded.preview_url or ""}
        yield self.create_text_message(f"Uploaded {filename} ({len(content):,} bytes).")
        yield self.create_json_message(variables)  # for agents, whose models see no variables
        for name, value in variables.items():
            yield self.create_variable_message(name, value)
