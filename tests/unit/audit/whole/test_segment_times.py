"""The times that a session's leaves state are those of the records beside them, and of the opened events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from support import evidence_bundle as sample_of
from support.evidence_bundle import AT_MS, ORIGIN, SIGNER
from zaichang.audit.bundle import BundleLeaf, write_bundle
from zaichang.audit.check import Check, Status
from zaichang.audit.findings import Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.log_scan import scan_log
from zaichang.audit.verify import verify_bundle
from zaichang.audit.whole.segment_times import check_segment_times
from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.units import ROUND_MS
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.merkle import inclusion_proof, leaf_hash, root_hash
from zaichang.tlog.plan import TreeState, plan_batch
from zaichang.tlog.trust import trust_log

TRUST = trust_log(SIGNER.vkey)
SAMPLE = sample_of.sample(others=0)
START, ONE, TWO, FINAL = range(4)
Moves = Mapping[int, Mapping[str, int]]


def moved(moves: Moves) -> list[bytes]:
    """Return the sample's leaves with some times moved by rounds, chained anew: every signature stays valid."""
    leaves: list[bytes] = []
    for index, data in enumerate(SAMPLE.leaves):
        value = parse_canonical_object(data)
        for name, rounds in moves.get(index, {}).items():
            at_ms = value[name]
            assert isinstance(at_ms, int)
            value[name] = at_ms + rounds * ROUND_MS
        if leaves:
            value["prev"] = leaf_hash(leaves[-1]).hex()
        leaves.append(canonical_bytes(value))
    return leaves


def fields(checks: Sequence[Check]) -> list[tuple[int | None, str | None]]:
    bad = [check for check in checks if check.status is not Status.PASS]
    assert {check.code for check in bad} <= {"E_MINUTES", "E_TIME_LOW"}
    return sorted({(check.index, check.field) for check in bad if check.code == "E_MINUTES"}, key=str)


def in_a_folder(leaves: list[bytes]) -> list[Check]:
    plan = plan_batch(TreeState(), leaves)
    note = sign_checkpoint(Checkpoint(origin=ORIGIN, size=len(leaves), root=plan.root), [SIGNER])
    return scan_log({**dict(plan.objects), "checkpoint": note}.get, TRUST)


def in_a_bundle(leaves: list[bytes], *, opened: bool) -> list[Check]:
    hashes = [leaf_hash(data) for data in leaves]
    note = sign_checkpoint(Checkpoint(origin=ORIGIN, size=len(leaves), root=root_hash(hashes)), [SIGNER])
    shown = tuple(
        BundleLeaf(index=n, leaf=data, proof=tuple(inclusion_proof(hashes, n))) for n, data in enumerate(leaves)
    )
    parts = {} if opened else {"openings": (), "commitments": (), "fields": ()}
    checks = verify_bundle(write_bundle(replace(SAMPLE.bundle, checkpoint=note, leaves=shown, **parts)), TRUST)
    return [check for check in checks if check.status is not Status.UNDECIDED]


@pytest.mark.parametrize(
    ("moves", "found"),
    [
        ({}, []),
        ({ONE: {"from_ms": -1}}, [(ONE, "from_ms")]),
        ({ONE: {"from_ms": 1}}, [(ONE, "from_ms")]),
        ({ONE: {"to_ms": 1}}, [(ONE, "to_ms"), (TWO, "from_ms")]),
        ({TWO: {"from_ms": -1}}, [(TWO, "from_ms")]),
        ({TWO: {"to_ms": 1}}, [(TWO, "to_ms"), (FINAL, "at")]),
        ({TWO: {"to_ms": 1, "at": 1}}, [(FINAL, "at")]),
        ({FINAL: {"at": 1}}, [(FINAL, "at")]),
        ({START: {"at": -1}}, [(ONE, "from_ms")]),
    ],
)
def test_a_time_moved_by_one_round_is_named_without_any_opening(moves: Moves, found: list[tuple[int, str]]) -> None:
    leaves = moved(moves)
    assert fields(in_a_folder(leaves)) == found
    assert fields(in_a_bundle(leaves, opened=False)) == found


def test_times_that_are_all_moved_alike_are_held_against_the_events() -> None:
    later = {START: {"at": 1}, **{n: {"at": 1, "from_ms": 1, "to_ms": 1} for n in (ONE, TWO)}, FINAL: {"at": 1}}
    leaves = moved(later)
    assert fields(in_a_folder(leaves)) == [], "the log holds no moment to compare: row 24"
    assert fields(in_a_bundle(leaves, opened=True)) == [(START, "at"), (ONE, "to_ms"), (TWO, "to_ms")]
    stretched = moved({TWO: {"at": 1, "to_ms": 1}, FINAL: {"at": 1}})
    assert fields(in_a_bundle(stretched, opened=True)) == [(TWO, "to_ms")]


@pytest.mark.parametrize("changed_at", [1, 2, 3])
def test_a_session_during_which_the_service_was_updated_passes(changed_at: int) -> None:
    """Its first leaves are of version 2, dated in minutes; the rest of version 3, in rounds."""
    began_ms = AT_MS // ROUND_MS * ROUND_MS + 200_000
    ends = (began_ms, began_ms + 300_000, began_ms + 600_000, began_ms + 600_000)
    leaves: list[bytes] = []
    for n, kind in enumerate(("session.start", "session.segment", "session.segment", "session.final")):
        value = parse_canonical_object(SAMPLE.leaves[n])
        version = 2 if n < changed_at else 3

        def dated(at_ms: int, version: int = version, n: int = n) -> int:
            if version == 2:
                return at_ms // 60_000 * 60_000
            return (at_ms // ROUND_MS + (1 if n else 0)) * ROUND_MS

        value |= {"v": version, "at": dated(ends[n])}
        if kind == "session.segment":
            value |= {"from_ms": dated(ends[n - 1]), "to_ms": dated(ends[n])}
        elif kind == "session.start" and version == 2:
            value.pop("lesson_c")
            value["lesson"] = "l1"
        if leaves:
            value["prev"] = leaf_hash(leaves[-1]).hex()
        leaves.append(canonical_bytes(value))
    assert fields(in_a_folder(leaves)) == []
    assert fields(in_a_bundle(leaves, opened=False)) == []


@pytest.mark.parametrize(("version", "unit_ms", "delay_ms"), [(1, 1, 0), (2, 60_000, 0), (3, ROUND_MS, ROUND_MS)])
def test_each_version_states_its_own_times(version: int, unit_ms: int, delay_ms: int) -> None:
    began_ms = AT_MS // ROUND_MS * ROUND_MS + 7
    ended_ms = began_ms + 200_003

    def dated(at_ms: int) -> int:
        return at_ms // unit_ms * unit_ms

    end_ms = dated(ended_ms) + delay_ms
    start = {"v": version, "t": "session.start", "at": dated(began_ms)}
    segment = {"v": version, "t": "session.segment", "at": end_ms, "from_ms": dated(began_ms) + delay_ms}
    leaves = [start, {**segment, "to_ms": end_ms, "n_events": 2}, {"v": version, "t": "session.final", "at": end_ms}]
    events = {n: canonical_bytes({"at_ms": at_ms}) for n, at_ms in enumerate((began_ms, ended_ms))}

    def found(values: Sequence[Mapping[str, object]], opened: Mapping[int, bytes]) -> list[str | None]:
        known = [KnownLeaf(index=n, data=b"", hash=b"", value=dict(v)) for n, v in enumerate(values)]  # type: ignore[arg-type]
        findings = Findings()
        check_segment_times(ORIGIN, known, opened, findings)
        return [check.field for check in findings.checks]

    assert found(leaves, events) == []
    assert found([{**start, "at": dated(began_ms) - unit_ms}, *leaves[1:]], events) == ["at", "from_ms"]
    assert found(leaves, {**events, 1: b"no event"}) == found(leaves, {0: b"{}"}) == []
    assert found(leaves[1:], events) == [], "a session without its start is named by itself"
