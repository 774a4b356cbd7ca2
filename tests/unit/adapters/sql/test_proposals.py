"""A proposal is decided once, and confirmed by another person, whatever the desk has read before."""

from __future__ import annotations

import sqlite3

import pytest

from zaichang.adapters.sql.proposals import decide
from zaichang.core.enums import ProposalState
from zaichang.core.ids import ReviewerId

REN, SUN = ReviewerId("ren"), ReviewerId("sun")


def kept(table: str) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.execute(
        f"CREATE TABLE {table} ({table[:-1]}_id TEXT, state TEXT, proposed_by TEXT, decided_by TEXT, decided_ms)"
    )
    db.executemany(f"INSERT INTO {table} VALUES (?, 'proposed', 'ren', '', NULL)", (("a",), ("b",)))  # noqa: S608
    return db


@pytest.mark.parametrize("table", ("revocations", "erasures"))
def test_a_confirmation_is_another_person_s_and_a_refusal_may_be_one_s_own(table: str) -> None:
    db = kept(table)
    assert not decide(db, table, "a", ProposalState.CONFIRMED, REN, 5), "an own proposal is not confirmed"
    assert decide(db, table, "a", ProposalState.CONFIRMED, SUN, 6)
    assert not decide(db, table, "a", ProposalState.REFUSED, REN, 7), "it is decided"
    assert decide(db, table, "b", ProposalState.REFUSED, REN, 8), "to withdraw one's own"
    assert not decide(db, table, "none", ProposalState.REFUSED, REN, 9)
    assert db.execute(f"SELECT * FROM {table}").fetchall() == [  # noqa: S608
        ("a", "confirmed", "ren", "sun", 6),
        ("b", "refused", "ren", "ren", 8),
    ]
    db.close()
