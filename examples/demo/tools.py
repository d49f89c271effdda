"""The calls of tools."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from examples.demo import FAILS_IN_DIFY, FOLDER, NO_SENSE, PLUGIN, DemoError
from examples.demo.printing import label, show
from examples.demo.texts import (
    ABOUT_ANA,
    CLASSES,
    CLEAN,
    DIRTY,
    FACTS,
    FACTS_AND_QUESTION,
    LETTER,
    NEXT_QUESTION,
    ORDER,
    ORDER_PARAMETERS,
    ORDER_SCHEMA,
    QUESTION,
    SENTENCE,
    SUM,
    same_words,
)
from workspace.cli.arguments import add_default_models
from workspace.plugin.folder import PluginFolder
from workspace.plugin.outputs import Outputs
from workspace.plugin.parameters import tool_parameters, tool_request
from workspace.plugin.process import PluginProcess
from workspace.plugin.selectors import DEFAULT_MODELS, app_selector, model_selector

MODERATION_MODEL = model_selector(DEFAULT_MODELS["moderation"], scope="moderation")


type Results = Mapping[str, Any]
"""What the steps so far have returned, by their titles."""


class ToolStep(NamedTuple):
    title: str
    tool: str
    parameters: dict[str, Any]
    makes_sense: Callable[[Outputs], bool]
    note: str = ""
    from_results: Callable[[Results], dict[str, Any]] = lambda _results: {}
    """Makes more parameters of what earlier steps have returned."""

    @property
    def target(self) -> str:
        return f"tool {self.tool}"

    def after(self, results: Results) -> "ToolStep":
        """With all its parameters. Raises KeyError for a result that is missing."""
        return self._replace(parameters=self.parameters | self.from_results(results))


def tool_steps(share: Callable[[Path], dict[str, Any]]) -> list[ToolStep]:
    """Those that tell something; `share` makes a file parameter of a file."""
    return [
        ToolStep(
            "speak",
            "tts",
            {"text": SENTENCE, "voice": "alloy"},
            lambda out: len(out.files) == 1 and out.variables["mime_type"] == "audio/mpeg",
        ),
        ToolStep(
            "transcribe",
            "speech2text",
            {},
            lambda out: same_words(out.variables["transcript"]),
            FAILS_IN_DIFY,
            lambda done: {"audio": share(FOLDER / done["speak"].files[0].filename)},
        ),
        ToolStep(
            "embed",
            "text_embedding",
            {"texts": json.dumps(FACTS), "input_type": "document"},
            lambda out: len(out.variables["embeddings"]) == len(FACTS),
        ),
        ToolStep(
            "rerank",
            "rerank",
            {"query": QUESTION, "documents": json.dumps(FACTS[::-1])},
            lambda out: out.variables["best"] == FACTS[0],
        ),
        ToolStep(
            "moderate a clean text",
            "moderation",
            {"text": CLEAN},
            lambda out: out.variables["flagged"] is False,
        ),
        ToolStep(
            "moderate a dirty text",
            "moderation",
            {"text": DIRTY},
            lambda out: out.variables["flagged"] is True,
        ),
        ToolStep(
            "ask a model",
            "llm",
            {"prompt": FACTS_AND_QUESTION},
            lambda out: "Lisbon" in out.variables["answer"],
        ),
        ToolStep(
            "fill in an object",
            "llm_structured_output",
            {"prompt": ORDER, "schema": json.dumps(ORDER_SCHEMA)},
            lambda out: out.variables["structured_output"] == {"city": "Lisbon", "tickets": 2, "urgent": True},
        ),
        ToolStep(
            "take parameters out of a text",
            "parameter_extractor",
            {"query": ORDER, "parameters": json.dumps(ORDER_PARAMETERS)},
            lambda out: out.variables["success"] and out.variables["parameters"] == {"city": "Lisbon", "tickets": 2},
        ),
        ToolStep(
            "classify a letter",
            "question_classifier",
            {"query": LETTER, "classes": "\n".join(CLASSES)},
            lambda out: out.variables["class_name"] == CLASSES[1],
        ),
        ToolStep(
            "summarise a short text",
            "summary",
            {"text": LETTER, "instruction": "One sentence."},
            lambda out: out.variables["unchanged"] is True,
        ),
        ToolStep(
            "summarise a long text",
            "summary",
            {"text": (PLUGIN / "LICENSE").read_text(), "instruction": "What does it permit?"},
            lambda out: not out.variables["unchanged"] and len(out.variables["summary"]) < 2000,
        ),
        ToolStep(
            "ask what an app wants",
            "app_parameters",
            {"app": "chatbot"},
            lambda out: "name" in out.variables["input_schema"]["required"],
        ),
        ToolStep(
            "chat with a chatbot",
            "chat_app",
            {"app": "chatbot", "query": QUESTION, "inputs": ABOUT_ANA},
            lambda out: "Lisbon" in out.variables["answer"],
        ),
        ToolStep(
            "go on with it",
            "chat_app",
            {"app": "chatbot", "query": NEXT_QUESTION},
            lambda out: "Tagus" in out.variables["answer"],
            from_results=lambda done: {
                "conversation_id": done["chat with a chatbot"].variables["conversation_id"],
            },
        ),
        ToolStep(
            "ask an agent",
            "chat_app",
            {"app": "agent", "query": SUM},
            lambda out: "14" in out.variables["answer"],
        ),
        ToolStep(
            "ask an agent that has these tools",
            "chat_app",
            {"app": "plugin-agent", "query": f"Is this text offensive? {DIRTY}"},
            lambda out: out.variables["answer"].startswith("Flagged"),
        ),
        ToolStep(
            "run a workflow",
            "workflow_app",
            {"app": "workflow", "inputs": {"text": LETTER, "max_words": 30}},
            lambda out: out.variables["status"] == "succeeded" and bool(out.variables["outputs"]["summary"]),
        ),
        ToolStep(
            "complete a text",
            "completion_app",
            {"app": "completion", "query": " ".join([*FACTS, QUESTION])},
            lambda out: bool(out.variables["answer"].strip()),
            FAILS_IN_DIFY,
        ),
        ToolStep(
            "run another tool",
            "invoke_tool",
            {
                "provider": "switchboard/switchboard/switchboard",
                "tool": "moderation",
                "parameters": json.dumps({"model": MODERATION_MODEL, "text": DIRTY}),
            },
            lambda out: out.variables["result"]["variables"] == {"flagged": True},
        ),
        ToolStep(
            "run a workflow as a tool",
            "invoke_tool",
            {
                "provider_type": "workflow",
                "provider": "workflow",
                "tool": "workflow",
                "parameters": json.dumps({"text": LETTER}),
            },
            lambda out: bool(out.variables["result"]["variables"]["summary"]),
        ),
        ToolStep(
            "store a text",
            "storage",
            {"action": "set", "key": "letters/council", "value": LETTER},
            lambda out: out.variables["found"],
        ),
        ToolStep(
            "read it again",
            "storage",
            {"action": "get", "key": "letters/council"},
            lambda out: out.variables == {"value": LETTER, "found": True},
        ),
        ToolStep(
            "upload the speech",
            "upload_file",
            {},
            lambda out: out.variables["file_input"]["type"] == "audio",
            from_results=lambda done: {"file": share(FOLDER / done["speak"].files[0].filename)},
        ),
    ]


def _shown(value: Any) -> Any:
    """A file by its name."""
    return value["filename"] if isinstance(value, dict) and "filename" in value else value


def call_tool(folder: PluginFolder, plugin: PluginProcess, step: ToolStep) -> Outputs:
    """One call: show what goes in and, as it comes, what goes out; keep the files."""
    tool = folder.tool(step.tool)
    show("in", {name: _shown(value) for name, value in step.parameters.items()})
    given = dict(step.parameters)
    if "app" in given:
        given["app"] = app_selector(given["app"])
    add_default_models(tool, given, DEFAULT_MODELS)
    request = tool_request(tool, tool_parameters(tool, given), user_id="demo")
    outputs = Outputs()
    started = time.monotonic()
    pieces = 0
    for message in plugin.call(request):
        if text := outputs.add(message):
            pieces += 1
            if step.tool == "llm":
                print(text if pieces > 1 else label("out") + text, end="", flush=True)
    seconds = time.monotonic() - started
    if step.tool == "llm":
        print(f"  (streamed in {pieces} pieces)")
    else:
        show("out", outputs.text)
    for file in outputs.files:
        (FOLDER / file.filename).write_bytes(file.data)
        show("file", f"{file.filename}, {file.mime_type}, {len(file.data):,} bytes")
    show("sets", {name: value for name, value in outputs.variables.items() if value != outputs.text})
    show("time", f"{seconds:.2f} s")
    if not step.makes_sense(outputs):
        raise DemoError(NO_SENSE)
    return outputs
