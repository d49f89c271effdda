import pytest

from workspace.engines.moderation import flagged


@pytest.mark.parametrize("text", ["What a lovely day", "", "The class assessed the document", "你好"])
def test_clean_text_passes(text):
    assert not flagged(text)


@pytest.mark.parametrize("text", ["this is shit", "You BASTARD!", "what sh1t is this"])
def test_swear_words_and_their_disguises_are_flagged(text):
    assert flagged(text)
