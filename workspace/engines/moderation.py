"""Moderation by a list of words (better-profanity): it knows swear words and their common disguises, not meaning.

It takes about 3 ms a word.
"""

import threading
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from better_profanity import Profanity

_loading = threading.Lock()


def flagged(text: str) -> bool:
    """Whether a word of the list, or one written like it ("sh1t"), is in the text. The list is English."""
    with _loading:
        profanity = _profanity()
    return bool(profanity.contains_profanity(text))


@cache
def _profanity() -> "Profanity":
    from better_profanity import Profanity

    return Profanity()
