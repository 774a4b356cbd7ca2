"""One event with everything that follows from it, as the single transaction that storage commits. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import ChallengeKind
from zaichang.core.errors import StorageError
from zaichang.core.ids import SessionId
from zaichang.evidence.case_rules import case_of_session
from zaichang.evidence.segments import Segments, advance
from zaichang.ports.records import Append, SessionRow, StoredEvent, StoredMinute
from zaichang.session.codec import encode_event, encode_minute
from zaichang.session.decisions import Decision, RecordFinal, RecordMinute
from zaichang.session.events import Event, Leniency
from zaichang.session.owners import samples
from zaichang.session.policy import Policy
from zaichang.session.state import State
from zaichang.tlog.leaf import Anchor


def leniency_of(state: State, policy: Policy) -> Leniency | None:
    """Return the learner's counts as they stand, or None under rules without them."""
    return samples.used(state) if policy.rules > 1 else None


def transaction_of(
    event: Event,
    decisions: Sequence[Decision],
    *,
    row: SessionRow,
    seq: int,
    segments: Segments,
    anchor: Anchor | None,
    owed: ChallengeKind | None,
    leniency: Leniency | None,
    review_days: int,
) -> tuple[Segments, Append]:
    """Return the chain of leaves after an event, and the transaction to commit.

    Args:
        event: The event.
        decisions: The decisions of ``step`` on it.
        row: The session.
        seq: The event's number.
        segments: The chain of leaves before the event.
        anchor: The log's newest checkpoint; None before the first.
        owed: The kind of the challenge that the session's end left open; None without one.
        leniency: The learner's counts after the event; None under rules without them.
        review_days: Days that a review case stays open.
    """
    body = canonical_bytes(encode_event(event))
    minutes = tuple(decision.minute for decision in decisions if isinstance(decision, RecordMinute))
    final = next((decision.final for decision in decisions if isinstance(decision, RecordFinal)), None)
    segments, leaves = advance(segments, body, event.at_ms, minutes, final, anchor, lambda _: None)
    return segments, Append(
        session_id=row.session_id,
        epoch=row.epoch,
        first_seq=seq,
        events=(StoredEvent(at_ms=event.at_ms, body=body),),
        minutes=tuple(
            StoredMinute(minute=minute.index, body=canonical_bytes(encode_minute(minute)), credited=minute.verified)
            for minute in minutes
        ),
        leaves=leaves,
        closed_ms=event.at_ms if final is not None else None,
        owed=owed,
        leniency=leniency if final is not None else None,
        case=case_of_session(row, final, review_days) if final is not None else None,
    )


def taken_over(session_id: SessionId) -> StorageError:
    """Return the error of a session that another process has claimed."""
    return StorageError(
        "storage.fenced", f"Session {session_id} was taken over by another process.", "Reconnect and resume."
    )
