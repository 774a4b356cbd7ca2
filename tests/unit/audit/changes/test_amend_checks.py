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
            if change.get("delta_ms", 1) in range(1, 100 * HOUR_MS):
                given["reason"] = "REVIEW_GRANTED"
        leaves.append(getattr(leaf, kind)(ref, **{**given, "request": bytes(32), **change}))
    return leaves


def old(leaves: Sequence[bytes]) -> list[bytes]:
    """Return the leaves with the changes in the form of version 1, which needs no decision."""
    changed = []
    for data in leaves[len(LEAVES) :]:
        value = leaf.parse_leaf(data)
        changed.append(canonical_bytes({name: item for name, item in value.items() if name != "request"} | {"v": 1}))
    return [*leaves[: len(LEAVES)], *changed]


def bad(checks: Sequence[Check]) -> list[tuple[str | None, int | None, str | None]]:
    return [(check.code, check.index, check.field) for check in checks if check.status is not Status.PASS]


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
        assert [c.message for c in checks if c.check == "changes" and c.status is Status.PASS] == [
            "1 later changes, +60000 ms together."
        ]
    # These changes have no opened decisions, so a bundle with opened records leaves them undecided.
    refused = amended({"verdict": "F", "delta_ms": 0})
    parts = amended({"delta_ms": 20_000}, {"delta_ms": 30_000}, {"delta_ms": -50_000, "verdict": "F"})
    for leaves in (amended({}), refused, parts):
        assert exit_code(by_folder(leaves)) == exit_code(by_folder(leaves, deep=True)) == 0
        assert {(code, field) for code, _, field in bad(by_bundle(leaves))} == {("E_OPENING", "request")}


def test_a_change_in_the_old_form_is_no_way_around_the_decision() -> None:
    leaves = old(amended({}))
    for checks in (by_bundle(leaves), by_bundle(leaves, opened=False), by_folder(leaves), by_folder(leaves, deep=True)):
        assert ("E_SCHEMA", len(LEAVES), "v") in bad(checks)
        assert exit_code(checks) == 1


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
    ({"delta_ms": 0, "verdict": "U"}, "verdict"),
    ({"delta_ms": -1, "verdict": "F", "minute": 3, "reason": "REVIEW_GRANTED"}, "reason"),
    ({"delta_ms": 0, "verdict": "F", "minute": 3}, "verdict"),
    ({"reason": "NO_FACE"}, "reason"),
    ({"delta_ms": 0, "verdict": "F", "reason": "REVIEW_GRANTED"}, "reason"),
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
    leaves = amended({}, kind="session_void")
    assert exit_code(by_folder(leaves)) == 0
    assert {(code, field) for code, _, field in bad(by_bundle(leaves))} == {("E_OPENING", "request")}
    for change in ({"target_hash": bytes(32)}, {"target": 99}, {"reason": "BECAUSE"}, {"reason": "REVIEW_GRANTED"}):
        leaves = amended(change, kind="session_void")
        for checks in (by_bundle(leaves), by_folder(leaves)):
            assert {c.code for c in checks if c.status is Status.FAIL} == {"E_AMEND"}


def then(leaves: list[bytes], kind: str, target: int, **change: object) -> list[bytes]:
    """Return the leaves with a change or a void of an earlier leaf behind them."""
    at = {"target": target, "target_hash": leaf_hash(leaves[target]), **change}
    ref = leaf.SessionRef(
        origin=sample_of.ORIGIN,
        sid=sample_of.SID,
        seq=len(leaves),
        prev=leaf_hash(leaves[-1]),
        at_ms=sample_of.AT_MS + len(leaves) * 300_000,
    )
    if kind == "void":
        made = leaf.session_void(ref, **{"reason": "SERVICE_FAULT", "request": bytes(32), **at})  # type: ignore[arg-type]
    else:
        given = {"minute": LAST, "verdict": "V", "delta_ms": 60_000, "reason": "REVIEW_GRANTED", "request": bytes(32)}
        made = leaf.session_amend(ref, **{**given, **at})  # type: ignore[arg-type]
    return [*leaves, made]


def test_a_leaf_is_voided_once_and_nothing_changes_it_afterwards() -> None:
    amend, back = len(LEAVES), {"delta_ms": -60_000, "verdict": "F", "reason": "NO_FACE"}
    granted = then(LEAVES, "amend", SEGMENT)
    honest = then(granted, "void", amend)
    for leaves in (honest, then(honest, "amend", SEGMENT), then(granted, "void", SEGMENT), then(granted, "void", 0)):
        assert exit_code(by_folder(leaves)) == 0
    hostile = (
        then(honest, "void", amend),
        then(honest, "void", amend + 1),
        then(then(LEAVES, "void", SEGMENT), "amend", SEGMENT),
        then(then(granted, "void", SEGMENT), "void", amend),
        then(then(LEAVES, "void", 0), "amend", SEGMENT),
        then(then(LEAVES, "void", 0), "void", SEGMENT),
        then(then(LEAVES, "void", 0), "void", 3),
        then(then(granted, "amend", SEGMENT, **back), "void", amend),
    )
    for leaves in hostile:
        for checks in (by_bundle(leaves), by_folder(leaves), by_folder(leaves, deep=True)):
            failed = [(c.code, c.index, c.field) for c in checks if c.status is Status.FAIL]
            assert failed == [("E_AMEND", len(leaves) - 1, "target")]


def test_a_change_does_not_stand_in_for_the_session_s_end() -> None:
    leaves = amended({})
    headless = [*leaves[:3]]
    value = {**leaf.parse_leaf(leaves[-1]), "seq": 3, "prev": leaf_hash(headless[-1]).hex()}
    headless.append(canonical_bytes(value))
    assert "E_ORPHAN_START" in {check.code for check in by_bundle(headless)}
