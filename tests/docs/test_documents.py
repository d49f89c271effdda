"""How the tests read documents, and when they take what is printed there for what came."""

import pytest

from tests.documents import Block, blocks, commands, is_as_printed, links, rows

TEXT = """# Title

Text with `[no](link.md)`, [one](a.md#b) and ![a picture](c.svg).

## First

    make one
    curl -d '{
      "a": 1}' \\
      localhost

```text
printed
```

Something between.

```text
not printed
```

```python
x = 1
```

```text
1
```

```text
not of it
```

| head | of |
|---|---|
| `a` | b |

### Below

    make two

## Second

    make three
"""


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "document.md"
    path.write_text(TEXT)
    return str(path)


def test_blocks_have_the_output_that_follows_with_nothing_in_between(document):
    found = blocks("## First", document)

    assert [block.output for block in found] == ["printed", "", "1", "", ""]
    assert found[2] == Block("python", "x = 1", "1")


def test_commands_go_on_over_lines_and_the_last_has_the_output(document):
    curl = "curl -d '{\n  \"a\": 1}' \\\n  localhost"

    assert commands("## First", document) == [("make one", ""), (curl, "printed"), ("make two", "")]
    assert [command for command, _ in commands(document=document)][-1] == "make three"


def test_rows_and_links_are_those_that_are_shown(document):
    assert rows("## First", document) == [["`a`", "b"]]
    assert links(TEXT) == ["a.md#b", "c.svg"]


@pytest.mark.parametrize(
    ("printed", "real"),
    [
        ("took 0.02 s", "took 1.5 s"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id 00000000-0000-0000-0000-000000000000"),
        ('{"a": 1}', '{\n  "a": 1\n}'),
        ("one ... three", "one two three"),
        ("one … three … five", "one two three four five"),
        ("...end", "the end"),
        ("start...", "start and more"),
    ],
)
def test_what_may_differ_is_as_printed(printed, real):
    assert is_as_printed(printed, real)


@pytest.mark.parametrize(
    ("printed", "real"),
    [
        ("took 0.02 s", "took long"),
        ("one", "one two"),
        ("one two", "one"),
        ("one ... three", "zero one two three"),
        ("one ... three", "one two three four"),
        ("one ... two ... three", "one three"),
        ("one ... two ... three", "one three two"),
        ("one ... one", "one"),
    ],
)
def test_what_is_missing_or_too_much_is_not_as_printed(printed, real):
    assert not is_as_printed(printed, real)
