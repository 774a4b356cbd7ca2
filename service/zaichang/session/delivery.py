"""Only what was really delivered is credited (I5), where the policy asks for it and somebody keeps a delivery log.

What proofs and pop-ups have cleared *waits* until the log says that the media was sent to this session, no later than
by the end of the minute in which it was played. It waits for ``delivery_wait_ms``; what is missing then, or when the
session closes, is left to a person: a log may be late or lost without the learner's doing. Nothing else waits with it.
"""

from __future__ import annotations

from typing import Final

from zaichang.core.reasons import ReasonCode
from zaichang.session import credit
from zaichang.session.credit import Outcome
from zaichang.session.events import MediaDelivered
from zaichang.session.playhead import difference, normalise, subtract
from zaichang.session.policy import Policy
from zaichang.session.state import State

SPANS_MAX: Final = 96
"""Delivered parts that are kept apart; a log in more pieces than that credits the first ones only."""
STEP_MS: Final = 10_000
"""The times of sending are told apart to this much, and the log's clock may differ from ours by it."""

Span = tuple[int, int, int]


def hold(state: State, end: int, policy: Policy) -> None:
    """Let the first ``end`` pending stretches, which nothing else stands against, wait for the delivery log."""
    due_ms = state.now_ms + policy.delivery_wait_ms
    parts = list(state.waiting)
    for index, start_ms, end_ms in state.pending[:end]:
        if parts and parts[-1][0] == index and parts[-1][2] == start_ms:
            parts[-1] = (index, parts[-1][1], end_ms, due_ms)
        else:
            parts.append((index, start_ms, end_ms, due_ms))
    _wait(state, tuple(parts))
    credit.release(state, 0, end)
    _credit_delivered(state)


def receive(state: State, event: MediaDelivered) -> None:
    """Take what the delivery log says; a repeat changes nothing."""
    floor_ms = _first_end_ms(state)
    kept: tuple[Span, ...] = state.delivered
    for start_ms, end_ms, sent_ms in event.spans:
        end_ms = min(end_ms, state.info.lesson_duration_ms)
        if start_ms < end_ms:
            kept = _with(kept, (start_ms, end_ms, 0 if sent_ms <= floor_ms else -(-sent_ms // STEP_MS) * STEP_MS))
    state.delivered = kept[:SPANS_MAX]
    _credit_delivered(state)


def give_up(state: State, until_ms: int | None = None) -> None:
    """Leave to a person what has waited long enough; all of it where the session closes."""
    late = tuple(each for each in state.waiting if until_ms is None or each[3] <= until_ms)
    _wait(state, state.waiting[len(late) :])
    minutes = {minute.index: minute for minute in state.minutes}
    for index, start_ms, end_ms, _ in late:
        minutes[index] = credit.settled(
            state, minutes[index], (start_ms, end_ms), Outcome.UNDECIDED, ReasonCode.MEDIA_NOT_DELIVERED
        )
    state.minutes = tuple(minutes.values())


def _first_end_ms(state: State) -> int:
    """Return when the oldest open minute ended, or now: what was sent by then was sent in time for all that is open."""
    return state.minutes[0].to_ms or state.now_ms if state.minutes else state.now_ms


def _credit_delivered(state: State) -> None:
    if not state.delivered:
        return
    minutes = {minute.index: minute for minute in state.minutes}
    left: list[tuple[int, int, int, int]] = []
    for index, start_ms, end_ms, due_ms in state.waiting:
        by_ms = (minutes[index].to_ms or state.now_ms) + STEP_MS
        sent = normalise((a, b) for a, b, sent_ms in state.delivered if sent_ms <= by_ms)
        missing = subtract((start_ms, end_ms), sent)
        for part in difference(((start_ms, end_ms),), missing):
            minutes[index] = credit.settled(state, minutes[index], part, Outcome.PASSED, None)
        left += ((index, *part, due_ms) for part in missing)
    state.minutes = tuple(minutes.values())
    _wait(state, tuple(left))
    # What is credited never earns again: its delivery need not be remembered.
    state.delivered = tuple(
        (*part, sent_ms) for a, b, sent_ms in state.delivered for part in subtract((a, b), state.credited)
    )


def _wait(state: State, parts: tuple[tuple[int, int, int, int], ...]) -> None:
    state.waiting = parts
    state.waiting_set = normalise((start_ms, end_ms) for _, start_ms, end_ms, _ in parts)


def _with(kept: tuple[Span, ...], new: Span) -> tuple[Span, ...]:
    """Return the parts with ``new`` added, each with the earliest time at which it was sent, neighbours joined."""
    start_ms, end_ms, sent_ms = new
    earlier = normalise((a, b) for a, b, at in kept if at <= sent_ms)
    fresh = ((start_ms, end_ms),)
    later = [(*part, at) for a, b, at in kept if at > sent_ms for part in subtract((a, b), fresh)]
    added = [(*part, sent_ms) for part in subtract((start_ms, end_ms), earlier)]
    joined: list[Span] = []
    for part in sorted([each for each in kept if each[2] <= sent_ms] + later + added):
        if joined and joined[-1][1] == part[0] and joined[-1][2] == part[2]:
            joined[-1] = (joined[-1][0], part[1], part[2])
        else:
            joined.append(part)
    return tuple(joined)
