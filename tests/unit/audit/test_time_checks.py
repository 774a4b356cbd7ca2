"""When leaves came: anchors, cosigned checkpoints and delays."""

import json
from dataclasses import replace

import pytest

from support import evidence_bundle as sample_of
from zaichang.audit.bundle import Bundle, BundleLeaf, Seen, write_bundle
from zaichang.audit.check import Status
from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.reading.bundle_reader import read_bundle
from zaichang.audit.time_checks import Bounds, SeenAt, check_delay, check_times
from zaichang.audit.verify import verify_bundle
from zaichang.core.canonical import canonical_bytes
from zaichang.core.units import ROUND_MS
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Cosigner
from zaichang.tlog.merkle import consistency_proof, inclusion_proof, leaf_hash, root_hash
from zaichang.tlog.note import cosign_note, format_note, parse_note
from zaichang.tlog.trust import parse_trust

SAMPLE = sample_of.sample()


MINUTE = 60_000


DAY = 24 * 60 * MINUTE


@pytest.mark.parametrize(
    ("dated_min", "before_min", "status"),
    [
        (0, 0, Status.UNDECIDED),
        (-45, 0, Status.UNDECIDED),
        (44, 0, Status.UNDECIDED),
        (-46, 0, Status.FAIL),
        (46, 0, Status.FAIL),
        (0, 24 * 60, Status.FAIL),
        (0, None, Status.FAIL),
    ],
)
def test_a_leaf_that_a_stopped_log_held_back_is_undecided(
    dated_min: int, before_min: int | None, status: Status
) -> None:
    """A log stopped for 30 hours; each leaf is first covered when it went on."""
    at_ms = sample_of.AT_MS + dated_min * MINUTE
    before = None if before_min is None else SeenAt(size=4, at_ms=sample_of.AT_MS + before_min * MINUTE)
    findings = Findings()
    went_on = SeenAt(size=9, at_ms=sample_of.AT_MS + 30 * 60 * MINUTE)
    check_delay(About(index=5), (at_ms, at_ms), went_on, findings, before)
    assert [(check.code, check.status) for check in findings.checks] == [("E_TIME_LATE", status)]
    if status is Status.UNDECIDED:
        assert "stood still for 1800 minutes" in findings.checks[0].message


def test_the_bounds_name_the_checkpoint_before_a_leaf() -> None:
    bounds = Bounds(seen=(SeenAt(size=4, at_ms=1), SeenAt(size=9, at_ms=2)))
    assert [bounds.last_below(index) for index in (3, 4, 8, 9)] == [
        None, SeenAt(size=4, at_ms=1), SeenAt(size=4, at_ms=1), SeenAt(size=9, at_ms=2)
    ]  # fmt: skip


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
        dated_ms = (sample_of.AT_MS + place * 5 * MINUTE) // MINUTE * MINUTE
        value = json.loads(known.leaf) | {"v": 2, "at": dated_ms, "anchor": {"size": size, "root": "00" * 32}}
        leaves.append(KnownLeaf(index=5 + 6 * place, data=known.leaf, hash=b"", value=value))
    collected = Findings()
    bounds = Bounds(seen=tuple(SeenAt(size=size, at_ms=sample_of.AT_MS + after) for size, after in seen))
    check_times(sample_of.ORIGIN, leaves, bounds, collected)
    assert sorted(check.code or "" for check in collected.checks) == sorted(code or "" for code in codes)


@pytest.mark.parametrize(
    ("after_ms", "code"),
    [
        (-ROUND_MS - 5 * MINUTE - 1, "E_TIME_LATE"),
        (-ROUND_MS - 5 * MINUTE, None),
        (ROUND_MS - 1 + 10 * MINUTE, None),
        (ROUND_MS + 10 * MINUTE, "E_TIME_LATE"),
    ],
)
def test_a_leaf_of_rounds_may_be_seen_from_the_round_before_its_date_until_ten_minutes_after_its_end(
    after_ms: int, code: str | None
) -> None:
    value = json.loads(SAMPLE.bundle.leaves[1].leaf)
    leaf, collected = KnownLeaf(index=0, data=b"", hash=b"", value=value), Findings()
    check_times("o", [leaf], Bounds(seen=(SeenAt(size=9, at_ms=value["at"] + after_ms),)), collected)
    assert [check.code for check in collected.checks] == [code]


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
    check_delay(About(origin=sample_of.ORIGIN, index=3), (sample_of.AT_MS, sample_of.AT_MS), covering, collected)
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
    assert times((seen_at(7, 2 * DAY), late)) == [("pass", None), ("fail", "E_TIME_LATE")]
    assert times((seen_at(7, 0), late)) == [("pass", None), ("undecided", "E_TIME_LATE")], "the log stood still"
    other = replace(soon, note=note(9, sample_of.AT_MS + MINUTE))
    assert ("fail", "E_CONSISTENCY") in times((other,))
    unsigned = replace(
        soon,
        note=sign_checkpoint(Checkpoint(origin=sample_of.ORIGIN, size=8, root=root_hash(log[:8])), [sample_of.SIGNER]),
    )
    assert times((unsigned,)) == [("undecided", "E_TIME_LATE")], "without a quorum it dates nothing"


def test_a_later_leaf_of_a_session_names_a_checkpoint_where_an_earlier_one_did() -> None:
    """Without it nothing says that the leaf was not written much earlier."""
    anchor = {"size": 1, "root": "00" * 32}
    for anchors, codes in (((anchor, anchor), []), ((anchor, None), ["E_TIME_LOW"]), ((None, anchor), [])):
        leaves, collected = [], Findings()
        for place, (named, known) in enumerate(zip(anchors, SAMPLE.bundle.leaves, strict=False)):
            value = json.loads(known.leaf) | ({"anchor": named} if named else {})
            leaves.append(KnownLeaf(index=5 + place, data=known.leaf, hash=b"", value=value))
        check_times("o", leaves, Bounds(), collected)
        assert [check.code for check in collected.checks] == codes
