"""Media that a decision may grant, and the reasons that it may give. Pure.

``changes.documents`` holds a decision's document against its leaf, ``changes.standing`` against the session's record.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from zaichang.core.reasons import ReasonCode
from zaichang.session.events import Event, HeartbeatReceived
from zaichang.session.playhead import Interval, IntervalSet, normalise

SLACK_MS: Final = 1_500
"""How far a report's playhead may run ahead of the server's clock and still count as played."""
SERVICE: Final = "service:"
"""Authors whose names begin so are the service itself; no reviewer's name may."""
GRANT_REASONS: Final = (ReasonCode.REVIEW_GRANTED, ReasonCode.SERVICE_FAULT)
REFUSE_REASONS: Final = (
    ReasonCode.REVIEW_REFUSED,
    ReasonCode.NOT_SAME_PERSON,
    ReasonCode.PAD_ATTACK,
    ReasonCode.DUPLICATE_FRAME,
    ReasonCode.NO_FACE,
    ReasonCode.CAMERA_COVERED,
    ReasonCode.MULTIPLE_FACES,
)
REVOKE_REASONS: Final = (
    ReasonCode.REVOKED_PROXY,
    ReasonCode.REVOKED_FRAUD,
    ReasonCode.REVOKED_ERROR,
    ReasonCode.REVOKED_YEAR,
)
"""Reasons that two people may give for a revocation."""
TAKE_BACK_REASONS: Final = (*REFUSE_REASONS, ReasonCode.SERVICE_FAULT, *REVOKE_REASONS)
"""Reasons of a revocation and of a void, as records may give them."""
SERVICE_GRANTS: Final = MappingProxyType(
    {
        f"{SERVICE}movements": ReasonCode.MOVEMENTS_FOLLOWED,
        f"{SERVICE}delivery-log": ReasonCode.DELIVERY_CONFIRMED,
    }
)
"""Parts of the service that grant time without a reviewer, each for one reason."""
MADE_GOOD: Final = MappingProxyType(
    {
        f"{SERVICE}movements": ReasonCode.LIVENESS_MISSING,
        f"{SERVICE}delivery-log": ReasonCode.MEDIA_NOT_DELIVERED,
    }
)
"""The only reason for which the rules may have left the time undecided that these parts of the service grant."""


def played_in(events: Sequence[Event], from_ms: int, to_ms: int) -> IntervalSet:
    """Return the stretch of the lesson that reports show as played within a minute, by the server's clock.

    Args:
        events: The session's, in order.
        from_ms: The minute's begin, server time.
        to_ms: Its end.
    """
    parts: list[Interval] = []
    before: HeartbeatReceived | None = None
    for event in events:
        if not isinstance(event, HeartbeatReceived):
            continue
        if before is not None and before.playing and before.at_ms >= from_ms - 1 and event.at_ms <= to_ms + 1:
            moved_ms = event.playhead_ms - before.playhead_ms
            if 0 < moved_ms <= event.at_ms - before.at_ms + SLACK_MS:
                parts.append((before.playhead_ms, event.playhead_ms))
        before = event
    return at_most(normalise(parts), to_ms - from_ms)


def at_most(parts: IntervalSet, limit_ms: int) -> IntervalSet:
    """Return the first ``limit_ms`` of a set."""
    kept: list[Interval] = []
    for start_ms, end_ms in parts:
        if limit_ms <= 0:
            break
        kept.append((start_ms, min(end_ms, start_ms + limit_ms)))
        limit_ms -= end_ms - start_ms
    return tuple(kept)


def intervals(value: object) -> IntervalSet | None:
    """Return a plain list of pairs as intervals; None where they are not in order, apart and each non-empty."""
    if not isinstance(value, list):
        return None
    parts: list[Interval] = []
    for part in value:
        if not (isinstance(part, list) and len(part) == 2 and all(type(edge) is int for edge in part)):
            return None
        parts.append((part[0], part[1]))
    try:
        return tuple(parts) if normalise(parts) == tuple(parts) else None
    except ValueError:
        return None
