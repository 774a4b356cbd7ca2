"""Verified minutes for the hour ledger: JSON lines, one per minute, each written once and durable before it counts.

A line is written only after a signed checkpoint covers its record. After a crash the store knows which minutes are
noted as written; a line may stand in the file without that note, so start-up reads the files before it writes again.
The consumer's key is (session, minute): a line with the same key is the same line.
"""

from __future__ import annotations

import json

from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import OutboxLine
from zaichang.ports.records import SessionRow, StoredMinute
from zaichang.ports.records_review import Amendment


def outbox_line(row: SessionRow, minute: StoredMinute, origin: str, entry_index: int) -> bytes:
    """Return a minute's line: canonical JSON, newline at the end.

    Args:
        row: The session.
        minute: The minute, its record as stored.
        origin: The log that holds its verdict.
        entry_index: Of the leaf that carries it.
    """
    return (
        canonical_bytes(
            {
                "v": 1,
                "t": OutboxLine.MINUTE.value,
                "session": row.session_id,
                "minute": minute.minute,
                "institution": row.institution_id,
                "learner": row.learner_id,
                "course": row.course_id,
                "lesson": row.lesson_id,
                "lesson_version": row.lesson_version,
                "timeline": row.timeline,
                "policy": row.policy_digest,
                "record": json.loads(minute.body),
                "log": {"origin": origin, "index": entry_index},
            }
        )
        + b"\n"
    )


def amendment_line(row: SessionRow, amendment: Amendment, origin: str, entry_index: int) -> bytes:
    """Return the line of a reviewer's decision: the added credit of a minute, and its place in the log.

    Args:
        row: The session.
        amendment: The decision; its record as stored.
        origin: The log.
        entry_index: Of the ``session.amend`` leaf.
    """
    record = json.loads(amendment.body)
    return (
        canonical_bytes(
            {
                "v": 1,
                "t": OutboxLine.AMENDMENT.value,
                "session": row.session_id,
                "minute": amendment.minute,
                "leaf": amendment.leaf_seq,
                "institution": row.institution_id,
                "learner": row.learner_id,
                "course": row.course_id,
                "lesson": row.lesson_id,
                "lesson_version": row.lesson_version,
                "timeline": row.timeline,
                "verdict": amendment.verdict,
                "delta_ms": amendment.delta_ms,
                "granted": record["granted"],
                "reason": amendment.reason,
                "log": {"origin": origin, "index": entry_index},
            }
        )
        + b"\n"
    )
