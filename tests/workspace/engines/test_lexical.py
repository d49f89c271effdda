import math

import pytest

from workspace.engines.lexical import DIMENSIONS, Lexical


def cosine(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_vectors_have_unit_length():
    vectors = Lexical().embed(["one", "one two three", "", "你好"]).vectors

    assert {len(vector) for vector in vectors} == {DIMENSIONS}
    assert [math.hypot(*vector) for vector in vectors] == pytest.approx([1] * 4)


def test_texts_that_share_words_are_nearest():
    question, near, far = (
        Lexical().embed(["opening hours of the office", "The office opens at nine", "Dogs bark"]).vectors
    )

    assert cosine(question, near) > 0.2 > cosine(question, far)


def test_the_same_text_is_the_same_vector():
    assert Lexical().embed(["one two"]) == Lexical().embed(["one two"])


def test_it_says_that_it_is_a_stand_in():
    assert "stand-in" in Lexical.description


@pytest.mark.parametrize("text", ["Hello world,  things.\n", "  led", "", "  ", "你好"])
def test_the_pieces_of_a_text_joined_are_the_text(text):
    assert "".join(Lexical().pieces(text)) == text
