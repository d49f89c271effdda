"""Prints the cost of the plugin beside that of the bare one, as medians over pairs of runs.

llm, CPU µs a chunk            a tool that streams 5,000 chunks, in the plugin's process
chat completions a second      POST /v1/chat/completions, 10 chunks in one reply, one request after the other
streamed chunks a second       the same in a stream of 5,000 chunks; CPU in the plugin's process
responses, messages a second   both again as POST /v1/responses and POST /v1/messages
first byte, ms                 from the request to the first byte, from a model that answers at once
start-up, ms                   from starting the process to its first heartbeat
an app over MCP, ms            POST /mcp, beside the same app over /chat-messages
five nodes, ms                 a workflow of five nodes in Dify's engine, one of them a tool, beside the tool alone
200 streams at once            how many arrive whole
memory at rest, after, MB      the plugin's process before all requests, and after those of chat completions
modules imported at start      beyond those that the bare plugin imports
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
from benchmarks.five_nodes import FiveNodes
from benchmarks.served_app import ServedApp
from benchmarks.served_chat import COMPILED, MESSAGES, RESPONSES, ServedChat, model_chunks
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
        print(f"{'medians over pairs of runs':<32}{'Switchboard':>14}{'bare SDK':>14}{'ratio':>8}")
        _compare("llm, CPU µs a chunk", PLUGIN, bare, _cpu_per_chunk, unit=1e6, wanted="at most 1.10")
        with ServedChat(PLUGIN) as own_chat, ServedChat(bare) as bare_chat:
            _compare_chats(own_chat, bare_chat)
        for what, api in (("responses", RESPONSES), ("messages", MESSAGES)):
            with ServedChat(PLUGIN, api) as own_chat, ServedChat(bare, api) as bare_chat:
                _compare_speeds(what, own_chat, bare_chat, wanted="at least 0.95")
        _compare("start-up, ms", PLUGIN, bare, _start_up, unit=1e3, wanted="at most 1.10", times=15)
        with ServedApp(PLUGIN) as app:
            _compare_with_app(app)
        with FiveNodes(PLUGIN) as five_nodes:
            _compare_with_tool(five_nodes)
        added = sorted(_modules(PLUGIN) - _modules(bare))
        print(f"\nimported at start beyond the bare plugin: {len(added)} modules\n  {', '.join(added)}")


def _compare_speeds(what: str, own: ServedChat, bare: ServedChat, *, wanted: str) -> None:
    """Of plain answers and of streams."""

    def speed(chat: ServedChat) -> float:
        return 1 / chat.seconds_per_completion(20)

    def stream_speed(chat: ServedChat) -> float:
        return 1 / chat.stream(CHUNKS)[0]

    def stream_cpu(chat: ServedChat) -> float:
        return chat.stream(CHUNKS)[1]

    _compare(f"{what} a second", own, bare, speed, unit=1, wanted=wanted, times=100)
    _compare("streamed chunks a second", own, bare, stream_speed, unit=1, wanted="at least 1.00")
    _compare("streamed, CPU µs a chunk", own, bare, stream_cpu, unit=1e6, wanted="at most 1.00")


def _compare_chats(own: ServedChat, bare: ServedChat) -> None:
    def first_byte(chat: ServedChat) -> float:
        return chat.seconds_to_first_byte()

    at_rest = own.memory, bare.memory
    _compare_speeds("chat completions", own, bare, wanted="at least 0.97")
    _compare("first byte, ms", own, bare, first_byte, unit=1e3, wanted="within 1 ms", times=100)

    whole = [chat.whole_streams(200) for chat in (own, bare)]
    print(f"{'200 streams at once, whole':<32}{whole[0]:>14}{whole[1]:>14}{'':>8}  all")
    for chat in (own, bare):
        chat.whole_streams(200)
    after = own.memory, bare.memory
    for name, (own_memory, bare_memory) in {"memory at rest, MB": at_rest, "memory after, MB": after}.items():
        print(f"{name:<32}{own_memory / 1e6:>14.1f}{bare_memory / 1e6:>14.1f}{own_memory / bare_memory:>8.3f}")


def _compare_with_app(app: ServedApp) -> None:
    for _ in range(10):
        app.seconds_as_a_tool(), app.seconds_as_itself()  # the first imports the types of the protocol
    pairs = [(app.seconds_as_a_tool(), app.seconds_as_itself()) for _ in range(100)]
    tool, itself = (statistics.median(side) * 1e3 for side in zip(*pairs, strict=True))
    print(f"\nan app over MCP, ms: {tool:.1f}, over /chat-messages {itself:.1f} (at most 3 more)", flush=True)


def _compare_with_tool(five_nodes: FiveNodes) -> None:
    for _ in range(10):
        five_nodes.seconds_of_the_workflow()  # imports the engine
    pairs = [(five_nodes.seconds_of_the_workflow(), five_nodes.seconds_of_the_tool()) for _ in range(100)]
    workflow, tool = (statistics.median(side) * 1e3 for side in zip(*pairs, strict=True))
    print(f"\nfive nodes, ms: {workflow:.1f}, the tool alone {tool:.1f} (at most 100 more)", flush=True)


def _compare[T](
    name: str, own: T, bare: T, measure: Callable[[T], float], *, unit: float, wanted: str, times: int = PAIRS
) -> None:
    measure(bare), measure(own)  # compiled and in the page cache
    pairs = [(measure(own), measure(bare)) for _ in range(times)]
    medians = [statistics.median(side) * unit for side in zip(*pairs, strict=True)]
    ratio = statistics.median(own_value / bare_value for own_value, bare_value in pairs)
    print(f"{name:<32}{medians[0]:>14.1f}{medians[1]:>14.1f}{ratio:>8.3f}  {wanted}", flush=True)


def _cpu_per_chunk(plugin: Path) -> float:
    """CPU seconds of the plugin's process for each chunk of an answer."""
    folder = read_plugin_folder(plugin)
    model = {"provider": "local", "model": "bench", "model_type": "llm", "mode": "chat"}
    request = tool_request(folder.tool("llm"), {"model": model, "prompt": "Count."}, user_id="bench")
    with PluginProcess(folder, _answer, environment=COMPILED) as process:
        child = _child()
        before = sum(child.cpu_times()[:2])
        messages = sum(1 for _ in process.call(request))
        if messages < CHUNKS:
            raise RuntimeError(f"only {messages} messages came back for {CHUNKS} chunks")
        return (sum(child.cpu_times()[:2]) - before) / CHUNKS


def _answer(_invoke_type: str, _payload: Payload) -> Iterator[Payload]:
    return model_chunks(CHUNKS)


def _start_up(plugin: Path) -> float:
    """Seconds from starting the process to its first heartbeat."""
    folder = read_plugin_folder(plugin)
    started = time.perf_counter()
    process = PluginProcess(folder, _answer, environment=COMPILED)
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
