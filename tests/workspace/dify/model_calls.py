"""What the tests of models call, and what a failed call says."""

from collections.abc import Callable
from typing import Any

import pytest
from dify_plugin.entities.model.llm import LLMModelConfig

NAME = {"provider": "p", "model": "m"}
LLM = LLMModelConfig(**NAME, mode="chat")


def error_of(call: Callable[[], object]) -> str:
    with pytest.raises(Exception, match=".") as caught:
        call()
    return str(caught.value)


def llm_payload(**changes: Any) -> dict[str, Any]:
    base = {**NAME, "mode": "chat", "completion_params": {}, "prompt_messages": [], "tools": None, "stop": None}
    return {**base, "stream": True, **changes}
