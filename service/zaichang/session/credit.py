"""From heartbeats to verified intervals: the token bucket (I1), the union (I2), the bracket (I10), the minutes.

Played time is *pending* until the next proof decides it. A proof resolves all of it at once: verified, undecided, or
lost with a reason; and nothing before the last good proof is ever touched.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from zaichang.core.reasons import ReasonCode
from zaichang.core.units import BP_ONE, MINUTE_MS
from zaichang.session.decisions import Decision, Minute, OrderSeek, RecordMinute, Verdict
from zaichang.session.events import HeartbeatReceived
from zaichang.session.playhead import (
    Interval,
    IntervalSet,
    add,
    difference,
    furthest_ms,
    normalise,
    subtract,
    total_ms,
    union,
)
from zaichang.session.policy import Policy
from zaichang.session.state import OpenMinute, Phase, State

REASONS_PER_MINUTE = 8
IMPOSSIBLE_RATE = 17
"""Browsers play at most 16x; media that moved further than this many times the clock was moved, not played."""


LATENESS_KEPT_MS = 60_000
"""After a late heartbeat, early ones may catch up for this long."""


SKIPPED_MAX_MS = 30_000
"""What a first viewing may leave out in all, for rounding and for players that play on for a moment; then nothing."""
PIECES_MAX = 128
"""How many separate pieces what was watched may have, so that state and records stay small."""
LIVE_SLACK_MS = 10_000
"""How far a live playhead may be ahead of our clock: the broadcaster's clock is not ours."""
RUN_UP_MS = 2_000
"""Whoever has left out too much is sent this far before the furthest point: no player stops on the millisecond."""


class Outcome(StrEnum):
    """How a proof ended."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"


def enter(
    state: State, beat: HeartbeatReceived, since_ms: int, policy: Policy, out: list[Decision]
) -> ReasonCode | None:
    """Begin a counted stretch at this heartbeat; return why not, where the playhead is too far ahead.

    A player that was told to go on may have played for as long as ``since_ms`` (the previous heartbeat) allows before
    this report: that much lead is accepted, though not credited. Nothing is saved up from before the stretch.
    """
    if _ahead_of_live(state, beat):
        return _refuse_live(state, beat, out)
    lead_ms = min(policy.burst_ms, beat.at_ms - since_ms) * policy.rate_max_bp // BP_ONE + policy.seek_tolerance_ms
    if not skips(state, policy) and beat.playhead_ms > state.frontier_ms + lead_ms:
        return _refuse(state, ReasonCode.SEEK_FORWARD, out, state.frontier_ms)
    if _scattered(state, beat.playhead_ms, state.frontier_ms, policy):
        return _refuse(state, ReasonCode.SEEK_FORWARD, out, state.frontier_ms - RUN_UP_MS)
    state.lead_ms = beat.playhead_ms
    state.tokens_ms = 0
    state.late_until_ms = 0
    return None


def account(
    state: State, beat: HeartbeatReceived, policy: Policy, out: list[Decision]
) -> tuple[ReasonCode | None, int]:
    """Turn the progress since the last heartbeat into pending time.

    Only progress that began at a counted heartbeat, in one stretch of ACTIVE time, is looked at: ``beat_ms`` is 0
    otherwise. The token bucket (I1) gains real time times the highest rate. What is left over stays only as far as a
    heartbeat was late, and only for a while, since that is when an early one follows; else a saved-up burst would pay
    for a skip.

    Returns:
        Why it does not count, or None; and the lag: by how many milliseconds the last played part waits for the clock,
        to be counted with what follows. A first report that came later than the second did is no faster playback, and
        a lag earns nothing: what counts never exceeds the tokens.
    """
    if state.beat_ms == 0 or state.phase is not Phase.ACTIVE:
        return None, 0
    earned_ms = (beat.at_ms - state.beat_ms) * policy.rate_max_bp // BP_ONE
    progress_ms = max(0, beat.playhead_ms - state.beat_playhead_ms)
    state.tokens_ms += earned_ms
    lag_ms = max(0, progress_ms - state.tokens_ms)
    if lag_ms > policy.seek_tolerance_ms:
        lag_ms = 0
    counted = replace(beat, playhead_ms=beat.playhead_ms - lag_ms) if lag_ms else beat
    reason = _progress(state, counted, progress_ms - lag_ms, policy, out)
    if earned_ms - progress_ms > policy.seek_tolerance_ms:
        state.late_until_ms = beat.at_ms + LATENESS_KEPT_MS
    late = beat.at_ms < state.late_until_ms
    state.tokens_ms = min(state.tokens_ms, policy.burst_ms if late else policy.seek_tolerance_ms)
    return reason, 0 if reason else lag_ms


def account_tail(state: State, beat: HeartbeatReceived, policy: Policy, out: list[Decision]) -> None:
    """Count what was played between the last heartbeat and the beginning of the end, which came between two."""
    from_ms, to_ms = state.tail_from_ms, state.tail_to_ms
    progress_ms = beat.playhead_ms - state.beat_playhead_ms
    allowed_ms = state.tokens_ms + (beat.at_ms - from_ms) * policy.rate_max_bp // BP_ONE
    state.tail_to_ms = 0
    if progress_ms > allowed_ms:
        return
    # As if the report had come when the end began; what was played after that does not count.
    counted_ms = min(progress_ms, to_ms - from_ms)
    state.tokens_ms = allowed_ms
    state.beat_ms, now_ms, state.now_ms = from_ms, state.now_ms, to_ms
    cut = replace(beat, at_ms=to_ms, playhead_ms=state.beat_playhead_ms + counted_ms)
    _progress(state, cut, counted_ms, policy, out)
    state.now_ms = now_ms


def _progress(
    state: State, beat: HeartbeatReceived, progress_ms: int, policy: Policy, out: list[Decision]
) -> ReasonCode | None:
    start_ms, end_ms = state.beat_playhead_ms, min(beat.playhead_ms, state.info.lesson_duration_ms)
    if end_ms <= start_ms:
        return None  # going back, or standing still, is free
    if _ahead_of_live(state, beat):
        return _refuse_live(state, beat, out)
    if progress_ms > state.tokens_ms or beat.rate_bp > policy.rate_max_bp:
        moved = progress_ms > IMPOSSIBLE_RATE * max(1, beat.at_ms - state.beat_ms)
        if skips(state, policy) and beat.rate_bp <= policy.rate_max_bp:
            # A discontinuity, back to the live edge, or a skip that the policy allows: a new stretch begins there, and
            # what lies between was not seen.
            if state.info.live_from_ms:
                note(state, ReasonCode.LIVE_JUMP)
            elif not moved:
                note(state, ReasonCode.RATE_TOO_FAST)
            return None
        # In a broadcast the furthest point may be hours away, or that of an earlier session: back to the last report.
        to_ms = start_ms if state.info.live_from_ms else state.frontier_ms
        return _refuse(state, ReasonCode.SEEK_FORWARD if moved else ReasonCode.RATE_TOO_FAST, out, to_ms)
    allowed_ms = max(state.frontier_ms, state.lead_ms)
    if not skips(state, policy) and start_ms > allowed_ms + policy.seek_tolerance_ms:
        return _refuse(state, ReasonCode.SEEK_FORWARD, out, state.frontier_ms)
    if _scattered(state, start_ms, allowed_ms, policy):
        return _refuse(state, ReasonCode.SEEK_FORWARD, out, state.frontier_ms - RUN_UP_MS)
    state.tokens_ms -= progress_ms
    _pend(state, (start_ms, end_ms))
    return None


def skips(state: State, policy: Policy) -> bool:
    """Return whether a first viewing may begin further on: by the policy, or because a broadcast waits for nobody."""
    return policy.skip_allowed or state.info.live_from_ms > 0


def _ahead_of_live(state: State, beat: HeartbeatReceived) -> bool:
    """Return whether a playhead claims to be where a live broadcast has not come yet."""
    return 0 < state.info.live_from_ms and beat.playhead_ms > _live_edge_ms(state, beat) + LIVE_SLACK_MS


def _live_edge_ms(state: State, beat: HeartbeatReceived) -> int:
    return max(0, beat.at_ms - state.info.live_from_ms)


def _refuse_live(state: State, beat: HeartbeatReceived, out: list[Decision]) -> ReasonCode:
    note(state, ReasonCode.AHEAD_OF_LIVE)
    out.append(OrderSeek(to_ms=_live_edge_ms(state, beat), reason=ReasonCode.AHEAD_OF_LIVE))
    return ReasonCode.AHEAD_OF_LIVE


def _scattered(state: State, start_ms: int, furthest_ms: int, policy: Policy) -> bool:
    """Return whether a stretch must not begin here, though near enough: small skips, many times, are a fast-forward."""
    ahead = start_ms > furthest_ms and not skips(state, policy)
    pieces = len(state.credited) + len(state.pending_set) + len(state.undecided) + len(state.waiting)
    if not ahead and pieces < PIECES_MAX:
        return False
    watched = union(union(state.taken, state.undecided), state.info.resumable)
    if ahead:
        before = union(normalise(state.info.credited), state.info.resumable)
        if _left_out_ms(watched) - _left_out_ms(before) >= SKIPPED_MAX_MS:
            return True
    return len(watched) >= PIECES_MAX and not any(low_ms <= start_ms <= high_ms for low_ms, high_ms in watched)


def _left_out_ms(watched: IntervalSet) -> int:
    return furthest_ms(watched) - total_ms(watched)


def _refuse(state: State, reason: ReasonCode, out: list[Decision], to_ms: int) -> ReasonCode:
    note(state, reason)
    out.append(OrderSeek(to_ms=max(0, to_ms), reason=reason))
    return reason


def _pend(state: State, interval: Interval) -> None:
    """Add what is new of ``interval`` to the pending time, shared out to the minutes it was played in."""
    running = state.minutes[-1]
    boundary_ms = interval[0]
    if len(state.minutes) > 1 and state.beat_ms < running.from_ms and state.minutes[-2].to_ms == running.from_ms:
        # The minute changed between the two heartbeats: split the media in proportion to the clock.
        share_ms = (interval[1] - interval[0]) * (running.from_ms - state.beat_ms)
        boundary_ms += share_ms // (state.now_ms - state.beat_ms)
    fresh = 0
    taken = state.taken
    for index, (start_ms, end_ms) in (
        (running.index - 1, (interval[0], boundary_ms)),
        (running.index, (boundary_ms, interval[1])),
    ):
        if start_ms >= end_ms:
            continue
        for part in subtract((start_ms, end_ms), taken):
            last = state.pending[-1] if state.pending else None
            mark = max(state.proved, state.covered)  # what is marked must not grow
            if last is not None and len(state.pending) > mark and last[0] == index and last[2] == part[0]:
                state.pending = (*state.pending[:-1], (index, last[1], part[1]))
            else:
                state.pending = (*state.pending, (index, *part))
            state.pending_set = add(state.pending_set, part)
            fresh += part[1] - part[0]
    if fresh < interval[1] - interval[0]:
        note(state, ReasonCode.ALREADY_CREDITED)


def note(state: State, reason: ReasonCode) -> None:
    """Write a reason into the running minute, once."""
    if not state.minutes or state.minutes[-1].to_ms:
        return
    running = state.minutes[-1]
    if reason not in running.reasons and len(running.reasons) < REASONS_PER_MINUTE:
        state.minutes = (*state.minutes[:-1], replace(running, reasons=(*running.reasons, reason)))


def resolve(state: State, outcome: Outcome, reason: ReasonCode | None, first: int = 0, end: int | None = None) -> None:
    """Decide all pending time, or its stretches from ``first`` to before ``end``, by a proof's outcome (I10).

    An undecided or lost stretch carries ``reason`` into each minute it was played in.
    """
    end = len(state.pending) if end is None else end
    decided = state.pending[first:end]
    minutes = {minute.index: minute for minute in state.minutes}
    for index, start_ms, end_ms in decided:
        minute = minutes[index]
        minutes[index] = settled(state, minute, (start_ms, end_ms), outcome, reason)
    state.minutes = tuple(minutes.values())
    release(state, first, end)
    if outcome is Outcome.FAILED:
        state.lead_ms = 0


def settled(
    state: State, minute: OpenMinute, part: Interval, outcome: Outcome, reason: ReasonCode | None
) -> OpenMinute:
    """Return the minute with the outcome of a part of it, which is written into the session's sums as well."""
    if outcome is Outcome.PASSED:
        state.credited = add(state.credited, part)
        state.session_verified_ms += part[1] - part[0]
        return replace(minute, verified=add(minute.verified, part))
    if outcome is Outcome.UNDECIDED:
        state.undecided = add(state.undecided, part)
        minute = replace(minute, undecided=add(minute.undecided, part))
    if reason is not None and reason not in minute.reasons:
        minute = replace(minute, reasons=(*minute.reasons, reason)[:REASONS_PER_MINUTE])
    return minute


def release(state: State, first: int, end: int) -> None:
    """Take the stretches from ``first`` to before ``end`` out of the pending time."""
    state.pending = state.pending[:first] + state.pending[end:]
    state.pending_set = normalise(stretch[1:] for stretch in state.pending)
    state.held, state.proved, state.covered = (
        min(mark, first) + max(0, mark - end) for mark in (state.held, state.proved, state.covered)
    )


def join_pending(state: State, end: int) -> None:
    """Join neighbours among the first ``end`` pending stretches, which stand or fall together, within each minute."""
    joined: list[tuple[int, int, int]] = []
    for index, start_ms, end_ms in state.pending[:end]:
        if joined and joined[-1][0] == index and joined[-1][2] == start_ms:
            joined[-1] = (index, joined[-1][1], end_ms)
        else:
            joined.append((index, start_ms, end_ms))
    less = end - len(joined)
    state.pending = (*joined, *state.pending[end:])
    state.held, state.proved = state.held - less, state.proved - less


def begin_minute(state: State, at_ms: int) -> None:
    """Begin a minute if none runs."""
    if not state.minutes or state.minutes[-1].to_ms:
        state.minutes = (*state.minutes, OpenMinute(index=state.next_minute, from_ms=at_ms))
        state.next_minute += 1
        state.minute_active_ms = 0


def end_minute(state: State, at_ms: int) -> None:
    """End the running minute; it is recorded once every part of it is decided. One without ACTIVE time never was."""
    if not state.minutes or state.minutes[-1].to_ms:
        return
    if state.minute_active_ms == 0:
        state.minutes = state.minutes[:-1]
        state.next_minute -= 1
    else:
        state.minutes = (*state.minutes[:-1], replace(state.minutes[-1], to_ms=at_ms))


def spend_active(state: State, to_ms: int) -> None:
    """Let ACTIVE time run to ``to_ms``, which must not lie beyond the running minute's end."""
    elapsed_ms = to_ms - state.now_ms
    if state.phase is Phase.ACTIVE and elapsed_ms > 0:
        state.active_ms += elapsed_ms
        state.minute_active_ms += elapsed_ms
        if state.minute_active_ms >= MINUTE_MS:
            end_minute(state, to_ms)
            begin_minute(state, to_ms)
    state.now_ms = to_ms


def record_minutes(state: State, out: list[Decision]) -> None:
    """Record every leading minute that has ended, is accounted for, and has no part that waits for anything."""
    while state.minutes:
        minute = state.minutes[0]
        if minute.to_ms == 0 or minute.to_ms > state.accounted_ms or _waits(state, minute.index):
            return
        state.minutes = state.minutes[1:]
        state.minutes_recorded += 1
        out.append(RecordMinute(minute=_judge(minute)))


def _waits(state: State, index: int) -> bool:
    # In the order of playing: where the oldest open minute waits, the first entry says so.
    return any(each[0] == index for each in state.pending) or any(each[0] == index for each in state.waiting)


def _judge(minute: OpenMinute) -> Minute:
    # What a later viewing verified needs no person any more.
    undecided = difference(minute.undecided, minute.verified)
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
