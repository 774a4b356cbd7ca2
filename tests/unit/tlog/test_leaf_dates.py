"""Dates of leaves: rounds, the delay after a start, and the moments that a date allows."""

from __future__ import annotations

import pytest

from support.leaf_samples import ORIGIN, SEGMENT
from zaichang.core.enums import LeafKind
from zaichang.core.units import MINUTE_MS, ROUND_MS
from zaichang.tlog.leaf import SessionRef, parse_leaf, session_segment
from zaichang.tlog.leaf_dates import delay_ms, earliest_ms, in_log_by_ms, latest_ms, round_of


def dates_of(began_ms: int) -> list[object]:
    """Return the dates of the segments that a session writes every five minutes, in an hour."""
    found: list[object] = []
    for seq in range(1, 13):
        at_ms = began_ms + seq * 5 * MINUTE_MS
        ref = SessionRef(origin=ORIGIN, sid="s", seq=seq, prev=bytes(32), at_ms=at_ms, began_ms=began_ms)
        value = parse_leaf(session_segment(ref, **{**SEGMENT, "from_ms": at_ms - 5 * MINUTE_MS, "to_ms": at_ms}))
        at = value["at"]
        assert isinstance(at, int)
        assert earliest_ms(3, "session.segment", at) <= at_ms <= latest_ms(3, "session.segment", at)
        found.append((at, value["from_ms"], value["to_ms"]))
    return found


def test_sessions_that_began_in_one_round_are_dated_alike() -> None:
    """Else the rounds of a session's segments would tell when in its first round it began."""
    alike = [dates_of(7 * ROUND_MS + into_ms) for into_ms in (0, 1, 4 * MINUTE_MS, 11 * MINUTE_MS, ROUND_MS - 1)]
    assert all(each == alike[0] for each in alike)
    assert dates_of(8 * ROUND_MS) != alike[0]


def test_rounds() -> None:
    assert (round_of(0), round_of(ROUND_MS - 1), round_of(ROUND_MS)) == (0, 0, ROUND_MS)
    assert (delay_ms(0), delay_ms(1), delay_ms(ROUND_MS - 1)) == (ROUND_MS, ROUND_MS - 1, 1)


@pytest.mark.parametrize(
    ("version", "kind", "before_ms", "after_ms"),
    [
        (1, LeafKind.SEGMENT, 0, 0),
        (2, LeafKind.SEGMENT, 0, MINUTE_MS - 1),
        (2, LeafKind.POLICY, 0, MINUTE_MS - 1),
        (2, LeafKind.KEY, 0, 0),
        (3, LeafKind.START, 0, ROUND_MS - 1),
        (3, LeafKind.POLICY, 0, ROUND_MS - 1),
        (3, LeafKind.AMEND, ROUND_MS, ROUND_MS - 1),
        (3, LeafKind.ERASURE, 0, 0),
    ],
)
def test_the_moments_that_a_date_allows(version: int, kind: LeafKind, before_ms: int, after_ms: int) -> None:
    at_ms = 5 * ROUND_MS
    assert (earliest_ms(version, kind, at_ms), latest_ms(version, kind, at_ms)) == (at_ms - before_ms, at_ms + after_ms)


def test_a_log_that_holds_back_has_taken_a_record_in_by_the_end_of_the_next_round() -> None:
    for began_ms in (0, 1, ROUND_MS - 1):
        for at_ms in (began_ms + 1, began_ms + ROUND_MS, began_ms + 5 * ROUND_MS - 1):
            dated_ms = round_of(at_ms + delay_ms(began_ms))
            assert at_ms < dated_ms + ROUND_MS <= in_log_by_ms(at_ms) <= at_ms + 2 * ROUND_MS
