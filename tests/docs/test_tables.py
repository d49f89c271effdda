"""The tables that `make docs` writes: they stand as they are made, and what is missing or wrong is one sentence."""

import re
import shutil

import pytest
import yaml

from docs.tables import CannotMake
from docs.tables.__main__ import main
from docs.tables.code import read_module
from docs.tables.markers import END, begin, filled
from docs.tables.tables import TABLES, documents
from tests.documents import DOCUMENTS, ROOT, text_of
from workspace.plugin.yaml_file import Loader

MARKERS = re.compile(r"^<!-- (\w+): made by make docs -->$", re.MULTILINE)
TOOLS, ROUTES = begin("tools"), begin("routes")


@pytest.fixture(scope="module")
def made():
    return documents(ROOT)


@pytest.mark.parametrize("document", TABLES)
def test_the_tables_in_a_document_are_those_that_make_docs_writes(made, document):
    stands, should = made[document]

    assert stands == should, f"{document} is stale: make docs mends it"


def test_no_other_document_says_that_make_docs_makes_a_table_of_it():
    assert {document: set(found) for document in DOCUMENTS if (found := MARKERS.findall(text_of(document)))} == {
        document: set(tables) for document, tables in TABLES.items()
    }


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """What the tables are made from and the documents, in a folder, and what each file holds."""
    copy = tmp_path_factory.mktemp("copy")
    left_out = shutil.ignore_patterns("__pycache__", "images")
    for folder in ("provider", "tools", "endpoints", "switchboard", "docs", "readme", "tests/tools", "tests/endpoints"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=left_out)
    for file in ("manifest.yaml", "README.md"):
        shutil.copy(ROOT / file, copy / file)
    return copy, {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}


@pytest.fixture
def copy(copied, monkeypatch):
    """The folder that `make docs` runs in. What a test changes there is undone."""
    folder, files = copied
    monkeypatch.chdir(folder)
    read_module.cache_clear()
    yield folder
    monkeypatch.undo()
    for path in folder.rglob("*"):
        if path.is_file() and path not in files:
            path.unlink()
    for path, content in files.items():
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)


def change(path, old, new, count=-1):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def sentence(capsys):
    """What `make docs` says where it cannot make the tables."""
    assert main() == 1
    told = capsys.readouterr()
    assert not told.out
    assert told.err.count("\n") == 1
    assert told.err.endswith(".\n")
    return told.err


def test_make_docs_writes_what_has_changed_and_then_has_nothing_left_to_do(copy, capsys):
    change(copy / "tools" / "rerank.yaml", "Sorts documents", "Orders | documents")
    change(copy / "README.md", "`llm`, ", "`gone`, ")
    change(
        copy / "docs" / "tools.md", "| `tts` | `text` | `model`, `model_id`, `voice`, `hand_over` | `mime_type` |\n", ""
    )

    assert main() == 0
    assert capsys.readouterr().out.split() == ["README.md", "docs/tools.md"]
    assert (copy / "README.md").read_text() == text_of("README.md")
    tools = (copy / "docs" / "tools.md").read_text()
    assert "| `rerank` | Orders \\| documents by" in tools
    assert tools.replace("Orders \\| documents", "Sorts documents") == text_of("docs/tools.md")

    assert main() == 0
    assert capsys.readouterr().out == "The tables in the documents are as the plugin is.\n"


def test_tools_stand_in_the_order_of_the_provider(copy):
    change(copy / "provider" / "switchboard.yaml", "  - tools/upload_file.yaml\n", "")
    change(copy / "provider" / "switchboard.yaml", "tools:\n", "tools:\n  - tools/upload_file.yaml\n")

    assert main() == 0
    names = re.findall(r"^\| `(\w+)` \|", (copy / "docs/tools.md").read_text(), re.MULTILINE)
    assert names[:2] == ["upload_file", "llm"]
    assert "`upload_file`, `storage`" in (copy / "README.md").read_text()
    assert "`upload_file`、`storage`" in (copy / "readme" / "README_ja_JP.md").read_text()


def test_what_a_tool_gains_in_its_yaml_is_in_the_tables(copy):
    path = copy / "tools" / "moderation.yaml"
    declared = yaml.load(path.read_bytes(), Loader)
    declared["parameters"].append({**declared["parameters"][0], "name": "second_model", "required": False})
    declared["output_schema"]["properties"]["words"] = {"type": "array"}
    path.write_text(yaml.safe_dump(declared, allow_unicode=True))

    assert main() == 0
    row = "| `moderation` | `text` | `model`, `model_id`, `second_model` | `flagged`, `words` |"
    assert row in (copy / "docs" / "tools.md").read_text().splitlines()


def test_a_call_is_found_where_it_is_made(copy):
    """In the tool itself; of a route also in what it imports."""
    change(copy / "tools" / "moderation.py", "self.session.model.moderation", "self.session.model.rerank")
    change(copy / "switchboard" / "chat" / "apps.py", "session.app.chat", "session.app.workflow")

    assert main() == 0
    text = (copy / "docs" / "reverse-invocations.md").read_text()
    assert "| `model.rerank` | `model.rerank` | [`moderation`](../tools/moderation.py) |" in text
    assert "| `POST /v1/chat/completions` | `app.workflow`, `model.llm`, " in text


def test_a_tool_that_fails_in_dify_today_marks_the_routes_that_make_the_same_call(copy):
    change(copy / "tools" / "moderation.yaml", "en_US: Moderate a text", "en_US: Moderate a text (fails in Dify today)")

    assert main() == 0
    assert "`moderation` (**fails in Dify today**)" in (copy / "README.md").read_text()
    assert "`moderation`（**目前在 Dify 中会失败**）" in (copy / "readme" / "README_zh_Hans.md").read_text()
    assert "| `POST /v1/moderations` (**fails in Dify today**) | OpenAI |" in (copy / "docs/http-api.md").read_text()


@pytest.mark.parametrize(
    ("file", "old", "new", "where"),
    [
        ("tools/rerank.yaml", "    ja_JP: ドキュメントの Rerank\n", "", "identity.label"),
        ("tools/rerank.yaml", "    zh_Hans: 文档重排序\n", "    zh_Hans: ' '\n", "identity.label"),
        ("tools/rerank.yaml", "pt_BR: Ordena", "pt_PT: Ordena", "description.human"),
        ("tools/storage.yaml", "      pt_BR: Chave\n", "", "parameters.key.label"),
        ("endpoints/group.yaml", "      ja_JP: API キー\n", "", "settings.api_key.label"),
    ],
)
def test_a_missing_language_is_named_with_its_file(copy, capsys, file, old, new, where):
    change(copy / file, old, new, 1)
    [language] = re.findall(r"zh_Hans|ja_JP|pt_BR", old)

    told = sentence(capsys)

    assert told.startswith(f"{file} lacks {language} in {where}: ")


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("tests/tools/test_rerank.py", "tests/tools/test_rerank.py is missing: the tests of tools/rerank.py"),
        ("tests/endpoints/test_duck.py", "tests/endpoints/test_duck.py is missing: the tests of endpoints/duck.py"),
        ("tools/rerank.py", "tools/rerank.py cannot be read: No such file or directory."),
        ("tools/rerank.yaml", "tools/rerank.yaml cannot be read"),
        ("endpoints/duck.yaml", "endpoints/duck.yaml cannot be read"),
        ("readme/README_pt_BR.md", "readme/README_pt_BR.md cannot be read: No such file or directory."),
    ],
)
def test_a_missing_file_is_named(copy, capsys, file, told):
    (copy / file).unlink()

    assert sentence(capsys).startswith(told)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("tools/rerank.py", "class ", "clas ", "tools/rerank.py does not compile: "),
        ("tools/rerank.yaml", "identity:", "identity: [", "tools/rerank.yaml is not YAML in line "),
        ("tools/rerank.yaml", "output_schema:", "outputs:", "tools/rerank.yaml: output_schema.properties must be"),
        ("tools/rerank.yaml", "description:", "describe:", "tools/rerank.yaml lacks description.human.en_US"),
        (
            "endpoints/duck.py",
            "<app_id>`: shows",
            "<app_id>` shows",
            "endpoints/duck.py does not say what the route does",
        ),
        ("endpoints/duck.yaml", "method: GET\n", "", "endpoints/duck.yaml lacks method"),
        ("endpoints/group.yaml", "name: reach", "title: reach", "endpoints/group.yaml: setting number 14 lacks a name"),
        (
            "endpoints/group.yaml",
            "    help:\n",
            "    hint:\n",
            "endpoints/group.yaml: setting api_key lacks a help in ",
        ),
        ("tools/rerank.py", "model.rerank.", "model.sing.", "publishing/code_rules.py does not say which permission"),
    ],
)
def test_what_cannot_be_read_is_named(copy, capsys, file, old, new, told):
    change(copy / file, old, new, 1)

    assert sentence(capsys).startswith(told)


def test_an_api_that_the_tables_do_not_know_is_named(copy, capsys):
    (copy / "endpoints" / "morse").mkdir()
    shutil.move(copy / "endpoints/duck.py", copy / "endpoints/morse/duck.py")
    (copy / "tests/endpoints/morse").mkdir()
    shutil.move(copy / "tests/endpoints/test_duck.py", copy / "tests/endpoints/morse/test_duck.py")
    change(copy / "endpoints/duck.yaml", "endpoints/duck.py", "endpoints/morse/duck.py")

    assert (
        sentence(capsys) == "docs/tables/tables.py does not say in SPEAKS which API endpoints/morse/duck.py speaks.\n"
    )


def test_a_tool_of_no_kind_is_named(copy, capsys):
    change(copy / "tools/rerank.py", "self.session.model.rerank.invoke", "nothing")

    told = "docs/tables/tables.py does not say in KINDS_OF_TOOLS of which kind tools/rerank.py is.\n"
    assert sentence(capsys) == told


def test_nothing_is_written_where_a_marker_is_missing(copy, capsys):
    change(copy / "README.md", TOOLS, "")
    change(copy / "docs" / "tools.md", "| `llm` |", "| `stale` |")

    assert sentence(capsys) == f"README.md lacks the line `{TOOLS}`: put it and `{END}` where the table belongs.\n"
    assert "| `stale` |" in (copy / "docs" / "tools.md").read_text()


BIRDS = begin("birds")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", f"a.md lacks the line `{TOOLS}`: put it and `{END}` where the table belongs."),
        (f"{TOOLS}\n{END}", f"a.md lacks the line `{ROUTES}`: put it and `{END}` where the table belongs."),
        (
            f"{TOOLS}\n{END}\n{ROUTES}\n{END}\n{TOOLS}\n{END}",
            f"a.md has the line `{TOOLS}` 2 times: leave one of them.",
        ),
        (f"{TOOLS}\n{TOOLS}\n{END}\n{ROUTES}\n{END}", f"a.md has the line `{TOOLS}` 2 times: leave one of them."),
        (f"{TOOLS}\n{ROUTES}\n{END}", f"a.md lacks the line `{END}` after `{TOOLS}`."),
        (f"{TOOLS}\n{END}\n{ROUTES}", f"a.md lacks the line `{END}` after `{ROUTES}`."),
        (f"{TOOLS}\n{END}\n{END}\n{ROUTES}\n{END}", f"a.md has a line `{END}` too much: one stands after each table."),
        (f"{END}\n{TOOLS}\n{END}\n{ROUTES}\n{END}", f"a.md has a line `{END}` too much: one stands after each table."),
        (f"{BIRDS}\n{END}", f"a.md has the line `{BIRDS}`, but its tables are `{TOOLS}` and `{ROUTES}`."),
    ],
)
def test_a_marker_that_is_missing_or_doubled_is_named(text, told):
    with pytest.raises(CannotMake) as caught:
        filled("a.md", text, {"tools": "| x |", "routes": "| y |"})

    assert str(caught.value) == told


def test_a_document_that_cannot_be_written_is_named(copy, capsys, monkeypatch):
    def full(self, *_, **__):
        raise OSError(28, "No space left on device", str(self))

    change(copy / "README.md", "`llm`, ", "`gone`, ")
    monkeypatch.setattr("pathlib.Path.write_text", full)

    assert sentence(capsys) == f"{copy / 'README.md'} cannot be written: No space left on device.\n"


def test_what_stands_around_a_table_stays():
    text = f"# A\n\nbefore\n{TOOLS}\nold\n{END}\nbetween\n\n{ROUTES}\n{END}\nafter\n"

    made = filled("a.md", text, {"tools": "| x |\n|---|", "routes": "| y |\n|---|"})

    assert made == (
        f"# A\n\nbefore\n{TOOLS}\n\n| x |\n|---|\n\n{END}\nbetween\n\n{ROUTES}\n\n| y |\n|---|\n\n{END}\nafter\n"
    )
