from dify_plugin import Tool


class Fail(Tool):
    def _invoke(self, tool_parameters):
        print("a line that is no message", flush=True)  # noqa: T201 - what plugins do, although stdout is the wire
        yield self.create_text_message("I was about to")
        raise LookupError("nothing to say")
