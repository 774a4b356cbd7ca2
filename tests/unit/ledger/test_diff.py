"""Differences between statements, and their application."""

from __future__ import annotations

from support.corrections import corrected
from zaichang.ledger.diff import Correction, diff

OLD = {"total": "5", "gone": "x", "lines": [{"entry": "a", "item": "study", "counted": "5"}]}
NEW = {
    "total": "7",
    "lines": [
        {"entry": "b", "item": "transfer", "category": "public", "counted": "1"},
        {"entry": "a", "item": "study", "counted": "5"},
        {"entry": "b", "item": "transfer", "category": "public", "counted": "2"},
    ],
}


def test_equal_statements_differ_in_nothing() -> None:
    assert diff(OLD, OLD) == []
    assert corrected(OLD, []) == OLD


def test_each_change_is_one_correction() -> None:
    assert diff(OLD, NEW) == [
        Correction("gone", "x", None),
        Correction("lines/b/transfer/public", None, NEW["lines"][0]),  # type: ignore[index]
        Correction("lines/b/transfer/public+", None, NEW["lines"][2]),  # type: ignore[index]
        Correction("total", "5", "7"),
    ]


def test_corrections_make_the_new_one_and_back() -> None:
    assert corrected(OLD, diff(OLD, NEW)) == corrected(NEW)
    assert corrected(NEW, diff(NEW, OLD)) == corrected(OLD)
