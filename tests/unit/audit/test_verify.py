from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import Bundle, Opening, read_bundle, write_bundle
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.replaying import Divergence, ReplayInput
from zaichang.audit.verify import verify_bundle
from zaichang.core.canonical import canonical_bytes
from zaichang.core.errors import EvidenceError
from zaichang.tlog.keys import Ed25519Signer
from zaichang.tlog.trust import trust_log

TRUST = trust_log(sample_of.SIGNER.vkey)


SAMPLE = sample_of.sample()


def findings(data: bytes) -> list[Check]:
    checks = verify_bundle(data, TRUST)
    assert exit_code(checks) == 1
    return [check for check in checks if check.status is Status.FAIL]


def changed(**parts: object) -> bytes:
    return write_bundle(replace(SAMPLE.bundle, **parts))


def test_an_untouched_bundle_passes_every_check() -> None:
    checks = verify_bundle(SAMPLE.data, TRUST)
    assert exit_code(checks) == 0
    assert {check.check for check in checks} == {
        "format", "checkpoint", "policy", "inclusion", "chain", "roots", "opening", "minutes", "schedule",
    }  # fmt: skip
    assert read_bundle(SAMPLE.data) == (SAMPLE.bundle, ())


def test_a_changed_byte_of_an_event_is_named_with_its_field() -> None:
    data = SAMPLE.data
    place = data.index(rb"\"at_ms\":1790000030000")
    bad = data[: place + 20] + b"7" + data[place + 21 :]
    found = findings(bad)[0]
    assert (found.check, found.code, found.event, found.segment, found.sid) == (
        "opening", "E_OPENING", 6, 0, sample_of.SID,
    )  # fmt: skip
    assert (found.field, found.expected, found.index) == ("at_ms", "1790000030000", 11)


def test_a_changed_byte_of_a_leaf_is_named_with_its_field() -> None:
    data = SAMPLE.data
    place = data.index(rb"\"verified_ms\":120000") + len(rb"\"verified_ms\":")
    found = findings(data[:place] + b"9" + data[place + 1 :])
    assert (found[0].code, found[0].index, found[0].field, found[0].expected) == (
        "E_INCLUSION", 11, "verified_ms", "120000",
    )  # fmt: skip
    assert {(check.code, check.field) for check in found} >= {("E_MINUTES", "verified_ms")}


CHANGES: list[tuple[str, Callable[[Bundle], Bundle], str]] = [
    ("leaf left out", lambda b: replace(b, leaves=(b.leaves[0], *b.leaves[2:])), "E_SEQ_GAP"),
    ("first leaf left out", lambda b: replace(b, leaves=b.leaves[1:]), "E_SEQ_GAP"),
    ("leaf twice", lambda b: replace(b, leaves=(*b.leaves, b.leaves[-1])), "E_SEQ_GAP"),
    (
        "leaf at another index",
        lambda b: replace(b, leaves=(replace(b.leaves[0], index=4), *b.leaves[1:])),
        "E_INCLUSION",
    ),
    (
        "proof cut",
        lambda b: replace(b, leaves=(replace(b.leaves[0], proof=b.leaves[0].proof[:-1]), *b.leaves[1:])),
        "E_INCLUSION",
    ),
    ("leaf of nothing", lambda b: replace(b, leaves=(replace(b.leaves[0], leaf=b"{}"), *b.leaves[1:])), "E_SCHEMA"),
    ("other policy", lambda b: replace(b, policies=(canonical_bytes({"name": "mild"}),)), "E_POLICY"),
    ("event twice", lambda b: replace(b, openings=(*b.openings, b.openings[0])), "E_OPENING"),
    ("event of no segment", lambda b: replace(b, openings=(*b.openings, replace(b.openings[0], n=99))), "E_OPENING"),
    ("event of no session", lambda b: replace(b, openings=(*b.openings, replace(b.openings[0], sid="x"))), "E_OPENING"),
    (
        "events swapped",
        lambda b: replace(b, openings=(replace(b.openings[0], n=1), replace(b.openings[1], n=0), *b.openings[2:])),
        "E_OPENING",
    ),
    (
        "commitments swapped",
        lambda b: replace(
            b, commitments=(replace(b.commitments[0], values=b.commitments[0].values[::-1]), *b.commitments[1:])
        ),
        "E_OPENING",
    ),
    (
        "commitment left out",
        lambda b: replace(
            b, commitments=(replace(b.commitments[0], values=b.commitments[0].values[:-1]), *b.commitments[1:])
        ),
        "E_EVENTS_ROOT",
    ),
    (
        "commitment changed",
        lambda b: replace(
            b,
            commitments=(
                replace(b.commitments[0], values=(bytes(32), *b.commitments[0].values[1:])),
                *b.commitments[1:],
            ),
        ),
        "E_EVENTS_ROOT",
    ),
    (
        "commitments of no segment",
        lambda b: replace(b, commitments=(replace(b.commitments[0], seq=9), *b.commitments[1:])),
        "E_EVENTS_ROOT",
    ),
    (
        "other pseudonym",
        lambda b: replace(b, fields=(replace(b.fields[0], payload=canonical_bytes("learner-8")),)),
        "E_OPENING",
    ),
    ("pseudonym of no leaf", lambda b: replace(b, fields=(replace(b.fields[0], seq=77),)), "E_OPENING"),
    (
        "salt changed",
        lambda b: replace(b, openings=(replace(b.openings[0], salt=bytes(32)), *b.openings[1:])),
        "E_OPENING",
    ),
]


@pytest.mark.parametrize(
    ("change", "code"), [(c, code) for _, c, code in CHANGES], ids=[name for name, _, _ in CHANGES]
)
def test_changes_are_found(change: Callable[[Bundle], Bundle], code: str) -> None:
    assert code in {check.code for check in findings(write_bundle(change(SAMPLE.bundle)))}


def test_any_changed_byte_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zaichang.audit.findings.MAX_LOCATED", 0)
    data, header = SAMPLE.data, SAMPLE.data.index(b"\n")
    named = 0
    for place in range(0, len(data), 23):
        bad = bytearray(data)
        bad[place] ^= 1 << (place % 7)
        checks = verify_bundle(bytes(bad), TRUST)
        # A spoilt first line leaves nothing to decide by; any other change is a finding.
        assert exit_code(checks) == (2 if exit_code(checks) == 2 and place <= header else 1), place
        named += any(check.index is not None or check.event is not None for check in checks if check.code)
    assert named > len(data) / 23 * 0.6


def test_a_bundle_of_an_institution_that_is_not_trusted_is_refused() -> None:
    stranger = trust_log(Ed25519Signer("hours.example.net/log/2026", b"\x11" * 32).vkey)
    same_name = trust_log(Ed25519Signer(sample_of.ORIGIN, b"\x11" * 32).vkey)
    for trust in (stranger, same_name):
        codes = {check.code for check in verify_bundle(SAMPLE.data, trust) if check.status is Status.FAIL}
        assert codes == {"E_NOTE_SIG"}
    assert "E_ORIGIN" in {check.code for check in findings(changed(origin="hours.example.net/log/2026"))}


def test_a_session_without_its_end_cannot_be_decided() -> None:
    checks = verify_bundle(changed(leaves=SAMPLE.bundle.leaves[:-1]), TRUST)
    assert exit_code(checks) == 2
    assert {check.code for check in checks if check.code} == {"E_ORPHAN_START"}


def test_a_bundle_without_openings_still_proves_the_leaves_but_not_the_roots() -> None:
    checks = verify_bundle(changed(commitments=(), openings=(), fields=()), TRUST)
    assert exit_code(checks) == 2
    closed = verify_bundle(changed(openings=tuple(o for o in SAMPLE.bundle.openings if o.kind == "record")), TRUST)
    assert exit_code(closed) == 0


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
