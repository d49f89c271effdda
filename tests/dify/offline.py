"""This project's own `make serve` as an OpenAI-compatible server, whose offline models Dify is to use."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.dify.apps import MODEL_PREFIX
from tests.served import ROOT, serving

KEY = "test-key"
MODELS = {
    "extractive": ("llm", "local/extractive"),
    "minilm": ("text-embedding", "local/minilm"),
    "espeak": ("tts", "local/espeak"),
    "pocketsphinx": ("speech2text", "local/pocketsphinx"),
    "reranking": ("rerank", "local/minilm"),
}
"""Type of model, and what it is in the local workspace, by the name that it has in Dify behind MODEL_PREFIX."""


@contextmanager
def serving_offline_models(folder: Path) -> Iterator[int]:
    """Its port on loopback. What it keeps is in `folder`."""
    settings = yaml.safe_load((ROOT / "examples/serve.yaml").read_text(encoding="utf-8"))["settings"]
    aliases = (f"{MODEL_PREFIX}{name} = {kind}:{model}" for name, (kind, model) in MODELS.items())
    file = folder / "serve.yaml"
    chosen = {**settings, "api_key": KEY, "models": ", ".join(aliases)}
    file.write_text(yaml.safe_dump({"settings": chosen}), encoding="utf-8")
    with serving(ROOT, "--settings", str(file), "--data-dir", str(folder / "kept")) as served:
        assert served.endpoints is not None
        yield int(served.endpoints.split("/")[2].rpartition(":")[2])
