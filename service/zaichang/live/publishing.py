"""The outbox lines of verified minutes, for the hour system: one JSON line for each minute, written once and durably.

A line is written only after a signed checkpoint covers its record. After a crash a line may be in the file although the
store does not know it yet, so start-up reads the files before it writes again. A consumer identifies a line by session
and minute: two lines with the same key are the same line.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Final

from zaichang.core.canonical import canonical_bytes, parse_canonical_object
from zaichang.core.enums import OutboxLine
from zaichang.core.ids import InstitutionId, SessionId
from zaichang.ports.records import SessionRow, StoredLeaf, StoredMinute
from zaichang.ports.records_review import Amendment

SESSIONS_A_LINE: Final = 500
"""Most sessions that one line of an erasure names."""

_PROOFS: Final = {
    "CaptureAssessed": "capture",
    "LivenessAssessed": "liveness",
    "ChallengeAnswered": "answer",
    "PasskeyAnswered": "passkey",
}
"""Event to the kind of proof that it holds."""


def outbox_line(row: SessionRow, minute: StoredMinute, origin: str, entry_index: int) -> bytes:
    """Return a minute's line: canonical JSON with a newline at the end.

    Args:
        row: The session.
        minute: The minute, with its record as stored.
        origin: The log that holds its verdict.
        entry_index: Index of the leaf that holds its verdict.
    """
    record = json.loads(minute.body)
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
                **_terms(row),
                "record": record,
                "server_ms": record["to_ms"] - record["from_ms"],
                "log": {"origin": origin, "index": entry_index},
            }
        )
        + b"\n"
    )


def amendment_line(row: SessionRow, amendment: Amendment, origin: str, entry_index: int) -> bytes:
    """Return the line of a reviewer's decision: the credit that it adds to a minute, and its place in the log.

    Args:
        row: The session.
        amendment: The decision, with its record as stored.
        origin: The log.
        entry_index: Index of the ``session.amend`` leaf.
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
                **_terms(row),
                "verdict": amendment.verdict,
                "delta_ms": amendment.delta_ms,
                "granted": record["granted"],
                **({"revoked": record["revoked"]} if "revoked" in record else {}),
                "reason": amendment.reason,
                "log": {"origin": origin, "index": entry_index},
            }
        )
        + b"\n"
    )


def erasure_lines(
    institution_id: InstitutionId, scope: str, sessions: Sequence[SessionId], origin: str, entry_index: int
) -> list[bytes]:
    """Return the lines of an erasure. They name its sessions and no learner, so they need no erasure themselves.

    Args:
        institution_id: The institution.
        scope: ``biometrics``: the lines of these sessions still count. ``all``: a consumer erases its copies.
        sessions: The sessions concerned.
        origin: The log.
        entry_index: Index of the ``erasure`` leaf.
    """
    return [
        canonical_bytes(
            {
                "v": 1,
                "t": OutboxLine.ERASURE.value,
                "institution": institution_id,
                "scope": scope,
                "sessions": list(sessions[first : first + SESSIONS_A_LINE]),
                "log": {"origin": origin, "index": entry_index},
            }
        )
        + b"\n"
        for first in range(0, len(sessions), SESSIONS_A_LINE)
    ]


def end_line(row: SessionRow, final: StoredLeaf, events: Sequence[bytes], origin: str, entry_index: int) -> bytes:
    """Return the line of a session's end: why it ended, its sums as the log states them, and its proofs.

    Args:
        row: The session.
        final: The ``session.final`` leaf.
        events: The session's events.
        origin: The log.
        entry_index: The leaf's index.
    """
    leaf = json.loads(final.body)
    return (
        canonical_bytes(
            {
                "v": 1,
                "t": OutboxLine.END.value,
                "session": row.session_id,
                "institution": row.institution_id,
                "learner": row.learner_id,
                "course": row.course_id,
                "lesson": row.lesson_id,
                "lesson_version": row.lesson_version,
                "timeline": row.timeline,
                **_terms(row),
                "opened_ms": row.opened_ms,
                "closed_ms": final.at_ms,
                "reason": leaf["reason"],
                "verified_ms": leaf["verified_ms"],
                "minutes": {name: leaf[f"n_{name}"] for name in ("verified", "refused", "undecided")},
                "proofs": proofs_made(events),
                "log": {"origin": origin, "index": entry_index},
            }
        )
        + b"\n"
    )


def proofs_made(events: Sequence[bytes]) -> dict[str, int]:
    """Return how many proofs of each kind a session's events hold, passed or not; kinds without any are left out."""
    found = Counter(_PROOFS.get(str(parse_canonical_object(body)["e"]), "") for body in events)
    return {kind: found[kind] for kind in sorted(found) if kind}


def _terms(row: SessionRow) -> dict[str, str]:
    """Return the period and the words on a session's terms, as far as they are known."""
    return {**({"period": row.period} if row.period else {}), **row.words()}
