"""Receipts for learners: one small JSON file that proves, offline, a session's records in the log.

It carries the session's first and last leaf with proofs, the signed checkpoint, the opening of the learner's own
pseudonym, a summary in both languages and a QR code's content. The summary is derived from the leaves, and the verifier
derives it again, so a true proof cannot stand under a false sentence.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from zaichang.audit.check import Check
from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.openings.field_openings import field_hash, opened_field
from zaichang.audit.openings.lesson_opening import LESSON_FIELD
from zaichang.audit.receipt_summary import summary
from zaichang.audit.schedule_check import check_halves
from zaichang.audit.time_checks import SKEW_MS
from zaichang.core.canonical import CanonicalValue, canonical_bytes, parse_canonical_object
from zaichang.core.errors import EvidenceError
from zaichang.tlog.keys import decode_base64, encode_base64
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from zaichang.tlog.schema import WORD
from zaichang.tlog.trust import Trust

FORMAT: Final = "zaichang-receipt@v1"
MAX_RECEIPT_BYTES: Final = 8_192
_FIELDS: Final = frozenset(
    ("format", "checkpoint", "start", "final", "summary", "qr", "subject", "lesson", "void", "revoked")
)
ReadQr = Callable[[bytes], str]
"""Returns the text of a QR code's picture, empty where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLeaf:
    """A leaf with its index and its inclusion proof."""

    index: int
    leaf: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The opening of ``subj_c`` or ``lesson_c``: shows whose session it was, or of which lesson.

    Attributes:
        kind: Kind that was committed with.
        salt: 32 bytes.
        payload: Canonical bytes.
    """

    kind: str
    salt: bytes
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A receipt's content.

    Attributes:
        checkpoint: Signed checkpoint note.
        start: The session's first leaf.
        final: Its last.
        void: The leaf that took the whole session back, None if none did.
        revoked: The last change that took time of the session back, None where all of it still counts.
        subject: Opening of the learner's pseudonym, or None.
        lesson: Opening of the lesson, or None (leaves before version 3 show it).
        qr_png: The QR code as a PNG file, empty for none.
    """

    checkpoint: bytes
    start: ReceiptLeaf
    final: ReceiptLeaf
    void: ReceiptLeaf | None = None
    revoked: ReceiptLeaf | None = None
    subject: Subject | None = None
    lesson: Subject | None = None
    qr_png: bytes = b""


def qr_text(receipt: Receipt) -> str:
    """Return the QR code's text: log, index and the first 16 hex digits of the leaf hash."""
    origin = parse_leaf(receipt.final.leaf)["origin"]
    return f"zaichang:{origin}#{receipt.final.index}:{leaf_hash(receipt.final.leaf).hex()[:16]}"


def write_receipt(receipt: Receipt) -> bytes:
    """Return the receipt's bytes.

    Raises:
        EvidenceError: ``E_CANON`` if it would be longer than 8 KB; ``E_SCHEMA`` if a leaf is none.
    """

    def leaf(entry: ReceiptLeaf) -> dict[str, object]:
        return {"index": entry.index, "leaf": entry.leaf.decode(), "proof": [encode_base64(h) for h in entry.proof]}

    value: dict[str, object] = {
        "format": FORMAT,
        "checkpoint": receipt.checkpoint.decode(),
        "start": leaf(receipt.start),
        "final": leaf(receipt.final),
        "summary": summary(
            parse_leaf(receipt.start.leaf),
            parse_leaf(receipt.final.leaf),
            lesson=_lesson(receipt),
            voided=receipt.void is not None,
        ),
        "qr": {"text": qr_text(receipt), "png": base64.b64encode(receipt.qr_png).decode()},
    }
    if receipt.void is not None:
        value["void"] = leaf(receipt.void)
    if receipt.revoked is not None:
        value["revoked"] = leaf(receipt.revoked)
    for name, opened in (("subject", receipt.subject), ("lesson", receipt.lesson)):
        if opened is not None:
            value[name] = {"kind": opened.kind, "salt": opened.salt.hex(), "payload": opened.payload.decode()}
    return canonical_bytes(value, MAX_RECEIPT_BYTES)


def read_receipt(data: bytes) -> tuple[Receipt, dict[str, CanonicalValue]]:
    """Return a receipt and its plain form; nothing in it is checked yet.

    Raises:
        EvidenceError: ``E_CANON``, ``E_FORMAT``.
    """
    value = parse_canonical_object(data, MAX_RECEIPT_BYTES)
    if value.get("format") != FORMAT:
        raise EvidenceError("E_FORMAT", f"The format must be {FORMAT}.")
    if value.keys() - _FIELDS:
        raise EvidenceError("E_FORMAT", "The receipt has a field too many.")
    for name, parts in (("summary", {"zh", "en"}), ("qr", {"text", "png"})):
        if _object(value, name).keys() != parts:
            raise EvidenceError("E_FORMAT", f"The receipt's {name} has other parts than it should.")
    receipt = Receipt(
        checkpoint=_text(value, "checkpoint").encode(),
        start=_leaf(_object(value, "start")),
        final=_leaf(_object(value, "final")),
        void=_leaf(_object(value, "void")) if "void" in value else None,
        revoked=_leaf(_object(value, "revoked")) if "revoked" in value else None,
        subject=_opening(value, "subject"),
        lesson=_opening(value, "lesson"),
        qr_png=decode_base64(_text(_object(value, "qr"), "png")),
    )
    return receipt, value


def verify_receipt(data: bytes, trust: Trust, read_qr: ReadQr | None = None) -> list[Check]:
    """Check a receipt: signature and quorum, both proofs, both leaves, the opening, and the summary.

    Args:
        data: The receipt's bytes.
        trust: The trusted keys.
        read_qr: Reads the QR code's picture; None where no reader is installed, which is told.
    """
    findings = Findings()
    try:
        receipt, plain = read_receipt(data)
    except EvidenceError as error:
        findings.undecided("format", error.code, error.message, About())
        return findings.checks
    findings.passed("format", About(), f"{len(data)} bytes.")
    try:
        signed = trust.open_checkpoint(receipt.checkpoint)
    except EvidenceError as error:
        findings.error("checkpoint", error, About(), field="checkpoint")
        return findings.checks
    checkpoint = signed.checkpoint
    findings.passed("checkpoint", About(origin=checkpoint.origin), f"Size {checkpoint.size}.")
    leaves: dict[str, dict[str, CanonicalValue]] = {}
    parts = [("start", "session.start", receipt.start), ("final", "session.final", receipt.final)]
    if receipt.void is not None:
        parts.append(("void", "session.void", receipt.void))
    if receipt.revoked is not None:
        parts.append(("revoked", "session.amend", receipt.revoked))
    for name, kind, entry in parts:
        about = About(origin=checkpoint.origin, index=entry.index)
        try:
            verify_inclusion(leaf_hash(entry.leaf), entry.index, checkpoint.size, entry.proof, checkpoint.root)
            findings.passed("inclusion", about, name)
        except EvidenceError as error:
            findings.error("inclusion", error, about, field=name)
        try:
            leaves[name] = parse_leaf(entry.leaf)
        except EvidenceError as error:
            findings.error("leaf", error, about, field=name)
            continue
        for field, expected in (("t", kind), ("origin", checkpoint.origin)):
            findings.equal(
                "leaf", "E_SCHEMA", about, field, expected, leaves[name][field], f"The {name} leaf is of another kind."
            )
    if len(leaves) == len(parts):
        _picture(findings, receipt, read_qr)
        _agree(findings, receipt, plain, leaves["start"], leaves["final"])
        start, final = (
            KnownLeaf(index=entry.index, data=entry.leaf, hash=leaf_hash(entry.leaf), value=leaves[name])
            for name, entry in (("start", receipt.start), ("final", receipt.final))
        )
        _dates(findings, start, final, trust.witness_time_s(signed))
        if receipt.void is not None:
            _voided(findings, receipt.void, leaves["void"], start, final)
        if receipt.revoked is not None:
            _revoked(findings, receipt.revoked, leaves["revoked"], final)
        reveal = check_halves(start, final, findings) if start.sid == final.sid else None
        if reveal is not None:
            level = reveal.get("level")
            more = " Its beacon is held against the witness by a bundle." if "b" in reveal else ""
            findings.passed("schedule", final.about(checkpoint.origin), f"Level {level}.{more}")
    return findings.checks


def _picture(findings: Findings, receipt: Receipt, read_qr: ReadQr | None) -> None:
    """Compare the QR code's picture with its text: a person sees the picture, a program the text."""
    about = About(index=receipt.final.index)
    if not receipt.qr_png:
        return
    if read_qr is None:
        findings.passed("qr not compared", about, "The QR code's picture is not compared: no reader is installed.")
        return
    message = "The QR code's picture says something else than the receipt."
    if findings.equal("qr", "E_MINUTES", about, "qr.png", qr_text(receipt), read_qr(receipt.qr_png), message):
        findings.passed("qr", about, "The QR code's picture says what its text says.")


def _voided(
    findings: Findings, entry: ReceiptLeaf, void: Mapping[str, CanonicalValue], start: KnownLeaf, final: KnownLeaf
) -> None:
    """Say that the session counts for nothing, if the void is of its first or final leaf."""
    leaf = KnownLeaf(index=entry.index, data=entry.leaf, hash=leaf_hash(entry.leaf), value=dict(void))
    about = leaf.about(final.text("origin"))
    target = next((each for each in (start, final) if each.index == leaf.number("target")), None)
    if target is None or leaf.sid != final.sid or target.hash.hex() != leaf.text("target_hash"):
        findings.failed("void", "E_AMEND", "The void is not of this session's first or final leaf.", about)
    else:
        findings.failed("void", "E_VOID", "The session was voided: it counts for nothing.", about)


def _revoked(findings: Findings, entry: ReceiptLeaf, change: Mapping[str, CanonicalValue], final: KnownLeaf) -> None:
    """Say that time of the session was taken back after its end."""
    leaf = KnownLeaf(index=entry.index, data=entry.leaf, hash=leaf_hash(entry.leaf), value=dict(change))
    about = leaf.about(final.text("origin"))
    if leaf.sid != final.sid or leaf.delta("delta_ms") >= 0:
        findings.failed("revoked", "E_AMEND", "The change takes back nothing of this session.", about)
    else:
        message = "Time of this session was taken back after its end: the summary's time does not all count."
        findings.failed("revoked", "E_REVOKED", message, about)


def _dates(findings: Findings, start: KnownLeaf, final: KnownLeaf, seen_s: int | None) -> None:
    """Check that the leaves are dated in their order, and not after a witness had seen them.

    A receipt proves to the newest checkpoint, so it cannot show that the leaves are not much older than that.
    """
    about = final.about(final.text("origin"))
    if final.latest_ms < start.number("at"):
        message = "The last leaf is dated before the first."
        expected = f">= {start.number('at')}"
        findings.failed("time", "E_TIME_LOW", message, about, field="at", expected=expected, got=final.number("at"))
    elif seen_s is not None and final.earliest_ms > seen_s * 1000 + SKEW_MS:
        message = "The leaf is dated after a witness had seen it."
        expected = f"<= {seen_s * 1000}"
        findings.failed("time", "E_TIME_LATE", message, about, field="at", expected=expected, got=final.number("at"))


def _agree(
    findings: Findings,
    receipt: Receipt,
    plain: Mapping[str, CanonicalValue],
    start: Mapping[str, CanonicalValue],
    final: Mapping[str, CanonicalValue],
) -> None:
    about = About(origin=str(start["origin"]), index=receipt.final.index, sid=str(final.get("sid")))
    before = len(findings.checks)
    if not findings.equal(
        "chain", "E_CHAIN", about, "sid", start.get("sid"), final.get("sid"), "First and last leaf are of two sessions."
    ):
        return
    if receipt.start.index >= receipt.final.index:
        findings.failed("chain", "E_CHAIN", "The last leaf stands before the first.", about, field="index")
    if receipt.subject is not None:
        message = "The pseudonym is not the one that was committed to."
        _opened(findings, about, start, "subj_c", receipt.subject, message)
    if receipt.lesson is not None:
        _opened(
            findings, about, start, LESSON_FIELD, receipt.lesson, "The lesson is not the one that was committed to."
        )
    elif LESSON_FIELD in start:
        message = "The receipt does not open the session's lesson."
        findings.undecided("opening", "E_OPENING", message, about, field=LESSON_FIELD)
    sentences = summary(start, final, lesson=_lesson(receipt), voided=receipt.void is not None)
    for language, sentence in sentences.items():
        got = _object(plain, "summary").get(language)
        message = "The summary does not say what the log says."
        findings.equal("summary", "E_MINUTES", about, f"summary.{language}", sentence, got, message)
    got = _object(plain, "qr").get("text")
    findings.equal("summary", "E_MINUTES", about, "qr.text", qr_text(receipt), got, "The QR code is another's.")
    if len(findings.checks) == before:
        findings.passed("summary", about, sentences["en"])


def _opened(
    findings: Findings, about: About, start: Mapping[str, CanonicalValue], field: str, part: Subject, message: str
) -> None:
    """Check that an opened field of the start is what was committed to."""
    version = start["v"] if isinstance(start["v"], int) else 1
    try:
        opened_field(field, part.kind, part.payload)
        opened = field_hash(version, field, part.kind, part.salt, part.payload)
    except EvidenceError as error:
        findings.error("opening", error, about, field=field)
        opened = str(start.get(field))
    findings.equal("opening", "E_OPENING", about, field, start.get(field), opened, message)


def _lesson(receipt: Receipt) -> str | None:
    """Return the id of the opened lesson."""
    if receipt.lesson is None:
        return None
    try:
        return str(parse_canonical_object(receipt.lesson.payload).get("lesson"))
    except EvidenceError:
        return None


def _opening(value: Mapping[str, CanonicalValue], name: str) -> Subject | None:
    if name not in value:
        return None
    part = _object(value, name)
    if not WORD.ok(_text(part, "kind")):
        raise EvidenceError("E_FORMAT", f"The kind of the receipt's {name} must be {WORD.what}.")
    return Subject(kind=_text(part, "kind"), salt=_hex(_text(part, "salt")), payload=_text(part, "payload").encode())


def _leaf(value: Mapping[str, CanonicalValue]) -> ReceiptLeaf:
    index, proof = value.get("index"), value.get("proof")
    if not isinstance(index, int) or isinstance(index, bool) or not isinstance(proof, list):
        raise EvidenceError("E_FORMAT", "A leaf of the receipt lacks its index or proof.")
    hashes = tuple(decode_base64(entry) for entry in proof if isinstance(entry, str))
    if len(hashes) != len(proof) or any(len(entry) != HASH_BYTES for entry in hashes):
        raise EvidenceError("E_FORMAT", "A proof of the receipt is not a list of hashes.")
    return ReceiptLeaf(index=index, leaf=_text(value, "leaf").encode(), proof=hashes)


def _object(value: Mapping[str, CanonicalValue], name: str) -> dict[str, CanonicalValue]:
    part = value.get(name)
    if not isinstance(part, dict):
        raise EvidenceError("E_FORMAT", f"The receipt's {name} is missing.")
    return part


def _text(value: Mapping[str, CanonicalValue], name: str) -> str:
    part = value.get(name)
    if not isinstance(part, str):
        raise EvidenceError("E_FORMAT", f"The receipt's {name} is missing.")
    return part


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise EvidenceError("E_FORMAT", "A salt of the receipt is not hex.") from None
