from pathlib import Path

import pytest

from workspace.engines.passages import Passages

BREAD = "Bread rises for an hour before it is baked."
CARD = "A library card is free for children."
DOGS = "Dogs have to wait outside."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "lines.txt").write_text(f"{BREAD}\n\n{CARD}\r\n\r\n")
    (tmp_path / "deep" / "lines.MD").write_text(f"{DOGS}\n")
    (tmp_path / "picture.png").write_bytes(b"\xff")
    return tmp_path


def test_the_paragraph_that_shares_most_words_comes_first(folder: Path) -> None:
    found = Passages(folder).find("Is a library card free?", most=2)

    assert [passage.text for passage, _ in found] == [CARD, found[1][0].text]
    assert found[0][1] > found[1][1] >= 0
    assert (found[0][0].document, found[0][0].position) == ("lines.txt", 2)


def test_no_more_are_found_than_asked_for_and_none_below_the_threshold(folder: Path) -> None:
    passages = Passages(folder)

    assert len(passages.find("dogs", most=10)) == 3
    assert [passage.text for passage, _ in passages.find("Dogs wait outside", most=10, threshold=0.5)] == [DOGS]
    assert passages.find("dogs", most=0) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("one\ntwo\n", ["one", "two"]),
        ("one\ntwo\n\nthree", ["one\ntwo", "three"]),
        ("one\r\n\r\n\r\ntwo", ["one", "two"]),
    ],
)
def test_a_text_is_parted_at_blank_lines_or_else_at_its_lines(tmp_path: Path, text: str, parts: list[str]) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode())

    assert sorted(passage.text for passage, _ in Passages(tmp_path).find("x", most=9)) == sorted(parts)


def test_a_folder_without_texts_is_none(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ValueError, match=r"there is no text in it; it takes files that end with \.txt or \.md"):
            Passages(folder)
