"""The part of a session's state that holds media time on its way to a record; ``parts`` has the others."""

from __future__ import annotations

from dataclasses import dataclass, field

from zaichang.core.reasons import ReasonCode
from zaichang.session.playhead import EMPTY, IntervalSet
from zaichang.session.values import OpenMinute

Stretch = tuple[int, int, int]
Waiting = tuple[int, int, int, int]
Span = tuple[int, int, int]


@dataclass(slots=True)
class Credit:
    """Media time on its way to a record: pending, proved, held, covered, waiting, credited; and the open minutes.

    Attributes:
        credited: All verified playhead intervals, earlier sessions' included.
        undecided: Intervals that a reviewer may still grant.
        pending: ``(minute, start_ms, end_ms)`` played since the last proof, in the order of playing.
        pending_set: The same as a set.
        proved: How many leading entries of ``pending`` a round has proved.
        proved_lack: The result that this proof lacked, or None.
        held: How many of them have no challenge against them (I6) and wait for a liveness only.
        covered: How many leading entries of ``pending`` were played before a liveness that passed.
        shown: How many leading entries a round that was not drawn followed: they wait for the next drawn one.
        deferred: How many leading entries drawn rounds have proved while too many samples were missed: they wait
            until proved media has made up for those.
        waiting: ``(minute, start_ms, end_ms, due_ms)`` proved, but not yet known as delivered (I5), and
            the time by which the delivery log must show them.
        waiting_set: The same as a set.
        waiting_ms: Its length.
        delivered: ``(start_ms, end_ms, sent_ms)`` delivered and not yet credited; ``sent_ms`` is 0 where it was
            sent before the end of every open minute.
        verified_ms: Verified in this session.
        minutes: Open minutes, oldest first.
        next_minute: Index of the next minute.
        minute_active_ms: ACTIVE time spent in the running minute.
        minutes_recorded: How many were recorded.
        indicators: Indicators with counts, for reviewers.
    """

    credited: IntervalSet = EMPTY
    undecided: IntervalSet = EMPTY
    pending: tuple[Stretch, ...] = ()
    pending_set: IntervalSet = EMPTY
    proved: int = 0
    proved_lack: ReasonCode | None = None
    held: int = 0
    covered: int = 0
    shown: int = 0
    deferred: int = 0
    waiting: tuple[Waiting, ...] = ()
    waiting_set: IntervalSet = EMPTY
    delivered: tuple[Span, ...] = ()
    verified_ms: int = 0
    minutes: tuple[OpenMinute, ...] = ()
    next_minute: int = 0
    minute_active_ms: int = 0
    minutes_recorded: int = 0
    indicators: tuple[tuple[ReasonCode, int], ...] = ()
    waiting_ms: int = field(default=0, compare=False)

    def copy(self) -> Credit:
        """Return a copy."""
        twin = Credit.__new__(Credit)
        twin.credited = self.credited
        twin.undecided = self.undecided
        twin.pending = self.pending
        twin.pending_set = self.pending_set
        twin.proved = self.proved
        twin.proved_lack = self.proved_lack
        twin.held = self.held
        twin.covered = self.covered
        twin.shown = self.shown
        twin.deferred = self.deferred
        twin.waiting = self.waiting
        twin.waiting_set = self.waiting_set
        twin.delivered = self.delivered
        twin.verified_ms = self.verified_ms
        twin.minutes = self.minutes
        twin.next_minute = self.next_minute
        twin.minute_active_ms = self.minute_active_ms
        twin.minutes_recorded = self.minutes_recorded
        twin.indicators = self.indicators
        twin.waiting_ms = self.waiting_ms
        return twin
