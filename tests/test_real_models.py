"""The same tools on real models: whatever answers at OPENAI_BASE_URL."""

import json
from pathlib import Path

import pytest

from tests.recordings import wav
from workspace.cli import call

ROOT = str(Path(__file__).parent.parent)


pytestmark = pytest.mark.usefixtures("started_before")


@pytest.fixture
def tool(server, monkeypatch, capsys, tmp_path):
    """Calls a tool from the command line; returns its outputs as `--json` prints them."""
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "test-key")

    def run(name, *arguments):
        code = call.main([ROOT, name, *arguments, "--json", "--data-dir", str(tmp_path / "data")])
        printed = capsys.readouterr().out
        assert code == 0, printed
        return json.loads(printed)

    return run


def test_llm(server, tool):
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "some-model"}
    server.stream(
        {**chunk, "choices": [{"index": 0, "delta": {"reasoning_content": "Hm."}, "finish_reason": None}]},
        {**chunk, "choices": [{"index": 0, "delta": {"content": "Good day."}, "finish_reason": "stop"}]},
    )

    outputs = tool("llm", "model=openai/some-model", "prompt=Hello")

    assert outputs["text"] == "Good day."
    assert outputs["variables"]["reasoning"] == "Hm."
    [asked] = server.asked
    assert (asked.path, asked.json["model"]) == ("/v1/chat/completions", "some-model")
    assert asked.json["messages"] == [{"role": "user", "content": "Hello"}]
    assert asked.headers["authorization"] == "Bearer test-key"


def test_text_embedding(server, tool):
    data = [{"object": "embedding", "index": 0, "embedding": [0.6, 0.8]}]
    usage = {"prompt_tokens": 2, "total_tokens": 2}
    server.reply("/v1/embeddings", {"object": "list", "model": "some-model", "data": data, "usage": usage})

    outputs = tool("text_embedding", "model=openai/some-model", "texts=Hello")

    assert outputs["variables"]["embeddings"] == [[0.6, 0.8]]
    assert outputs["variables"]["usage"]["total_tokens"] == 2
    assert server.asked[0].json["input"] == ["Hello"]


def test_tts(server, tool):
    server.reply("/v1/audio/speech", wav(0.1), content_type="audio/wav")

    outputs = tool("tts", "model=openai/some-model", "text=Hello", "voice=nova")

    assert outputs["files"][0]["filename"] == "speech.wav"
    assert (server.asked[0].json["voice"], server.asked[0].json["input"]) == ("nova", "Hello")


def test_speech2text(server, tool, tmp_path):
    server.reply("/v1/audio/transcriptions", {"text": "Good day."})
    recording = tmp_path / "day.wav"
    recording.write_bytes(wav(0.1))

    outputs = tool("speech2text", "model=openai/some-model", f"audio@{recording}")

    assert outputs["variables"] == {"transcript": "Good day."}
    assert wav(0.1) in server.asked[0].body


def test_moderation(server, tool):
    server.reply("/v1/moderations", {"id": "m", "model": "some-model", "results": [{"flagged": True}]})

    outputs = tool("moderation", "model=openai/some-model", "text=Hello")

    assert outputs["variables"] == {"flagged": True}
    assert server.asked[0].json["input"] == "Hello"


def test_a_server_that_is_not_there_is_named(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")

    code = call.main([ROOT, "moderation", "model=openai/m", "text=Hello", "--data-dir", str(tmp_path)])

    assert code == 1
    assert "no connection to http://127.0.0.1:9/v1: check OPENAI_BASE_URL" in capsys.readouterr().err
