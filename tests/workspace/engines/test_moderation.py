import pytest

from workspace.engines.moderation import LONGEST, flagged
from workspace.wire import DifyError


@pytest.mark.parametrize("text", ["What a lovely day", "", "The class assessed the document", "你好", "!?"])
def test_clean_text_passes(text):
    assert not flagged(text)


@pytest.mark.parametrize("text", ["this is shit", "You BASTARD!", "what sh1t is this", "Fine. s.h.i.t is not."])
def test_swear_words_and_their_disguises_are_flagged(text):
    assert flagged(text)


def test_words_are_not_joined_across_sentences():
    assert not flagged("This is a cow. Girls wait.")


def test_a_text_that_would_take_minutes_is_refused():
    with pytest.raises(DifyError, match="reads at most 20,000 characters, and the text has 20,001"):
        flagged("x" * (LONGEST + 1))
