import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from support import evidence_bundle as sample_of
from zaichang.audit.check import Status, exit_code
from zaichang.audit.receipt import (
    MAX_RECEIPT_BYTES,
    Receipt,
    ReceiptLeaf,
    Subject,
    qr_text,
    verify_receipt,
    write_receipt,
)
from zaichang.audit.time_checks import SKEW_MS
from zaichang.core.canonical import canonical_bytes
from zaichang.core.errors import EvidenceError
from zaichang.core.units import ROUND_MS
from zaichang.tlog.checkpoint import Checkpoint, sign_checkpoint
from zaichang.tlog.keys import Ed25519Cosigner, Ed25519Signer, parse_vkey
from zaichang.tlog.leaf import SessionRef, parse_leaf, session_void
from zaichang.tlog.merkle import inclusion_proof, inclusion_root, leaf_hash, root_hash
from zaichang.tlog.note import cosign_note, format_note, parse_note
from zaichang.tlog.trust import trust_log

TRUST = trust_log(sample_of.SIGNER.vkey)
BUNDLE = sample_of.sample().bundle
FIELD, LESSON = BUNDLE.fields[:2]
RECEIPT = Receipt(
    checkpoint=BUNDLE.checkpoint,
    start=ReceiptLeaf(index=BUNDLE.leaves[0].index, leaf=BUNDLE.leaves[0].leaf, proof=BUNDLE.leaves[0].proof),
    final=ReceiptLeaf(index=BUNDLE.leaves[-1].index, leaf=BUNDLE.leaves[-1].leaf, proof=BUNDLE.leaves[-1].proof),
    subject=Subject(kind=FIELD.kind, salt=FIELD.salt, payload=FIELD.payload),
    lesson=Subject(kind=LESSON.kind, salt=LESSON.salt, payload=LESSON.payload),
    qr_png=b"\x89PNG" + bytes(400),
)
DATA = write_receipt(RECEIPT)
LATER_MS = 2 * sample_of.AT_MS


def codes(data: bytes) -> set[str | None]:
    return {check.code for check in verify_receipt(data, TRUST) if check.status is not Status.PASS}


def test_a_receipt_passes_and_says_in_both_languages_what_was_verified() -> None:
    checks = verify_receipt(DATA, TRUST)
    assert exit_code(checks) == 0
    value = json.loads(DATA)
    assert "核验通过 3 分 0 秒" in value["summary"]["zh"]
    assert "3 min 0 s verified" in value["summary"]["en"]
    assert "第 l1 节" in value["summary"]["zh"] and "lesson l1, between 2026-09-21 22:00" in value["summary"]["en"]
    assert value["qr"]["text"].startswith(f"zaichang:{sample_of.ORIGIN}#{RECEIPT.final.index}:")


def test_a_receipt_of_a_log_of_a_hundred_million_leaves_with_four_cosignatures_is_within_8_kb() -> None:
    def deep(entry: ReceiptLeaf) -> ReceiptLeaf:
        return replace(entry, proof=(leaf_hash(b""),) * 27)

    lines = "".join(f"— witness-{n}.example.org/year-2026 {'A' * 104}\n" for n in range(4))
    size = 2**27
    root = inclusion_root(leaf_hash(RECEIPT.final.leaf), RECEIPT.final.index, size, deep(RECEIPT.final).proof)
    note = sign_checkpoint(Checkpoint(origin=sample_of.ORIGIN, size=size, root=root), [sample_of.SIGNER])
    whole = replace(RECEIPT, checkpoint=note + lines.encode(), start=deep(RECEIPT.start), final=deep(RECEIPT.final))
    assert len(write_receipt(whole)) <= MAX_RECEIPT_BYTES
    with pytest.raises(EvidenceError):
        write_receipt(replace(whole, qr_png=bytes(MAX_RECEIPT_BYTES)))


def voided(target: int, **changes: object) -> bytes:
    """Return the receipt of the sample with a void behind it."""
    leaves = list(sample_of.sample(others=0).leaves)
    ref = SessionRef(
        origin=sample_of.ORIGIN,
        sid=sample_of.SID,
        seq=len(leaves),
        prev=leaf_hash(leaves[-1]),
        at_ms=sample_of.AT_MS * 2,
    )
    fields = {"target": target, "target_hash": leaf_hash(leaves[target]), "reason": "REVIEW_REFUSED"}
    fields |= {"request": bytes(32), **changes}
    leaves.append(session_void(ref, **fields))
    hashes = [leaf_hash(data) for data in leaves]
    note = sign_checkpoint(
        Checkpoint(origin=sample_of.ORIGIN, size=len(leaves), root=root_hash(hashes)), [sample_of.SIGNER]
    )
    start, final, void = (
        ReceiptLeaf(index=n, leaf=leaves[n], proof=tuple(inclusion_proof(hashes, n)))
        for n in (0, len(leaves) - 2, len(leaves) - 1)
    )
    return write_receipt(replace(RECEIPT, checkpoint=note, start=start, final=final, void=void))


def test_a_voided_session_s_receipt_says_so_and_is_a_finding() -> None:
    data = voided(0)
    assert codes(data) == {"E_VOID"}
    value = json.loads(data)
    assert value["summary"]["zh"].startswith("已作废，不计学时。")
    assert value["summary"]["en"].startswith("VOIDED: it counts for nothing.")
    hidden = {**value, "summary": {name: text.split("。", 1)[-1] for name, text in value["summary"].items()}}
    assert "E_MINUTES" in codes(canonical_bytes(hidden))


def test_a_void_of_another_leaf_is_no_void_of_the_session() -> None:
    assert codes(voided(1)) == {"E_AMEND"}
    assert codes(voided(0, target_hash=bytes(32))) == {"E_AMEND"}


def test_every_changed_byte_is_noticed() -> None:
    png = DATA.index(b'"png":"') + 7
    end = DATA.index(b'"', png)
    noticed = 0
    for place in range(0, len(DATA), 5):
        if png <= place < end:
            continue  # the picture is decoration: a person who scans it compares its text
        bad = DATA[:place] + bytes([DATA[place] ^ 1]) + DATA[place + 1 :]
        assert exit_code(verify_receipt(bad, TRUST)) != 0, place
        noticed += 1
    assert noticed > 400


def test_a_true_proof_under_a_false_sentence_is_refused() -> None:
    value = json.loads(DATA)
    value["summary"]["zh"] = value["summary"]["zh"].replace("3 分", "30 分")
    checks = verify_receipt(canonical_bytes(value), TRUST)
    assert [(c.code, c.field) for c in checks if c.code] == [("E_MINUTES", "summary.zh")]


def test_leaves_of_two_sessions_or_in_the_wrong_place_are_refused() -> None:
    assert codes(write_receipt(replace(RECEIPT, final=replace(RECEIPT.final, index=3)))) >= {"E_INCLUSION"}
    assert "E_SCHEMA" in codes(write_receipt(replace(RECEIPT, start=RECEIPT.final)))
    other = json.loads(RECEIPT.start.leaf) | {"sid": "other"}
    mixed = replace(RECEIPT, start=replace(RECEIPT.start, leaf=canonical_bytes(other)))
    assert codes(write_receipt(mixed)) == {"E_INCLUSION", "E_CHAIN"}


PAYLOAD = canonical_bytes({"institution": "log", "learner": "learner-8"})


def test_another_s_pseudonym_does_not_open() -> None:
    other = replace(RECEIPT, subject=Subject(kind=FIELD.kind, salt=FIELD.salt, payload=PAYLOAD))
    assert codes(write_receipt(other)) == {"E_OPENING"}
    assert codes(write_receipt(replace(RECEIPT, subject=None))) == set()


def test_the_lesson_is_opened_and_is_the_one_that_was_committed_to() -> None:
    other = canonical_bytes({"lesson": "l2", "lesson_v": "1", "timeline": "1"})
    altered = replace(RECEIPT, lesson=Subject(kind=LESSON.kind, salt=LESSON.salt, payload=other))
    assert codes(write_receipt(altered)) == {"E_OPENING"}
    closed = write_receipt(replace(RECEIPT, lesson=None))
    assert exit_code(verify_receipt(closed, TRUST)) == 2
    assert "lesson not opened" in json.loads(closed)["summary"]["en"]


def test_a_stranger_s_log_is_not_believed() -> None:
    stranger = trust_log(Ed25519Signer(sample_of.ORIGIN, b"\x33" * 32).vkey)
    assert {c.code for c in verify_receipt(DATA, stranger) if c.code} == {"E_NOTE_SIG"}


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", DATA[:-1], DATA + b"\n", b'{"format":"zaichang-receipt@v1"}'])
def test_what_is_no_receipt_cannot_be_decided(data: bytes) -> None:
    checks = verify_receipt(data, TRUST)
    assert exit_code(checks) == 2
    assert checks[0].code in ("E_FORMAT", "E_CANON")


@pytest.mark.parametrize("part", ["checkpoint", "start", "final", "summary", "qr", "subject", "lesson"])
def test_missing_or_wrong_parts_are_said(part: str) -> None:
    value = json.loads(DATA)
    for change in ({**value, part: 5}, {k: v for k, v in value.items() if k != part}, {**value, "more": 1}):
        result = exit_code(verify_receipt(canonical_bytes(change), TRUST))
        assert result == (0 if part == "subject" and "subject" not in change else result) and (
            result != 0 or part == "subject"
        )


WITNESS = Ed25519Cosigner("witness.example.org", b"\x03" * 32)


def receipt_of(made: sample_of.Sample, **parts: ReceiptLeaf) -> Receipt:
    first, last = (
        ReceiptLeaf(index=leaf.index, leaf=leaf.leaf, proof=leaf.proof)
        for leaf in (made.bundle.leaves[0], made.bundle.leaves[-1])
    )
    return replace(RECEIPT, checkpoint=made.bundle.checkpoint, start=first, final=last, **parts)


def test_a_receipt_s_schedule_opens_what_its_first_leaf_committed_to() -> None:
    (check,) = [check for check in verify_receipt(DATA, TRUST) if check.check == "schedule"]
    assert (check.status, check.message) == (Status.PASS, "Level 1.")
    secret, nonce = sample_of.SECRET.hex(), sample_of.NONCE
    for sched in ({"s": secret, "r": "07" * 16, "level": 1}, {"s": "07" * 32, "r": nonce, "level": 1}):
        other = write_receipt(receipt_of(sample_of.sample(sched=sched)))
        assert codes(other) == {"E_SCHED"}
    beacon = write_receipt(receipt_of(sample_of.sample(sched={"s": secret, "r": nonce, "b": "08" * 32, "level": 2})))
    (check,) = [check for check in verify_receipt(beacon, TRUST) if check.check == "schedule"]
    assert check.status is Status.PASS and check.message.startswith("Level 2. Its beacon is held against")


def test_a_receipt_s_leaves_are_dated_in_their_order_and_not_after_a_witness_saw_them() -> None:
    trust = replace(TRUST, witnesses={"w": parse_vkey(WITNESS.vkey)})
    parsed = parse_note(RECEIPT.checkpoint)
    final_ms = parse_leaf(RECEIPT.final.leaf)["at"]
    assert isinstance(final_ms, int)

    def cosigned(at_ms: int) -> list[tuple[str | None, str | None]]:
        line = cosign_note(parsed.text, WITNESS, at_ms // 1000)
        data = write_receipt(replace(RECEIPT, checkpoint=format_note(parsed.text, (*parsed.signatures, line))))
        return [(check.code, check.field) for check in verify_receipt(data, trust) if check.status is not Status.PASS]

    first_ms = final_ms - ROUND_MS
    assert cosigned(final_ms) == cosigned(final_ms + 10**9) == cosigned(first_ms - SKEW_MS) == []
    assert cosigned(first_ms - SKEW_MS - 2_000) == [("E_TIME_LATE", "at")]
    swapped = write_receipt(replace(RECEIPT, start=RECEIPT.final, final=RECEIPT.start))
    assert "E_TIME_LOW" in codes(swapped)


def test_the_qr_code_s_picture_is_compared_where_a_reader_is() -> None:
    picture = write_receipt(replace(RECEIPT, qr_png=b"picture"))

    def results(read: Callable[[bytes], str] | None) -> list[tuple[str, str | None]]:
        checks = verify_receipt(picture, TRUST, read)
        return [(check.check, check.code) for check in checks if check.check.startswith("qr")]

    assert results(lambda png: qr_text(RECEIPT) if png == b"picture" else "") == [("qr", None)]
    assert results(lambda png: "zaichang:another#1:00") == [("qr", "E_MINUTES")]
    assert results(lambda png: "") == [("qr", "E_MINUTES")]
    assert results(None) == [("qr not compared", None)]
    assert exit_code(verify_receipt(picture, TRUST)) == 0
