"""Chinese lines break anywhere, but a mark stays with its neighbour and a word stays whole."""

from __future__ import annotations

from zaichang.adapters.pdf.lines import NEVER_FIRST, NEVER_LAST, break_lines


def test_lines_are_no_longer_than_asked_and_hold_the_whole_text() -> None:
    text = (
        "兹证明学员（代号 learner-17）在 2026 年度参加继续教育，经核验计入 92.5 学时；依据《办法》，已完成。特此证明。"
    )
    for width in range(12, 40):
        lines = break_lines(text, width, len)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        for line in lines:
            assert len(line) <= width and line[0] not in NEVER_FIRST and line[-1] not in NEVER_LAST
        assert sum("learner-17" in line for line in lines) == 1
    assert len(break_lines(text, 20, len)) > 2


def test_a_word_longer_than_a_line_stands_alone_and_an_empty_text_has_no_line() -> None:
    assert break_lines("在abcdefghij中", 4, len) == ["在", "abcdefghij", "中"]
    assert break_lines("", 4, len) == []
