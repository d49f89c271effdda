"""Dify's system summary: a text is returned unchanged while it is short for the model, and else summed up in parts.

Dify counts the tokens of the workspace's default model and compares them with 60 % of that model's context. Here a
token is four characters, and the context is an option.
"""

from collections.abc import Iterator

from workspace.engines import Models

CHARACTERS_PER_TOKEN = 4
UNCHANGED_BELOW = 0.6

_PROMPT = "You summarise texts. Give the summary alone, in the language of the text. What is wanted of the summary:\n"


def summarise(models: Models, text: str, instruction: str, *, model: str, context_tokens: int) -> str:
    """The text itself if it is shorter than 60 % of `context_tokens`, otherwise the summaries of its parts."""
    limit = max(1, int(context_tokens * UNCHANGED_BELOW * CHARACTERS_PER_TOKEN))
    if len(text) < limit:
        return text
    summary = "\n".join(_summary(models, part, instruction, model=model) for part in _parts(text, limit))
    if limit <= len(summary) < len(text):
        return summarise(models, summary, instruction, model=model, context_tokens=context_tokens)
    return summary


def _summary(models: Models, part: str, instruction: str, *, model: str) -> str:
    messages = [{"role": "system", "content": _PROMPT + instruction}, {"role": "user", "content": part}]
    return "".join(piece.text for piece in models.generate(model, messages, tools=[], stop=[], parameters={}))


def _parts(text: str, limit: int) -> Iterator[str]:
    """The text in parts of at most `limit` characters, cut after a line where one ends, else after a word."""
    while len(text) > limit:
        cut = max(text.rfind("\n", 0, limit), text.rfind(". ", 0, limit), 0) or text.rfind(" ", 0, limit)
        cut = cut + 1 if cut > 0 else limit
        yield text[:cut]
        text = text[cut:]
    yield text
