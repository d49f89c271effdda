"""Runs the demo."""

import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from examples.demo import FOLDER, PLUGIN, DemoError
from examples.demo.endpoints import ORIGIN, http_steps
from examples.demo.http_calls import HttpStep, send
from examples.demo.plain_calls import plain_steps
from examples.demo.printing import label, show
from examples.demo.tools import Results, ToolStep, call_tool, tool_steps
from workspace.engines.offline import OfflineModels
from workspace.local import local_dify
from workspace.plugin.errors import PluginError
from workspace.plugin.file_server import FileServer
from workspace.plugin.folder import PluginFolder, read_plugin_folder
from workspace.plugin.parameters import ParameterError
from workspace.plugin.process import PluginProcess
from workspace.plugin.selectors import DEFAULT_MODELS
from workspace.serve.endpoint_host import EndpointHost
from workspace.serve.serve_file import read_serve_file
from workspace.workflows.plugin_tools import PluginTools

SETTINGS = PLUGIN / "examples" / "serve.yaml"
"""What `make serve` takes too."""

type Step = ToolStep | HttpStep
type MakeStep = Callable[[Results], Step]


class Done(NamedTuple):
    """What a step has come to."""

    result: Any
    """What later steps go on from."""
    to_keep: Any
    """For results.json."""
    files: list[str]
    """Names of those it has left in the folder."""


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
    started = time.monotonic()
    print(f"{folder.name} {folder.version} in a child process, on the local workspace. Its models:")
    for model_type in DEFAULT_MODELS:
        print(f"  {model_type:<16}{models.describe(model_type)}")
    print()
    with ExitStack() as running:
        files = running.enter_context(FileServer(uploads=FOLDER / "workspace" / "uploads"))
        tools = PluginTools(folder)
        dify = local_dify(folder.manifest, models, folder=FOLDER / "workspace", tools=tools, files=files)
        tools.plugin = plugin = running.enter_context(PluginProcess(folder, dify.handle))
        settings = {**read_serve_file(SETTINGS).settings, "allowed_origins": ORIGIN}
        endpoints = running.enter_context(EndpointHost(plugin, lambda: settings))
        key = {"Authorization": f"Bearer {settings['api_key']}"}
        client = running.enter_context(httpx.Client(base_url=endpoints.url, headers=key, timeout=60))

        def perform(step: Step) -> Done:
            match step:
                case ToolStep():
                    outputs = call_tool(folder, plugin, step)
                    return Done(
                        outputs, {"text": outputs.text, **outputs.variables}, [f.filename for f in outputs.files]
                    )
                case HttpStep():
                    told = send(client, step)
                    return Done(told, told, [step.save] if step.save else [])

        plan: list[MakeStep] = [*(step.after for step in calls_of_tools(folder, files.share)), *http_steps()]
        done, failed = _go_through(plan, perform)
    results = {title: each.to_keep for title, each in done.items()}
    (FOLDER / "results.json").write_text(json.dumps(results, ensure_ascii=False) + "\n")
    made = [name for each in done.values() for name in each.files]
    print(f"\nIn {FOLDER}/: {', '.join([*made, 'results.json'])}")
    if failed:
        print(f"{len(failed)} of {len(plan)} calls failed: {', '.join(failed)}.")
        return 1
    print(f"All {len(plan)} calls worked, in {time.monotonic() - started:.1f} s.")
    return 0


def calls_of_tools(folder: PluginFolder, share: Callable[[Path], dict[str, Any]]) -> list[ToolStep]:
    """Those that the demo tells of, and one of each tool that it does not."""
    told = tool_steps(share)
    return [*told, *plain_steps(folder.tools, told, share)]


def _go_through(plan: list[MakeStep], perform: Callable[[Step], Done]) -> tuple[dict[str, Done], list[str]]:
    """What each step has come to, by its title, and which have failed."""
    done: dict[str, Done] = {}
    failed: list[str] = []
    for number, make_step in enumerate(plan, start=1):
        try:
            step = make_step({title: each.result for title, each in done.items()})
        except KeyError as missing:
            failed.append(f"step {number}")
            print(f"{number:2}/{len(plan)}  left out: it goes on from {missing}, which failed")
            continue
        print(f"{number:2}/{len(plan)}  {step.title} ({step.target})", flush=True)
        try:
            done[step.title] = perform(step)
        except (PluginError, ParameterError, httpx.HTTPError, DemoError) as error:
            failed.append(step.title)
            print(f"{label('FAILED')} {error}")
        if step.note:
            show("note", step.note)
    return done, failed


if __name__ == "__main__":
    sys.exit(main())
