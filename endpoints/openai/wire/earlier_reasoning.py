"""What a model has thought in an earlier answer, wherever clients keep it.

reasoning_content     DeepSeek, Moonshot and many servers since
reasoning             vLLM, OpenRouter; reasoning_details beside it has the same in parts
thinking_blocks       LiteLLM
thinking              Ollama
content               a part of the type thinking, of Mistral and Anthropic
"""

from collections.abc import Iterable
from typing import Any

_TEXTS = ("thinking", "text", "summary")
"""Where a part has its text."""


def with_reasoning_in_one_place(message: dict[str, Any]) -> dict[str, Any]:
    """The message of an assistant with all that was thought in `reasoning_content`, and no part of it in `content`."""
    content = message.get("content")
    thought = [part for part in content if _is_thought(part)] if isinstance(content, list) else []
    if thought:
        message = {**message, "content": [part for part in content or [] if not _is_thought(part)]}
    if message.get("reasoning_content") or message.get("reasoning"):
        return message
    parts = thought or message.get("reasoning_details") or message.get("thinking_blocks")
    text = "\n".join(_texts(parts)) or message.get("thinking")
    return {**message, "reasoning_content": text} if text else message


def _is_thought(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") in ("thinking", "redacted_thinking", "reasoning")


def _texts(parts: Any) -> Iterable[str]:
    """Of parts that each have a text, or parts of their own; what is encrypted has none."""
    for part in parts if isinstance(parts, list) else []:
        for name in _TEXTS:
            inner = part.get(name) if isinstance(part, dict) else None
            if isinstance(inner, str):
                yield inner
            elif isinstance(inner, list):
                yield from _texts(inner)
