"""Chains and sums of a whole log: sessions without an end, leaves after it, wrong sums, changes and voids."""

from __future__ import annotations

from itertools import permutations

import pytest

from support.log_sessions import SmallLog
from support.small_logs import files_of, scan
from zaichang.audit.changes.amend_checks import most_of_minutes
from zaichang.audit.check import Check, Status
from zaichang.audit.findings import Findings
from zaichang.audit.whole.chains import Chains
from zaichang.audit.whole.ended_sessions import EndedSessions
from zaichang.audit.whole.leaf_head import decode_head
from zaichang.audit.whole.totals import total_of
from zaichang.tlog.merkle import leaf_hash


def bad(checks: list[Check]) -> list[tuple[str | None, int | None, str | None]]:
    return [(check.code, check.index, check.field) for check in checks if check.status is Status.FAIL]


def total(checks: list[Check]) -> str:
    return next(check.message for check in checks if check.check == "total")


def test_the_time_that_counts_is_added_up_with_changes_and_voids() -> None:
    log = SmallLog()
    _, segment, _ = log.whole("a")
    log.amend("a", segment)
    _, _, final = log.whole("b")
    log.void("b", final)
    log.start("open")
    checks = scan(files_of(log.leaves))
    assert bad(checks) == []
    assert total(checks).startswith("2 sessions have ended; 130000 ms count: 200000 verified by rules, +30000")
    assert total(checks).endswith("-100000 by voids (1 sessions).")
    assert any(check.message == "1 sessions have no final leaf (yet)." for check in checks)


def test_a_change_of_credit_does_not_end_a_session() -> None:
    log = SmallLog()
    log.start("a")
    segment = log.segment("a")
    amend = log.amend("a", segment)
    assert ("E_ORPHAN_START", amend, "t") in bad(scan(files_of(log.leaves)))
    log = SmallLog()
    start = log.start("a")
    void = log.void("a", start)
    assert bad(scan(files_of(log.leaves))) == [("E_ORPHAN_START", void, "t")]


def test_a_segment_counts_no_more_than_its_minutes_can_hold() -> None:
    most_ms = most_of_minutes(2)
    for verified_ms, found in ((most_ms, []), (most_ms + 1, [("E_MINUTES", 1, "verified_ms")])):
        log = SmallLog()
        log.start("a")
        log.segment("a", verified_ms=verified_ms)
        log.final("a", verified_ms=verified_ms)
        assert bad(scan(files_of(log.leaves))) == found


def test_only_changes_follow_the_end() -> None:
    log = SmallLog()
    log.whole("a")
    segment = log.segment("a")
    final = log.final("a", "VVVV", 200_000, 2)
    assert bad(scan(files_of(log.leaves))) == [("E_CHAIN", segment, "t"), ("E_CHAIN", final, "t")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"minutes": "VF"}, "n_verified"),
        ({"verified_ms": 900_000}, "verified_ms"),
        ({"segments": 2}, "segments"),
    ],
)
def test_a_final_leaf_that_does_not_sum_its_segments_is_named(change: dict[str, object], field: str) -> None:
    log = SmallLog()
    log.start("a")
    log.segment("a")
    final = log.final("a", **change)  # type: ignore[arg-type]
    assert ("E_MINUTES", final, field) in bad(scan(files_of(log.leaves)))


def test_sums_of_a_session_with_a_missing_leaf_are_not_named_again() -> None:
    log = SmallLog()
    log.whole("a")
    assert [code for code, _, _ in bad(scan(files_of([log.leaves[0], log.leaves[2]])))] == ["E_SEQ_GAP"]
    assert [code for code, _, _ in bad(scan(files_of(log.leaves[1:])))] == ["E_SEQ_GAP"]


def test_each_kind_of_target_is_taken_back_once() -> None:
    log = SmallLog()
    start, segment, _ = log.whole("a")
    amend = log.amend("a", segment)
    for target in (amend, amend, segment, start, start):
        log.void("a", target)
    checks = scan(files_of(log.leaves))
    assert "0 ms count: 100000 verified by rules, +30000 by later changes, -130000 by voids (1 s" in total(checks)


def test_the_log_and_the_bundle_give_the_same_sum_in_every_order_of_changes() -> None:
    for order in permutations(("amend", "void amend", "void segment", "late amend"), 4):
        log = SmallLog()
        _, segment, _ = log.whole("a")
        amend = log.amend("a", segment)
        for step in order:
            if step == "void amend":
                log.void("a", amend)
            elif step == "void segment":
                log.void("a", segment)
            else:
                log.amend("a", segment, delta_ms=7 if step == "amend" else -3, minute=1)
            total_ms = total_of(log.known()).counted_ms
            chains, _ = taken(log.leaves, 9)
            known = log.known()
            for leaf in known[3:]:
                chains.change(leaf, known[leaf.number("target")])
            assert chains.verified_ms + chains.changed_ms - chains.voided_ms == total_ms, order


def test_a_session_name_is_used_once() -> None:
    log = SmallLog()
    log.whole("a")
    log._chains.clear()
    again = log.start("a")
    assert ("E_SEQ_GAP", again, "seq") in bad(scan(files_of(log.leaves)))


def taken(leaves: list[bytes], in_memory: int) -> tuple[Chains, Findings]:
    findings = Findings()
    chains = Chains("o", findings, EndedSessions(in_memory))
    for index, data in enumerate(leaves):
        chains.take(decode_head(data), index, leaf_hash(data))
    chains.finish()
    return chains, findings


def test_sessions_beyond_the_memory_are_followed_on_disk() -> None:
    log = SmallLog()
    segments = [log.whole(f"s{n}")[1] for n in range(20)]
    for n, segment in enumerate(segments):
        log.amend(f"s{n}", segment)
    log._chains.clear()
    log.whole("s3")
    _, findings = taken(log.leaves, 4)
    assert bad(findings.checks) == [("E_SEQ_GAP", None, "sid")]


def test_a_damaged_leaf_is_not_named_again() -> None:
    findings = Findings()
    chains = Chains("o", findings)
    log = SmallLog()
    log.whole("a")
    chains.forget("a")
    for index in (1, 2):
        chains.take(decode_head(log.leaves[index]), index, leaf_hash(log.leaves[index]))
    assert chains.started_ms("a") == 0
    chains.forget("a")
    assert chains.started_ms("a") is None
    assert chains.started_ms("unknown") is None
    assert bad(findings.checks) == []


def test_a_change_of_an_unknown_session_counts_nothing() -> None:
    chains = Chains("o", Findings())
    log = SmallLog()
    _, segment, _ = log.whole("a")
    log.amend("a", segment)
    known = log.known()
    chains.change(known[3], known[1])
    assert (chains.changed_ms, chains.started_ms("a")) == (0, None)
