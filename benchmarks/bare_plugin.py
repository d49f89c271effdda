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


def make_bare_plugin(plugin: Path, target: Path) -> Path:
    """A copy of `plugin` in `target` whose tools are empty, but for `llm`, which only passes chunks on."""
    folder = read_plugin_folder(plugin)
    for name in ("manifest.yaml", "main.py"):
        shutil.copy(plugin / name, target / name)
    for name in ("_assets", "provider", "tools"):
        shutil.copytree(plugin / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for tool in folder.tools:
        (target / "tools" / f"{tool.name}.py").write_text(_PASS_CHUNKS_ON if tool.name == "llm" else _EMPTY_TOOL)
    return target
