"""Writes the tables of tools, routes and settings into the documents of the folder it is run in: `make docs`."""

import sys
from pathlib import Path

from docs.tables import CannotMake
from docs.tables.tables import documents
from workspace.plugin.errors import PluginFolderError


def main() -> int:
    root = Path.cwd()
    try:
        changed = {path: made for path, (stands, made) in documents(root).items() if made != stands}
        for path, text in changed.items():
            (root / path).write_text(text, encoding="utf-8")
            print(path)
    except (CannotMake, PluginFolderError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename} cannot be written: {error.strerror}.", file=sys.stderr)
        return 1
    if not changed:
        print("The tables in the documents are as the plugin is.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
