"""What of a workflow cannot run here, told before anything of it runs."""

import shutil

from workspace.workflows.dsl import GraphNode, Workflow, unknown_inputs
from workspace.workflows.plugin_tools import PluginTools, other_provider

RUNNABLE = frozenset(
    {
        "start", "end", "answer",
        "llm", "question-classifier", "parameter-extractor", "tool",
        "if-else", "iteration", "iteration-start", "loop", "loop-start", "loop-end",
        "template-transform", "variable-aggregator", "variable-assigner", "assigner", "list-operator",
        "code", "http-request",
    }
)  # fmt: skip
"""The types of nodes, by Dify's names; `variable-assigner` is the old name of `variable-aggregator`."""

_NOT_HERE = {
    "knowledge-retrieval": "there are no knowledge bases here; --knowledge DIR takes a folder of texts for one",
    "agent": "there are no agent strategies here",
    "document-extractor": "the readers of documents that Dify's server has are not here",
    "human-input": "nobody is here to fill in its form",
    "datasource": "there are no data sources here",
}
_OWN_RISK = {"code": "it runs code of this file", "http-request": "it sends HTTP requests"}


class CannotRun(Exception):
    """What is missing, one line for each node."""


def check(workflow: Workflow, tools: PluginTools | None, *, allow_code: bool, has_knowledge: bool = False) -> None:
    """Raises CannotRun. `allow_code` lets code and HTTP nodes run."""
    lines = [
        f"{node.title} ({node.type}): {problem}"
        for node in workflow.nodes
        if not (has_knowledge and node.type == "knowledge-retrieval")
        and (problem := _problem(node, tools, allow_code=allow_code))
    ]
    lines += [f"{workflow.start.title} (start): nothing here fills in {name}" for name in unknown_inputs(workflow)]
    if lines:
        raise CannotRun("".join(f"\n    {line}" for line in lines))


def _problem(node: GraphNode, tools: PluginTools | None, *, allow_code: bool) -> str:
    if node.type not in RUNNABLE:
        return _NOT_HERE.get(node.type, "no such type of node is known here")
    if node.type == "tool":
        if tools is not None:
            return tools.problem(node)
        wanted = f"it calls {node.data.get('tool_name')} of {node.data.get('provider_id')}; name the plugin's folder"
        return other_provider(node) or f"{wanted} with --plugin DIR"
    if node.type in _OWN_RISK and not allow_code:
        return f"{_OWN_RISK[node.type]}, which only --allow-code lets it"
    if node.type == "code" and node.data.get("code_language") == "javascript" and not shutil.which("node"):
        return "it is JavaScript, and there is no `node` on the PATH"
    return ""
