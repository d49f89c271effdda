import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchboard.chat.reasoning import ReasoningSplitter, with_reasoning


def split(chunks):
    splitter = ReasoningSplitter()
    pieces = [splitter.feed(chunk) for chunk in chunks] + [splitter.flush()]
    return "".join(piece.answer for piece in pieces), "".join(piece.reasoning for piece in pieces)


def test_text_without_tags_passes_at_once():
    splitter = ReasoningSplitter()

    assert splitter.feed("plain ") == ("plain ", "")
    assert splitter.flush() == ("", "")


def test_what_could_be_a_tag_is_held_back_until_it_is_known():
    splitter = ReasoningSplitter()

    assert splitter.feed("a\n<th") == ("a\n", "")
    assert splitter.feed("ree") == ("<three", "")


def test_text_that_ends_like_a_tag_is_text():
    assert split(["1 <t"]) == ("1 <t", "")


def test_an_unfinished_block_is_all_reasoning():
    assert split(["<think>cut off he"]) == ("", "cut off he")


def test_blank_lines_after_the_block_belong_to_neither():
    assert split(["<think>so</think>", "\n", "\n\nYes\n"]) == ("Yes\n", "so")


def test_blank_lines_that_a_block_has_left_behind_are_no_part_of_the_answer():
    assert split(["\n\nEcho"]) == ("Echo", "")
    assert split(["\n", " \t\n", "\n", "Yes\n\n", "No\n"]) == ("Yes\n\nNo\n", "")
    assert split(["\n \n<think>so</think>\n\nYes"]) == ("Yes", "so")
    assert split([" \n \n"]) == ("", "")


def test_the_first_line_of_an_answer_keeps_its_indent():
    assert split(["\n", "  ", "  return 1\n"]) == ("    return 1\n", "")
    assert split([" <t"]) == (" <t", "")


def test_several_blocks_are_joined():
    assert split(["<think>a</think>1\n<THINK>b</THINK> 2"]) == ("1\n2", "ab")
    assert split(["<think>a</think> <think>b</think>2"]) == ("2", "ab")


def test_a_block_may_open_in_the_middle_of_a_line_that_ends_there():
    assert split(["Let me look.<think>", "\nHm.\n</think>\nYes."]) == ("Let me look.Yes.", "\nHm.\n")


def test_an_answer_can_speak_of_the_tag():
    text = "Use the `<think>` tag, or </think>. It is <think> in HTML."

    assert split([text]) == (text, "")
    assert split(list(text)) == (text, "")
    assert split(["It is <think>"]) == ("It is <think>", "")


def test_letters_that_change_their_length_in_lower_case_are_not_lost():
    assert split(["<think>İşlem</think>cevap"]) == ("cevap", "İşlem")


def test_tags_in_capitals_may_be_split_too():
    assert split(["<TH", "INK>a</T", "HINK>b"]) == ("b", "a")


def test_many_tags_in_one_chunk_are_no_trouble():
    assert split(["<think></think>" * 70_000]) == ("", "")
    assert split(["a <think> " * 70_000]) == ("a <think> " * 70_000, "")


PARTS = st.lists(
    st.sampled_from(["<think>", "</THINK>", "<", "<th", "ink>", "a", " b\n", "</", "\n", "İ"]), max_size=12
)


@given(PARTS, st.data())
def test_where_the_chunks_are_cut_makes_no_difference(parts, data):
    text = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    bounds = [0, *cuts, len(text)]

    assert split([text[start:end] for start, end in itertools.pairwise(bounds)]) == split([text])


@pytest.mark.parametrize(
    ("reasoning", "answer", "expected"),
    [
        ("Hm.\n", "Yes.", "<think>\nHm.\n</think>\n\nYes."),
        ("Hm.", "", "<think>\nHm.\n</think>\n\n"),
        ("", "Yes.", "Yes."),
        (" \n", "Yes.", "Yes."),
    ],
)
def test_reasoning_goes_back_as_providers_write_it(reasoning, answer, expected):
    assert with_reasoning(reasoning, answer) == expected
