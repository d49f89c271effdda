"""What docs/self-hosting.md and docs/developing.md quote of this plugin's own sentences is what it says."""

import re
import socket
from pathlib import Path

import pytest
from dify_plugin.file import file as sdk_file
from dify_plugin.file.file import File

from switchboard import errors
from switchboard.errors import SwitchboardError
from switchboard.media.files import download
from switchboard.reverse_invocation import reverse_invocation

DOCS = Path(__file__).parent.parent.parent / "docs"
KINDS = "|".join(name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception))
QUOTED = [
    f"{kind}: {sentence}"
    for document in ("self-hosting.md", "developing.md")
    for _, kind, sentence in re.findall(rf"(``?)({KINDS}): (.+?)\1(?!`)", (DOCS / document).read_text())
]
FAILURES = [
    ("llm", Exception("invocation exited without response after 250 seconds")),
    ("llm", Exception("read llm model failed: EOF\nfailed to read data")),
    ("storage", Exception("save data failed: allocated size is greater than max storage size")),
    ("storage", KeyError("session_id")),
]


def failing(interface, error):
    with reverse_invocation(interface):
        raise error


@pytest.fixture
def said(serve, monkeypatch):
    """What the plugin says when what the documents tell of goes wrong."""
    impatient = sdk_file._plugin_config.model_copy(update={"HTTPX_TIMEOUT": 0.05})
    monkeypatch.setattr(sdk_file, "_plugin_config", impatient)
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as closed:
        ports = [each.getsockname()[1] for each in (silent, closed)]
        closed.close()
        urls = ["/files/a.mp3", *(f"http://127.0.0.1:{port}/a.mp3" for port in ports)]
        urls += [serve(b"", status=403), serve(b"", status=301, headers={"Location": "/elsewhere"})]
        calls = [(download, File(url=url, filename="a.mp3", type="audio"), "audio") for url in urls]
        calls += [(failing, *failure) for failure in FAILURES]
        found = []
        for call, *arguments in calls:
            with pytest.raises(SwitchboardError) as caught:
                call(*arguments)
            found.append(f"{type(caught.value).__name__}: {caught.value}")
    return found


def test_every_quoted_sentence_is_said(said):
    assert len(QUOTED) == len(said)
    for quoted in QUOTED:
        shape = ".*".join(map(re.escape, quoted.split("...")))
        assert any(re.fullmatch(shape, sentence) for sentence in said), quoted
