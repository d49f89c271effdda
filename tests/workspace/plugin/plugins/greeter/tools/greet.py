from dify_plugin import Tool


class Greet(Tool):
    def _invoke(self, tool_parameters):
        words = {"warm": "Hello", "formal": "Good day"}
        greeting = f"{words[tool_parameters['style']]}, {tool_parameters['name']}!"
        if tool_parameters["shout"]:
            greeting = greeting.upper()
        for _ in range(tool_parameters["times"]):
            yield self.create_text_message(greeting + " ")
            yield self.create_stream_variable_message("greeting", greeting + " ")
        yield self.create_variable_message("parameters", tool_parameters)
