"""A produced session against the regulator's own copy; each alteration here has the institution's key."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import Bundle, BundleLeaf, write_bundle
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.sample.drawing import Announcement, Frame, draw_sample
from zaichang.audit.sample.produced import OwnCopy
from zaichang.audit.sample.report import ItemResult, report
from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.enums import LeafKind
from zaichang.tlog import leaf
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Signer
from zaichang.tlog.merkle import inclusion_proof, leaf_hash, root_hash
from zaichang.tlog.trust import Trust, parse_trust, trust_log

DICE = "20237331128159211123"
SAMPLE = sample_of.sample()
OTHER_ORIGIN = "hours.example.org/log/2025"
OTHER = Ed25519Signer(OTHER_ORIGIN, b"\x11" * 32)
BOTH = parse_trust(f"log {sample_of.SIGNER.vkey}\nlog {OTHER.vkey}\nquorum none\n".encode())


def entries_of(sample: sample_of.Sample) -> list[bytes]:
    places = {entry.index: entry.leaf for entry in sample.bundle.leaves}

    def other(index: int) -> bytes:
        return leaf.record(LeafKind.POLICY, sample_of.ORIGIN, sample_of.AT_MS, name=f"p{index}", digest=bytes(32))

    log = [places.get(index) or other(index) for index in range(len(sample.hashes))]
    assert tuple(leaf_hash(entry) for entry in log) == sample.hashes
    return log


def bundle_of(log: Sequence[bytes], bundle: Bundle, signer: Ed25519Signer = sample_of.SIGNER) -> bytes:
    """Return a bundle of the session's leaves as ``log`` has them, under a checkpoint of that log."""
    hashes = [leaf_hash(entry) for entry in log]
    checkpoint = Checkpoint(origin=signer.name, size=len(log), root=root_hash(hashes))
    indexes = [entry.index for entry in bundle.leaves]
    leaves = tuple(
        BundleLeaf(index=index, leaf=log[index], proof=tuple(inclusion_proof(hashes, index))) for index in indexes
    )
    note = sign_checkpoint(checkpoint, [signer])
    return write_bundle(replace(bundle, origin=signer.name, checkpoint=note, leaves=leaves))


def same_chain(leaves: Sequence[bytes], **change: object) -> list[bytes]:
    """Return a session's leaves with fields changed in each, chained anew."""
    chained: list[bytes] = []
    for data in leaves:
        value = {**parse_canonical_object(data), **change}
        if chained:
            value["prev"] = leaf_hash(chained[-1]).hex()
        chained.append(canonical_bytes(value))
    return chained


LOG = entries_of(SAMPLE)
HONEST = bundle_of(LOG, SAMPLE.bundle)


def reported(
    *bundles: bytes, trust: Trust = BOTH, frozen: int | None = None, copy: Sequence[bytes] = LOG
) -> tuple[list[ItemResult], list[Check]]:
    size = len(LOG) if frozen is None else frozen
    frame = Frame()
    frame.add(copy[:size])
    announcement = Announcement(origin=sample_of.ORIGIN, size=size, root=root_hash(frame.hashes))
    draw_file = canonical_bytes(draw_sample(announcement, frame, DICE).as_value())
    _, results, checks = report(draw_file, frame, [copy], list(bundles), trust, None)
    return results, checks


def with_leaves(leaves: Sequence[bytes], log: Sequence[bytes] = LOG) -> list[bytes]:
    changed = list(log)
    for entry, data in zip(SAMPLE.bundle.leaves, leaves, strict=True):
        changed[entry.index] = data
    return changed


def fork() -> bytes:
    """Return the same session with a minute more, in a fork that the log's key signed."""
    richer = sample_of.sample(segments=((12, "VVV"), (7, "VU")))
    return bundle_of(with_leaves([entry.leaf for entry in richer.bundle.leaves]), richer.bundle)


def fork_elsewhere() -> bytes:
    """Return the true session in a fork that differs in another entry."""
    return bundle_of([*LOG[:-2], LOG[0], LOG[-1]], SAMPLE.bundle)


def other_year() -> bytes:
    leaves = same_chain([entry.leaf for entry in SAMPLE.bundle.leaves], origin=OTHER_ORIGIN)
    return bundle_of(with_leaves(leaves), SAMPLE.bundle, OTHER)


def other_session() -> bytes:
    """Return another session at the drawn index, in a fork."""
    leaves = same_chain([entry.leaf for entry in SAMPLE.bundle.leaves], sid="cd" * 16)
    closed = replace(SAMPLE.bundle, commitments=(), openings=(), fields=())
    return bundle_of(with_leaves(leaves), closed)


def forged_end() -> bytes:
    """Return the session with one leaf that no log holds: the proof fails for that index alone."""
    value = {**parse_canonical_object(SAMPLE.bundle.leaves[-1].leaf), "reason": "SESSION_EXPIRED"}
    last = replace(SAMPLE.bundle.leaves[-1], leaf=canonical_bytes(value))
    return write_bundle(replace(SAMPLE.bundle, leaves=(*SAMPLE.bundle.leaves[:-1], last)))


def test_an_honest_session_passes() -> None:
    results, checks = reported(bundle_of(LOG, SAMPLE.bundle))
    assert [(r.index, r.sid, r.result) for r in results] == [(5, sample_of.SID, "pass")]
    assert exit_code(checks) == 0


@pytest.mark.parametrize(
    ("alter", "code"),
    [
        (fork, "E_FORK"),
        (fork, "E_LEAF_HASH"),
        (fork_elsewhere, "E_FORK"),
        (other_session, "E_DRAW"),
        (other_session, "E_LEAF_HASH"),
        (forged_end, "E_LEAF_HASH"),
    ],
)
def test_a_session_that_the_copy_does_not_hold_fails_and_is_named(alter: Callable[[], bytes], code: str) -> None:
    results, checks = reported(alter())
    assert exit_code(checks) == 1
    assert (results[0].result, results[0].sid) == ("fail", sample_of.SID)
    assert code in results[0].codes


def test_a_session_of_another_year_s_log_is_not_taken_for_the_drawn_one() -> None:
    results, checks = reported(other_year())
    assert results[0].result == "not produced"
    found = next(check for check in checks if check.code == "E_ORIGIN")
    assert (found.origin, found.got) == (sample_of.ORIGIN, OTHER_ORIGIN)


def test_the_worst_of_two_productions_counts() -> None:
    for order in ((HONEST, fork()), (fork(), HONEST)):
        results, _ = reported(*order)
        assert results[0].result == "fail"
    assert reported(HONEST, HONEST)[0][0].result == "pass"


def test_a_leaf_that_the_copy_holds_cannot_be_left_out() -> None:
    short = replace(SAMPLE.bundle, leaves=SAMPLE.bundle.leaves[:-1])
    # A void after the end: without it the session looks whole.
    target = SAMPLE.bundle.leaves[1]
    end = SAMPLE.bundle.leaves[-1].leaf
    void = leaf.session_void(
        leaf.SessionRef(
            origin=sample_of.ORIGIN,
            sid=sample_of.SID,
            seq=4,
            prev=leaf_hash(end),
            at_ms=sample_of.AT_MS + 4 * 300_000,
        ),
        target=target.index,
        target_hash=leaf_hash(target.leaf),
        request=bytes(32),
        reason="APPEAL",
    )
    log = [*LOG, void]
    results, checks = reported(bundle_of(log, SAMPLE.bundle), frozen=len(log), copy=log)
    assert (results[0].result, results[0].codes) == ("fail", ("E_NOT_PRODUCED",))
    assert any(check.expected == str(len(LOG)) for check in checks)
    # Exported before the void entered, and the void is later than the frozen checkpoint: to be exported again.
    assert reported(bundle_of(LOG, SAMPLE.bundle), copy=log)[0][0].result == "undecided"
    assert reported(bundle_of(LOG, short))[0][0].result == "fail"


def test_leaves_past_the_copy_cannot_be_decided() -> None:
    results, checks = reported(HONEST, frozen=len(LOG) - 1, copy=LOG[:-1])
    assert results[0].result == "undecided"
    assert exit_code(checks) == 2
    assert reported(HONEST, frozen=len(LOG) - 1)[0][0].result == "pass"


def test_a_trust_file_without_the_log_and_an_unreadable_bundle_are_said() -> None:
    _, checks = reported(HONEST, trust=trust_log(OTHER.vkey))
    assert {check.code for check in checks if check.status is Status.FAIL} >= {"E_TRUST", "E_NOTE_SIG"}
    _, checks = reported(HONEST, b"nothing of the kind")
    assert exit_code(checks) == 2


def test_the_copy_gives_the_root_of_each_of_its_states() -> None:
    copy = OwnCopy.read(sample_of.ORIGIN, 0, [], [LOG])
    hashes = [leaf_hash(entry) for entry in LOG]
    assert [copy.root(size) for size in range(len(LOG) + 1)] == [root_hash(hashes[:n]) for n in range(len(LOG) + 1)]
    assert copy.root(0) == hashlib.sha256(b"").digest()
