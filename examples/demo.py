"""`make demo`: every tool of the plugin on real input, in a child process, on the local workspace.

Prints what went in, what came out and how long it took, leaves the files in `demo-output/`, and fails if one call
fails or its result makes no sense.
"""

import json
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from workspace.cli.arguments import add_default_models
from workspace.dify import Dify
from workspace.engines.offline import OfflineModels
from workspace.plugin.errors import PluginError
from workspace.plugin.file_server import FileServer
from workspace.plugin.folder import PluginFolder, read_plugin_folder
from workspace.plugin.outputs import Outputs
from workspace.plugin.parameters import tool_parameters, tool_request
from workspace.plugin.process import PluginProcess
from workspace.plugin.selectors import DEFAULT_MODELS, app_selector

PLUGIN = Path(__file__).parent.parent
FOLDER = Path("demo-output")

SENTENCE = "we will meet at the station on friday afternoon"
FACTS = [
    "Lisbon is the capital of Portugal and lies on the river Tagus.",
    "The Tagus is the longest river of the Iberian peninsula.",
    "Bread rises because yeast turns sugar into gas.",
]
QUESTION = "Which city is the capital of Portugal?"
LETTER = (
    "Dear council, the street lamps in Harbour Road have been dark for three weeks. Two people have fallen on the "
    "steps. I have called the office four times and was told each time that somebody would come. Nobody came. Please "
    "repair the lamps before the winter market opens, because many older people walk there in the evening. "
)
WIDTH = 100
FAILS_IN_DIFY = "works here, but fails in Dify today, whatever a plugin sends"


class Step(NamedTuple):
    title: str
    tool: str
    parameters: dict[str, Any]
    makes_sense: Callable[[Outputs], bool]
    note: str = ""


class DemoError(Exception):
    """A call failed, or what it returned makes no sense."""


def steps(share: Callable[[Path], dict[str, Any]]) -> list[Callable[[dict[str, Outputs]], Step]]:
    """The calls, each made from what the ones before it returned (by title)."""
    same_words = set(SENTENCE.split())
    return [
        lambda _: Step(
            "speak",
            "tts",
            {"text": SENTENCE, "voice": "alloy"},
            lambda out: len(out.files) == 1 and out.variables["mime_type"] == "audio/mpeg",
        ),
        lambda done: Step(
            "transcribe",
            "speech2text",
            {"audio": share(FOLDER / done["speak"].files[0].filename)},
            lambda out: len(same_words & set(out.variables["transcript"].split())) > len(same_words) / 2,
            FAILS_IN_DIFY,
        ),
        lambda _: Step(
            "embed",
            "text_embedding",
            {"texts": json.dumps(FACTS), "input_type": "document"},
            lambda out: len(out.variables["embeddings"]) == len(FACTS),
        ),
        lambda _: Step(
            "rerank",
            "rerank",
            {"query": QUESTION, "documents": json.dumps(FACTS[::-1])},
            lambda out: out.variables["best"] == FACTS[0],
        ),
        lambda _: Step(
            "moderate a clean text",
            "moderation",
            {"text": "What a lovely morning."},
            lambda out: out.variables["flagged"] is False,
        ),
        lambda _: Step(
            "moderate a dirty text",
            "moderation",
            {"text": "What a damn mess."},
            lambda out: out.variables["flagged"] is True,
        ),
        lambda _: Step(
            "ask a model",
            "llm",
            {"prompt": "\n".join([*FACTS, "", QUESTION])},
            lambda out: "Lisbon" in out.variables["answer"],
        ),
        lambda _: Step(
            "summarise a short text",
            "summary",
            {"text": LETTER, "instruction": "One sentence."},
            lambda out: out.variables["unchanged"] is True,
        ),
        lambda _: Step(
            "summarise a long text",
            "summary",
            {"text": (PLUGIN / "LICENSE").read_text(), "instruction": "What does it permit?"},
            lambda out: not out.variables["unchanged"] and len(out.variables["summary"]) < 2000,
        ),
        lambda _: Step(
            "ask what an app wants",
            "app_parameters",
            {"app": "chatbot"},
            lambda out: "name" in out.variables["input_schema"]["required"],
        ),
        lambda _: Step(
            "chat with a chatbot",
            "chat_app",
            {"app": "chatbot", "query": QUESTION, "inputs": {"name": "Ana", "background": " ".join(FACTS)}},
            lambda out: "Lisbon" in out.variables["answer"],
        ),
        lambda done: Step(
            "go on with it",
            "chat_app",
            {
                "app": "chatbot",
                "query": "Which river does it lie on?",
                "conversation_id": done["chat with a chatbot"].variables["conversation_id"],
            },
            lambda out: "Tagus" in out.variables["answer"],
        ),
        lambda _: Step(
            "ask an agent",
            "chat_app",
            {"app": "agent", "query": "What is (3 + 4) * 2?"},
            lambda out: "14" in out.variables["answer"],
        ),
        lambda _: Step(
            "run a workflow",
            "workflow_app",
            {"app": "workflow", "inputs": {"text": LETTER, "max_words": 30}},
            lambda out: out.variables["status"] == "succeeded" and bool(out.variables["outputs"]["summary"]),
        ),
        lambda _: Step(
            "complete a text",
            "completion_app",
            {"app": "completion", "query": " ".join([*FACTS, QUESTION])},
            lambda out: bool(out.variables["answer"].strip()),
            FAILS_IN_DIFY,
        ),
    ]


def main() -> int:
    try:
        FOLDER.mkdir(exist_ok=True)
    except OSError as error:
        print(f"{FOLDER}/ cannot be made here: {error.strerror}.", file=sys.stderr)
        return 1
    try:
        return _demonstrate()
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130


def _demonstrate() -> int:
    folder = read_plugin_folder(PLUGIN)
    models = OfflineModels()
    dify = Dify(folder.manifest, models, folder=FOLDER / "workspace")
    started = time.monotonic()
    print(f"{folder.name} {folder.version} in a child process, on the local workspace. Its models:")
    for model_type in DEFAULT_MODELS:
        print(f"  {model_type:<16}{models.describe(model_type)}")
    print()
    failed: list[str] = []
    done: dict[str, Outputs] = {}
    with FileServer(uploads=FOLDER / "workspace" / "uploads") as files, PluginProcess(folder, dify.handle) as plugin:
        plan = steps(files.share)
        for number, make_step in enumerate(plan, start=1):
            try:
                step = make_step(done)
            except KeyError as missing:
                failed.append(f"step {number}")
                print(f"{number:2}/{len(plan)}  left out: it goes on from {missing}, which failed")
                continue
            print(f"{number:2}/{len(plan)}  {step.title} (tool {step.tool})", flush=True)
            try:
                done[step.title] = _call(folder, plugin, step)
            except (PluginError, DemoError) as error:
                failed.append(step.title)
                print(f"{_label('FAILED')} {error}")
            if step.note:
                _show("note", step.note)
    results = {title: {"text": outputs.text, **outputs.variables} for title, outputs in done.items()}
    (FOLDER / "results.json").write_text(json.dumps(results, ensure_ascii=False) + "\n")
    made = [file.filename for outputs in done.values() for file in outputs.files]
    print(f"\nIn {FOLDER}/: {', '.join([*made, 'results.json'])}")
    if failed:
        print(f"{len(failed)} of {len(plan)} calls failed: {', '.join(failed)}.")
        return 1
    print(f"All {len(plan)} calls worked, in {time.monotonic() - started:.1f} s.")
    return 0


def _call(folder: PluginFolder, plugin: PluginProcess, step: Step) -> Outputs:
    """One call: show what goes in and, as it comes, what goes out; keep the files."""
    tool = folder.tool(step.tool)
    _show("in", {name: value for name, value in step.parameters.items() if name != "audio"} or "the mp3 above")
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
                print(text if pieces > 1 else _label("out") + text, end="", flush=True)
    seconds = time.monotonic() - started
    if step.tool == "llm":
        print(f"  (streamed in {pieces} pieces)")
    else:
        _show("out", outputs.text)
    for file in outputs.files:
        (FOLDER / file.filename).write_bytes(file.data)
        _show("file", f"{file.filename}, {file.mime_type}, {len(file.data):,} bytes")
    _show("sets", {name: value for name, value in outputs.variables.items() if value != outputs.text})
    _show("time", f"{seconds:.2f} s")
    if not step.makes_sense(outputs):
        raise DemoError("The call went through, but what came back makes no sense.")
    return outputs


def _show(label: str, value: str | dict[str, Any]) -> None:
    """Text wrapped, or a line for each value; shortened, since the whole is in results.json."""
    if isinstance(value, str):
        lines = [line for part in value.splitlines() for line in textwrap.wrap(part, WIDTH)]
    else:
        lines = [f"{name}: {_one_line(item, WIDTH - len(name))}" for name, item in value.items()]
    for place, line in enumerate(lines):
        print(f"{_label(label if place == 0 else '')}{line}")


def _one_line(value: Any, width: int) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= width else f"{text[:width]}…"


def _label(word: str) -> str:
    return f"       {word:<6}"


if __name__ == "__main__":
    sys.exit(main())
