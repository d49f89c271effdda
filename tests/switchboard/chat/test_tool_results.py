from dify_plugin.entities.model.message import (
    DocumentPromptMessageContent,
    ImagePromptMessageContent,
    TextPromptMessageContent,
)

from switchboard.chat.tool_results import ToolResult, tool_messages

CAT = ImagePromptMessageContent(format="png", mime_type="image/png", url="https://example.com/cat.png")
LETTER = DocumentPromptMessageContent(format="pdf", mime_type="application/pdf", url="https://example.com/a.pdf")


def text(said):
    return TextPromptMessageContent(data=said)


def test_texts_are_joined_in_the_message_of_their_tool():
    first, second = tool_messages([ToolResult("c1", "look", [text("a"), text("b")]), ToolResult("c2", "wait", [])])

    assert (first.tool_call_id, first.name, first.content) == ("c1", "look", "a\nb")
    assert (second.tool_call_id, second.name, second.content) == ("c2", "wait", "")


def test_what_is_no_text_comes_after_all_results_with_the_name_of_its_tool():
    first, second, shown = tool_messages(
        [ToolResult("c1", "look", [CAT]), ToolResult("c2", "fetch", [text("Two:"), LETTER, CAT])]
    )

    assert first.content == "What this returned is in the next message of the user."
    assert second.content == "Two:\nWhat this returned is in the next message of the user."
    assert shown.role.value == "user"
    assert shown.content == [
        text("What look (c1) returned:"),
        CAT,
        text("What fetch (c2) returned:"),
        LETTER,
        CAT,
    ]
