"""A session's part of a bundle, with the changes of credit that the bundle is too old for."""

from __future__ import annotations

from dataclasses import replace

from support import evidence_bundle as sample_of
from support.decided import LEAVES, MINUTE, UNDECIDED, changed_leaf, honest, two_sessions_of_one_learner
from zaichang.audit.bundle import write_bundle
from zaichang.audit.check import Status
from zaichang.audit.findings import Findings
from zaichang.audit.inspection.inspect import Inspection, inspect
from zaichang.audit.inspection.session_part import SessionPart, session_parts
from zaichang.audit.sample.produced import OwnCopy
from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.enums import LeafKind
from zaichang.tlog import leaf
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.merkle import leaf_hash, root_hash
from zaichang.tlog.plan import TreeState, plan_batch
from zaichang.tlog.trust import trust_log

ONE, TWO = two_sessions_of_one_learner()
LOG = [entry.leaf for bundle in (ONE, TWO) for entry in bundle.leaves]
SECOND = str(parse_canonical_object(LOG[-1])["sid"])
VERIFIED = (0, 1, 3)


def taken_back(*minutes: int, ms: int = 1) -> list[bytes]:
    """Return changes that each take a little of a minute of the first session back."""
    chain = [*LEAVES]
    for minute in minutes:
        parts = [[minute * MINUTE, minute * MINUTE + ms]]
        document = honest(minute, [], outcome="revoke", reason="REVOKED_PROXY", revoked=parts, proposer="r2")
        chain.append(changed_leaf(chain, document, bytes(32), {}))
    return chain[len(LEAVES) :]


def granted() -> bytes:
    return changed_leaf(LEAVES, honest(), bytes(32), {})


def part(*changes: bytes) -> SessionPart:
    entries = [*LOG, *changes]
    copy = OwnCopy.read(sample_of.ORIGIN, 0, {ONE.leaves[0].index}, [entries])
    (found,) = session_parts(write_bundle(ONE))
    return found.now(copy)


def counted_ms(found: SessionPart) -> int:
    return found.counted_ms(found.read())


def inspected(*changes: bytes) -> Inspection:
    entries = [*LOG, *changes]
    root = root_hash([leaf_hash(entry) for entry in entries])
    note = sign_checkpoint(Checkpoint(origin=sample_of.ORIGIN, size=len(entries), root=root), [sample_of.SIGNER])
    files = {**dict(plan_batch(TreeState(), entries).objects), "checkpoint": note}
    trust = trust_log(sample_of.SIGNER.vkey)
    return inspect(files.get, [write_bundle(ONE), write_bundle(TWO)], trust, None)


def test_without_a_later_change_the_part_is_the_bundle_s() -> None:
    now = part()
    assert (now.later, counted_ms(now)) == ((), 150_000)
    assert now.total(counted_ms(now)).startswith("150000 ms count: ")


def test_a_minute_of_which_some_was_taken_back_waits_for_a_new_export() -> None:
    """Which second it was is in the decision alone."""
    now = part(*taken_back(1))
    assert [each.index for each in now.later] == [len(LOG)]
    assert counted_ms(now) == 100_000 and "100000 ms count now." in now.total(counted_ms(now))
    credited = now.credited(now.read())
    assert credited is not None and {minute.number for minute in credited.minutes} == {0, 3}


def test_a_later_grant_counts_after_a_new_export() -> None:
    now = part(granted())
    assert counted_ms(now) == 150_000 and "50000 ms granted there do not count" in now.total(counted_ms(now))
    credited = now.credited(now.read())
    assert credited is not None and UNDECIDED not in {minute.number for minute in credited.minutes}


def test_a_millisecond_taken_back_later_hides_no_double_credit_that_counts() -> None:
    """Time that the search for double credit leaves out is not in the sum either."""
    honest_codes = {check.code for check in inspected().checks if check.status is Status.FAIL}
    assert "E_DOUBLE" in honest_codes
    hidden = inspected(*taken_back(*VERIFIED))
    lines = {line.sid: line for line in hidden.sessions}
    assert "E_DOUBLE" not in {check.code for check in hidden.checks}
    assert (lines[sample_of.SID].counted_ms, lines[SECOND].counted_ms) == (0, 150_000)


def test_the_log_and_the_document_give_a_policy_one_name() -> None:
    (found,) = session_parts(write_bundle(ONE))
    digest = str(parse_canonical_object(LEAVES[0])["policy"])
    name = found.policy().rpartition(" ")[0]
    for named, codes in ((name, []), ("cq-pharmacist-2025", ["E_POLICY"])):
        record = leaf.record(LeafKind.POLICY, sample_of.ORIGIN, 1, name=named, digest=bytes.fromhex(digest))
        copy, findings = OwnCopy.read(sample_of.ORIGIN, 0, {1}, [[record, *LOG]]), Findings()
        found.named_as(copy, findings)
        assert name and [check.code for check in findings.checks] == codes


def test_a_leaf_of_the_copy_that_cannot_be_read_changes_nothing_here() -> None:
    """The scan of the copy names it."""
    damaged = canonical_bytes({**parse_canonical_object(taken_back(1)[0]), "minute": "one"})
    copy = OwnCopy.read(sample_of.ORIGIN, 0, {ONE.leaves[0].index}, [[*LOG, damaged]])
    (found,) = session_parts(write_bundle(ONE))
    assert replace(found.now(copy), later=()) == found
    assert session_parts(b"no bundle") == []
