"""The bundle of a period names every leaf that is left out; a range that proves too little is undecided."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.evidence_bundle import AT_MS, ORIGIN
from support.log_sessions import SmallLog
from zaichang.audit.bundle import Bundle, BundleLeaf, Period, write_bundle
from zaichang.audit.check import Check, Status
from zaichang.audit.findings import Findings
from zaichang.audit.reading.bundle_reader import read_bundle
from zaichang.audit.time_checks import LATE_MS, SeenAt
from zaichang.audit.whole.completeness import check_period
from zaichang.tlog.checkpoint import Checkpoint
from zaichang.tlog.merkle import leaf_hash, root_hash
from zaichang.tlog.range_proof import prove_range

LOG = SmallLog()
EARLIER = LOG.whole("before")
FROM_MS = LOG.at_ms = AT_MS + 10_000_000
ONE, TWO = LOG.whole("one"), LOG.whole("two")
AMEND = LOG.amend("one", ONE[1])
TO_MS = LOG.at_ms + 10_000
LOG.at_ms = TO_MS + 2 * LATE_MS
LATER = LOG.whole("after")
HASHES = [leaf_hash(data) for data in LOG.leaves]
CHECKPOINT = Checkpoint(origin=ORIGIN, size=len(HASHES), root=root_hash(HASHES))
SEEN = (SeenAt(size=3, at_ms=FROM_MS - 60_000), SeenAt(size=11, at_ms=TO_MS + 2 * LATE_MS))


def bundle(own: set[int], first: int = 2, end: int = 11, beside: set[int] | None = None) -> Bundle:
    left, right = prove_range(first, end, len(HASHES), lambda low, high: root_hash(HASHES[low:high]))
    others = sorted(set(range(first, end)) - own) if beside is None else sorted(beside)
    period = Period(
        from_ms=FROM_MS,
        to_ms=TO_MS,
        first=first,
        end=end,
        left=left,
        right=right,
        beside=tuple((index, LOG.leaves[index]) for index in others),
    )
    leaves = tuple(BundleLeaf(index=index, leaf=LOG.leaves[index], proof=()) for index in sorted(own))
    return Bundle(origin=ORIGIN, checkpoint=b"note", leaves=leaves, period=period)


ALL = {*ONE, *TWO, AMEND}


def checked(made: Bundle, seen: tuple[SeenAt, ...] = SEEN, witnessed: bool = True) -> list[Check]:
    findings = Findings()
    known = [leaf for leaf in LOG.known() if any(entry.index == leaf.index for entry in made.leaves)]
    check_period(made, known, CHECKPOINT, seen, findings, witnessed=witnessed)
    return findings.checks


def codes(checks: list[Check]) -> list[tuple[str | None, str, str | None, int | None]]:
    return [(c.code, c.status.value, c.field, c.index) for c in checks if c.status is not Status.PASS]


@pytest.mark.parametrize("witnessed", [True, False])
def test_a_whole_period_passes_and_survives_its_file(witnessed: bool) -> None:
    made = bundle(ALL)
    again, bad = read_bundle(write_bundle(made))
    assert (again, bad) == (made, ())
    (check,) = checked(again, SEEN if witnessed else (), witnessed)
    assert check.message == "2 sessions began in the period; leaves 2 to 10 are all here."


def test_a_session_that_is_left_out_is_named() -> None:
    assert codes(checked(bundle(ALL - set(TWO)))) == [("E_INCOMPLETE", "fail", "sid", TWO[0])]


def test_a_change_of_credit_that_is_left_out_is_named() -> None:
    assert codes(checked(bundle(ALL - {AMEND}))) == [("E_INCOMPLETE", "fail", "leaf", AMEND)]


def test_a_leaf_that_is_in_neither_list_is_missed() -> None:
    own = ALL - set(TWO)
    assert codes(checked(bundle(own, beside={2, 10}))) == [("E_INCOMPLETE", "fail", "beside", None)]


def test_a_false_leaf_beside_gives_another_root() -> None:
    made = bundle(ALL)
    assert made.period is not None
    false = replace(made.period, beside=((2, LOG.leaves[1]), *made.period.beside[1:]))
    assert codes(checked(replace(made, period=false))) == [("E_INCLUSION", "fail", "root", None)]
    false = replace(made.period, beside=(*made.period.beside, made.period.beside[0]))
    assert codes(checked(replace(made, period=false))) == [("E_INCLUSION", "fail", "beside", None)]
    false = replace(made.period, left=())
    assert codes(checked(replace(made, period=false))) == [("E_INCLUSION", "fail", "period", None)]


def test_an_unreadable_leaf_beside_is_named() -> None:
    findings = Findings()
    hashes = [*HASHES[:2], leaf_hash(b"no leaf"), *HASHES[3:]]
    checkpoint = replace(CHECKPOINT, root=root_hash(hashes))
    made = bundle(ALL)
    assert made.period is not None
    left, right = prove_range(2, 11, len(hashes), lambda low, high: root_hash(hashes[low:high]))
    period = replace(made.period, left=left, right=right, beside=((2, b"no leaf"), *made.period.beside[1:]))
    check_period(replace(made, period=period), [], checkpoint, SEEN, findings, witnessed=True)
    assert [(check.check, check.code, check.index) for check in findings.checks] == [("period", "E_CANON", 2)]


def test_a_range_that_misses_the_period_is_named_or_undecided() -> None:
    late_start = checked(bundle(ALL, first=4, end=11))
    assert ("E_INCOMPLETE", "fail", "first", ONE[0]) in codes(late_start)
    assert codes(checked(bundle(ALL), seen=SEEN[1:])) == [("E_INCOMPLETE", "undecided", "first", None)]
    assert codes(checked(bundle(ALL), seen=SEEN[:1])) == [("E_INCOMPLETE", "undecided", "end", None)]
    assert codes(checked(bundle(ALL, end=10), witnessed=False, seen=())) == [("E_INCOMPLETE", "undecided", "end", None)]
    assert codes(checked(bundle(ALL, first=3), witnessed=False, seen=())) == [
        ("E_INCOMPLETE", "undecided", "first", None)
    ]
    assert codes(checked(bundle(ALL, first=0, end=len(HASHES)), witnessed=False, seen=())) == []


def test_chosen_sessions_say_nothing_of_a_period() -> None:
    assert checked(replace(bundle(ALL), period=None)) == []
