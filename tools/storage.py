"""`session.storage`: keep texts between runs, in the plugin's own storage.

To mind: `get` and `delete` of a missing key raise; over quota `set` raises and stores.
"""

from collections.abc import Generator
from typing import Any

from dify_plugin import Tool
from dify_plugin.entities.tool import ToolInvokeMessage

from switchboard.errors import NoAnswer
from switchboard.parameters import choice, optional_text
from switchboard.reverse_invocation import reverse_invocation
from switchboard.storage_keys import storage_key
from switchboard.wire_limits import check_bytes_fit, check_results_fit


class StorageTool(Tool):
    def _invoke(self, tool_parameters: dict[str, Any]) -> Generator[ToolInvokeMessage, None, None]:
        action = choice(tool_parameters, "action", ("get", "set", "delete", "exists"))
        key = storage_key(tool_parameters, "key")
        value = optional_text(tool_parameters, "value")
        content = value.encode()
        check_bytes_fit("`value`", len(content))

        storage = self.session.storage
        with reverse_invocation("storage"):
            match action:
                case "set":
                    storage.set(key, content)
                    found = True
                case "exists":
                    found, value = storage.exist(key), ""
                case "get":  # a key that is not there is an answer here, and a failure of `get`
                    found = storage.exist(key)
                    value = _text(storage.get(key)) if found else ""
                case "delete":
                    found, value = storage.exist(key), ""
                    if found:
                        storage.delete(key)

        check_results_fit(value=value)
        yield self.create_text_message(value if action == "get" and found else _told(action, found))
        yield self.create_variable_message("value", value)
        yield self.create_variable_message("found", found)


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise NoAnswer("What is stored under this key is not text.") from None


def _told(action: str, found: bool) -> str:  # noqa: FBT001 - the two outputs
    if action == "set":
        return "Stored."
    if not found:
        return "Nothing is stored under this key."
    return "Deleted." if action == "delete" else "Something is stored under this key."
