"""Timers: everything that falls due without an event.

``advance`` handles everything overdue, each item at its own time, before an event is applied. So a late timer can
never change a verdict (design §2, rule 2). ``settle`` handles what is due at once because of the event, and records
when the next item is: until another event comes, no item comes sooner.
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
from zaichang.session.values import ACTIVE, CLOSED

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


# Read after every event, and a module's name is read several times as fast as an enum's member.
(
    _MINUTE_END,
    _CAPTURE_DEADLINE,
    _CHALLENGE_DEADLINE,
    _GAP,
    _ABANDONED,
    _TIME_LIMIT,
    _RETAKE,
    _ROUND,
    _CHALLENGE,
    _DELIVERY,
) = Due


def _earliest(state: State, policy: Policy, *, captures: bool) -> tuple[int, Due]:
    """Return when the first item falls due in a session that is not closed, perhaps in the past, and its kind.

    Runs after every event, so it compares as it goes. The order of the comparisons is the order of precedence.

    Args:
        state: Of the session.
        policy: Of the session.
        captures: Whether captures are its proofs.
    """
    playback_, link_, current, challenge = state.playback, state.link, state.proofs.round, state.challenges.open
    heard_ms, online, active = link_.heard_ms, link_.hold is None, playback_.phase is ACTIVE
    # A learner who turns the head as asked cannot face the camera: no capture is ordered while a try runs.
    trying = challenge is not None and challenge.begun
    due_ms, due = _NEVER_MS, _MINUTE_END
    if active:
        due_ms = playback_.reached_ms + MINUTE_MS - state.credit.minute_active_ms
    if current is not None and current.capture_id and current.deadline_ms < due_ms:
        # A frame that is fixed already can wait for a lost connection.
        if current.cut is None or current.received or (online and link_.connected):
            due_ms, due = current.deadline_ms, _CAPTURE_DEADLINE
    if challenge is not None and not challenge.overdue and 0 < challenge.deadline_ms < due_ms:
        due_ms, due = challenge.deadline_ms, _CHALLENGE_DEADLINE
    if online and heard_ms + policy.gap_ms < due_ms:
        due_ms, due = heard_ms + policy.gap_ms, _GAP
    if heard_ms + link_.down_ms + policy.abandon_ms < due_ms:
        due_ms, due = heard_ms + link_.down_ms + policy.abandon_ms, _ABANDONED
    if playback_.closing is None and state.info.at_ms + policy.session_max_ms < due_ms:
        due_ms, due = state.info.at_ms + policy.session_max_ms, _TIME_LIMIT
    if not trying:
        if current is not None and not current.capture_id and current.retake_at_ms < due_ms:
            due_ms, due = current.retake_at_ms, _RETAKE
        round_ms = _round_due_ms(state, policy, captures=captures, active=active, online=online)
        if round_ms < due_ms:
            due_ms, due = round_ms, _ROUND
    if challenge is None:
        challenge_ms = _challenge_due_ms(state, policy, captures=captures, active=active, online=online)
        if challenge_ms < due_ms:
            due_ms, due = challenge_ms, _CHALLENGE
    waiting = state.credit.waiting
    if waiting and waiting[0][3] < due_ms:
        due_ms, due = waiting[0][3], _DELIVERY
    return due_ms, due


def _round_due_ms(state: State, policy: Policy, *, captures: bool, active: bool, online: bool) -> int:
    """Return when the next round begins: as soon as one is wanted, as scheduled, or (rules 2) as drawn.

    A drawn round takes the place of one that the client brought about; any other begins when none is in progress.
    """
    proofs_, due_ms = state.proofs, _NEVER_MS
    current = proofs_.round
    if current is None and proofs_.due_ms and online and state.page.hold is None:
        due_ms = proofs_.due_ms
    if active and captures and (current is None or not current.drawn):
        if policy.schema >= DRAWN_SINCE_SCHEMA:
            drawn_ms = samples.due_ms(state)
        else:
            drawn_ms = None if current is not None else _server_time_ms(state.playback, proofs_.next_active_ms)
        if drawn_ms is not None and drawn_ms < due_ms:
            return drawn_ms
    return due_ms


def _challenge_due_ms(state: State, policy: Policy, *, captures: bool, active: bool, online: bool) -> int:
    """Return when the next challenge comes: after a failed one, as scheduled, or as a passkey or liveness is owed."""
    challenges_, playback_ = state.challenges, state.playback
    due_ms = challenges_.due_ms if challenges_.due_ms and online else _NEVER_MS
    if active:
        next_ms = _NEVER_MS
        if policy.challenge_kinds or not captures or passkeys.asked(state, policy):
            next_ms = challenges_.next_active_ms
        if challenges_.passkey_first and passkeys.asked(state, policy):
            next_ms = playback_.active_ms  # the first one is asked for as soon as the session plays
        if captures and (policy.liveness_bracket or state.liveness.wanted):
            liveness_ms = liveness.due_active_ms(state, policy)
            if liveness_ms is not None and liveness_ms < next_ms:
                next_ms = liveness_ms
        if next_ms != _NEVER_MS:
            next_due_ms = _server_time_ms(playback_, next_ms)
            return next_due_ms if next_due_ms < due_ms else due_ms
    return due_ms


def _server_time_ms(playback_: Playback, active_ms: int) -> int:
    """Return the server time at which the session, if it stays ACTIVE, will have this much ACTIVE time; or now."""
    left_ms = active_ms - playback_.active_ms
    return playback_.reached_ms + left_ms if left_ms > 0 else playback_.reached_ms


def next_deadline_ms(state: State, policy: Policy) -> int | None:
    """Return when the shell should send ``DeadlineReached``; None for a closed session."""
    playback_ = state.playback
    if playback_.phase is CLOSED:
        return None
    due_ms = playback_.due_ms or _earliest(state, policy, captures=state.uses_captures(policy))[0]
    return max(due_ms, playback_.reached_ms)


def advance(turn: Turn) -> None:
    """Advance server time to that of the event, which is not applied yet: handle everything overdue first."""
    if turn.now_ms < turn.state.playback.due_ms:
        playback.run_to(turn, turn.now_ms)  # as most often: the event before has found that nothing is due yet
    else:
        settle(turn)


def settle(turn: Turn) -> None:
    """Handle everything that is due, each item at its own time, and record when the next one is.

    Orders given on the way leave now, so their deadlines count from the turn's time.
    """
    state = turn.state
    while state.playback.phase is not CLOSED:
        due_ms, due = _earliest(state, turn.policy, captures=turn.uses_captures)
        if due_ms > turn.now_ms:
            playback.expect(turn, due_ms)  # time that passes does not move it; only an event does
            break
        playback.run_to(turn, max(due_ms, state.playback.reached_ms))
        _fire(turn, due)
        credit.record_minutes(turn)  # now, so that the order of records does not depend on when timers fire
    if state.playback.reached_ms != turn.now_ms:
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
