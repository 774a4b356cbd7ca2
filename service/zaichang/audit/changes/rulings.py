"""The decision behind a change of credit: its document, and the exact time that it may grant or take back. Pure.

A ``session.amend`` leaf commits to the document in its ``request``. With the document and the session's minute records
opened, a change is held against the record to the millisecond:

  1. the document says what the leaf says
  2. the author's role may give this outcome for this reason
  3. granted time was undecided by the rules, or is shown as played by the player's own reports (after an appeal)
  4. no time is granted twice, in whatever minutes, and only time that stands is taken back
  5. granted less taken-back time is the leaf's change of verified time
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from zaichang.core.canonical import CanonicalValue
from zaichang.core.enums import ReviewOutcome
from zaichang.core.reasons import ReasonCode
from zaichang.session.events import Event, HeartbeatReceived
from zaichang.session.playhead import Interval, IntervalSet, difference, normalise, total_ms, union

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
SERVICE_REASONS: Final = (ReasonCode.MOVEMENTS_FOLLOWED, ReasonCode.DELIVERY_CONFIRMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMinute:
    """A minute's opened record, as far as a decision needs it.

    Attributes:
        from_ms: Its begin, server time.
        to_ms: Its end.
        verified: Media that the rules credited.
        undecided: Media that the rules left to a reviewer.
    """

    from_ms: int
    to_ms: int
    verified: IntervalSet
    undecided: IntervalSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """A difference between a decision and the record.

    Attributes:
        field: The document's or leaf's field.
        message: The finding.
        expected: The value by the record; None where there is no one value.
        got: The value found.
    """

    field: str
    message: str
    expected: object = None
    got: object = None


class Standing:
    """The media of a session that counts, as decisions change it.

    Args:
        minutes: All opened minute records by number.
        events: The session's events, where all are opened; None otherwise.
    """

    def __init__(self, minutes: Mapping[int, OpenMinute], events: Sequence[Event] | None) -> None:
        """Begin with the time that the rules credited."""
        self._minutes = minutes
        self._events = events
        self._standing = normalise(part for minute in minutes.values() for part in minute.verified)
        self.appealed_ms = 0

    def take(self, leaf: Mapping[str, CanonicalValue], ruling: Mapping[str, CanonicalValue]) -> list[Mismatch] | None:
        """Hold the next decision against the record; return the differences, or None where events are missing.

        Args:
            leaf: The ``session.amend`` leaf.
            ruling: Its document.
        """
        found = _says(leaf, ruling) + _role(ruling)
        granted, revoked = intervals(ruling.get("granted")), intervals(ruling.get("revoked", []))
        if granted is None or revoked is None:
            return [*found, Mismatch(field="granted", message="Granted time is not in order, apart and non-empty.")]
        delta_ms, number = leaf.get("delta_ms"), leaf.get("minute")
        given_ms = total_ms(granted) - total_ms(revoked)
        if given_ms != delta_ms:
            message = "The change is not the time that the decision grants, less what it takes back."
            found.append(Mismatch(field="delta_ms", message=message, expected=given_ms, got=delta_ms))
        minute = self._minutes.get(number) if isinstance(number, int) else None
        if minute is None:
            return found  # the leaf's own check names it
        again = difference(granted, difference(granted, self._standing))
        if again:
            message = "The decision grants time that counts already."
            found.append(Mismatch(field="granted", message=message, expected="time that does not count", got=again))
        wrong = difference(revoked, self._standing)
        if wrong:
            message = "The decision takes back time that does not count."
            found.append(Mismatch(field="revoked", message=message, expected="time that counts", got=wrong))
        span_ms = max(0, minute.to_ms - minute.from_ms)
        if total_ms(granted) > span_ms + SLACK_MS:
            message = f"The minute lasted {span_ms} ms."
            found.append(Mismatch(field="granted", message=message, expected=f"<= {span_ms}", got=total_ms(granted)))
        beyond = difference(granted, minute.undecided)
        if beyond and self._events is None and not found:
            return None
        never = difference(beyond, played_in(self._events or (), minute.from_ms, minute.to_ms))
        if never and self._events is not None:
            message = "The decision grants time that was neither undecided nor reported as played."
            found.append(Mismatch(field="granted", message=message, expected="time left to a reviewer", got=never))
        self.appealed_ms += total_ms(beyond)
        self._standing = difference(union(self._standing, granted), revoked)
        return found


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


# (1)
def _says(leaf: Mapping[str, CanonicalValue], ruling: Mapping[str, CanonicalValue]) -> list[Mismatch]:
    pairs = (("session", "sid"), ("minute", "minute"), ("verdict", "verdict"), ("reason", "reason"))
    return [
        Mismatch(
            field=name,
            message=f"The decision's {name} is not the leaf's.",
            expected=leaf.get(of_leaf),
            got=ruling.get(name),
        )
        for name, of_leaf in pairs
        if leaf.get(of_leaf) != ruling.get(name)
    ]


# (2)
def _role(ruling: Mapping[str, CanonicalValue]) -> list[Mismatch]:
    author, outcome, reason = (str(ruling.get(name, "")) for name in ("reviewer", "outcome", "reason"))
    by_service = author.startswith(SERVICE)
    allowed: dict[str, tuple[ReasonCode, ...]] = {
        ReviewOutcome.GRANT: SERVICE_REASONS if by_service else GRANT_REASONS,
        ReviewOutcome.REFUSE: () if by_service else REFUSE_REASONS,
    }
    if not author:
        return [Mismatch(field="reviewer", message="The decision names no author.")]
    if outcome not in allowed or (outcome == ReviewOutcome.REFUSE and ruling.get("granted") != []):
        return [Mismatch(field="outcome", message="The outcome is none, or a refusal that grants.", got=outcome)]
    if reason not in allowed[outcome]:
        role = "the service itself" if by_service else "a reviewer"
        return [Mismatch(field="reason", message=f"This reason is not for {role} and this outcome.", got=reason)]
    return []


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
