"""Prints the cost of the plugin beside that of the bare one, as medians over pairs of runs, and their ratios.

CPU time of `llm` for each chunk of 5,000    from the request to the end, in the plugin's process
start-up                                     from starting the process to its first heartbeat
modules imported at start                    beyond those that the bare plugin imports
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from benchmarks.bare_plugin import make_bare_plugin
from workspace.plugin.folder import read_plugin_folder
from workspace.plugin.parameters import tool_request
from workspace.plugin.process import PluginProcess
from workspace.wire import Payload

PLUGIN = Path(__file__).parent.parent
CHUNKS = 5_000
PAIRS = 7


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        bare = make_bare_plugin(PLUGIN, Path(folder))
        print(
            f"{'median of ' + str(PAIRS) + ' pairs':<32}{'Switchboard':>14}{'bare SDK':>14}{'ratio':>8}{'at most':>9}"
        )
        _compare("llm, CPU µs a chunk", bare, _cpu_per_chunk, unit=1e6, limit=1.10)
        _compare("start-up, ms", bare, _start_up, unit=1e3, limit=1.10)
        added = sorted(_modules(PLUGIN) - _modules(bare))
        print(f"\nimported at start beyond the bare plugin: {len(added)} modules\n  {', '.join(added)}")


def _compare(name: str, bare: Path, measure: Callable[[Path], float], *, unit: float, limit: float) -> None:
    measure(bare), measure(PLUGIN)  # compiled and in the page cache
    pairs = [(measure(PLUGIN), measure(bare)) for _ in range(PAIRS)]
    own, other = (statistics.median(side) * unit for side in zip(*pairs, strict=True))
    ratio = statistics.median(own_time / bare_time for own_time, bare_time in pairs)
    print(f"{name:<32}{own:>14.1f}{other:>14.1f}{ratio:>8.3f}{limit:>9.2f}")


def _cpu_per_chunk(plugin: Path) -> float:
    """CPU seconds of the plugin's process for each chunk of an answer."""
    folder = read_plugin_folder(plugin)
    model = {"provider": "local", "model": "bench", "model_type": "llm", "mode": "chat"}
    request = tool_request(folder.tool("llm"), {"model": model, "prompt": "Count."}, user_id="bench")
    with PluginProcess(folder, _answer_in_chunks) as process:
        child = _child()
        before = sum(child.cpu_times()[:2])
        messages = sum(1 for _ in process.call(request))
        if messages < CHUNKS:
            raise RuntimeError(f"only {messages} messages came back for {CHUNKS} chunks")
        return (sum(child.cpu_times()[:2]) - before) / CHUNKS


def _answer_in_chunks(_invoke_type: str, _payload: Payload) -> Iterator[Payload]:
    for number in range(CHUNKS):
        message = {"role": "assistant", "content": f"word{number} ", "tool_calls": []}
        delta = {"index": number, "message": message, "usage": None, "finish_reason": None}
        yield {"model": "bench", "system_fingerprint": None, "prompt_messages": [], "delta": delta}


def _start_up(plugin: Path) -> float:
    """Seconds from starting the process to its first heartbeat."""
    folder = read_plugin_folder(plugin)
    started = time.perf_counter()
    process = PluginProcess(folder, _answer_in_chunks)
    seconds = time.perf_counter() - started
    process.close()
    return seconds


def _child() -> psutil.Process:
    [child] = psutil.Process().children()
    return child


def _modules(plugin: Path) -> set[str]:
    """The modules in memory once the plugin has loaded all it declares."""
    code = "import main, sys; sys.stderr.write('\\n'.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=plugin, capture_output=True, text=True, check=True)
    return set(run.stderr.split())


if __name__ == "__main__":
    main()
