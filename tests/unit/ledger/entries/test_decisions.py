"""Decisions name their entries and their moment; a decision without a date counts from the beginning."""

from __future__ import annotations

import pytest

from zaichang.core.civil import DAY_MS
from zaichang.core.errors import ConfigError
from zaichang.ledger.entries import decisions
from zaichang.ledger.facts import Fraud, Grant, InstitutionFraud, Move, Revoke

NEW_YEAR_2026_MS = 1_767_196_800_000
"""2026-01-01 00:00 in China."""


def test_a_decision_is_dated_in_china_and_one_without_a_date_counts_from_the_beginning() -> None:
    dated = {"id": "r", "entries": ["a", "b"], "reason": "error", "decided": "2026-01-01T00:00:00+08:00"}
    assert decisions.revoke(dated) == Revoke(key="r", entries=("a", "b"), reason="error", decided_ms=NEW_YEAR_2026_MS)
    assert decisions.decided({"id": "r"}) == 0


def test_each_decision_becomes_its_fact() -> None:
    assert decisions.grant({"id": "g", "of": ["u"]}) == Grant(key="g", of=("u",), decided_ms=0)
    assert decisions.fraud({"id": "f", "entries": ["a"], "institution": "x"}) == Fraud(
        key="f", entries=("a",), institution="x", decided_ms=0
    )
    assert decisions.institution_fraud({"id": "f", "institution": "x"}) == InstitutionFraud(
        key="f", entries=(), institution="x", decided_ms=0
    )
    moved = decisions.move({"id": "m", "from_unit": "one", "to_unit": "two", "date": "2026-01-02"})
    assert isinstance(moved, Move)
    assert (moved.from_unit, moved.to_unit) == ("one", "two")
    assert 0 <= moved.at_ms - NEW_YEAR_2026_MS - DAY_MS < DAY_MS


def test_a_wrong_value_is_refused_with_its_entry() -> None:
    with pytest.raises(ConfigError, match="r9"):
        decisions.revoke({"id": "r9", "entries": 7, "reason": "error"})
