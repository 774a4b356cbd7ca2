"""Decisions against the record, without a bundle around them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from zaichang.audit.changes.standing import Media, OpenMinute, Standing
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.core.reasons import ReasonCode

MINUTE = OpenMinute(
    from_ms=0,
    to_ms=60_000,
    letter="U",
    verified=(),
    undecided=((20, 40),),
    reasons=(ReasonCode.LIVENESS_MISSING,),
)
LEAF: dict[str, Any] = {
    "t": "session.amend", "v": 2, "at": 60_000, "sid": "s", "minute": 0, "verdict": "V", "reason": "REVIEW_GRANTED",
    "delta_ms": 20,
}  # fmt: skip
RULING: dict[str, Any] = {
    "v": 3, "session": "s", "minute": 0, "at_ms": 60_001, "verdict": "V", "reason": "REVIEW_GRANTED", "reviewer": "r1",
    "outcome": "grant", "granted": [[20, 40]],
}  # fmt: skip
APPEAL = {"number": 0, "at_ms": 60_000, "minutes": [0], "text_c": "ab" * 32}


def known(value: dict[str, Any], index: int = 9) -> KnownLeaf:
    return KnownLeaf(index=index, data=b"", hash=b"", value=value)


def fields(
    leaf: dict[str, Any], ruling: dict[str, Any], events: list[Any] | None = None, minute: OpenMinute = MINUTE
) -> set[tuple[str, bool]]:
    return {(each.field, each.undecided) for each in Standing({0: minute}, events).take(known(leaf), ruling)}


def test_an_honest_decision_differs_in_nothing() -> None:
    assert fields(LEAF, RULING) == set()
    assert Standing({}, None).take(known(LEAF), RULING) == [], (
        "a minute that is not opened is named by the leaf's check"
    )


def test_time_beyond_the_undecided_needs_an_appeal_and_the_reports() -> None:
    wide, leaf = {**RULING, "granted": [[20, 50]]}, {**LEAF, "delta_ms": 30}
    assert fields(leaf, wide) == {("appeal", False), ("granted", True)}
    assert fields(leaf, {**wide, "appeal": APPEAL}) == {("granted", True)}
    assert fields(leaf, {**wide, "appeal": APPEAL}, []) == {("granted", False)}
    assert fields(leaf, {**wide, "v": 2}) == {("appeal", True), ("granted", True)}, "earlier releases named none"
    by_service = {**wide, "reviewer": "service:movements", "reason": "MOVEMENTS_FOLLOWED"}
    assert fields({**leaf, "reason": "MOVEMENTS_FOLLOWED"}, by_service, []) == {("granted", False)}


@pytest.mark.parametrize(
    ("reasons", "movements", "delivery"),
    [
        ((ReasonCode.LIVENESS_MISSING,), set(), {("reason", False)}),
        ((ReasonCode.MEDIA_NOT_DELIVERED,), {("reason", False)}, set()),
        ((ReasonCode.LIVENESS_MISSING, ReasonCode.MULTIPLE_FACES), {("reason", False)}, {("reason", False)}),
        ((), {("reason", False)}, {("reason", False)}),
    ],
)
def test_the_service_grants_only_what_lacked_the_one_thing_that_it_makes_good(
    reasons: tuple[ReasonCode, ...], movements: set[tuple[str, bool]], delivery: set[tuple[str, bool]]
) -> None:
    minute = replace(MINUTE, reasons=reasons)
    for author, reason, expected in (
        ("service:movements", "MOVEMENTS_FOLLOWED", movements),
        ("service:delivery-log", "DELIVERY_CONFIRMED", delivery),
    ):
        ruling = {**RULING, "reviewer": author, "reason": reason}
        assert fields({**LEAF, "reason": reason}, ruling, minute=minute) == expected


def test_a_second_grant_of_a_minute_needs_an_appeal() -> None:
    refuse = {**RULING, "granted": [], "outcome": "refuse", "reason": "NO_FACE", "verdict": "F"}
    for before, version, appeal, expected in (
        (3, 3, {}, [("appeal", False)]),
        (3, 3, {"appeal": APPEAL}, []),
        (2, 2, {}, [("appeal", True)]),
        (2, 3, {"appeal": APPEAL}, []),
        (3, 2, {}, [("v", False), ("appeal", True)]),
    ):
        standing = Standing({0: MINUTE}, None)
        refused = {**LEAF, "delta_ms": 0, "reason": "NO_FACE", "verdict": "F"}
        assert standing.take(known(refused), {**refuse, "v": before}) == []
        found = standing.take(known(LEAF), {**RULING, "v": version, **appeal})
        assert [(each.field, each.undecided) for each in found] == expected


@pytest.mark.parametrize(
    ("letter", "verified", "verdict", "fits"),
    [("V", ((0, 10),), "V", True), ("V", ((0, 10),), "F", False), ("U", (), "V", False), ("U", (), "F", True),
     ("U", ((0, 5),), "V", True), ("U", ((0, 5),), "F", True)],
)  # fmt: skip
def test_the_verdict_of_a_refusal_says_whether_time_stands(
    letter: str, verified: Any, verdict: str, fits: bool
) -> None:
    minute = OpenMinute(from_ms=0, to_ms=60_000, letter=letter, verified=verified, undecided=((20, 40),))
    refuse = {**RULING, "granted": [], "outcome": "refuse", "reason": "NO_FACE", "verdict": verdict}
    leaf = {**LEAF, "delta_ms": 0, "reason": "NO_FACE", "verdict": verdict}
    assert (fields(leaf, refuse, minute=minute) == set()) is fits


def test_a_void_takes_back_a_segment_a_change_or_all() -> None:
    amend = known(LEAF, 9)
    segment = known({"t": "session.segment", "first_minute": 0, "minutes": "U"}, 1)
    for target, left in ((amend, ()), (segment, ()), (known({"t": "session.start"}, 0), None)):
        media = Media({0: ()})
        media.change(9, 0, ((20, 40),), ())
        assert media.whole == ((20, 40),)
        media.void(target)
        assert media.of_minute.get(0) == left
    media = Media({0: ((0, 10),)})
    media.change(9, 0, (), ((0, 10),))
    media.void(known(LEAF, 9))
    assert media.whole == ((0, 10),), "a revocation that is voided gives the time back"
