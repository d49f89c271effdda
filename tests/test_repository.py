"""What holds for the repository as a whole: its borders, and that what is said twice is said alike."""

import ast
import functools
import graphlib
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
STANDARD_OR_SDK = {"dify_plugin", "werkzeug", "pydantic", "pydantic_core"}
STANDARD_LIBRARY = {"base64", "collections", "html", "io", "json", "typing"}
CODE = ("tools", "endpoints", "provider", "switchboard", "workspace", "examples", "benchmarks", "publishing", "docs")
OURS = {"tools", "endpoints", "provider", "switchboard", "workspace", "benchmarks", "publishing", "tests", "main"}


def modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def name_of(path: Path) -> str:
    """`switchboard.chat.models` for switchboard/chat/models.py, `switchboard.chat` for its __init__.py."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@functools.cache
def imported_names(path: Path) -> set[str]:
    """The full names that a module imports anywhere in it, within functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def imported(path: Path) -> set[str]:
    """The top-level packages that a module imports anywhere in it."""
    return {name.split(".")[0] for name in imported_names(path)}


def imported_ours(path: Path) -> set[str]:
    """The modules of this project that a module imports anywhere in it."""
    found = set()
    for name in imported_names(path):
        module = name if name in OUR_MODULES else name.rpartition(".")[0]
        found |= {module} & OUR_MODULES - {name_of(path)}
    return found


OUR_MODULES = {name_of(path) for path in modules(*CODE)}


def rooms_beside_each_other() -> dict[str, dict[str, set[str]]]:
    """For each folder, what each module or folder in it imports of the others in it."""
    beside: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for path in modules(*CODE):
        importing = name_of(path).split(".")
        for other in (name.split(".") for name in imported_ours(path)):
            shared = next((i for i, (a, b) in enumerate(zip(importing, other, strict=False)) if a != b), None)
            if shared is not None:
                beside[".".join(importing[:shared])][importing[shared]].add(other[shared])
            else:  # a package's own __init__.py and a module in it
                package, inner = sorted((importing, other), key=len)
                a, b = ("__init__", inner[len(package)]) if importing is package else (inner[len(package)], "__init__")
                beside[".".join(package)][a].add(b)
    return beside


def test_no_import_runs_in_a_circle():
    """Neither between two modules nor between two folders: whatever stands in one folder can be put in an order."""
    for folder, imports in rooms_beside_each_other().items():
        try:
            graphlib.TopologicalSorter(imports).prepare()
        except graphlib.CycleError as error:
            pytest.fail(f"in {folder or 'the project'}: {' <- '.join(error.args[1])}")


def test_folders_import_only_what_lies_below_them():
    """The rooms of docs/architecture.md. Of two in one row neither imports the other."""
    below = {
        ("tools", "endpoints"): {"switchboard"},
        ("provider",): set(),
        ("switchboard",): set(),
        ("workspace",): set(),
        ("publishing",): set(),
        ("docs",): {"workspace", "publishing"},
    }
    beside = rooms_beside_each_other()[""]

    for row, allowed in below.items():
        for room in row:
            assert beside[room] <= allowed, room


def test_no_api_of_the_http_side_knows_another():
    for room in ("http", "openai", "anthropic", "dify", "mcp", "connect"):
        for path in modules(f"endpoints/{room}"):
            others = {name.split(".")[1] for name in imported_ours(path) if name.startswith("endpoints.")}
            assert others <= {"http", room}, path


def test_a_wire_form_makes_no_call():
    for path in modules("endpoints"):
        if "wire" in path.parts or path.parent.name == "http":
            assert "session." not in path.read_text(), path


def test_tools_and_routes_stand_on_the_sdk_and_little_else():
    for path in modules("tools", "endpoints", "provider"):
        if not {"wire", "http"} & set(path.parts):
            assert imported(path) - OURS <= STANDARD_OR_SDK | STANDARD_LIBRARY, path


def test_the_workspace_knows_nothing_of_switchboard():
    for path in modules("workspace"):
        assert "switchboard" not in path.read_text().lower(), path


def test_the_local_apps_do_not_know_what_runs_workflows():
    for path in modules("workspace/dify"):
        assert not {name for name in imported_ours(path) if name.startswith("workspace.workflows")}, path


def test_modules_are_short_enough_to_be_read_at_once():
    long = {path.name: lines for path in modules(*CODE) if (lines := path.read_text().count("\n")) > 300}

    assert not long


def test_only_the_stub_brings_the_sdk_into_the_workspace():
    with_sdk = {str(path.relative_to(ROOT)) for path in modules("workspace") if "dify_plugin" in imported(path)}

    assert with_sdk == {"workspace/stub.py"}


def test_what_makes_the_package_runs_nothing_of_it():
    assert not [path for path in modules("publishing") if "dify_plugin" in imported(path)]


def test_difys_workflow_engine_is_used_in_one_folder_and_by_its_public_names():
    with_engine = [path for path in modules("workspace", "tests") if "graphon" in imported(path)]

    assert {path.parent for path in with_engine} == {ROOT / "workspace" / "workflows"}
    for path in with_engine:
        used = [name.split(".") for name in imported_names(path) if name.split(".")[0] == "graphon"]
        assert not [name for name in used if any(part.startswith("_") for part in name)], path


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
