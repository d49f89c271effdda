"""The plugin to compare with: the same YAML files, and as little Python as the SDK lets one write."""

import shutil
from pathlib import Path

from workspace.plugin.folder import read_plugin_folder

_EMPTY_TOOL = """\
from dify_plugin import Tool


class BareTool(Tool):
    def _invoke(self, tool_parameters):
        yield self.create_text_message("")
"""

_PASS_CHUNKS_ON = """\
from dify_plugin import Tool
from dify_plugin.entities.model.message import UserPromptMessage


class BareTool(Tool):
    def _invoke(self, tool_parameters):
        for chunk in self.session.model.llm.invoke(
            model_config=tool_parameters["model"],
            prompt_messages=[UserPromptMessage(content=tool_parameters["prompt"])],
        ):
            yield self.create_text_message(chunk.delta.message.content)
"""

_EMPTY_ENDPOINT = """\
from dify_plugin import Endpoint
from werkzeug import Response


class BareEndpoint(Endpoint):
    def _invoke(self, r, values, settings):
        return Response("")
"""

_PASS_CHAT_ON = """\
import json

from dify_plugin import Endpoint
from dify_plugin.entities.model.message import UserPromptMessage
from werkzeug import Response


class BareEndpoint(Endpoint):
    def _invoke(self, r, values, settings):
        body = json.loads(r.get_data())
        chunks = self.session.model.llm.invoke(
            model_config=settings["chat_model"],
            prompt_messages=[UserPromptMessage(content=body["messages"][0]["content"])],
        )
        if not body.get("stream"):
            return Response("".join(chunk.delta.message.content for chunk in chunks))
        events = (f"data: {chunk.model_dump_json()}\\n\\n" for chunk in chunks)
        return Response(events, content_type="text/event-stream")
"""

_PASS_RESPONSE_ON = """\
import json

from dify_plugin import Endpoint
from dify_plugin.entities.model.message import UserPromptMessage
from werkzeug import Response


def delta(number, text):
    event = {"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0}
    data = json.dumps({**event, "delta": text, "logprobs": [], "sequence_number": number})
    return f"event: response.output_text.delta\\ndata: {data}\\n\\n"


class BareEndpoint(Endpoint):
    def _invoke(self, r, values, settings):
        body = json.loads(r.get_data())
        chunks = self.session.model.llm.invoke(
            model_config=settings["chat_model"],
            prompt_messages=[UserPromptMessage(content=body["input"])],
        )
        if not body.get("stream"):
            text = "".join(chunk.delta.message.content for chunk in chunks)
            part = {"type": "output_text", "text": text, "annotations": []}
            message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [part]}
            return Response(json.dumps({"id": "resp_1", "object": "response", "output": [message]}))
        events = (delta(number, chunk.delta.message.content) for number, chunk in enumerate(chunks))
        return Response(events, content_type="text/event-stream")
"""

_PASS_MESSAGES_ON = """\
import json

from dify_plugin import Endpoint
from dify_plugin.entities.model.message import UserPromptMessage
from werkzeug import Response


class BareEndpoint(Endpoint):
    def _invoke(self, r, values, settings):
        body = json.loads(r.get_data())
        chunks = self.session.model.llm.invoke(
            model_config=settings["chat_model"],
            prompt_messages=[UserPromptMessage(content=body["messages"][0]["content"])],
        )
        if not body.get("stream"):
            text = "".join(chunk.delta.message.content for chunk in chunks)
            return Response(json.dumps({"type": "message", "content": [{"type": "text", "text": text}]}))
        return Response(map(event, chunks), content_type="text/event-stream")


def event(chunk):
    delta = {"type": "text_delta", "text": chunk.delta.message.content}
    data = json.dumps({"type": "content_block_delta", "index": 0, "delta": delta})
    return f"event: content_block_delta\\ndata: {data}\\n\\n"
"""

_PASSING_ON = {
    "llm.py": _PASS_CHUNKS_ON,
    "chat_completions.py": _PASS_CHAT_ON,
    "responses.py": _PASS_RESPONSE_ON,
    "messages.py": _PASS_MESSAGES_ON,
}


def make_bare_plugin(plugin: Path, target: Path) -> Path:
    """A copy of `plugin` in `target` with empty tools and endpoints; those of a language model pass chunks on."""
    folder = read_plugin_folder(plugin)
    for name in ("manifest.yaml", "main.py"):
        shutil.copy(plugin / name, target / name)
    for name in ("_assets", "provider", "tools", "endpoints"):
        shutil.copytree(plugin / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for tool in folder.tools:
        (target / "tools" / f"{tool.name}.py").write_text(_PASSING_ON.get(f"{tool.name}.py", _EMPTY_TOOL))
    for source in (target / "endpoints").rglob("*.py"):
        source.write_text(_PASSING_ON.get(source.name, _EMPTY_ENDPOINT))
    return target
