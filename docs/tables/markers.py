"""The two lines between which a table stands in a document, and the tables put between them.

<!-- tools: made by make docs -->

| tool | ...

<!-- end -->
"""

import re
from collections.abc import Mapping

from docs.tables import CannotMake

END = "<!-- end -->"
_BEGIN = re.compile(r"<!-- (\w+): made by make docs -->")


def begin(table: str) -> str:
    return f"<!-- {table}: made by make docs -->"


def filled(document: str, text: str, tables: Mapping[str, str]) -> str:
    """The text of a document with its tables in place of what stands between their markers.

    `tables` has each by its name. Raises CannotMake unless the document has the markers of these, each once.
    """
    lines = text.splitlines()
    found = [line for line in lines if _BEGIN.fullmatch(line) or line == END]
    for line in dict.fromkeys(found):
        if line != END and line not in map(begin, tables):
            known = " and ".join(f"`{begin(table)}`" for table in tables)
            raise CannotMake(f"{document} has the line `{line}`, but its tables are {known}.")
        if line != END and found.count(line) > 1:
            raise CannotMake(f"{document} has the line `{line}` {found.count(line)} times: leave one of them.")
    for table in tables:
        if begin(table) not in found:
            raise CannotMake(f"{document} lacks the line `{begin(table)}`: put it and `{END}` where the table belongs.")
    for line, following in zip(["", *found], [*found, ""], strict=True):
        if line not in ("", END) and following != END:
            raise CannotMake(f"{document} lacks the line `{END}` after `{line}`.")
        if line in ("", END) and following == END:
            raise CannotMake(f"{document} has a line `{END}` too much: one stands after each table.")
    for table, rows in tables.items():
        place = lines.index(begin(table))
        end = lines.index(END, place)
        lines[place + 1 : end] = ["", *rows.splitlines(), ""]
    return "\n".join(lines) + "\n"
