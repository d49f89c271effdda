"""What holds for the repository as a whole: its borders, and that what is said twice is said alike."""

import ast
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
STANDARD_OR_SDK = {"dify_plugin", "werkzeug", "pydantic", "pydantic_core"}
OURS = {"tools", "endpoints", "provider", "switchboard", "workspace", "benchmarks", "publishing", "tests", "main"}


def imported(path: Path) -> set[str]:
    """The top-level packages that a module imports anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            names.add((node.module or "").split(".")[0])
    return names


def modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("path", modules("tools", "endpoints", "provider"), ids=lambda path: path.stem)
def test_tools_and_endpoints_import_the_shared_modules_and_the_sdk_alone(path):
    assert imported(path) & OURS <= {"switchboard"}
    assert imported(path) - OURS <= STANDARD_OR_SDK | {"base64", "collections", "html", "io", "json", "typing"}


@pytest.mark.parametrize("path", modules("switchboard"), ids=lambda path: path.stem)
def test_shared_modules_import_neither_tools_nor_the_workspace(path):
    assert imported(path) & OURS <= {"switchboard"}


@pytest.mark.parametrize("path", modules("workspace"), ids=lambda path: str(path.relative_to(ROOT / "workspace")))
def test_the_workspace_knows_nothing_of_switchboard(path):
    assert imported(path) & OURS <= {"workspace"}
    assert "switchboard" not in path.read_text().lower()


def test_only_the_stub_brings_the_sdk_into_the_workspace():
    with_sdk = {str(path.relative_to(ROOT)) for path in modules("workspace") if "dify_plugin" in imported(path)}

    assert with_sdk == {"workspace/stub.py"}


@pytest.mark.parametrize("path", modules("publishing"), ids=lambda path: path.stem)
def test_what_makes_the_package_runs_nothing_of_it(path):
    assert imported(path) & OURS <= {"publishing"}
    assert "dify_plugin" not in imported(path)


def test_difys_workflow_engine_is_used_in_one_folder_and_by_its_public_names():
    with_engine = [path for path in modules("workspace", "tests") if "graphon" in imported(path)]

    assert {path.parent for path in with_engine} == {ROOT / "workspace" / "workflows"}
    for path in with_engine:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "graphon":
                names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
                assert not [name for name in names if name.startswith("_")], path


def requirements(lines: list[str]) -> set[str]:
    return {f"{requirement.name}{requirement.specifier}" for requirement in map(Requirement, lines)}


def test_requirements_and_project_agree():
    shipped = (ROOT / "requirements.txt").read_text().split("\n")

    assert requirements([line for line in shipped if line]) == requirements(PYPROJECT["project"]["dependencies"])


def test_the_lock_is_of_this_project():
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    [own] = [package for package in lock["package"] if package["name"] == PYPROJECT["project"]["name"]]
    locked = own["metadata"]["requires-dist"]
    groups = own["metadata"]["requires-dev"]

    def as_set(items):
        return requirements([f"{item['name']}{item.get('specifier', '')}" for item in items])

    def normalised(lines):
        return {line.replace("_", "-") for line in requirements(lines)}

    declared = PYPROJECT["dependency-groups"]
    assert as_set(locked) == normalised(PYPROJECT["project"]["dependencies"])
    assert as_set(groups["workspace"]) == normalised(declared["workspace"])
    own_lines = [line for line in declared["dev"] if isinstance(line, str)]
    assert as_set(groups["dev"]) == normalised(own_lines + declared["workspace"])


def test_versions_agree():
    manifest = yaml.safe_load((ROOT / "manifest.yaml").read_text())

    assert manifest["version"] == PYPROJECT["project"]["version"]
    assert f"\n## [{manifest['version']}] - " in (ROOT / "CHANGELOG.md").read_text()
    assert (ROOT / ".python-version").read_text().strip() == manifest["meta"]["runner"]["version"]
