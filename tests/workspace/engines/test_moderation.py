import random
import string

import pytest
from better_profanity import Profanity

from workspace.engines.moderation import flagged


@pytest.mark.parametrize("text", ["What a lovely day", "", "The class assessed the document", "你好", "!?"])
def test_clean_text_passes(text):
    assert not flagged(text)


@pytest.mark.parametrize("text", ["this is shit", "You BASTARD!", "what sh1t is this", "s.h.i.t.", "s h i t", "SH!T"])
def test_swear_words_and_their_disguises_are_flagged(text):
    assert flagged(text)


@pytest.mark.parametrize("text", ["This is a cow. Girls wait.", "switchboard 0.1.0 in a process", "1.0 in, 2,0 in"])
def test_words_are_not_joined_across_sentences_and_numbers(text):
    assert not flagged(text)


def test_the_verdicts_are_those_of_the_package_where_no_sentence_ends():
    chance = random.Random(7)
    profanity = Profanity()
    words = ["ass", "Its", "the", "s", "h", "i", "t", "hand", "job", "piss", "off", "cow", "girl", "sh1t", "x", "hello"]
    for _ in range(300):
        text = "".join(chance.choice(words) + chance.choice([" ", "-", "_", ", "]) for _ in range(5)) + "end"
        assert flagged(text) == profanity.contains_profanity(text), text


def test_a_long_text_is_read_through():
    """With a megabyte of distinct words; compared one by one with the list, they would take most of an hour."""
    chance = random.Random(7)
    words = ("x" + "".join(chance.choices(string.ascii_lowercase, k=12)) for _ in range(75_000))
    assert not flagged(" ".join(words))
