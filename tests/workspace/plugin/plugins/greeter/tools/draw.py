from dify_plugin import Tool


class Draw(Tool):
    def _invoke(self, tool_parameters):
        content = bytes(i % 251 for i in range(tool_parameters["size"]))
        yield self.create_blob_message(content, meta={"mime_type": "image/png", "filename": "drawing.png"})
        yield self.create_link_message("https://example.com/drawing")
        yield self.create_json_message({"size": len(content)})
