"""Later changes of credit; each alteration here is made with the log's key, so every signature and proof is right."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import BundleLeaf, write_bundle
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.log_scan import ScanOptions, scan_log
from zaichang.audit.verify import verify_bundle
from zaichang.core.canonical import canonical_bytes
from zaichang.tlog import leaf
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.commit import commit_all, commitments_root, salt
from zaichang.tlog.merkle import inclusion_proof, leaf_hash, root_hash
from zaichang.tlog.plan import TreeState, plan_batch
from zaichang.tlog.trust import trust_log

TRUST = trust_log(sample_of.SIGNER.vkey)
HOUR_MS = 3_600_000
LAST = 4
"""Minute 4 of the sample is undecided; it is the second minute of the second segment."""


def record(n: int, letter: str) -> bytes:
    from_ms = sample_of.AT_MS + n * 60_000
    span = [[n * 60_000, n * 60_000 + 60_000]]
    value: dict[str, object] = {"index": n, "verdict": letter, "from_ms": from_ms, "to_ms": from_ms + 60_000}
    value |= {"verified_ms": 60_000 if letter == "V" else 0, "undecided": span if letter == "U" else []}
    return canonical_bytes(value)


def session() -> tuple[list[bytes], sample_of.Sample]:
    """Return the sample's leaves with minute records that state their times."""
    sample = sample_of.sample()
    openings, groups = list(sample.bundle.openings), list(sample.bundle.commitments)
    leaves = [entry.leaf for entry in sample.bundle.leaves]
    for at, (first, letters) in enumerate([(0, "VVF"), (3, "VU")], 1):
        payloads = [record(first + i, letter) for i, letter in enumerate(letters)]
        values = commit_all("record", sample_of.KEY, payloads, first)
        value = leaf.parse_leaf(leaves[at])
        leaves[at] = canonical_bytes({**value, "records_root": commitments_root(values).hex()})
        groups = [replace(g, values=tuple(values)) if (g.kind, g.seq) == ("record", at) else g for g in groups]
        openings = [
            replace(o, payload=payloads[o.n - first], salt=salt(sample_of.KEY, "record", o.n))
            if o.kind == "record" and first <= o.n < first + len(letters)
            else o
            for o in openings
        ]
    for at in range(1, len(leaves)):
        leaves[at] = canonical_bytes({**leaf.parse_leaf(leaves[at]), "prev": leaf_hash(leaves[at - 1]).hex()})
    return leaves, replace(sample, bundle=replace(sample.bundle, openings=tuple(openings), commitments=tuple(groups)))


LEAVES, SAMPLE = session()
SEGMENT = 2
"""Index of the second segment in a log that holds the session alone."""


def amended(*changes: dict[str, object], kind: str = leaf.session_amend.__name__) -> list[bytes]:
    leaves = list(LEAVES)
    for change in changes:
        ref = leaf.SessionRef(
            origin=sample_of.ORIGIN,
            sid=sample_of.SID,
            seq=len(leaves),
            prev=leaf_hash(leaves[-1]),
            at_ms=sample_of.AT_MS + len(leaves) * 300_000,
        )
        given: dict[str, object] = {"target": SEGMENT, "target_hash": leaf_hash(leaves[SEGMENT]), "reason": "NO_FACE"}
        if kind == "session_amend":
            given |= {"minute": LAST, "verdict": "V", "delta_ms": 60_000}
        value = leaf.parse_leaf(getattr(leaf, kind)(ref, **{**given, "request": bytes(32), **change}))
        # Leaves of the first version, which need no decision: the bounds hold without one.
        leaves.append(canonical_bytes({name: item for name, item in value.items() if name != "request"} | {"v": 1}))
    return leaves


def by_bundle(leaves: Sequence[bytes], opened: bool = True) -> list[Check]:
    hashes = [leaf_hash(data) for data in leaves]
    note = sign_checkpoint(
        Checkpoint(origin=sample_of.ORIGIN, size=len(leaves), root=root_hash(hashes)), [sample_of.SIGNER]
    )
    entries = tuple(
        BundleLeaf(index=n, leaf=data, proof=tuple(inclusion_proof(hashes, n))) for n, data in enumerate(leaves)
    )
    kept = SAMPLE.bundle.openings if opened else tuple(o for o in SAMPLE.bundle.openings if o.kind == "event")
    return verify_bundle(write_bundle(replace(SAMPLE.bundle, checkpoint=note, leaves=entries, openings=kept)), TRUST)


def by_folder(leaves: Sequence[bytes], deep: bool = False) -> list[Check]:
    plan = plan_batch(TreeState(), list(leaves))
    checkpoint = Checkpoint(origin=sample_of.ORIGIN, size=len(leaves), root=plan.root)
    files = {**dict(plan.objects), "checkpoint": sign_checkpoint(checkpoint, [sample_of.SIGNER])}
    return scan_log(files.get, TRUST, ScanOptions(deep=deep))


def test_an_honest_change_passes_and_its_sum_is_told() -> None:
    for checks in (by_bundle(amended({})), by_folder(amended({})), by_folder(amended({}), deep=True)):
        assert exit_code(checks) == 0
        assert [c.message for c in checks if c.check == "changes"] == ["1 later changes, +60000 ms together."]
    refused = amended({"verdict": "F", "delta_ms": 0})
    assert exit_code(by_bundle(refused)) == exit_code(by_folder(refused)) == 0
    parts = amended({"delta_ms": 20_000}, {"delta_ms": 30_000}, {"delta_ms": -50_000, "verdict": "F"})
    assert exit_code(by_bundle(parts)) == exit_code(by_folder(parts)) == 0


ALTERATIONS: list[tuple[dict[str, object], str]] = [
    ({"delta_ms": 10 * HOUR_MS}, "delta_ms"),
    ({"delta_ms": -10 * HOUR_MS, "verdict": "F"}, "delta_ms"),
    ({"delta_ms": 0}, "delta_ms"),
    ({"minute": 999}, "minute"),
    ({"minute": 2}, "minute"),
    ({"target_hash": bytes(32)}, "target_hash"),
    ({"target": 1}, "target_hash"),
    ({"target": 0}, "target"),
    ({"target": 99}, "target"),
    ({"target": len(LEAVES)}, "target"),
    ({"reason": "BECAUSE"}, "reason"),
    ({"verdict": "F"}, "verdict"),
    ({"verdict": "U"}, "verdict"),
]


@pytest.mark.parametrize(("change", "field"), ALTERATIONS)
def test_a_change_that_does_not_fit_is_found_in_bundle_and_folder(change: dict[str, object], field: str) -> None:
    leaves = amended(change)
    for checks in (by_bundle(leaves), by_bundle(leaves, opened=False), by_folder(leaves), by_folder(leaves, deep=True)):
        assert exit_code(checks) == 1
        found = [check for check in checks if check.status is Status.FAIL]
        assert [(c.code, c.index, c.field) for c in found] == [("E_AMEND", len(LEAVES), field)]


def test_a_minute_is_not_granted_twice() -> None:
    found = [c for c in by_bundle(amended({}, {}, {})) if c.status is Status.FAIL]
    assert [(c.code, c.field) for c in found] == [("E_AMEND", "delta_ms")] * len(found)
    assert found
    # A reviewer may grant refused time of an appealed minute, at most the minute's length.
    assert exit_code(by_bundle(amended({"delta_ms": 61_501}))) == 1


def test_a_void_names_a_leaf_of_its_session() -> None:
    for checks in (by_bundle(amended({}, kind="session_void")), by_folder(amended({}, kind="session_void"))):
        assert exit_code(checks) == 0
    for change in ({"target_hash": bytes(32)}, {"target": 99}, {"reason": "BECAUSE"}):
        leaves = amended(change, kind="session_void")
        for checks in (by_bundle(leaves), by_folder(leaves)):
            assert {c.code for c in checks if c.status is Status.FAIL} == {"E_AMEND"}


def test_a_change_does_not_stand_in_for_the_session_s_end() -> None:
    leaves = amended({})
    headless = [*leaves[:3]]
    value = {**leaf.parse_leaf(leaves[-1]), "seq": 3, "prev": leaf_hash(headless[-1]).hex()}
    headless.append(canonical_bytes(value))
    assert "E_ORPHAN_START" in {check.code for check in by_bundle(headless)}
