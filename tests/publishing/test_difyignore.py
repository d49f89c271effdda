import pytest

from publishing import difyignore
from publishing.difyignore import UnreadablePattern


def ignoring(tmp_path, *lines):
    (tmp_path / ".difyignore").write_text("\n".join(lines))
    return difyignore.read(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "path", "ships"),
    [
        ("tests/", "tests/a.py", False),
        ("tests/", "tools/tests/a.py", False),
        ("tests/", "tools/tests", True),  # a file, not a folder
        ("tests", "tools/tests", False),
        ("/tests/", "tests/deep/a.py", False),
        ("/tests/", "tools/tests/a.py", True),
        ("tests/*", "tests/deep/a.py", False),
        ("tests/*", "tools/tests/a.py", True),
        ("*.pyc", "tools/llm.pyc", False),
        ("*.pyc", "tools/llm.py", True),
        (".env.*", ".env.example", False),
        (".env", ".env.example", True),
        ("/docs/", "docs", True),
        ("/Makefile", "tools/Makefile", True),
        ("LIB/", "lib/a.py", True),
        ("# tests/", "tests/a.py", True),
        ("", "tests/a.py", True),
        ("  *.log  ", "a.log", False),
    ],
)
def test_a_pattern_leaves_out_what_it_does_in_difys_cli(tmp_path, pattern, path, ships):
    assert ignoring(tmp_path, pattern).lets_through(path) is ships


@pytest.mark.parametrize("pattern", ["!README.md", "./tests/", "tests/ # note", "tests/**/a.py"])
def test_a_pattern_that_does_not_do_what_it_says_is_refused(tmp_path, pattern):
    with pytest.raises(UnreadablePattern, match="does not do in Dify's CLI what it says"):
        ignoring(tmp_path, "*.pyc", pattern)
