"""The void of a session: one leaf by which all of it counts for nothing, for good. No I/O of its own."""

from __future__ import annotations

from collections.abc import Sequence

from zaichang.audit.changes.documents import VERSION, VOID
from zaichang.audit.openings.field_openings import RULING
from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import LeafKind
from zaichang.core.errors import NotAllowed
from zaichang.evidence.amendments import anchor_of, note_of
from zaichang.ports.records import SessionRow, StoredLeaf
from zaichang.ports.records_review import Revocation
from zaichang.tlog.commit import commitment, salt
from zaichang.tlog.leaf import SessionRef, parse_leaf, session_void
from zaichang.tlog.merkle import leaf_hash


def void_document(revocation: Revocation, seq: int, target: int, at_ms: int, session_key: bytes) -> bytes:
    """Return the document of a void's decision, to which its leaf commits.

    Args:
        revocation: The decision of two people.
        seq: Number of the leaf in the session.
        target: Index of the leaf that it voids.
        at_ms: When it was decided, server time.
        session_key: Source of the salts (``tlog.commit.session_key``).
    """
    return canonical_bytes(
        {
            "v": VERSION,
            "session": revocation.session_id,
            "target": target,
            "at_ms": at_ms,
            "reviewer": revocation.decided_by,
            "proposer": revocation.proposed_by,
            "outcome": VOID,
            "reason": revocation.reason.value,
            **note_of(session_key, seq, revocation.note),
        }
    )


def void_leaf(
    row: SessionRow, origin: str, leaves: Sequence[StoredLeaf], revocation: Revocation, session_key: bytes
) -> StoredLeaf:
    """Return the ``session.void`` leaf of a session's final leaf.

    Args:
        row: The session, ended.
        origin: Its log.
        leaves: All its leaves, in order; its final leaf is in the log.
        revocation: The decision of two people.
        session_key: Source of the salts.

    Raises:
        NotAllowed: ``review.unsealed`` where the final leaf is not in the log yet.
    """
    final = next((leaf for leaf in leaves if leaf.kind is LeafKind.FINAL), None)
    if final is None or final.entry_index is None:
        raise NotAllowed("review.unsealed", "The session's end is not in the log yet.", "Try again shortly.")
    last = leaves[-1]
    seq, at_ms = last.leaf_seq + 1, max(revocation.decided_ms or 0, last.at_ms)
    document = void_document(revocation, seq, final.entry_index, at_ms, session_key)
    body = session_void(
        SessionRef(
            origin=origin,
            sid=row.session_id,
            seq=seq,
            prev=leaf_hash(last.body),
            at_ms=at_ms,
            anchor=anchor_of(last),
            began_ms=row.opened_ms,
        ),
        target=final.entry_index,
        target_hash=leaf_hash(final.body),
        reason=revocation.reason.value,
        request=commitment(RULING, salt(session_key, RULING, seq), document),
    )
    return StoredLeaf(leaf_seq=seq, kind=LeafKind.VOID, at_ms=at_ms, body=body)


def void_opening(leaf: StoredLeaf, revocation: Revocation, session_key: bytes) -> bytes:
    """Return the document behind a stored ``session.void`` leaf.

    Args:
        leaf: The leaf.
        revocation: The decision of two people.
        session_key: Source of the salts.
    """
    target = parse_leaf(leaf.body)["target"]
    return void_document(revocation, leaf.leaf_seq, target if isinstance(target, int) else 0, leaf.at_ms, session_key)
