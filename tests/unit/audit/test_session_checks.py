"""One session of a bundle: its chain, sums, end and replay."""

from collections.abc import Sequence
from dataclasses import replace

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import Opening, write_bundle
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.replay.replaying import Divergence, ReplayInput
from zaichang.audit.verify import verify_bundle
from zaichang.core.errors import EvidenceError
from zaichang.tlog.trust import trust_log

TRUST = trust_log(sample_of.SIGNER.vkey)


SAMPLE = sample_of.sample()


def findings(data: bytes) -> list[Check]:
    checks = verify_bundle(data, TRUST)
    assert exit_code(checks) == 1
    return [check for check in checks if check.status is Status.FAIL]


def changed(**parts: object) -> bytes:
    return write_bundle(replace(SAMPLE.bundle, **parts))


def test_a_session_without_its_end_cannot_be_decided() -> None:
    checks = verify_bundle(changed(leaves=SAMPLE.bundle.leaves[:-1]), TRUST)
    assert exit_code(checks) == 2
    assert {check.code for check in checks if check.code} == {"E_ORPHAN_START"}


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
