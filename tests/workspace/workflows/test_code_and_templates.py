"""Code runs in a process of its own and templates in a sandbox."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.workspace.workflows.conftest import MakeApp
from tests.workspace.workflows.dsl_files import code, end, events_of, finished, of_node, start, template, variable
from workspace.plugin.file_server import FileServer
from workspace.workflows.stop import Stop
from workspace.workflows.templates import Templates

pytestmark = pytest.mark.usefixtures("child_process")

PYTHON = "def main(text, n): return {'said': f'{text} {n + 1}', 'more': {'n': n}}"
JAVASCRIPT = "function main({text, n}) { return {said: `${text} ${n + 1}`, more: {n}} }"


def reading(node: dict[str, Any], *names: str) -> dict[str, Any]:
    node["data"]["variables"] = [{"variable": name, "value_selector": ["start", name]} for name in names]
    return node


@pytest.mark.parametrize(("language", "source"), [("python3", PYTHON), ("javascript", JAVASCRIPT)])
def test_code_gets_its_variables_and_gives_its_outputs(make: MakeApp, language: str, source: str) -> None:
    run = reading(code("run", source, language=language, said="string", more="object"), "text", "n")
    tried = make(
        start(variable("text"), variable("n", "number")),
        run,
        end(said=["run", "said"], more=["run", "more"]),
        allow_code=True,
    )

    assert finished(events_of(tried, {"text": "é", "n": 1}))["outputs"] == {"said": "é 2", "more": {"n": 1}}


@pytest.mark.parametrize("text", ['he said "hi"', "C:\\new\tfolder", "two\nlines", "it's <b>"])
def test_a_template_builds_json_of_any_text(make: MakeApp, text: str) -> None:
    """What the plugin's errors advise where a variable breaks an object."""
    built = template("built", '{"text": {{ text | tojson }}}', text=["start", "text"])
    tried = make(start(variable("text")), built, end(built=["built", "output"]))

    assert json.loads(finished(events_of(tried, {"text": text}))["outputs"]["built"]) == {"text": text}


RAISED = """\
Traceback (most recent call last):
  File "<string>", line 11, in <module>
  File "<string>", line 2, in main
ValueError: no tea
"""


@pytest.mark.parametrize(
    ("language", "source", "problem"),
    [
        ("python3", "def main():\n    raise ValueError('no tea')", RAISED),
        ("python3", "def main(:", "SyntaxError: "),
        ("python3", "x = 1", "NameError: name 'main' is not defined"),
        ("python3", "def main(): return 3", "main must return a dict, not 3."),
        ("python3", "def main(): return {'a': {1, 2}}", "TypeError: Object of type set is not JSON serializable"),
        ("python3", "def main(): return {'a': float('nan')}", "ValueError: Out of range float values"),
        ("python3", "import os\ndef main(): os._exit(0)", "The code ended its process."),
        ("python3", "def main(): return {}", "Output a is missing."),
        ("javascript", "function main() { throw new Error('no tea') }", "Error: no tea"),
        ("javascript", "function main() {", "SyntaxError: "),
    ],
)
def test_what_goes_wrong_in_code_is_told_as_dify_tells_it(
    make: MakeApp, language: str, source: str, problem: str
) -> None:
    tried = make(start(), code("run", source, language=language, a="string"), end(), allow_code=True)
    events = events_of(tried)

    assert problem in of_node(events, "run")["error"]
    assert finished(events)["status"] == "failed"


def test_code_sees_few_variables_of_the_environment_and_may_print(
    make: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "test-key")
    source = "import os\ndef main():\n    print('hello')\n    return {'names': ' '.join(os.environ)}"
    tried = make(start(), code("run", source, names="string"), end(names=["run", "names"]), allow_code=True)

    assert "OPENAI_API_KEY" not in finished(events_of(tried))["outputs"]["names"].split()


def test_code_may_put_out_no_more_than_in_dify(make: MakeApp) -> None:
    tried = make(start(), code("run", "def main(): return {'a': 'x' * 400_001}", a="string"), end(), allow_code=True)

    assert "must be less than 400000 characters" in finished(events_of(tried))["error"]


# --- templates


def test_a_template_is_rendered_with_its_variables(make: MakeApp) -> None:
    text = "{% for item in items %}{{ loop.index }}. {{ item.name }}{{ missing }}\n{% endfor %}{{ n + 1 }}"
    items = json.dumps([{"name": "tea"}, {"name": "milk"}])
    made = code("made", f"def main(): return {{'items': {items}, 'n': 2}}", items="array[object]", n="number")
    tried = make(
        start(),
        made,
        template("list", text, items=["made", "items"], n=["made", "n"]),
        end(list=["list", "output"]),
        allow_code=True,
    )

    assert finished(events_of(tried))["outputs"] == {"list": "1. tea\n2. milk\n3"}


def test_a_template_may_change_its_own_lists_and_no_variable(make: MakeApp) -> None:
    made = code("made", "def main(): return {'items': ['tea']}", items="array[string]")
    tried = make(
        start(),
        made,
        template("more", "{% set _ = items.append('milk') %}{{ items|join(', ') }}", items=["made", "items"]),
        end(more=["more", "output"], items=["made", "items"]),
        allow_code=True,
    )

    assert finished(events_of(tried))["outputs"] == {"more": "tea, milk", "items": ["tea"]}


@pytest.mark.parametrize("name", ["one", "many"])
def test_a_template_gets_no_files_but_their_fields(make: MakeApp, files: FileServer, tmp_path: Path, name: str) -> None:
    (tmp_path / "note.txt").write_text("tea")
    kinds = {"allowed_file_types": ["document"]}
    form = start(variable("one", "file", **kinds), variable("many", "file-list", **kinds))
    uploaded = files.lend(tmp_path / "note.txt")
    note = {"type": "document", "transfer_method": "local_file", "upload_file_id": uploaded.id}
    inputs = {"one": note, "many": [note]}

    field = template("named", "{{ name }} at {{ url }}", name=["start", "one", "name"], url=["start", "one", "url"])
    events = events_of(make(form, field, end(named=["named", "output"])), inputs)
    assert finished(events)["outputs"] == {"named": f"note.txt at {uploaded.url}"}

    whole = template("whole", "{{ given }}", given=["start", name])
    ended = finished(events_of(make(form, whole, end(whole=["whole", "output"])), inputs))
    assert ended["error"] == (
        "Dify gives a template no files: given. Choose a field of the file, such as its url or name."
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{{ 1 / 0 }}", "ZeroDivisionError: division by zero"),
        ("{% if %}", "TemplateSyntaxError: Expected an expression"),
        ("{{ nothing.at.all }}", "UndefinedError: 'nothing' is undefined"),
        ("{{ ''.__class__.__mro__ }}", "SecurityError: access to attribute '__class__' of 'str' object is unsafe."),
        ("{{ 9 ** (9 ** 9) }}", "OverflowError: the power is too large"),
        ("{{ 'ab' * 10 ** 9 }}", "OverflowError: the product is too long"),
        ("{{ 10 ** 9 * [1] }}", "OverflowError: the product is too long"),
        ("{% for a in range(10 ** 9) %}{% endfor %}", "OverflowError: more than 1000000 rounds of range loops"),
        (
            "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
            "OverflowError: more than 1000000 rounds of range loops",
        ),
        (
            "{% for a in range(9999) %}{{ 'x' * 99 }}{% endfor %}",
            "Output length exceeds 400000 characters",
        ),
    ],
)
def test_a_template_that_fails_or_goes_too_far_fails_its_node(make: MakeApp, text: str, problem: str) -> None:
    events = events_of(make(start(), template("bad", text), end()))

    assert problem in of_node(events, "bad")["error"]
    assert finished(events)["status"] == "failed"


def test_a_template_is_given_up_when_its_run_is(make: MakeApp) -> None:
    stop = Stop()
    stop.request("enough")
    with pytest.raises(ValueError, match="enough"):
        Templates(stop).render_template("{{ 1 }}", {})
