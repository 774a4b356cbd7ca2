"""Timers: everything that falls due without an event.

``advance`` handles everything overdue, each item at its own time, before an event is applied. So a late timer can
never change a verdict (design §2, rule 2).
"""

from __future__ import annotations

from enum import IntEnum, auto
from typing import assert_never

from zaichang.core.reasons import ReasonCode
from zaichang.core.units import MINUTE_MS
from zaichang.session import closing, outcomes, phase
from zaichang.session.judgements import passkeys
from zaichang.session.owners import challenges, credit, link, liveness, playback, proofs, samples
from zaichang.session.parts import Playback
from zaichang.session.policy import DRAWN_SINCE_SCHEMA, Policy
from zaichang.session.state import State
from zaichang.session.turn import Turn
from zaichang.session.values import Phase

_NEVER_MS = 1 << 62


class Due(IntEnum):
    """What can fall due, in the order of precedence at equal times."""

    MINUTE_END = auto()
    CAPTURE_DEADLINE = auto()
    CHALLENGE_DEADLINE = auto()
    GAP = auto()
    ABANDONED = auto()
    TIME_LIMIT = auto()
    RETAKE = auto()
    ROUND = auto()
    CHALLENGE = auto()
    DELIVERY = auto()


def _earliest(state: State, policy: Policy) -> tuple[int, Due]:
    """Return when the first item falls due in a session that is not closed, perhaps in the past, and its kind.

    Runs twice an event, so it compares as it goes. The order of the comparisons is the order of precedence.
    """
    playback_, link_, proofs_, challenges_ = state.playback, state.link, state.proofs, state.challenges
    online = link_.hold is None
    active = playback_.phase is Phase.ACTIVE
    current, challenge = proofs_.round, challenges_.open
    # A learner who turns the head as asked cannot face the camera: no capture is ordered while a try runs.
    trying = challenge is not None and challenge.begun
    due_ms, due = _NEVER_MS, Due.MINUTE_END
    if active:
        due_ms = playback_.reached_ms + MINUTE_MS - state.credit.minute_active_ms
    if current is not None and current.capture_id and current.deadline_ms < due_ms:
        due_ms, due = current.deadline_ms, Due.CAPTURE_DEADLINE
    if challenge is not None and not challenge.overdue and 0 < challenge.deadline_ms < due_ms:
        due_ms, due = challenge.deadline_ms, Due.CHALLENGE_DEADLINE
    if online and link_.heard_ms + policy.gap_ms < due_ms:
        due_ms, due = link_.heard_ms + policy.gap_ms, Due.GAP
    if link_.heard_ms + link_.down_ms + policy.abandon_ms < due_ms:
        due_ms, due = link_.heard_ms + link_.down_ms + policy.abandon_ms, Due.ABANDONED
    if playback_.closing is None and state.info.at_ms + policy.session_max_ms < due_ms:
        due_ms, due = state.info.at_ms + policy.session_max_ms, Due.TIME_LIMIT
    if current is not None:
        if not current.capture_id and not trying and current.retake_at_ms < due_ms:
            due_ms, due = current.retake_at_ms, Due.RETAKE
        if not current.drawn and not trying and active and policy.schema >= DRAWN_SINCE_SCHEMA:
            sample_ms = _sample_due_ms(state, policy)
            if sample_ms < due_ms:
                due_ms, due = sample_ms, Due.ROUND
    elif not trying:
        if policy.schema >= DRAWN_SINCE_SCHEMA:
            round_ms = _round_due_ms(state, scheduled=False, online=online)
            if active:
                round_ms = min(round_ms, _sample_due_ms(state, policy))
        else:
            round_ms = _round_due_ms(state, scheduled=active and state.uses_captures(policy), online=online)
        if round_ms < due_ms:
            due_ms, due = round_ms, Due.ROUND
    if challenge is None:
        challenge_ms = _challenge_due_ms(state, policy, active=active, online=online)
        if challenge_ms < due_ms:
            due_ms, due = challenge_ms, Due.CHALLENGE
    waiting = state.credit.waiting
    if waiting and waiting[0][3] < due_ms:
        due_ms, due = waiting[0][3], Due.DELIVERY
    return due_ms, due


def _round_due_ms(state: State, *, scheduled: bool, online: bool) -> int:
    """Return when the next round begins: as soon as one is wanted, or as scheduled."""
    proofs_, playback_ = state.proofs, state.playback
    due_ms = _NEVER_MS
    if proofs_.due_ms and online and state.page.hold is None:
        due_ms = proofs_.due_ms
    if scheduled:
        return min(due_ms, _server_time_ms(playback_, proofs_.next_active_ms))
    return due_ms


def _sample_due_ms(state: State, policy: Policy) -> int:
    """Return when the next drawn round begins, if the playing goes on as reported."""
    due_ms = samples.due_ms(state) if state.uses_captures(policy) else None
    return _NEVER_MS if due_ms is None else due_ms


def _challenge_due_ms(state: State, policy: Policy, *, active: bool, online: bool) -> int:
    """Return when the next challenge comes: after a failed one, as scheduled, or as a passkey or liveness is owed."""
    challenges_, playback_ = state.challenges, state.playback
    due_ms = challenges_.due_ms if challenges_.due_ms and online else _NEVER_MS
    if active:
        next_ms = _NEVER_MS
        if policy.challenge_kinds or not state.uses_captures(policy) or passkeys.asked(state, policy):
            next_ms = challenges_.next_active_ms
        if passkeys.first_due(state, policy):
            next_ms = playback_.active_ms
        liveness_ms = liveness.due_active_ms(state, policy)
        if liveness_ms is not None and liveness_ms < next_ms:
            next_ms = liveness_ms
        if next_ms != _NEVER_MS:
            return min(due_ms, _server_time_ms(playback_, next_ms))
    return due_ms


def _server_time_ms(playback_: Playback, active_ms: int) -> int:
    """Return the server time at which the session, if it stays ACTIVE, will have this much ACTIVE time; or now."""
    left_ms = active_ms - playback_.active_ms
    return playback_.reached_ms + left_ms if left_ms > 0 else playback_.reached_ms


def next_deadline_ms(state: State, policy: Policy) -> int | None:
    """Return when the shell should send ``DeadlineReached``; None for a closed session."""
    if state.playback.phase is Phase.CLOSED:
        return None
    return max(_earliest(state, policy)[0], state.playback.reached_ms)


def advance(turn: Turn) -> None:
    """Advance server time to the turn's. Orders given on the way leave now, so their deadlines count from that time."""
    state = turn.state
    while state.playback.phase is not Phase.CLOSED:
        due_ms, due = _earliest(state, turn.policy)
        if due_ms > turn.now_ms:
            break
        playback.run_to(turn, max(due_ms, state.playback.reached_ms))
        _fire(turn, due)
        credit.record_minutes(turn)  # now, so that the order of records does not depend on when timers fire
    playback.run_to(turn, turn.now_ms)


def _fire(turn: Turn, due: Due) -> None:
    match due:
        case Due.MINUTE_END:
            pass  # running the clock has ended it
        case Due.CAPTURE_DEADLINE:
            decided = proofs.miss(turn)
            if decided is not None:
                outcomes.decide(turn, *decided)
        case Due.CHALLENGE_DEADLINE:
            if closing.give_up_challenge(turn):
                return
            was_liveness = challenges.expire(turn)
            outcomes.fail_challenge(turn, ReasonCode.CHALLENGE_UNANSWERED, was_liveness=was_liveness)
        case Due.GAP:
            _begin_gap(turn)
        case Due.ABANDONED:
            closing.close(turn, turn.state.playback.closing or ReasonCode.SESSION_ABANDONED)
        case Due.TIME_LIMIT:
            closing.finish(turn, ReasonCode.SESSION_TIME_LIMIT)
        case Due.RETAKE:
            proofs.order_capture(turn)
        case Due.ROUND:
            proofs.begin_round(turn)
        case Due.CHALLENGE:
            challenges.issue(turn)
        case Due.DELIVERY:
            credit.give_up_waiting(turn, until_ms=turn.state.playback.reached_ms)
        case _:
            assert_never(due)


def _begin_gap(turn: Turn) -> None:
    """Begin a gap, because the connection has been silent for too long. Only the gap is lost (I10)."""
    state = turn.state
    link.begin_gap(turn)
    playback.account_to_now(turn)
    credit.note(turn, ReasonCode.NETWORK_GAP)
    if state.playback.closing is not None and not turn.drawn:
        closing.close(turn, state.playback.closing)
        return
    proofs.call_off(turn, ReasonCode.NETWORK_GAP)
    outcomes.cut_try(turn)
    challenge = state.challenges.open
    if challenge is not None and not challenge.overdue and proofs.excuse(turn):
        challenges.excuse_deadline(turn, challenge)
    phase.follow_holds(turn)
