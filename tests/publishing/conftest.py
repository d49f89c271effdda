"""A copy of the plugin, to break or to unpack."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from publishing import contents
from publishing.plugin import MANIFEST

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def files_of_the_package(child_process: None) -> tuple[str, ...]:
    return contents.read(ROOT).files


@pytest.fixture(scope="session")
def copied(files_of_the_package: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[Path]]:
    """A folder and the files to be in it, of which there are none yet."""
    return tmp_path_factory.mktemp("plugin"), {Path(path) for path in (*files_of_the_package, "pyproject.toml")}


@pytest.fixture
def folder(copied: tuple[Path, set[Path]]) -> Path:
    """What ships, and pyproject.toml, in a folder that is no git repository: all that lies in it counts.

    One for all tests: what the test before has changed is undone.
    """
    copy, files = copied
    folders = {above for file in files for above in file.parents}
    for found in list(copy.rglob("*")):
        path = found.relative_to(copy)
        if path in files and _is_as_copied(found, ROOT / path):
            continue
        if found.is_symlink() or found.is_file():
            found.unlink()
        elif found.is_dir() and path not in folders:
            shutil.rmtree(found)
    for path in files:
        if not (copy / path).exists():
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, copy / path)
    return copy


def _is_as_copied(path: Path, original: Path) -> bool:
    """Whatever writes to a file makes it newer."""
    copied, source = path.lstat(), original.stat()
    return (copied.st_mode, copied.st_size, copied.st_mtime_ns) == (source.st_mode, source.st_size, source.st_mtime_ns)


@pytest.fixture
def edit(folder: Path) -> Callable[..., None]:
    """`edit("manifest.yaml", version="1.0", **{"meta.version": None})` sets fields of a YAML file; None removes one."""

    def edit_yaml(path: str, **fields: object) -> None:
        content = yaml.safe_load((folder / path).read_text())
        for name, value in fields.items():
            holder = content
            *above, last = name.split(".")
            for key in above:
                holder = holder[key]
            if value is None:
                del holder[last]
            else:
                holder[last] = value
        (folder / path).write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))

    assert (folder / MANIFEST).is_file()
    return edit_yaml
