"""`session.tool`: run any other tool of the workspace: built in, of an API, a workflow or an MCP server.

To mind: settings are parameters too; files other than pictures raise in the SDK.
"""

import json
from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage, ToolProviderType

from switchboard.errors import NoAnswer
from switchboard.parameters import choice, json_object, required_text
from switchboard.reverse_invocation import reverse_invocation
from switchboard.wire_limits import check_request_fits, check_result_size, check_results_fit

_PROVIDER_TYPES = tuple(
    each.value
    for each in (ToolProviderType.BUILT_IN, ToolProviderType.API, ToolProviderType.WORKFLOW, ToolProviderType.MCP)
)
_Type = ToolInvokeMessage.MessageType


class InvokeToolTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        provider_type = ToolProviderType(choice(tool_parameters, "provider_type", _PROVIDER_TYPES))
        provider = required_text(tool_parameters, "provider").strip()
        tool = required_text(tool_parameters, "tool").strip()
        parameters = json_object(tool_parameters, "parameters")
        check_request_fits("`parameters`", provider, tool, json.dumps(parameters, ensure_ascii=False))

        texts: list[str] = []
        values: list[Any] = []
        variables: dict[str, Any] = {}
        length = 0
        handed_on = False
        with reverse_invocation("tool"):
            for message in self.session.tool.invoke(provider_type, provider, tool, parameters):
                match message.type, message.message:
                    case _Type.TEXT, ToolInvokeMessage.TextMessage(text=text):
                        texts.append(text)
                        length += len(text)
                        check_result_size("result", length)
                        yield self.create_text_message(text)
                    case _Type.JSON, ToolInvokeMessage.JsonMessage(json_object=value):
                        values.append(value)
                    case _, ToolInvokeMessage.VariableMessage(variable_name=name, variable_value=value, stream=more):
                        variables[name] = f"{variables.get(name, '')}{value}" if more else value
                    case _Type.LOG | _Type.RETRIEVER_RESOURCES, _:
                        pass  # of the other tool's own run
                    case _:  # a file, or the address of one: Dify knows it already
                        handed_on = True
                        yield message
            if not (texts or values or variables or handed_on):
                raise NoAnswer(f"The tool {tool} ended without a result.")

        result = {"text": "".join(texts), "json": values, "variables": variables}
        check_results_fit(result=result)
        if not texts and (values or variables):
            yield self.create_text_message(json.dumps(values or variables, ensure_ascii=False))
        elif values:
            yield from map(self.create_json_message, values)
        yield self.create_variable_message("result", result)
