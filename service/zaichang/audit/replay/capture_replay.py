"""Checks the recorded captures against the schedule that the committed seed gives.

Each demanded capture must be answered or counted as missed, and no other capture may be analysed.

The rules count a capture that did not arrive as a miss, so leaving a bad picture out of the record gains nothing. A
finding here means that the recorded minutes ignore a demanded capture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zaichang.audit.replay.replaying import Divergence
from zaichang.session.decisions import Minute, OrderCapture
from zaichang.session.events import CaptureAssessed, CaptureReceived, CaptureUnavailable, Event
from zaichang.session.replay import Replayed


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """A capture that the schedule demanded.

    Attributes:
        capture_id: Its identifier.
        event: Number of the event at which it was ordered.
        at_ms: Server time of the order.
        deadline_ms: Server time by which it had to arrive.
    """

    capture_id: str
    event: int
    at_ms: int
    deadline_ms: int


def check_captures(events: Sequence[Event], replayed: Replayed, recorded: Sequence[Minute | None]) -> list[Divergence]:
    """Return the differences between schedule, events and recorded minutes.

    Args:
        events: All events.
        replayed: The result of the rules for these events.
        recorded: The recorded minutes by number; None for one that cannot be read.
    """
    orders: dict[str, Ordered] = {}
    for number, decision in replayed.decisions:
        if isinstance(decision, OrderCapture):
            order = Ordered(
                capture_id=decision.capture_id,
                event=number,
                at_ms=events[number].at_ms,
                deadline_ms=decision.deadline_ms,
            )
            orders.setdefault(decision.capture_id, order)
    answered: set[str] = set()
    received: set[str] = set()
    found: list[Divergence] = []
    for number, event in enumerate(events):
        if isinstance(event, CaptureReceived):
            received.add(event.capture_id)
        if isinstance(event, CaptureReceived | CaptureUnavailable):
            answered.add(event.capture_id)
        ordered = orders.get(event.capture_id) if isinstance(event, CaptureAssessed) else None
        if isinstance(event, CaptureAssessed) and (
            ordered is None or ordered.event > number or event.capture_id not in received
        ):
            found.append(
                Divergence(
                    minute=number,
                    field="capture_id",
                    expected="a capture that was demanded and received",
                    got=event.capture_id,
                    code="E_CAPTURE_UNDEMANDED",
                    message="A capture was analysed that the schedule had not demanded.",
                )
            )
    end_ms = events[-1].at_ms
    generous = [theirs for ours, theirs in _pairs(replayed.minutes, recorded) if _more(ours, theirs)]
    for order in orders.values():
        if order.capture_id in answered or order.deadline_ms > end_ms:
            continue
        if any(minute.from_ms <= order.deadline_ms and order.at_ms <= minute.to_ms for minute in generous):
            found.append(
                Divergence(
                    minute=order.event,
                    field="capture_id",
                    expected=order.capture_id,
                    got="(none)",
                    code="E_CAPTURE_MISSED",
                    message="The schedule demanded a capture here, none came, and the minute counts it as if it had.",
                )
            )
    return found


def _pairs(ours: Sequence[Minute], theirs: Sequence[Minute | None]) -> list[tuple[Minute | None, Minute]]:
    return [(ours[n] if n < len(ours) else None, minute) for n, minute in enumerate(theirs) if minute is not None]


def _more(ours: Minute | None, theirs: Minute) -> bool:
    """Whether a recorded minute claims more than the rules give for it."""
    return theirs.verified_ms > (0 if ours is None else ours.verified_ms)
