import math
import shutil

import pytest

from workspace.engines import minilm as module
from workspace.engines.minilm import MAX_WORD_PIECES, MiniLM, folder, minilm
from workspace.wire import DifyError


@pytest.fixture(scope="module")
def model():
    return minilm()


def cosine(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_vectors_are_those_of_sentence_transformers(model):
    """The first numbers that the model's card gives for its example sentence."""
    vector = model.embed(["This is an example sentence"]).vectors[0]

    assert vector[:4] == pytest.approx([0.0677, 0.0635, 0.0487, 0.0793], abs=5e-4)


def test_vectors_have_unit_length_and_384_numbers(model):
    vectors = model.embed(["short", "a longer sentence about something else", ""]).vectors

    assert [len(vector) for vector in vectors] == [384] * 3
    assert [math.hypot(*vector) for vector in vectors] == pytest.approx([1] * 3, abs=1e-5)


def test_texts_of_like_meaning_are_nearest(model):
    question, *answers = model.embed(
        ["How do I reset my password?", "I cannot log in to my account", "The soup needs salt", "Stocks fell"]
    ).vectors

    scores = [cosine(question, answer) for answer in answers]
    assert scores[0] > 0.4
    assert max(scores[1:]) < 0.2


def test_a_text_has_the_same_vector_alone_and_among_longer_ones(model):
    texts = ["word " * count for count in range(1, 40)]
    together = model.embed(texts).vectors

    assert cosine(together[0], model.embed(texts[:1]).vectors[0]) == pytest.approx(1, abs=1e-5)
    assert cosine(together[20], model.embed(texts[20:21]).vectors[0]) == pytest.approx(1, abs=1e-5)


def test_what_follows_the_first_256_word_pieces_has_no_influence(model):
    start = "word " * 300
    same, longer = model.embed([start, start + "elephant " * 100]).vectors

    assert same == pytest.approx(longer, abs=1e-6)
    assert model.embed([start]).tokens == MAX_WORD_PIECES


@pytest.mark.parametrize("text", ["Hello world, unbelievable  things\n\n happen. ", "  led", "", "你好吗", "a\0é😀 b"])
def test_the_pieces_of_a_text_joined_are_the_text(model, text):
    assert "".join(model.pieces(text)) == text


def test_no_texts_have_no_vectors(model):
    assert model.embed([]) == ([], 0)


def test_weights_with_another_hash_are_refused(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"weights of somebody else")
    shutil.copy(folder() / "tokenizer.json", tmp_path)

    with pytest.raises(DifyError, match=r"model\.safetensors is not the file it should be .* reinstall"):
        MiniLM(tmp_path)


def test_without_the_package_there_is_no_model(monkeypatch):
    monkeypatch.setattr(module, "PACKAGE", "no_such_package")

    assert folder() is None
