from dify_plugin import Tool


class DescribeFiles(Tool):
    def _invoke(self, tool_parameters):
        one = tool_parameters.get("one")
        for file in [*([one] if one else []), *tool_parameters.get("many", [])]:
            yield self.create_json_message(
                {
                    "filename": file.filename,
                    "mime_type": file.mime_type,
                    "extension": file.extension,
                    "size": file.size,
                    "type": file.type.value,
                    "content": file.blob.decode(errors="replace"),
                }
            )
