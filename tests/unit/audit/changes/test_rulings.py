"""Decisions against the record, without a bundle around them."""

from __future__ import annotations

from typing import Any

import pytest

from zaichang.audit.changes.rulings import OpenMinute, Standing, at_most, intervals

MINUTE = OpenMinute(from_ms=0, to_ms=60_000, verified=((0, 10),), undecided=((20, 40),))
LEAF = {"sid": "s", "minute": 0, "verdict": "V", "reason": "REVIEW_GRANTED", "delta_ms": 20}
RULING = {
    "session": "s", "minute": 0, "verdict": "V", "reason": "REVIEW_GRANTED", "reviewer": "r1", "outcome": "grant",
    "granted": [[20, 40]],
}  # fmt: skip


def fields(leaf: dict[str, Any], ruling: dict[str, Any], events: list[Any] | None = None) -> set[str] | None:
    found = Standing({0: MINUTE}, events).take(leaf, ruling)
    return None if found is None else {each.field for each in found}


def test_an_honest_decision_differs_in_nothing() -> None:
    assert fields(LEAF, RULING) == set()
    assert Standing({}, None).take(LEAF, RULING) == [], "a minute that is not opened is named by the leaf's own check"


@pytest.mark.parametrize("granted", [[["a", "b"]], [[1]], "all", [[5, 5]], [[True, 50]], [[9, 3]], None])
def test_intervals_of_another_shape_are_a_finding(granted: Any) -> None:
    assert intervals(granted) is None
    assert fields(LEAF, {**RULING, "granted": granted}) == {"granted"}
    assert fields(LEAF, {**RULING, "revoked": granted}) == {"granted"}


def test_time_beyond_the_undecided_needs_the_reports() -> None:
    wide = {**RULING, "granted": [[20, 50]]}
    assert fields({**LEAF, "delta_ms": 30}, wide) is None
    assert fields({**LEAF, "delta_ms": 30}, wide, []) == {"granted"}


def test_the_first_milliseconds_are_kept() -> None:
    assert at_most(((0, 5), (10, 20), (30, 40)), 8) == ((0, 5), (10, 13))
    assert at_most(((0, 5),), 0) == ()
