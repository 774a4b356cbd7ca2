"""The audit of the hour ledger; ``test_feed.py`` runs it on real sessions."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.log_sessions import SmallLog
from support.stores import open_store
from zaichang.core.enums import LeafKind
from zaichang.hours.audit import audit, voided_ms, voids_of
from zaichang.ports.records import StoredLeaf


async def test_nothing_to_compare(tmp_path: Path) -> None:
    async with open_store(tmp_path) as store:
        found = await audit(store, lambda *_: b"")
        assert (found.sessions, found.facts_ms, found.log_ms, found.waiting, found.findings) == (0, 0, 0, 0, ())


def logged() -> tuple[SmallLog, list[StoredLeaf]]:
    """Return a session with two changes of credit in a log, and its leaves as the service stores them."""
    log = SmallLog()
    log.start("a")
    first = log.segment("a")
    log.segment("a", first=2)
    log.final("a", "VVVV", 200_000, segments=2)
    log.amend("a", first, 30_000)
    log.amend("a", first, -10_000, minute=1)
    kinds = (LeafKind.START, LeafKind.SEGMENT, LeafKind.SEGMENT, LeafKind.FINAL, LeafKind.AMEND, LeafKind.AMEND)
    return log, [
        StoredLeaf(leaf_seq=n, kind=kind, at_ms=0, body=log.leaves[n], entry_index=n) for n, kind in enumerate(kinds)
    ]


@pytest.mark.parametrize(
    ("targets", "gone_ms"),
    [
        ([], 0),
        ([3], 220_000),
        ([0], 220_000),
        ([1], 120_000),
        ([4], 30_000),
        ([1, 1, 4], 120_000),
        ([2, 5], 90_000),
        ([99], 0),
    ],
)
def test_a_void_takes_away_the_time_of_its_target(targets: list[int], gone_ms: int) -> None:
    _, leaves = logged()
    assert voided_ms(leaves, {4, 5}, targets) == gone_ms


def test_a_decision_without_a_fact_is_not_taken_away() -> None:
    _, leaves = logged()
    assert voided_ms(leaves, {4}, [3]) == 230_000


def test_voids_are_read_from_the_log_whoever_wrote_them() -> None:
    log, _ = logged()
    log.void("a", 3)
    log.whole("b")
    log.void("b", 8)
    broken = b'{"t":"session.void"}'
    assert voids_of([log.leaves[:7], [*log.leaves[7:], broken]]) == {"a": [3], "b": [8]}
