import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.cli.calling import GREETER, RunWorkflow
from tests.workspace.workflows.dsl_files import chain, code, edge, end, node, start, template, tool, variable, write
from workspace.cli.run_output import Progress

pytestmark = pytest.mark.usefixtures("child_process")

GREET = tool("greet", name="{{#start.name#}}", times=2, settings={"style": "warm", "shout": False})
LENGTH = template("length", "{{ greeting | length }}", greeting=["greet", "text"])
GREETING = (
    start(variable("name", required=True, label="Who is greeted")),
    GREET,
    LENGTH,
    end(greeting=["greet", "text"], length=["length", "output"]),
)
PLUGIN = ("--plugin", str(GREETER))
CHAT = (start(), node("answer", "answer", answer="{{#sys.query#}} {{#sys.dialogue_count#}}", variables=[]))
SECONDS = re.compile(r"\d+\.\d+ s")


def told(err: str) -> list[str]:
    """The lines with words for the seconds, and with one space between the columns."""
    return [re.sub(" +", " ", SECONDS.sub("# s", line)) for line in err.splitlines()]


# -- what is put out


def test_the_nodes_are_shown_as_they_end_and_the_outputs_alone_on_stdout(
    run_workflow: RunWorkflow, dsl: Callable[..., str]
) -> None:
    done = run_workflow(dsl(*GREETING), *PLUGIN, "name=Ada")
    assert (done.code, done.out) == (0, "greeting: Hello, Ada! Hello, Ada! \nlength: 24\n")
    assert told(done.err)[1:] == [
        " Start start succeeded # s",
        " Greet tool succeeded # s",
        " Length template-transform succeeded # s",
        " End end succeeded # s",
        "succeeded in # s, 4 steps, 0 tokens",
    ]
    assert done.err.startswith("greeter 0.0.1 runs under ")


def test_for_a_program_the_run_is_one_json_object(run_workflow: RunWorkflow, dsl: Callable[..., str]) -> None:
    shown = json.loads(run_workflow(dsl(*GREETING), *PLUGIN, "name=Ada", "--json").out)
    assert shown.pop("elapsed_time") > 0
    assert len(shown.pop("workflow_run_id")) == 36
    assert shown == {
        "status": "succeeded",
        "outputs": {"greeting": "Hello, Ada! Hello, Ada! ", "length": "24"},
        "error": None,
        "total_tokens": 0,
        "total_steps": 4,
        "exceptions_count": 0,
        "files": [],
    }


def test_without_tools_no_plugin_is_needed_and_none_is_started(
    run_workflow: RunWorkflow, dsl: Callable[..., str]
) -> None:
    file = dsl(start(variable("text")), end(text=["start", "text"], lines=["start", "text"]))
    assert run_workflow(file, "text=one\ntwo").out == "text:\none\ntwo\nlines:\none\ntwo\n"
    assert "runs under" not in run_workflow(file, "text=one", *PLUGIN).err


def test_inputs_are_read_by_the_start_form(run_workflow: RunWorkflow, dsl: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("first")
    (tmp_path / "b.md").write_text("second")
    fields = [
        variable("number", "number"),
        variable("yes", "checkbox"),
        variable("pick", "select", options=["one", "two"]),
        variable("object", "json_object"),
        variable("file", "file", allowed_file_types=["document"], allowed_file_upload_methods=["local_file"]),
        variable("left_out", default="kept"),
    ]
    names = [field["variable"] for field in fields]
    file = dsl(start(*fields), end(**{name: ["start", name] for name in names}, files=["sys", "files"]))
    given = ["number:=3", "yes:=true", "pick=two", 'object:={"a": [1]}', "file@a.txt", "sys.files@b.md"]
    done = run_workflow(file, *given)
    assert done.out == (
        'number: 3\nyes: true\npick: two\nobject: {"a": [1]}\nfile: "a.txt"\nleft_out: kept\nfiles: ["b.md"]\n'
        "file: a.txt (text/plain, 5 bytes), keep it with --save-dir DIR\n"
        "file: b.md (text/markdown, 6 bytes), keep it with --save-dir DIR\n"
    )


def test_null_is_as_good_as_leaving_out_an_input(run_workflow: RunWorkflow, dsl: Callable[..., str]) -> None:
    kinds = ("text-input", "select", "number", "checkbox", "json_object", "file", "file-list")
    names = [kind.replace("-", "_") for kind in kinds]
    file = dsl(
        start(*(variable(name, kind, options=["a"]) for name, kind in zip(names, kinds, strict=True))),
        end(**{name: ["start", name] for name in names}),
    )
    done = run_workflow(file, *(f"{name}:=null" for name in names), "--json")
    assert json.loads(done.out)["outputs"] == dict.fromkeys(names)


def test_files_are_saved_where_asked(run_workflow: RunWorkflow, dsl: Callable[..., str], tmp_path: Path) -> None:
    file = dsl(start(), tool("draw", size=3), end(drawing=["draw", "files"]))
    done = run_workflow(file, *PLUGIN, "--save-dir", "deep/er")
    assert done.out == (
        'drawing: ["drawing.png"]\nfile: drawing.png (image/png, 3 bytes), saved as deep/er/drawing.png\n'
    )
    assert (tmp_path / "deep/er/drawing.png").read_bytes() == bytes([0, 1, 2])
    (shown,) = json.loads(run_workflow(file, *PLUGIN, "--save-dir", "deep/er", "--json").out)["files"]
    assert (shown["filename"], shown["size"], shown["path"]) == ("drawing.png", 3, "deep/er/drawing-2.png")


def test_a_chatflow_answers_and_goes_on_with_its_conversation_in_the_next_process(
    run_workflow: RunWorkflow, dsl: Callable[..., str]
) -> None:
    file = dsl(*CHAT, mode="advanced-chat")
    done = run_workflow(file, "sys.query=Hello")
    assert (done.code, done.out) == (0, "Hello 1\n")
    (line,) = (line for line in done.err.splitlines() if line.startswith("go on with "))
    again = json.loads(run_workflow(file, "sys.query=And now", line.removeprefix("go on with "), "--json").out)
    assert (again["answer"], again["status"]) == ("And now 2", "succeeded")
    assert line.endswith(again["conversation_id"])


def test_a_folder_of_texts_is_a_knowledge_base(
    run_workflow: RunWorkflow, dsl: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "rules.txt").write_text("Dogs have to wait outside.\nA card is free for pupils.\n")
    config = {"query_variable_selector": ["start", "question"], "multiple_retrieval_config": {"top_k": 1}}
    find = node("find", "knowledge-retrieval", dataset_ids=[], retrieval_mode="multiple", **config)
    texts = template("texts", "{{ found[0].content }}", found=["find", "result"])
    file = dsl(start(variable("question")), find, texts, end(text=["texts", "output"]))

    assert (
        run_workflow(file, "question=Is a card free?", "--knowledge", "texts").out
        == "text: A card is free for pupils.\n"
    )
    without = run_workflow(file, "question=Is a card free?")
    assert (without.code, "--knowledge DIR takes a folder of texts" in without.err) == (2, True)


def basic(tmp_path: Path, mode: str, **config: Any) -> str:
    """A file of an app without a graph; returns its name."""
    form = [{"text-input": {"variable": "who", "label": "Who", "required": True, "default": ""}}]
    model = {"provider": "local", "name": "extractive", "mode": "chat", "completion_params": {}}
    whole = {"model": model, "prompt_type": "simple", "pre_prompt": "You help {{who}}.", "user_input_form": form}
    content = {"app": {"mode": mode, "name": "Helper"}, "version": "0.4.0", "model_config": {**whole, **config}}
    return write(tmp_path, content).name


RIVER = "Lisbon lies on the Tagus. Which river does Lisbon lie on?"


def test_a_chatbot_answers_and_goes_on_with_its_conversation_in_the_next_process(
    run_workflow: RunWorkflow, tmp_path: Path
) -> None:
    file = basic(tmp_path, "chat", sensitive_word_avoidance={"enabled": True})
    done = run_workflow(file, "who=Ana", f"sys.query={RIVER}")

    assert (done.code, done.out) == (0, "Lisbon lies on the Tagus.\n")
    told_lines = told(done.err)
    assert told_lines[0] == "note: it runs here without its moderation"
    assert re.fullmatch(r"succeeded in # s, \d+ tokens", told_lines[-1])
    conversation = re.search(r"sys\.conversation_id=\S+", done.err)
    assert conversation
    again = run_workflow(file, conversation[0], "sys.query=Which city lies on the Tagus?")
    assert (again.code, again.out) == (0, "Lisbon lies on the Tagus.\n")


def test_an_agent_shows_the_calls_of_its_tools(run_workflow: RunWorkflow, tmp_path: Path) -> None:
    has = {"provider_id": "tests/greeter/greeter", "provider_type": "builtin", "tool_name": "greet", "enabled": True}
    tools = [{**has, "tool_parameters": {"style": "warm"}}, {**has, "tool_name": "nothing"}]
    file = basic(tmp_path, "agent-chat", agent_mode={"enabled": True, "tools": tools, "max_iteration": 2})
    done = run_workflow(file, *PLUGIN, "who=Ana", "sys.query=Please greet somebody. Name: Ada. Times: 2.")

    assert done.code == 0
    lines = told(done.err)
    assert lines[0] == "note: it runs here without the tools nothing of tests/greeter/greeter"
    assert any(line.startswith(" greet: ") and "Hello, " in line for line in lines)


def test_a_text_generator_is_one_json_object_for_a_program(run_workflow: RunWorkflow, tmp_path: Path) -> None:
    file = basic(tmp_path, "completion")
    shown = json.loads(run_workflow(file, "who=Ana", f"sys.query={RIVER}", "--json").out)

    assert shown.pop("elapsed_time") >= 0
    assert shown.pop("total_tokens") > 0
    assert len(shown.pop("message_id")) == 36
    answer = {"answer": "Lisbon lies on the Tagus.", "status": "succeeded", "outputs": {}, "error": None, "files": []}
    assert shown == answer


@pytest.mark.parametrize("given", [["sys.query=" + RIVER], ["query=" + RIVER]])
def test_the_query_of_a_text_generator_may_be_an_input_of_its_form(
    run_workflow: RunWorkflow, tmp_path: Path, given: list[str]
) -> None:
    form = [{"paragraph": {"variable": "query", "label": "Query", "required": True, "default": ""}}]
    file = basic(tmp_path, "completion", pre_prompt="{{query}}", user_input_form=form)

    done = run_workflow(file, *given)

    assert (done.code, done.out) == (0, "Lisbon lies on the Tagus.\n")


def test_help_tells_what_an_app_without_a_graph_takes(run_workflow: RunWorkflow, tmp_path: Path) -> None:
    lines = run_workflow(basic(tmp_path, "chat"), "--help").out.splitlines()

    assert lines[0] == "tried: Helper, a chatbot"
    assert [line.strip() for line in lines if line.startswith("  ") and not line.startswith("    ")] == [
        "who=text",
        "sys.query=text",
        "sys.conversation_id=text",
    ]


def test_code_runs_where_it_is_allowed(run_workflow: RunWorkflow, dsl: Callable[..., str]) -> None:
    file = dsl(
        start(), code("count", "def main():\n    return {'sum': 1 + 1}", sum="number"), end(sum=["count", "sum"])
    )
    refused = run_workflow(file)
    problem = "Count (code): it runs code of this file, which only --allow-code lets it"
    assert refused == (2, "", f"workspace run: this cannot run here:\n    {problem}\n")
    assert run_workflow(file, "--allow-code").out == "sum: 2\n"


# -- help


def test_help_after_a_file_tells_its_inputs_and_its_tools(run_workflow: RunWorkflow, dsl: Callable[..., str]) -> None:
    done = run_workflow(dsl(*GREETING), "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "tried: Tried, a workflow of 4 nodes\n"
        "\n"
        "  name=text\n"
        "      string, required. Who is greeted\n"
        "  sys.files@path\n"
        "      files, optional. Files beside the inputs\n"
        "\n"
        "Tools it calls: greet of tests/greeter/greeter\n"
    )
    chat = run_workflow(dsl(*CHAT, mode="advanced-chat"), "--help").out
    assert "  sys.query=text\n      string, required." in chat
    assert "  sys.conversation_id=text\n" in chat
    assert "sys.files" not in chat
    older = {"file_upload": {"image": {"enabled": True, "number_limits": 3}}}
    assert "  sys.files@path\n" in run_workflow(dsl(*CHAT, mode="advanced-chat", features=older), "--help").out


def test_help_tells_what_the_form_allows(run_workflow: RunWorkflow, dsl: Callable[..., str]) -> None:
    methods = ["local_file", "remote_url"]
    form = start(
        variable("name", max_length=48),
        variable("one", "file", allowed_file_types=["document", "image"], allowed_file_upload_methods=methods),
        variable("many", "file-list", max_length=5, allowed_file_types=["custom"], allowed_file_extensions=[".epub"]),
    )
    shown = run_workflow(dsl(form, end()), "--help").out
    assert "string, optional. name (at most 48 characters)\n" in shown
    assert "file, optional. one (document, image)\n" in shown
    assert "files, optional. many (.epub; at most 5 files)\n" in shown


def test_help_alone_explains_the_notation(run_workflow: RunWorkflow) -> None:
    done = run_workflow("--help")
    assert done.code == 0
    assert "name@path       a file" in done.out
    assert "--plugin DIR" in done.out
    assert "--allow-code" in done.out


# -- while it runs


def test_a_node_that_takes_its_time_is_said_to_run_once(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(for_program=False)
    ended = {"id": "1", "title": "Slow", "status": "succeeded", "error": None, "node_type": "tool", "elapsed_time": 3}
    progress.take({"event": "node_started", "data": {"id": "1", "title": "Slow"}})
    progress.take(None)
    progress.take(None)
    progress.take({"event": "node_finished", "data": ended})
    progress.take(None)
    assert told(capsys.readouterr().err) == [" Slow is running", " Slow tool succeeded # s"]


def test_no_node_is_told_in_the_middle_of_a_line_of_the_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = {"id": "1", "title": "Asked", "status": "succeeded", "error": None, "node_type": "llm", "elapsed_time": 3}
    monkeypatch.setattr("sys.stderr", sys.stdout)  # as on a terminal
    progress = Progress(for_program=False)
    progress.take({"event": "message", "answer": "Good "})
    progress.take({"event": "node_finished", "data": ended})
    progress.take({"event": "message", "answer": "morning.\nGood"})
    progress.take({"event": "node_finished", "data": {**ended, "title": "Next"}})
    progress.take({"event": "message", "answer": " night.\n"})
    progress.take({"event": "message", "answer": "Bye."})
    progress.take({"event": "node_finished", "data": {**ended, "title": "Last"}})
    progress.take({"event": "message_end", "files": []})
    assert told(capsys.readouterr().out) == [
        "Good morning.",
        "Good night.",
        " Asked llm succeeded # s",
        " Next llm succeeded # s",
        "Bye.",
        " Last llm succeeded # s",
    ]


def test_the_rounds_of_an_iteration_are_counted_and_what_runs_in_them_is_set_in(
    run_workflow: RunWorkflow, dsl: Callable[..., str]
) -> None:
    begin = node("begin", "iteration-start", parent="each")
    inside = {**template("twice", "{{ item }}{{ item }}", item=["each", "item"]), "parentId": "each"}
    each = node(
        "each",
        "iteration",
        start_node_id="begin",
        iterator_selector=["start", "list", "items"],
        output_selector=["twice", "output"],
    )
    nodes = [start(variable("list", "json_object")), each, end(all=["each", "output"])]
    file = dsl(*nodes, begin, inside, edges=[*chain(*nodes), edge("begin", "twice")])
    done = run_workflow(file, 'list:={"items": ["a", "b"]}')
    assert done.out == 'all: ["aa", "bb"]\n'
    assert "  Each: round 2\n" in done.err
