"""`make package`: what is in it, that it is the same each time, and what it says instead of making a wrong one."""

import io
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from publishing import __main__, contents, difyignore, plugin, rules
from publishing.archive import content_of, differences

ROOT = Path(__file__).parent.parent.parent
DEVELOPMENT = {"tests", "workspace", "benchmarks", "examples", "docs", "publishing", ".github", ".ci", "dist"}


@pytest.fixture
def package(folder, monkeypatch, capsys):
    """Runs the command in the copy: its exit code, and what it printed on stdout and stderr."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DIFY_CLI", raising=False)
    monkeypatch.setenv("PATH", os.defpath)

    def run(command="package"):
        return __main__.main([command]), *capsys.readouterr()

    return run


def in_git(folder):
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "add", "--all"], cwd=folder, check=True)


def test_it_holds_what_runs_and_nothing_of_development(files_of_the_package):
    tops = {path.split("/")[0] for path in files_of_the_package}

    assert {"main.py", "manifest.yaml", "requirements.txt", "tools", "endpoints", "switchboard", "_assets"} <= tops
    assert not tops & (DEVELOPMENT | {"pyproject.toml", "uv.lock", "Makefile", "CONTRIBUTING.md", "SECURITY.md"})
    assert all((ROOT / "tools" / f"{tool}.py").is_file() for tool in ("llm", "tts"))
    assert {path for path in files_of_the_package if path.startswith("tools/")} == {
        f"tools/{path.name}" for path in (ROOT / "tools").iterdir() if path.is_file()
    }


def test_it_is_the_same_bytes_each_time(folder, package):
    assert package()[0] == 0
    [made] = (folder / "dist").iterdir()
    first = made.read_bytes()
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))
    (folder / "main.py").chmod(0o755)

    assert package()[0] == 0

    assert made.name == "switchboard-0.1.0.difypkg"
    assert made.read_bytes() == first
    with zipfile.ZipFile(io.BytesIO(first)) as opened:
        assert opened.namelist() == sorted(opened.namelist())
        assert {entry.date_time for entry in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in opened.infolist()} == {0o100644}


def test_it_says_what_it_made_and_what_is_the_owners_to_fill_in(package):
    code, printed, _ = package()

    assert code == 0
    assert "dist/switchboard-0.1.0.difypkg: " in printed
    assert "sha256: " in printed
    assert "not compared with Dify's CLI" in printed
    for field in ("author", "repo", "contact"):
        assert f"\n  {field}: " in printed


def test_the_readmes_in_it_are_made_for_dify(folder, package, edit):
    edit("manifest.yaml", repo="https://example.com/someone/switchboard")
    (folder / "README.md").write_text("Source: <https://example.com/someone/switchboard>. [Limits](docs/limits.md)\n")
    (folder / "readme" / "README_ja_JP.md").write_text("[制限](../docs/limits.md#sizes)\n")

    assert package()[0] == 0

    [made] = (folder / "dist").iterdir()
    held = content_of(made.read_bytes())
    limits = "https://example.com/someone/switchboard/blob/HEAD/docs/limits.md"
    assert held["README.md"].decode().endswith(f"[Limits]({limits})\n")
    assert held["readme/README_ja_JP.md"].decode() == f"[制限]({limits}#sizes)\n"


def test_what_the_owner_has_filled_in_is_no_longer_asked_for(folder, edit):
    repo = "https://example.com/someone/switchboard"
    edit("manifest.yaml", author="someone", repo=repo, contact="an address")
    (folder / "README.md").write_text(f"[Source]({repo})")

    assert rules.left_to_the_owner(plugin.read(folder)) == []


def test_what_git_does_not_track_is_left_out_and_told(folder, package):
    in_git(folder)
    (folder / "tools" / "notes.txt").write_text("not for anybody")

    code, printed, _ = package()

    assert code == 0
    assert "left out, since git does not track it: tools/notes.txt\n" in printed
    [made] = (folder / "dist").iterdir()
    assert "tools/notes.txt" not in content_of(made.read_bytes())


def test_a_tool_that_git_does_not_know_yet_is_told(folder, package):
    (folder / "tools" / "llm.py").rename(folder / "llm.py")
    in_git(folder)
    subprocess.run(["git", "rm", "--quiet", "--cached", "llm.py", "tools/llm.yaml"], cwd=folder, check=True)
    (folder / "llm.py").rename(folder / "tools" / "llm.py")

    code, _, problems = package("check")

    assert code == 1
    assert "tools/llm.yaml is not in the package: tell git of it, with git add." in problems


@pytest.mark.parametrize(
    ("breaking", "sentence"),
    [
        (lambda folder: (folder / ".difyignore").unlink(), "There is no .difyignore in "),
        (lambda folder: (folder / "manifest.yaml").unlink(), "manifest.yaml is not in the package: "),
        (lambda folder: (folder / "manifest.yaml").write_text("a: [b"), "manifest.yaml is not YAML: "),
        (lambda folder: (folder / "manifest.yaml").write_text("[]"), "manifest.yaml holds no mapping."),
        (lambda folder: (folder / ".difyignore").write_text("!a"), "`!a` in .difyignore does not do in Dify's CLI "),
        (lambda folder: (in_git(folder), (folder / "main.py").unlink()), "git tracks main.py, which is not there: "),
        (lambda folder: (folder / ".git").write_text("gitdir: nowhere"), "git cannot list the files: "),
        (lambda folder: (folder / "pyproject.toml").write_text("a = b"), "pyproject.toml is not TOML: "),
        (lambda folder: (folder / "README.md").write_bytes("\u4f60".encode("gbk")), "README.md is not UTF-8."),
        (lambda folder: (folder / "README.md").write_text("[a][b]\n"), "README.md: [a][b] does not work in Dify: "),
        (lambda folder: (folder / ".difyignore").write_bytes(b"\xff"), ".difyignore is not UTF-8."),
        (lambda folder: (folder / "tools" / "llm.yaml").write_bytes(b"\xff: 1"), "tools/llm.yaml is not YAML: "),
    ],
)
def test_a_folder_that_cannot_be_packaged_is_refused_with_one_sentence(folder, package, breaking, sentence):
    breaking(folder)

    code, printed, problem = package()

    assert code == 1
    assert problem.startswith(sentence)
    assert problem.count("\n") == 1
    assert not printed
    assert not (folder / "dist").exists()


def test_a_place_that_cannot_be_written_to_is_told_in_one_sentence(folder, package):
    (folder / "dist" / "switchboard-0.1.0.difypkg").mkdir(parents=True)

    assert package() == (1, "", "dist/switchboard-0.1.0.difypkg cannot be written: Is a directory.\n")


def test_a_broken_rule_is_told_and_no_package_is_made(folder, package):
    (folder / "tools" / "llm.pem").write_text("-----BEGIN PRIVATE KEY-----")
    (folder / ".difyignore").write_text("dist/\npyproject.toml\n")

    code, _, problems = package()

    assert code == 1
    assert "tools/llm.pem does not run in Dify" in problems
    assert "tools/llm.pem, line 1, looks like a private key." in problems
    assert not (folder / "dist").exists()


JUNK = [
    *(".env", ".env.local", ".venv/bin/python", "venv/bin/python", "__pycache__/main.pyc", "tools/__pycache__/llm.pyc"),
    *(".idea/misc.xml", ".vscode/settings.json", ".DS_Store", "tools/.llm.py.swp", "README.md~", "switchboard.log"),
    *(
        "README.md.bak",
        "server.pem",
        "id.key",
        "old.difypkg",
        "tools/tests/test_llm.py",
        "dist/new.difypkg",
        ".git/config",
        ".workspace/a",
    ),
    *(".pytest_cache/a", ".mypy_cache/a", ".ruff_cache/a", ".hypothesis/a", "demo-output/results.json", ".uv/bin/uv"),
]


@pytest.mark.parametrize("junk", JUNK)
def test_what_lies_about_in_a_folder_of_work_never_ships(junk):
    """Not even where nobody asks git: Dify's CLI goes by this file alone."""
    assert not difyignore.read(ROOT).lets_through(junk)


def test_differences_between_two_packages_are_told():
    ours = {"a": b"1", "b": b"1", "c": b"1"}

    assert differences(ours, {"a": b"1", "b": b"2", "d": b"1"}) == [
        "c is in ours alone.",
        "d is in the official one alone.",
        "b differs.",
    ]


@pytest.fixture
def cli_makes(tmp_path, monkeypatch):
    """A stand-in for Dify's CLI that makes a package of this content, whatever the folder holds."""

    def makes(content):
        with zipfile.ZipFile(tmp_path / "official.difypkg", "w") as official:
            for path, held in content.items():
                official.writestr(path, held)
        cli = tmp_path / "dify"
        cli.write_text(f'#!/bin/sh\ncp "{tmp_path}/official.difypkg" "$5"\n')
        cli.chmod(0o755)
        monkeypatch.setenv("DIFY_CLI", str(cli))

    return makes


def test_it_is_compared_with_what_difys_cli_makes_of_what_git_tracks(folder, package, cli_makes):
    in_git(folder)
    (folder / "tools" / "notes.txt").write_text("not for anybody")
    tracked = {path: (folder / path).read_bytes() for path in contents.read(folder).files}
    cli_makes({**tracked, "tools/notes.txt": b"not for anybody"})

    code, printed, _ = package()

    assert code == 0
    assert f"the same content as {os.environ['DIFY_CLI']} makes, but for the READMEs" in printed


def test_a_cli_that_makes_something_else_stops_it(folder, package, cli_makes):
    files = contents.read(folder).files
    cli_makes({path: (folder / path).read_bytes() for path in files if path != "main.py"})

    code, _, problem = package()

    assert code == 1
    assert problem == f"This is not what {os.environ['DIFY_CLI']} makes of the folder: main.py is in ours alone.\n"


@pytest.mark.parametrize(
    ("cli", "sentence"), [("nowhere/dify", "cannot be run as nowhere/dify"), ("/bin/false", "refuses the folder")]
)
def test_a_cli_that_fails_is_told(package, monkeypatch, cli, sentence):
    monkeypatch.setenv("DIFY_CLI", cli)

    code, _, problem = package()

    assert code == 1
    assert sentence in problem
