"""Moderation by a list of words (better-profanity): it knows swear words and their common disguises, not meaning."""

import re
import threading
from functools import cache
from typing import TYPE_CHECKING

from workspace.engines import ModelFailed

if TYPE_CHECKING:
    from better_profanity import Profanity

LONGEST = 20_000
"""Characters; the list is compared with each word in turn, which takes about 0.2 s for 1,000 characters."""

_SENTENCE_END = re.compile(r"(?<=\w\w)[.!?]+\s")
_loading = threading.Lock()


def flagged(text: str) -> bool:
    """Whether a word of the list, or one written like it ("sh1t"), is in the text. The list is English.

    Sentences are looked at one by one: together, the end of one and the start of the next can look like a word.
    """
    if len(text) > LONGEST:
        raise ModelFailed(
            f"the offline moderation reads at most {LONGEST:,} characters, and the text has {len(text):,}"
        )
    with _loading:
        profanity = _profanity()
    return any(profanity.contains_profanity(sentence) for sentence in set(_SENTENCE_END.split(text)))


@cache
def _profanity() -> "Profanity":
    from better_profanity import Profanity

    return Profanity()
