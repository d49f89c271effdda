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
def files_of_the_package() -> tuple[str, ...]:
    return contents.read(ROOT).files


@pytest.fixture
def folder(files_of_the_package: tuple[str, ...], tmp_path: Path) -> Path:
    """What ships, and pyproject.toml, in a folder that is no git repository: all that lies in it counts."""
    copy = tmp_path / "plugin"
    for path in (*files_of_the_package, "pyproject.toml"):
        (copy / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, copy / path)
    return copy


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
