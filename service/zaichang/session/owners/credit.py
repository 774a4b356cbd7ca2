"""Media time from playing to the record: the union (I2), the bracket (I10), the delivery log (I5), the minutes.

Writes ``state.credit`` and nothing else. Played time is *pending* until proofs decide it: verified, undecided, or lost
with a reason. ``bracket`` decides which part a proof applies to.
"""

from __future__ import annotations

from dataclasses import replace

from zaichang.core.reasons import ReasonCode
from zaichang.core.units import MINUTE_MS
from zaichang.session.decisions import Minute, RecordMinute, Verdict
from zaichang.session.events import MediaDelivered
from zaichang.session.judgements import delivery
from zaichang.session.owners.credit_part import Waiting
from zaichang.session.playhead import Interval, IntervalSet, add, difference, normalise, subtract, total_ms
from zaichang.session.turn import Turn
from zaichang.session.values import OpenMinute, Outcome

REASONS_PER_MINUTE = 8


def note(turn: Turn, reason: ReasonCode) -> None:
    """Add a reason to the running minute, once."""
    credit = turn.state.credit
    if not credit.minutes or credit.minutes[-1].to_ms:
        return
    running = credit.minutes[-1]
    if reason not in running.reasons and len(running.reasons) < REASONS_PER_MINUTE:
        credit.minutes = (*credit.minutes[:-1], replace(running, reasons=(*running.reasons, reason)))


def indicate(turn: Turn, reason: ReasonCode) -> None:
    """Count an indicator for reviewers; it decides nothing."""
    credit = turn.state.credit
    counts = dict(credit.indicators)
    counts[reason] = counts.get(reason, 0) + 1
    credit.indicators = tuple(sorted(counts.items()))


def pend(turn: Turn, interval: Interval, from_ms: int, to_ms: int) -> None:
    """Add the new part of ``interval`` to the pending time, split over the minutes in which it was played.

    Args:
        turn: The turn.
        interval: Played media.
        from_ms: Server time of the heartbeat before.
        to_ms: Server time of this one.
    """
    credit = turn.state.credit
    running = credit.minutes[-1]
    boundary_ms = interval[0]
    if len(credit.minutes) > 1 and from_ms < running.from_ms and credit.minutes[-2].to_ms == running.from_ms:
        # The minute changed between the two heartbeats: split the media in proportion to the clock.
        boundary_ms += (interval[1] - interval[0]) * (running.from_ms - from_ms) // (to_ms - from_ms)
    fresh = 0
    mark = max(credit.proved, credit.covered, credit.shown, credit.deferred)  # marked entries must not grow
    for part, index in _fresh(turn, interval, boundary_ms, running.index):
        last = credit.pending[-1] if len(credit.pending) > mark else None
        if last is not None and last[0] == index and last[2] == part[0]:
            credit.pending = (*credit.pending[:-1], (index, last[1], part[1]))
        else:
            credit.pending = (*credit.pending, (index, *part))
        credit.pending_set = add(credit.pending_set, part)
        fresh += part[1] - part[0]
    if fresh < interval[1] - interval[0]:
        note(turn, ReasonCode.ALREADY_CREDITED)


def _fresh(turn: Turn, interval: Interval, boundary_ms: int, index: int) -> list[tuple[Interval, int]]:
    """Return the new parts of ``interval`` with their minutes. Parts before the boundary go to the minute before."""
    credit = turn.state.credit
    start_ms = interval[0]
    beyond = not credit.credited or credit.credited[-1][1] <= start_ms
    beyond = beyond and (not credit.pending_set or credit.pending_set[-1][1] <= start_ms)
    if beyond and boundary_ms == start_ms < interval[1] and not credit.waiting_set:
        return [(interval, index)]  # as when playing on
    found: list[tuple[Interval, int]] = []
    for minute, start_ms, end_ms in ((index - 1, interval[0], boundary_ms), (index, boundary_ms, interval[1])):
        if start_ms < end_ms:
            parts = difference(subtract((start_ms, end_ms), credit.credited), credit.pending_set)
            for part in difference(parts, credit.waiting_set):
                found.append((part, minute))
    return found


def resolve(turn: Turn, outcome: Outcome, reason: ReasonCode | None, first: int = 0, end: int | None = None) -> None:
    """Decide all pending time, or its stretches from ``first`` to before ``end``, by a proof's outcome (I10).

    ``reason`` of an undecided or lost stretch is added to each minute in which it was played.
    """
    credit = turn.state.credit
    end = len(credit.pending) if end is None else end
    _decide_parts(turn, [(index, (a, b)) for index, a, b in credit.pending[first:end]], outcome, reason)
    _release(turn, first, end)


def prove(turn: Turn, lack: ReasonCode | None) -> None:
    """Mark all pending time as proved by a round that passed; ``lack`` is the result that it lacked, if any."""
    credit = turn.state.credit
    credit.proved_lack = credit.proved_lack or lack
    credit.proved = len(credit.pending)


def show(turn: Turn) -> None:
    """A round that was not drawn passed: all pending time was played before the learner was seen (I11)."""
    turn.state.credit.shown = len(turn.state.credit.pending)


def defer(turn: Turn) -> None:
    """A drawn round passed while too many samples were missed: all pending time waits until they are made up for."""
    turn.state.credit.deferred = len(turn.state.credit.pending)


def prove_shown(turn: Turn, span_ms: int) -> bool:
    """The session ends: prove the shown stretches up to ``span_ms`` in all; return whether there were any more."""
    credit = turn.state.credit
    while credit.proved < credit.shown and span_ms > 0:
        _, start_ms, end_ms = credit.pending[credit.proved]
        if end_ms - start_ms > span_ms:
            _split(turn, credit.proved, start_ms + span_ms)
        span_ms -= end_ms - start_ms
        credit.proved += 1
    return credit.proved < credit.shown


def _split(turn: Turn, place: int, at_ms: int) -> None:
    """Split a pending stretch in two."""
    credit = turn.state.credit
    index, start_ms, end_ms = credit.pending[place]
    parts = ((index, start_ms, at_ms), (index, at_ms, end_ms))
    credit.pending = (*credit.pending[:place], *parts, *credit.pending[place + 1 :])
    credit.covered += credit.covered > place
    credit.shown += credit.shown > place
    credit.deferred += credit.deferred > place


def leave_between(turn: Turn, from_ms: int, to_ms: int, reason: ReasonCode, first: int) -> None:
    """Send the pending time between two moments, each so many ms of media before its end, to review.

    Args:
        turn: The turn.
        from_ms: How far before the end it begins.
        to_ms: How far before the end it stops.
        reason: Added to its minutes.
        first: Earlier stretches stay as they are.
    """
    begin = _cut(turn, from_ms, first)
    resolve(turn, Outcome.UNDECIDED, reason, begin, _cut(turn, to_ms, begin))


def _cut(turn: Turn, before_end_ms: int, first: int) -> int:
    """Split the pending time so long before its end, not before ``first``; return the stretch that begins there."""
    credit = turn.state.credit
    place = len(credit.pending)
    while place > first and before_end_ms > 0:
        place -= 1
        _, start_ms, end_ms = credit.pending[place]
        if end_ms - start_ms > before_end_ms:
            _split(turn, place, end_ms - before_end_ms)
            return place + 1
        before_end_ms -= end_ms - start_ms
    return place


def leave_proved(turn: Turn, reason: ReasonCode) -> None:
    """Send the proved stretches to review: for the result that they lack, else for ``reason``."""
    credit = turn.state.credit
    credit.proved_lack = credit.proved_lack or reason


def take_lack(turn: Turn) -> ReasonCode | None:
    """Return the result that the last proof lacked, and clear it: the proved stretches are being decided."""
    credit = turn.state.credit
    lack, credit.proved_lack = credit.proved_lack, None
    return lack


def hold_proved(turn: Turn) -> None:
    """Mark the proved stretches as held: no challenge is open against them."""
    turn.state.credit.held = turn.state.credit.proved


def cover(turn: Turn) -> None:
    """Mark all pending stretches as covered by a liveness that passed."""
    turn.state.credit.covered = len(turn.state.credit.pending)


def join_held(turn: Turn) -> None:
    """Join neighbouring held stretches within each minute; they are decided together."""
    credit = turn.state.credit
    end = credit.held
    if end < 2:
        return
    joined: list[tuple[int, int, int]] = []
    for index, start_ms, end_ms in credit.pending[:end]:
        if joined and joined[-1][0] == index and joined[-1][2] == start_ms:
            joined[-1] = (index, joined[-1][1], end_ms)
        else:
            joined.append((index, start_ms, end_ms))
    less = end - len(joined)
    credit.pending = (*joined, *credit.pending[end:])
    credit.held, credit.proved = credit.held - less, credit.proved - less
    credit.shown, credit.deferred = max(0, credit.shown - less), max(0, credit.deferred - less)


def await_delivery(turn: Turn, end: int) -> None:
    """Move the first ``end`` pending stretches, otherwise cleared, to those that wait for the delivery log."""
    credit = turn.state.credit
    due_ms = turn.state.playback.reached_ms + turn.policy.delivery_wait_ms
    _set_waiting(turn, delivery.queued(credit.waiting, credit.pending[:end], due_ms))
    _release(turn, 0, end)
    _credit_delivered(turn)


def deliver(turn: Turn, event: MediaDelivered) -> None:
    """Record the delivery log's entries; a repeat changes nothing."""
    credit = turn.state.credit
    known_ms = credit.minutes[0].to_ms if credit.minutes else 0
    floor_ms = known_ms or turn.state.playback.reached_ms  # media sent by then is in time for every open minute
    credit.delivered = delivery.merged(credit.delivered, event.spans, floor_ms, turn.state.info.lesson.duration_ms)
    _credit_delivered(turn)


def give_up_waiting(turn: Turn, until_ms: int | None = None) -> None:
    """Send media that has waited long enough to review; all of it when the session closes."""
    waiting = turn.state.credit.waiting
    late = tuple(each for each in waiting if until_ms is None or each[3] <= until_ms)
    _set_waiting(turn, waiting[len(late) :])
    parts = [(index, (start_ms, end_ms)) for index, start_ms, end_ms, _ in late]
    _decide_parts(turn, parts, Outcome.UNDECIDED, ReasonCode.MEDIA_NOT_DELIVERED)


def _credit_delivered(turn: Turn) -> None:
    credit = turn.state.credit
    if not credit.delivered:
        return
    ends_ms = {minute.index: minute.to_ms or turn.state.playback.reached_ms for minute in credit.minutes}
    sent, left = delivery.sent_in_time(credit.waiting, credit.delivered, ends_ms)
    _decide_parts(turn, sent, Outcome.PASSED, None)
    _set_waiting(turn, left)
    # Credited media never earns again: its delivery need not be remembered.
    credit.delivered = tuple(
        (*part, sent_ms) for a, b, sent_ms in credit.delivered for part in subtract((a, b), credit.credited)
    )


def _set_waiting(turn: Turn, waiting: tuple[Waiting, ...]) -> None:
    credit = turn.state.credit
    credit.waiting = waiting
    credit.waiting_set = normalise((start_ms, end_ms) for _, start_ms, end_ms, _ in waiting)
    credit.waiting_ms = total_ms(credit.waiting_set)


def _decide_parts(turn: Turn, parts: list[tuple[int, Interval]], outcome: Outcome, reason: ReasonCode | None) -> None:
    """Write the outcome of each part into its minute and into the session's sums."""
    if not parts:
        return
    credit = turn.state.credit
    minutes = {minute.index: minute for minute in credit.minutes}
    for index, part in parts:
        minute = minutes[index]
        if outcome is Outcome.PASSED:
            credit.credited = add(credit.credited, part)
            credit.verified_ms += part[1] - part[0]
            minutes[index] = replace(minute, verified=add(minute.verified, part))
            continue
        if outcome is Outcome.UNDECIDED:
            credit.undecided = add(credit.undecided, part)
            minute = replace(minute, undecided=add(minute.undecided, part))
        if reason is not None and reason not in minute.reasons:
            minute = replace(minute, reasons=(*minute.reasons, reason)[:REASONS_PER_MINUTE])
        minutes[index] = minute
    credit.minutes = tuple(minutes.values())


def _release(turn: Turn, first: int, end: int) -> None:
    """Remove the stretches from ``first`` to before ``end`` from the pending time."""
    credit = turn.state.credit
    if first >= end:
        return
    credit.pending = credit.pending[:first] + credit.pending[end:]
    credit.pending_set = normalise(stretch[1:] for stretch in credit.pending)
    marks = (credit.held, credit.proved, credit.covered, credit.shown, credit.deferred)
    credit.held, credit.proved, credit.covered, credit.shown, credit.deferred = (
        min(mark, first) + max(0, mark - end) for mark in marks
    )


def begin_minute(turn: Turn, at_ms: int) -> None:
    """Begin a minute if none runs."""
    credit = turn.state.credit
    if not credit.minutes or credit.minutes[-1].to_ms:
        credit.minutes = (*credit.minutes, OpenMinute(index=credit.next_minute, from_ms=at_ms))
        credit.next_minute += 1
        credit.minute_active_ms = 0


def end_minute(turn: Turn, at_ms: int) -> None:
    """End the running minute, or drop it if it has no ACTIVE time. It is recorded once every part of it is decided."""
    credit = turn.state.credit
    if not credit.minutes or credit.minutes[-1].to_ms:
        return
    if credit.minute_active_ms == 0:
        credit.minutes = credit.minutes[:-1]
        credit.next_minute -= 1
    else:
        credit.minutes = (*credit.minutes[:-1], replace(credit.minutes[-1], to_ms=at_ms))


def spend(turn: Turn, elapsed_ms: int, to_ms: int) -> None:
    """Add ACTIVE time to the running minute; at ``to_ms`` the next one begins if it is full."""
    credit = turn.state.credit
    credit.minute_active_ms += elapsed_ms
    if credit.minute_active_ms >= MINUTE_MS:
        end_minute(turn, to_ms)
        begin_minute(turn, to_ms)


def record_minutes(turn: Turn) -> None:
    """Record every leading minute that has ended, is accounted for, and has no waiting part."""
    credit = turn.state.credit
    while credit.minutes:
        minute = credit.minutes[0]
        if minute.to_ms == 0 or minute.to_ms > turn.state.playback.accounted_ms or _waits(turn, minute.index):
            return
        credit.minutes = credit.minutes[1:]
        credit.minutes_recorded += 1
        turn.add(RecordMinute(minute=_judge(minute)))


def _waits(turn: Turn, index: int) -> bool:
    # Entries are in the order of playing, so the first one shows whether the oldest open minute waits.
    credit = turn.state.credit
    for waiting in (credit.pending, credit.waiting):
        for each in waiting:
            if each[0] == index:
                return True
    return False


def _judge(minute: OpenMinute) -> Minute:
    undecided: IntervalSet = difference(minute.undecided, minute.verified)  # a later viewing may have verified it
    reasons = minute.reasons
    if minute.verified:
        verdict = Verdict.VERIFIED
    elif total_ms(undecided):
        verdict = Verdict.INDETERMINATE
    else:
        verdict = Verdict.REFUSED
        if not reasons:
            reasons = (ReasonCode.PLAYER_STALLED,)
    return Minute(
        index=minute.index,
        from_ms=minute.from_ms,
        to_ms=minute.to_ms,
        verdict=verdict,
        verified=minute.verified,
        undecided=undecided,
        reasons=reasons,
    )
