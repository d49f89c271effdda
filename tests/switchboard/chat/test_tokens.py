"""How many tokens a chat takes, where nobody has counted them."""

import pytest
from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    ImagePromptMessageContent,
    PromptMessageTool,
    SystemPromptMessage,
    TextPromptMessageContent,
    UserPromptMessage,
)

from switchboard.chat.tokens import TOKENS_A_FILE, estimated_tokens, estimated_tokens_of_text, tokens_of_bytes

PICTURE = ImagePromptMessageContent(format="png", mime_type="image/png", base64_data="iVBO" * 10_000)
CALL = AssistantPromptMessage.ToolCall(
    id="c1",
    type="function",
    function=AssistantPromptMessage.ToolCall.ToolCallFunction(name="name", arguments='{"a":"b"}'),
)


@pytest.mark.parametrize(("size", "tokens"), [(0, 0), (1, 1), (4, 1), (5, 2), (4000, 1000)])
def test_four_bytes_are_a_token(size, tokens):
    assert tokens_of_bytes(size) == tokens


def test_a_text_counts_by_its_bytes():
    assert estimated_tokens_of_text("日本語") == 3


def test_all_that_a_model_is_sent_counts():
    messages = [
        SystemPromptMessage(content="four" * 3),
        UserPromptMessage(content=[TextPromptMessageContent(data="four"), PICTURE]),
        AssistantPromptMessage(content="", tool_calls=[CALL]),
    ]
    tool = PromptMessageTool(name="name", description="what", parameters={"a": 1})

    assert estimated_tokens(messages, []) == tokens_of_bytes(12 + 4 + 4 + 9) + TOKENS_A_FILE
    assert estimated_tokens([], [tool]) == tokens_of_bytes(4 + 4 + len('{"a":1}'))
    assert estimated_tokens([], []) == 0
