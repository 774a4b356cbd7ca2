"""Openings against commitments and roots: the changed item is named, and nothing unopened counts as checked."""

from dataclasses import replace

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import write_bundle
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.verify import verify_bundle
from zaichang.tlog.trust import trust_log

TRUST = trust_log(sample_of.SIGNER.vkey)


SAMPLE = sample_of.sample()


def findings(data: bytes) -> list[Check]:
    checks = verify_bundle(data, TRUST)
    assert exit_code(checks) == 1
    return [check for check in checks if check.status is Status.FAIL]


def changed(**parts: object) -> bytes:
    return write_bundle(replace(SAMPLE.bundle, **parts))


def test_a_changed_byte_of_an_event_is_named_with_its_field() -> None:
    data = SAMPLE.data
    place = data.index(rb"\"at_ms\":1790000030000")
    bad = data[: place + 20] + b"7" + data[place + 21 :]
    found = findings(bad)[0]
    assert (found.check, found.code, found.event, found.segment, found.sid) == (
        "opening", "E_OPENING", 6, 0, sample_of.SID,
    )  # fmt: skip
    assert (found.field, found.expected, found.index) == ("at_ms", "1790000030000", 11)


def test_a_bundle_without_openings_still_proves_the_leaves_but_not_the_roots() -> None:
    checks = verify_bundle(changed(commitments=(), openings=(), fields=()), TRUST)
    assert exit_code(checks) == 2
    closed = verify_bundle(changed(openings=tuple(o for o in SAMPLE.bundle.openings if o.kind == "record")), TRUST)
    assert exit_code(closed) == 0
