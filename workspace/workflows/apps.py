"""DSL files as apps: workflows and chatflows in Dify's engine, chatbots, agents and text generators as they are."""

from pathlib import Path
from typing import get_args

from workspace.dify.apps.agent_tools import Toolbox
from workspace.dify.apps.app import App
from workspace.dify.apps.app_config import AppConfig, UsedTool
from workspace.dify.apps.basic import BasicApp
from workspace.dify.apps.conversations import Conversations
from workspace.dify.apps.plugin_toolbox import toolbox_of
from workspace.dify.tools import Tools
from workspace.plugin.folder import Tool
from workspace.workflows.app import DslApp
from workspace.workflows.app_config import MODES, app_config_of
from workspace.workflows.dsl import Workflow, WorkflowMode, workflow_of
from workspace.workflows.dsl_file import DslError, read_dsl_file
from workspace.workflows.host import Host
from workspace.workflows.models import OWN_PROVIDER
from workspace.workflows.needs import CannotRun
from workspace.workflows.plugin_tools import PluginTools

type AppFile = Workflow | AppConfig

_OTHERS = {"agent": "a New Agent, which needs Dify's agent backend", "rag-pipeline": "a knowledge pipeline"}


def read_app_file(path: Path) -> AppFile:
    """What is in a DSL file. Raises DslError."""
    file = read_dsl_file(path)
    if file.mode in MODES:
        return app_config_of(file)
    if file.mode not in get_args(WorkflowMode.__value__):
        what = _OTHERS.get(file.mode, f"an app of the mode {file.mode!r}")
        raise DslError(f"{file.name} is {what}: workflows, chatflows, chatbots, agents and text generators can be run.")
    return workflow_of(file)


def calls_tools(file: AppFile) -> bool:
    """Whether a plugin has to run for it."""
    return bool(file.tools) if isinstance(file, AppConfig) else any(node.type == "tool" for node in file.nodes)


def app_of(file: AppFile, host: Host, *, conversations: Conversations, longest: float | None = None) -> App:
    """Raises CannotRun for what this host lacks. `longest` is of a run of a graph, in seconds."""
    if isinstance(file, Workflow):
        return DslApp(file, host, conversations=conversations, longest=longest)
    if file.not_here:
        raise CannotRun("".join(f"\n    {problem}" for problem in file.not_here))
    model = host.default_model if file.provider == OWN_PROVIDER else file.model
    return BasicApp(file, host.models, conversations, model=model, toolbox=_toolbox(file, host))


def left_out(file: AppFile, tools: PluginTools | None) -> list[str]:
    """What an app has in Dify and runs without here. An agent loses a tool that is not there in Dify too."""
    if isinstance(file, Workflow):
        return []
    missing = [used for used in file.tools if _find(used, tools) is None]
    named = ", ".join(f"{used.name} of {used.provider_id}" for used in missing)
    how = "" if tools or not missing else " (name their plugin's folder with --plugin DIR)"
    return [*file.left_out, *([f"the tools {named}{how}"] if missing else [])]


def _toolbox(config: AppConfig, host: Host) -> Toolbox:
    found = [tool for used in config.tools if (tool := _find(used, host.tools))]
    settings = {used.name: used.settings for used in config.tools}
    return toolbox_of(found, Tools(host.tools, {}, host.files).messages, {}, settings=settings)


def _find(used: UsedTool, tools: PluginTools | None) -> Tool | None:
    is_of_a_plugin = used.provider_type in ("builtin", "plugin")
    return tools.find(used.provider_id, used.name) if tools and is_of_a_plugin else None
