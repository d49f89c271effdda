"""Where in its own code a plugin failed, from the traceback that the SDK sends along with an error."""

import builtins
import re
from pathlib import Path

_FRAME = re.compile(r'^ +File "(?P<file>[^"]+)", line (?P<line>\d+).*(?:\n +(?P<source>[^\s~^].*))?', re.MULTILINE)
_ERROR = re.compile(r"^[\w.<>]+(?=:|$)", re.MULTILINE)


def failure_place(traceback: str, folder: Path) -> str:
    """The last line of the plugin's own that ran, as `tools/keep.py:12: text = kept["text"]`.

    "" where none did, and where the class of the error is the plugin's own: then it means to say what the message
    says, and the line tells no more.
    """
    raised = traceback.rpartition("Traceback (most recent call last):")[2]
    frames = list(_FRAME.finditer(raised))
    folder = folder.resolve()
    own = [frame for frame in frames if _is_own((folder / frame["file"]).resolve(), folder)]
    error = _ERROR.search(raised, frames[-1].end()) if frames else None
    if not own or (error and _is_class_of(folder, error[0])):
        return ""
    file = (folder / own[-1]["file"]).resolve().relative_to(folder)
    return ": ".join(filter(None, (f"{file}:{own[-1]['line']}", own[-1]["source"])))


def _is_own(file: Path, folder: Path) -> bool:
    """Not of an environment in the folder: these have their packages in `site-packages`."""
    return file.is_relative_to(folder) and "site-packages" not in file.parts and file.is_file()


def _is_class_of(folder: Path, error_class: str) -> bool:
    """Whether a module in the folder defines the class, `package.module.Class`; `__main__` is not written before it."""
    module, _, name = error_class.partition(".")
    if not name:
        return not hasattr(builtins, error_class)
    return (folder / f"{module}.py").is_file() or (folder / module).is_dir()
