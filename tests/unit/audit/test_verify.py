from collections.abc import Callable
from dataclasses import replace

import pytest

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import Bundle, write_bundle
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.reading.bundle_reader import read_bundle
from zaichang.audit.verify import verify_bundle
from zaichang.core.canonical import canonical_bytes
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
        "total",
    }  # fmt: skip
    assert read_bundle(SAMPLE.data) == (SAMPLE.bundle, ())


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
        lambda b: replace(
            b, fields=(replace(b.fields[0], payload=canonical_bytes({"institution": "log", "learner": "learner-8"})),)
        ),
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
