"""The persistent storage of a plugin, as the daemon keeps it on a local disk.

A key is a path: `a/../b` is `b`, and a value at `a` leaves no room for one at `a/b`. Everything a plugin stores lies
under `<folder>/<author>/<name>`, so it outlives the plugin's version and is shared by all users. The quota is checked
*after* the write: a value over it raises and is there all the same. `deleted_num` counts entries of the daemon's cache:
1 for a value that was read since it was set, else 0. Not imitated: that this cache lasts for five minutes.

Source: dify-plugin-daemon, `persistence.go`, `executeDifyInvocationStorageTask`.
"""

import re
import threading
from pathlib import Path
from posixpath import normpath
from typing import Any

from workspace.wire import DifyError

MAX_BYTES = 100 * 1024 * 1024
"""The daemon's own limit for one plugin, whatever its manifest says (PERSISTENCE_STORAGE_MAX_SIZE)."""

MAX_KEY_BYTES = 256


class Storage:
    """Values by key for one plugin. `folder` None means that the workspace keeps nothing."""

    def __init__(self, manifest: dict[str, Any], folder: Path | None) -> None:
        permission = (manifest.get("resource") or {}).get("permission") or {}
        size = (permission.get("storage") or {}).get("size")
        self._quota = MAX_BYTES if size is None else min(int(size), MAX_BYTES)
        self._plugin = folder / _part(manifest.get("author")) / _part(manifest.get("name")) if folder else None
        self._cached: set[str] = set()
        self._lock = threading.Lock()

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The reply to `{"opt": get|set|del|exist, "key", "value": hex}`; `DifyError` carries the daemon's texts."""
        if self._plugin is None:
            raise DifyError("persistence not found")
        key = request["key"]
        with self._lock:
            match request["opt"]:
                case "get":
                    return {"data": self._get(key).hex()}
                case "set":
                    self._set(key, _decoded(request["value"]))
                    return {"data": "ok"}
                case "del":
                    return {"data": "ok", "deleted_num": self._delete(key)}
        try:
            exists = self._file(key).exists()
        except ValueError as error:
            raise DifyError(f"exist data failed: {error}") from error
        return {"data": exists, "exist_num": int(exists)}

    def _get(self, key: str) -> bytes:
        try:
            value = self._file(key).read_bytes()
        except (OSError, ValueError) as error:
            text = "load data failed, please check if the key is correct or you have not set it"
            raise DifyError(text) from error
        self._cached.add(key)
        return value

    def _set(self, key: str, value: bytes) -> None:
        try:
            file = self._file(key)
            _check_length(key)
            before = file.stat().st_size if file.is_file() else 0
            self._values().mkdir(parents=True, exist_ok=True)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(value)
            used = self._used() + len(value) - before
            self._check_quota(used)
            self._remember(used)
            self._cached.discard(key)
        except OSError as error:
            raise DifyError(f"save data failed: {_why(error, key)}") from error
        except ValueError as error:
            raise DifyError(f"save data failed: {error}") from error

    def _delete(self, key: str) -> int:
        """How many entries of the daemon's cache it took."""
        try:
            file = self._file(key)
            size = file.stat().st_size
            file.unlink()
        except OSError as error:
            raise DifyError(f"delete data failed: stat {_why(error, str(self._file(key)))}") from error
        except ValueError as error:
            raise DifyError(f"delete data failed: {error}") from error
        self._remember(self._used() - size)
        cached = int(key in self._cached)
        self._cached.discard(key)
        return cached

    def _file(self, key: str) -> Path:
        clean = normpath(key)
        if ".." in clean or "\\" in clean:
            raise ValueError("invalid key: path traversal attempt detected")
        return self._values() / clean.lstrip("/")

    def _values(self) -> Path:
        assert self._plugin is not None
        return self._plugin / "values"

    def _check_quota(self, used: int) -> None:
        if used > self._quota:
            raise ValueError("allocated size is greater than max storage size")

    def _used(self) -> int:
        assert self._plugin is not None
        counter = self._plugin / "used"
        return int(counter.read_text()) if counter.exists() else 0

    def _remember(self, used: int) -> None:
        assert self._plugin is not None
        (self._plugin / "used").write_text(str(used))


def _part(name: object) -> str:
    """A plugin's author or name as a folder; a manifest that was never checked may have anything there."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", str(name or "_"))


def _check_length(key: str) -> None:
    if len(key.encode()) > MAX_KEY_BYTES:
        raise ValueError("key length must be less than 256 characters")


def _decoded(value: str) -> bytes:
    """Hex to bytes, with Go's texts for what is no hex."""
    wrong = next((mark for mark in value if mark not in "0123456789abcdefABCDEF"), None)
    if wrong is not None:
        raise DifyError(f"decode data failed: encoding/hex: invalid byte: U+{ord(wrong):04X} '{wrong}'")
    if len(value) % 2:
        raise DifyError("decode data failed: encoding/hex: odd length hex string")
    return bytes.fromhex(value)


def _why(error: OSError, key: str) -> str:
    return f"{key}: {(error.strerror or str(error)).lower()}"
