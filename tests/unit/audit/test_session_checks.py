"""One session of a bundle: its chain, sums, end and replay."""

from collections.abc import Sequence
from dataclasses import replace

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import BundleLeaf, Opening, write_bundle
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.replay.replaying import Divergence, ReplayInput
from zaichang.audit.verify import verify_bundle
from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.errors import EvidenceError
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.leaf import SessionRef, session_amend, session_void
from zaichang.tlog.merkle import inclusion_proof, leaf_hash, root_hash
from zaichang.tlog.trust import trust_log

TRUST = trust_log(sample_of.SIGNER.vkey)


SAMPLE = sample_of.sample()
LATER_MS = sample_of.AT_MS + 9_000_000


def findings(data: bytes) -> list[Check]:
    checks = verify_bundle(data, TRUST)
    assert exit_code(checks) == 1
    return [check for check in checks if check.status is Status.FAIL]


def changed(**parts: object) -> bytes:
    return write_bundle(replace(SAMPLE.bundle, **parts))


def test_a_session_without_its_end_cannot_be_decided() -> None:
    checks = verify_bundle(changed(leaves=SAMPLE.bundle.leaves[:-1], fields=SAMPLE.bundle.fields[:2]), TRUST)
    assert exit_code(checks) == 2
    assert {check.code for check in checks if check.code} == {"E_ORPHAN_START"}


def sample_with(*more: str, without_end: bool = False) -> list[Check]:
    """Check the sample with an ``amend`` of its first segment or a ``void`` of its start behind its leaves."""
    leaves = list(SAMPLE.leaves[:-1] if without_end else SAMPLE.leaves)
    known = {"amend": 1, "void": 0}
    for n, kind in enumerate(more):
        place = known[kind]
        ref = SessionRef(
            origin=sample_of.ORIGIN, sid=sample_of.SID, seq=len(leaves), prev=leaf_hash(leaves[-1]), at_ms=LATER_MS + n
        )
        target = {"target": place, "target_hash": leaf_hash(leaves[place]), "reason": "REVIEW_GRANTED"}
        target |= {"request": bytes(32)} | ({"reason": "SERVICE_FAULT"} if kind == "void" else {})
        change = {"minute": 2, "verdict": "V", "delta_ms": 10_000}
        leaves.append(session_amend(ref, **target, **change) if kind == "amend" else session_void(ref, **target))
    hashes = [leaf_hash(data) for data in leaves]
    checkpoint = Checkpoint(origin=sample_of.ORIGIN, size=len(leaves), root=root_hash(hashes))
    shown = tuple(
        BundleLeaf(index=n, leaf=data, proof=tuple(inclusion_proof(hashes, n))) for n, data in enumerate(leaves)
    )
    note, fields = sign_checkpoint(checkpoint, [sample_of.SIGNER]), SAMPLE.bundle.fields
    opened = fields[:2] if without_end else fields
    return verify_bundle(changed(leaves=shown, checkpoint=note, fields=opened), TRUST)


def test_a_change_of_credit_does_not_end_a_session() -> None:
    for change in ("amend", "void"):
        checks = sample_with(change, without_end=True)
        found = [check for check in checks if check.status is Status.FAIL]
        assert [(check.check, check.code) for check in found] == [("chain", "E_ORPHAN_START")]


def test_sums_follow_changes_and_voids() -> None:
    messages = [check.message for check in sample_with("amend") if check.check == "total"]
    assert messages == ["190000 ms count: 180000 verified by the rules, +10000 by later changes, +0 by voids."]
    checks = sample_with("amend", "void")
    assert exit_code(checks) == 0
    assert [check.message for check in checks if check.check == "total"] == [
        "The session was voided at index 5: it counts for nothing."
    ]


def test_records_that_do_not_fit_the_leaf_are_found() -> None:
    openings = tuple(
        Opening(sid=o.sid, kind=o.kind, n=o.n, salt=o.salt, payload=sample_of.record(o.n)) if o.kind == "record" else o
        for o in SAMPLE.bundle.openings
    )
    found = findings(changed(openings=openings))
    assert {check.event for check in found if check.field == "verdict"} == {2, 4}


def test_the_replayer_gets_the_opened_session_and_its_word_counts() -> None:
    seen: list[ReplayInput] = []

    def replayer(session: ReplayInput) -> Sequence[Divergence]:
        seen.append(session)
        return [Divergence(minute=2, field="verdict", expected="V", got="F")] if len(seen) == 2 else []

    checks = verify_bundle(SAMPLE.data, TRUST, replayer)
    assert exit_code(checks) == 0
    assert checks[-1].check == "replay"
    assert seen[0].policy == sample_of.POLICY
    assert seen[0].events == tuple(sample_of.event(n) for n in range(19))
    assert len(seen[0].records) == 5
    last = verify_bundle(SAMPLE.data, TRUST, replayer)[-1]
    assert (last.code, last.event, last.field, last.expected) == ("E_MINUTES", 2, "verdict", "V")

    def broken(session: ReplayInput) -> Sequence[Divergence]:
        raise EvidenceError("E_SCHEMA", f"Session {session.sid} has an event of an unknown kind.")

    assert exit_code(verify_bundle(SAMPLE.data, TRUST, broken)) == 1
    partly = changed(openings=SAMPLE.bundle.openings[1:])
    assert exit_code(verify_bundle(partly, TRUST, replayer)) == 2


def test_a_segment_of_more_time_than_its_minutes_can_hold_is_found_without_its_records() -> None:
    leaves = list(SAMPLE.leaves)
    for at, verified_ms in ((1, 36_000_000), (3, 36_060_000)):
        leaves[at] = canonical_bytes({**parse_canonical_object(leaves[at]), "verified_ms": verified_ms})
    for at in range(1, len(leaves)):
        prev = leaf_hash(leaves[at - 1]).hex()
        leaves[at] = canonical_bytes({**parse_canonical_object(leaves[at]), "prev": prev})
    hashes = [leaf_hash(data) for data in leaves]
    checkpoint = Checkpoint(origin=sample_of.ORIGIN, size=len(leaves), root=root_hash(hashes))
    shown = tuple(
        BundleLeaf(index=n, leaf=data, proof=tuple(inclusion_proof(hashes, n))) for n, data in enumerate(leaves)
    )
    note = sign_checkpoint(checkpoint, [sample_of.SIGNER])
    checks = verify_bundle(changed(leaves=shown, checkpoint=note, openings=(), commitments=(), fields=()), TRUST)
    found = [(check.code, check.index) for check in checks if check.status is Status.FAIL]
    assert found == [("E_MINUTES", 1)]
