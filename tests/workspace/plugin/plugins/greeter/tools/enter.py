from dify_plugin import Tool


class Enter(Tool):
    def _invoke(self, tool_parameters):
        yield self.create_json_message(dict(self.runtime.credentials))
