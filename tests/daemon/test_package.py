"""The package beside the one that Dify's own CLI makes of the same folder."""

import pytest

from publishing import plugin
from publishing.__main__ import compare
from publishing.archive import archive, content_of, dify_cli
from tests.daemon.prerequisites import ROOT


def test_difys_cli_makes_the_same_content():
    if not dify_cli():
        pytest.skip("There is no Dify CLI: put `dify` on the PATH, or name it with DIFY_CLI.")
    read = plugin.read(ROOT)

    compare(read, content_of(archive(read.contents)))  # raises what differs
