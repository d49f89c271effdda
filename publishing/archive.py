"""Writes the package, and holds it beside the one that Dify's own CLI makes."""

import io
import os
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path

from publishing.contents import CannotPackage, Contents

WHEN = (1980, 1, 1, 0, 0, 0)
"""The time of every file in it: the earliest that a zip file can hold, which Dify's CLI writes too."""


def archive(contents: Contents) -> bytes:
    """The package, a zip file: the same bytes whenever and wherever the same files are packed with the same zlib."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        for path in contents.files:
            entry = zipfile.ZipInfo(path, WHEN)
            entry.create_system = 3  # Unix, on Windows too
            entry.external_attr = 0o100644 << 16
            package.writestr(entry, contents.bytes_of(path), zipfile.ZIP_DEFLATED, compresslevel=9)
    return packed.getvalue()


def content_of(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as opened:
        return {entry.filename: opened.read(entry) for entry in opened.infolist()}


def dify_cli() -> str:
    """Where Dify's CLI is: named by DIFY_CLI, or `dify` on the PATH; "" if it is not there."""
    return os.environ.get("DIFY_CLI") or shutil.which("dify") or ""


def made_by_cli(cli: str, root: Path) -> bytes:
    """The package that Dify's CLI makes of the same folder. Raises CannotPackage with what it says."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "official.difypkg"
        try:
            done = subprocess.run([cli, "plugin", "package", root, "-o", made], capture_output=True, text=True)
        except OSError as error:
            raise CannotPackage(f"Dify's CLI cannot be run as {cli}: {error.strerror}.") from None
        if done.returncode or not made.is_file():
            raise CannotPackage(f"Dify's CLI refuses the folder: {' '.join((done.stderr or done.stdout).split())}")
        return made.read_bytes()


def differences(ours: dict[str, bytes], official: dict[str, bytes]) -> list[str]:
    """How the content of two packages differs, a sentence for each file."""
    return (
        [f"{path} is in ours alone." for path in sorted(ours.keys() - official.keys())]
        + [f"{path} is in the official one alone." for path in sorted(official.keys() - ours.keys())]
        + [f"{path} differs." for path in sorted(ours.keys() & official.keys()) if ours[path] != official[path]]
    )
