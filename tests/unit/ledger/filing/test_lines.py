"""A row's lines, and the word on a row from the words on its lines."""

from __future__ import annotations

from zaichang.ledger.filing.lines import LineAnswer, LineOf, lines_of, settle
from zaichang.ledger.filing.rows import Operation, RowState

NEW, REPLACE, WITHDRAW = Operation.NEW, Operation.REPLACE, Operation.WITHDRAW
TWO = lines_of("r/2", REPLACE, "r/1", replaces=False)


def words(lines: tuple[LineOf, ...], *answers: tuple[str, str, str]) -> list[tuple[str, str, str]]:
    found, _ = settle(lines, [LineAnswer(key, RowState(state), code) for key, state, code in answers])
    return [(word.key, str(word.state), word.code) for word in found]


def test_a_replacement_is_one_line_or_two() -> None:
    assert lines_of("r/1", NEW, "", replaces=False) == (("r/1", NEW, "r/1"),)
    assert lines_of("r/2", REPLACE, "r/1", replaces=True) == (("r/2", REPLACE, "r/2"),)
    assert TWO == (("r/2", WITHDRAW, "r/1"), ("r/2", NEW, "r/2"))
    assert lines_of("r/3", WITHDRAW, "r/2", replaces=True) == (("r/3", WITHDRAW, "r/2"),)


def test_a_row_of_two_lines_has_the_lesser_state_once_both_are_known() -> None:
    assert words(TWO, ("r/1", "registered", "")) == []
    assert words(TWO, ("r/1", "registered", ""), ("r/2", "accepted", "")) == [("r/2", "accepted", "")]


def test_a_refused_half_is_named() -> None:
    assert words(TWO, ("r/1", "accepted", ""), ("r/2", "refused", "e7")) == [("r/2", "refused", "half.e7")]
    assert words(TWO, ("r/1", "refused", "e7"), ("r/2", "accepted", "")) == [("r/2", "refused", "twice.e7")]
    assert words(TWO, ("r/1", "refused", "e6"), ("r/2", "refused", "e7")) == [("r/2", "refused", "e7")]


def test_a_refusal_counts_before_other_words_and_unknown_keys_are_named() -> None:
    one = lines_of("r/1", NEW, "", replaces=True)
    both = words(one, ("r/1", "refused", "e7"), ("r/1", "accepted", ""))
    assert both == [("r/1", "refused", "e7")]
    assert words(one, ("r/1", "sent", ""), ("r/1", "accepted", "")) == [("r/1", "accepted", "")]
    assert settle(one, [LineAnswer("x", RowState.ACCEPTED)])[1] == ["x"]
