"""Changes of credit after a file was made: which of its sessions lost time."""

from __future__ import annotations

from support.evidence_bundle import ORIGIN
from support.log_sessions import SmallLog
from zaichang.audit.check import Check
from zaichang.audit.findings import Findings
from zaichang.audit.whole.later import Later
from zaichang.tlog.checkpoint import Checkpoint


def found(log: SmallLog, since: int, *sids: str, origin: str = ORIGIN) -> list[Check]:
    later, findings = Later(sids=frozenset(sids), origin=ORIGIN, since=since), Findings()
    leaves = log.known()
    for leaf in leaves:
        if leaf.kind in ("session.amend", "session.void"):
            later.take(leaf, leaves[leaf.number("target")])
    later.finish(Checkpoint(origin=origin, size=len(leaves), root=bytes(32)), findings)
    return findings.checks


def test_time_that_was_taken_back_is_named_with_its_sum() -> None:
    log = SmallLog()
    _, segment, _ = log.whole("a")
    log.whole("b")
    since = len(log.leaves)
    log.amend("a", segment, delta_ms=-30, minute=0)
    log.amend("a", segment, delta_ms=10, minute=0)
    [check] = found(log, since, "a", "b")
    assert (check.code, check.sid, check.index) == ("E_REVOKED", "a", since + 1)
    assert check.message == "20 ms of it were taken back after the file was made."
    assert [each.code for each in found(log, since, "b")] == [None], "another session of the log"
    assert [each.code for each in found(log, since + 2, "a")] == [None], "the file knows it already"


def test_time_that_was_granted_again_is_no_loss() -> None:
    log = SmallLog()
    _, segment, _ = log.whole("a")
    log.amend("a", segment, delta_ms=-30, minute=0)
    log.amend("a", segment, delta_ms=30, minute=0)
    assert [each.code for each in found(log, 3, "a")] == [None]


def test_voids_of_a_session_and_of_a_segment_are_named() -> None:
    log = SmallLog()
    start, _, _ = log.whole("a")
    _, segment, _ = log.whole("b")
    log.void("a", start)
    log.void("b", segment)
    assert [(each.sid, each.message.split(" taken")[0]) for each in found(log, 6, "a", "b")] == [
        ("a", "All of it was"),
        ("b", "100000 ms of it were"),
    ]


def test_another_log_or_an_older_state_decides_nothing() -> None:
    log = SmallLog()
    log.whole("a")
    assert [each.code for each in found(log, 3, "a", origin="other/log")] == ["E_ORIGIN"]
    assert [each.code for each in found(log, 4, "a")] == ["E_ORIGIN"]
