"""Makes a session's receipt from the store and the log (``audit.receipt``)."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Final

from zaichang.audit.openings.field_openings import LESSON, SUBJECT
from zaichang.audit.openings.lesson_opening import LESSON_FIELD, lesson_payload
from zaichang.audit.receipt import Receipt, ReceiptLeaf, Subject, qr_text, write_receipt
from zaichang.core.enums import LeafKind
from zaichang.core.errors import NotFound
from zaichang.evidence.segments import subject_payload
from zaichang.log.reader import LogReader
from zaichang.ports.encryption import Vault
from zaichang.ports.evidence import EvidenceStore
from zaichang.ports.records import SessionRow
from zaichang.tlog.commit import salt, session_key
from zaichang.tlog.leaf import parse_leaf

_QR_ERROR: Final = "m"


async def session_receipt(store: EvidenceStore, vault: Vault, reader: LogReader, row: SessionRow) -> bytes:
    """Return the receipt of an ended session.

    Args:
        store: Holds the session.
        vault: Unlocks the learner's key, for the opening of the pseudonym.
        reader: The session's log.
        row: The session.

    Raises:
        NotFound: ``receipt.not_ended`` while no signed checkpoint covers the session's last leaf.
        NotAllowed: ``learner.erased``.
    """
    stored = await store.leaves(row.session_id)
    leaves = {leaf.kind: leaf for leaf in stored}
    places = [leaves[kind].entry_index for kind in (LeafKind.START, LeafKind.FINAL) if kind in leaves]
    if len(places) != 2 or any(place is None or place >= reader.size for place in places):
        raise NotFound(
            "receipt.not_ended", f"Session {row.session_id} has no logged end yet.", "Finish it, and try again."
        )
    start, final = (_proven(reader, place) for place in places if place is not None)
    voids = [leaf.entry_index for leaf in stored if leaf.kind == "session.void"]
    logged = [_proven(reader, place) for place in voids if place is not None and place < reader.size]
    void = next((entry for entry in logged if parse_leaf(entry.leaf)["target"] in places), None)
    amends = [leaf for leaf in stored if leaf.kind is LeafKind.AMEND]
    changes = [(place, parse_leaf(leaf.body)["delta_ms"]) for leaf in amends if (place := leaf.entry_index) is not None]
    deltas = [(place, delta_ms) for place, delta_ms in changes if place < reader.size and isinstance(delta_ms, int)]
    revoked = None
    if sum(delta_ms for _, delta_ms in deltas) < 0:
        revoked = _proven(reader, max(place for place, delta_ms in deltas if delta_ms < 0))
    learner = await store.learner(row.institution_id, row.learner_id)
    key = session_key(vault.unlock(learner).subject_key(), row.session_id)
    subject = Subject(
        kind=SUBJECT, salt=salt(key, SUBJECT, 0), payload=subject_payload(row.institution_id, row.learner_id)
    )
    lesson = None
    if LESSON_FIELD in parse_leaf(start.leaf):
        payload = lesson_payload(row.lesson_id, row.lesson_version, row.timeline)
        lesson = Subject(kind=LESSON, salt=salt(key, LESSON, 0), payload=payload)
    receipt = Receipt(
        checkpoint=reader.checkpoint.note,
        start=start,
        final=final,
        void=void,
        revoked=revoked,
        subject=subject,
        lesson=lesson,
    )
    return write_receipt(replace(receipt, qr_png=_qr_png(qr_text(receipt))))


def _proven(reader: LogReader, index: int) -> ReceiptLeaf:
    return ReceiptLeaf(index=index, leaf=reader.entry(index), proof=reader.prove(index))


def _qr_png(text: str) -> bytes:
    # segno is part of [service]. The verifier compares the QR code's text and draws nothing.
    import segno

    out = io.BytesIO()
    segno.make(text, error=_QR_ERROR, micro=False).save(out, kind="png", scale=3)
    return out.getvalue()
