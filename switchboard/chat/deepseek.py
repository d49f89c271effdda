"""How Dify's provider `deepseek` writes reasoning between `<think>` and `</think>`: marked, and escaped as HTML.

It gives a model back only what is marked so, and DeepSeek refuses a round of tools without it. Source:
`langgenius/dify-official-plugins`, `models/deepseek/models/llm/llm.py`.
"""

import html
import re

from dify_plugin.entities.model.message import AssistantPromptMessage, PromptMessage

_MARK = "<!--dify-deepseek-reasoning-->"
_ESCAPED = re.compile(r"&(?:amp|lt|gt);")
_UNFINISHED = re.compile(r"(?:&[a-z]{0,3}|\n)\Z")
"""What may go on in the next chunk, or be the line break before the closing tag."""
_REASONING = re.compile(r"\A\s*<think>\n?(?P<reasoning>.*?)\n?</think>\s*", re.DOTALL | re.IGNORECASE)


def is_deepseek(provider: str) -> bool:
    """By the id of a provider, `langgenius/deepseek/deepseek` or in short `deepseek`."""
    return provider.rpartition("/")[2] == "deepseek"


def marked_history(messages: list[PromptMessage]) -> list[PromptMessage]:
    """The messages, with the reasoning that earlier answers begin with marked."""
    return [
        message.model_copy(update={"content": _marked(message.content)})
        if isinstance(message, AssistantPromptMessage) and isinstance(message.content, str)
        else message
        for message in messages
    ]


def _marked(answer: str) -> str:
    found = _REASONING.match(answer)
    if not found or found["reasoning"].startswith(_MARK):
        return answer
    return f"<think>\n{_MARK}{html.escape(found['reasoning'], quote=False)}\n</think>{answer[found.end() :]}"


class Unmarked:
    """Takes what stands between the tags chunk by chunk; gives the reasoning, without the mark if it bears one."""

    def __init__(self) -> None:
        self._held = ""
        self._is_marked: bool | None = None
        """None until it is known."""

    def feed(self, text: str) -> str:
        text, self._held = self._held + text, ""
        if self._is_marked is None:
            start = text.removeprefix("\n")
            if start.startswith(_MARK):
                self._is_marked, text = True, start.removeprefix(_MARK)
            elif _MARK.startswith(start):
                self._held = text
                return ""
            else:
                self._is_marked = False
        if not self._is_marked:
            return text
        if held := _UNFINISHED.search(text):
            text, self._held = text[: held.start()], held[0]
        return _ESCAPED.sub(lambda escape: html.unescape(escape[0]), text)

    def flush(self, *, closed: bool) -> str:
        """What was held back. The line break before the closing tag is no part of the reasoning, as the mark is not."""
        held, self._held = self._held, ""
        return held.removesuffix("\n") if closed and self._is_marked else held
