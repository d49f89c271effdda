"""The package beside the one that Dify's own CLI makes of the same folder."""

import pytest

from publishing import contents
from publishing.archive import archive, content_of, differences, dify_cli, made_by_cli
from tests.daemon.prerequisites import ROOT


def test_difys_cli_makes_the_same_content():
    if not dify_cli():
        pytest.skip("There is no Dify CLI: put `dify` on the PATH, or name it with DIFY_CLI.")
    found = contents.read(ROOT)

    official = content_of(made_by_cli(dify_cli(), ROOT))

    assert "main.py" in official
    expected = {path: held for path, held in official.items() if path not in found.left_out}
    assert differences(content_of(archive(found)), expected) == []
