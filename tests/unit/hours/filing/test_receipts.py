"""Receipts and lists by the platform's headings and words."""

from __future__ import annotations

import pytest

from zaichang.core.errors import PeerViolation
from zaichang.hours.filing.mapping import Headings
from zaichang.hours.filing.receipts import listed_rows, receipt_rows
from zaichang.ledger.filing.rows import RowState

HEADINGS = Headings(
    key="k", state="s", code="c", message="m", states={"yes": RowState.ACCEPTED, "no": RowState.REFUSED}
)


def test_words_are_read_by_the_mapping() -> None:
    rows = [
        {"k": "a", "s": "yes", "c": "", "m": ""},
        {"k": "b", "s": "no", "c": "E1", "m": "无"},
        {"k": "d", "s": "no"},
    ]
    found = receipt_rows(rows, HEADINGS)
    assert [(word.key, str(word.state), word.code, word.message) for word in found] == [
        ("a", "accepted", "", ""), ("b", "refused", "E1", "无"), ("d", "refused", "none", ""),
    ]  # fmt: skip


def test_a_code_that_may_hold_words_or_a_number_stays_here_and_none_is_taken_for_ours() -> None:
    codes = ("无此人", "11010519491231002X", "x" * 65, "half.day", "twice.x", "local.x", "A_1-b.c")
    found = receipt_rows([{"k": "a", "s": "no", "c": code, "m": "李明"} for code in codes], HEADINGS)
    assert [word.code for word in found] == [
        "other", "other", "other", "platform.half.day", "platform.twice.x", "platform.local.x", "A_1-b.c",
    ]  # fmt: skip
    assert [word.message for word in found[:2]] == ["无此人  李明", "11010519491231002X  李明"]
    [accepted] = receipt_rows([{"k": "a", "s": "yes", "c": "李明", "m": ""}], HEADINGS)
    assert accepted.code == ""


def test_an_unknown_word_is_never_taken_for_a_yes() -> None:
    with pytest.raises(PeerViolation, match="unknown word"):
        receipt_rows([{"k": "a", "s": "maybe"}], HEADINGS)
    with pytest.raises(PeerViolation, match="no column 's'"):
        receipt_rows([{"k": "a"}], HEADINGS)


def test_a_list_is_read_by_the_mapping() -> None:
    headings = Headings(key="k", amount="n")
    assert [tuple(row) for row in listed_rows([{"k": "a", "n": "2.6"}], headings)] == [("a", "2.6")]
    with pytest.raises(PeerViolation):
        listed_rows([{"k": "a"}], headings)
