import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import Bundle, BundleLeaf, Opening, Seen, read_bundle, write_bundle
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.locate import locate_change
from zaichang.audit.replaying import Divergence, ReplayInput
from zaichang.audit.time_checks import Bounds, SeenAt, check_delay, check_times
from zaichang.audit.verify import verify_bundle
from zaichang.core.canonical import canonical_bytes
from zaichang.core.errors import EvidenceError
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Cosigner, Ed25519Signer
from zaichang.tlog.merkle import consistency_proof, inclusion_proof, leaf_hash, root_hash
from zaichang.tlog.note import cosign_note, format_note, parse_note
from zaichang.tlog.trust import parse_trust, trust_log

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


def test_lines_are_json_with_only_what_applies() -> None:
    line = json.loads(verify_bundle(SAMPLE.data, TRUST)[0].line())
    assert line == {"check": "format", "ok": True, "status": "pass", "origin": sample_of.ORIGIN}


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


@pytest.mark.parametrize("keep", [0, 1, 50, 700, -1, -30])
def test_a_cut_off_bundle_is_noticed(keep: int) -> None:
    assert exit_code(verify_bundle(SAMPLE.data[:keep], TRUST)) != 0


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


@pytest.mark.parametrize("data", [b"", b"\x00" * 1000, b"{}", b"[1]\n", b"{" * 100_000, b"\xff\xfe"])
def test_what_is_no_bundle_is_said_without_a_traceback(data: bytes) -> None:
    checks = verify_bundle(data, TRUST)
    assert exit_code(checks) == 2
    assert checks[0].code == "E_FORMAT"


@pytest.mark.parametrize(
    "line", [b'{"k":"leaf","k":"leaf"}', b'{"k":"x"}', b'{"k":"leaf","index":NaN}', b'{"k":"end"}']
)
def test_a_bad_line_is_named_and_the_rest_is_checked(line: bytes) -> None:
    lines = SAMPLE.data.split(b"\n")
    found = findings(b"\n".join([*lines[:5], line, *lines[5:]]))
    assert "line 6" in {check.field for check in found}


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


def test_the_changed_byte_is_searched_only_in_short_texts() -> None:
    data = canonical_bytes({"a": "x" * 20, "b": 17})
    bad = data.replace(b"17", b"19")
    change = locate_change(bad, lambda text: text == data)
    assert change is not None
    assert (change.field, change.value, change.sentence()) == ("b", "17", "byte 33 reads '9' and was '7'")
    assert locate_change(bad, lambda text: False) is None
    assert locate_change(b"x" * 5_000, lambda text: True) is None


MINUTE = 60_000
DAY = 24 * 60 * MINUTE


@pytest.mark.parametrize(
    ("anchors", "seen", "codes"),
    [
        ((0, 5, 5), (), []),
        ((5, 4, 4), (), ["E_TIME_LOW", "E_TIME_LOW"]),
        ((0, 12, 12), (), ["E_TIME_LOW"]),
        ((0, 5, 5), ((99, 10 * MINUTE),), [None]),
        ((0, 5, 5), ((99, 4 * MINUTE),), ["E_TIME_LATE"]),
        ((0, 5, 5), ((99, 11 * MINUTE),), ["E_TIME_LATE"]),
        ((0, 5, 5), ((6, MINUTE), (12, 6 * MINUTE), (99, DAY)), ["E_TIME_LATE"]),
        ((0, 5, 5), ((6, MINUTE), (12, 6 * MINUTE), (18, 11 * MINUTE), (99, DAY)), [None]),
        ((0, 5, 5), ((99, DAY + 1),), ["E_TIME_LATE", "E_TIME_LATE", "E_TIME_LATE"]),
        ((0, 5, 5), ((5, 11 * MINUTE), (99, 12 * MINUTE)), ["E_TIME_LOW", "E_TIME_LATE"]),
    ],
)
def test_leaves_are_neither_back_dated_nor_pre_dated(
    anchors: tuple[int, ...], seen: tuple[tuple[int, int], ...], codes: list[str | None]
) -> None:
    leaves = []
    for place, (size, known) in enumerate(zip(anchors, SAMPLE.bundle.leaves, strict=False)):
        value = json.loads(known.leaf) | {"anchor": {"size": size, "root": "00" * 32}}
        leaves.append(KnownLeaf(index=5 + 6 * place, data=known.leaf, hash=b"", value=value))
    collected = Findings()
    bounds = Bounds(seen=tuple(SeenAt(size=size, at_ms=sample_of.AT_MS + after) for size, after in seen))
    check_times(sample_of.ORIGIN, leaves, bounds, collected)
    assert sorted(check.code or "" for check in collected.checks) == sorted(code or "" for code in codes)


@pytest.mark.parametrize(
    ("delay_ms", "near", "status"),
    [
        (10 * MINUTE, True, None),
        (11 * MINUTE, True, Status.UNDECIDED),
        (DAY, True, Status.UNDECIDED),
        (DAY + 1, True, Status.FAIL),
        (DAY + 1, False, Status.UNDECIDED),
        (-5 * MINUTE, True, None),
        (-5 * MINUTE - 1, True, Status.FAIL),
        (-5 * MINUTE - 1, False, Status.FAIL),
    ],
)
def test_how_late_is_late(delay_ms: int, near: bool, status: Status | None) -> None:
    collected = Findings()
    covering = SeenAt(size=9, at_ms=sample_of.AT_MS + delay_ms, near=near)
    check_delay(About(origin=sample_of.ORIGIN, index=3), sample_of.AT_MS, covering, collected)
    assert [check.status for check in collected.checks] == ([] if status is None else [status])
    assert all(check.code == "E_TIME_LATE" and check.index == 3 for check in collected.checks)


WITNESS = Ed25519Cosigner("witness.example.org", b"\x03" * 32)
WITNESSED = parse_trust(f"log {sample_of.SIGNER.vkey}\nwitness w {WITNESS.vkey}\nquorum w\n".encode())


def test_earlier_cosigned_checkpoints_are_held_to_the_log_and_say_when_a_leaf_came() -> None:
    log = [leaf_hash(b"%d" % n) for n in range(40)]
    back_dated = json.loads(SAMPLE.bundle.leaves[0].leaf)
    data = canonical_bytes(back_dated)
    log[7] = leaf_hash(data)

    def note(size: int, at_ms: int) -> bytes:
        signed = sign_checkpoint(
            Checkpoint(origin=sample_of.ORIGIN, size=size, root=root_hash(log[:size])), [sample_of.SIGNER]
        )
        parsed = parse_note(signed)
        return format_note(parsed.text, (*parsed.signatures, cosign_note(parsed.text, WITNESS, at_ms // 1000)))

    def bundle(seen: tuple[Seen, ...]) -> bytes:
        return write_bundle(
            Bundle(
                origin=sample_of.ORIGIN,
                checkpoint=note(40, sample_of.AT_MS + 9 * DAY),
                leaves=(BundleLeaf(index=7, leaf=data, proof=tuple(inclusion_proof(log, 7))),),
                seen=seen,
            )
        )

    def times(seen: tuple[Seen, ...]) -> list[tuple[str, str | None]]:
        checks = verify_bundle(bundle(seen), WITNESSED)
        return [(check.status, check.code) for check in checks if check.check in ("time", "consistency")]

    def seen_at(size: int, at_ms: int) -> Seen:
        return Seen(note=note(size, sample_of.AT_MS + at_ms), proof=tuple(consistency_proof(log, size)))

    soon, late = seen_at(8, MINUTE), seen_at(8, 3 * DAY)
    assert read_bundle(bundle((soon,)))[0].seen == (soon,)
    assert times(()) == [("undecided", "E_TIME_LATE")]
    assert times((soon,)) == [("pass", None), ("pass", None)]
    assert times((seen_at(7, 0), late)) == [("pass", None), ("fail", "E_TIME_LATE")]
    other = replace(soon, note=note(9, sample_of.AT_MS + MINUTE))
    assert ("fail", "E_CONSISTENCY") in times((other,))
    unsigned = replace(
        soon,
        note=sign_checkpoint(Checkpoint(origin=sample_of.ORIGIN, size=8, root=root_hash(log[:8])), [sample_of.SIGNER]),
    )
    assert ("fail", "E_QUORUM") in times((unsigned,))
