import itertools

from hypothesis import given
from hypothesis import strategies as st

from switchboard.reasoning import ReasoningSplitter


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

    assert splitter.feed("a <th") == ("a ", "")
    assert splitter.feed("ree") == ("<three", "")


def test_text_that_ends_like_a_tag_is_text():
    assert split(["1 <t"]) == ("1 <t", "")


def test_an_unfinished_block_is_all_reasoning():
    assert split(["<think>cut off he"]) == ("", "cut off he")


def test_blank_lines_after_the_block_belong_to_neither():
    assert split(["<think>so</think>", "\n", "\n\nYes\n"]) == ("Yes\n", "so")


def test_several_blocks_are_joined():
    assert split(["<think>a</think>1 <THINK>b</THINK> 2"]) == ("1 2", "ab")


PARTS = st.lists(st.sampled_from(["<think>", "</think>", "<", "<th", "ink>", "a", " b\n", "</"]), max_size=12)


@given(PARTS, st.data())
def test_where_the_chunks_are_cut_makes_no_difference(parts, data):
    text = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    bounds = [0, *cuts, len(text)]

    assert split([text[start:end] for start, end in itertools.pairwise(bounds)]) == split([text])
