"""What falls due by itself.

``advance`` handles everything overdue, each at its own time, before an event is applied: so a late timer can never
change a verdict (design §2, rule 2).
"""

from __future__ import annotations

from dataclasses import replace
from enum import IntEnum, auto
from typing import assert_never

from zaichang.core.reasons import ReasonCode
from zaichang.core.units import MINUTE_MS
from zaichang.session import challenges, credit, delivery, liveness, proofs, rounds
from zaichang.session.decisions import Decision
from zaichang.session.policy import Policy
from zaichang.session.state import Phase, State


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


def _earliest(state: State, policy: Policy) -> tuple[int, Due] | None:
    """Return ``(server time, what)`` of what falls due first, perhaps in the past; None for a closed session."""
    if state.phase is Phase.CLOSED:
        return None
    dues = [(state.heard_ms + policy.abandon_ms, Due.ABANDONED)]
    if state.link_hold is None:
        dues.append((state.heard_ms + policy.gap_ms, Due.GAP))
    if state.waiting:
        dues.append((state.waiting[0][3], Due.DELIVERY))
    if state.closing is None:
        dues.append((state.info.at_ms + policy.session_max_ms, Due.TIME_LIMIT))
    current, challenge = state.round, state.challenge
    moving = challenge is not None and challenge.begun  # whoever turns the head as asked cannot face the camera
    if current is not None:
        if current.capture_id:
            dues.append((current.deadline_ms, Due.CAPTURE_DEADLINE))
        elif not moving:
            dues.append((current.retake_at_ms, Due.RETAKE))
    elif moving:
        pass
    elif state.round_due_ms and state.link_hold is None and state.page_hold is None:
        dues.append((state.round_due_ms, Due.ROUND))
    if challenge is not None and challenge.deadline_ms and not challenge.overdue:
        dues.append((challenge.deadline_ms, Due.CHALLENGE_DEADLINE))
    elif challenge is None and state.challenge_due_ms and state.link_hold is None:
        dues.append((state.challenge_due_ms, Due.CHALLENGE))
    if state.phase is Phase.ACTIVE:
        dues.append((state.now_ms + MINUTE_MS - state.minute_active_ms, Due.MINUTE_END))
        captures = rounds.uses_captures(state, policy)
        if current is None and captures and not moving:
            dues.append((state.now_ms + max(0, state.next_capture_active_ms - state.active_ms), Due.ROUND))
        if challenge is None:
            asked_active_ms = [state.next_challenge_active_ms] if policy.challenge_kinds or not captures else []
            asked_active_ms += liveness.due_active_ms(state, policy)
            if asked_active_ms:
                dues.append((state.now_ms + max(0, min(asked_active_ms) - state.active_ms), Due.CHALLENGE))
    return min(dues)


def next_deadline_ms(state: State, policy: Policy) -> int | None:
    """Return when the shell should send ``DeadlineReached``; None for a closed session."""
    due = _earliest(state, policy)
    return None if due is None else max(due[0], state.now_ms)


def advance(state: State, to_ms: int, policy: Policy, out: list[Decision]) -> None:
    """Let server time run to ``to_ms``. Orders given on the way get their deadlines from ``to_ms``: they leave now."""
    while (due := _earliest(state, policy)) is not None and due[0] <= to_ms:
        credit.spend_active(state, max(due[0], state.now_ms))
        _fire(state, due[1], policy, to_ms, out)
        credit.record_minutes(state, out)  # now, so that the order of records does not depend on when timers fire
    if state.phase is Phase.CLOSED:
        state.now_ms = to_ms
    else:
        credit.spend_active(state, to_ms)


def _fire(state: State, due: Due, policy: Policy, wall_ms: int, out: list[Decision]) -> None:
    match due:
        case Due.MINUTE_END:
            pass  # spend_active has ended it
        case Due.CAPTURE_DEADLINE:
            decided = rounds.missed(state, policy, wall_ms)
            if decided is not None:
                proofs.decide(state, *decided, policy, wall_ms, out)
        case Due.CHALLENGE_DEADLINE:
            alive = challenges.expire(state)
            proofs.fail_challenge(state, ReasonCode.CHALLENGE_UNANSWERED, policy, wall_ms, out, alive=alive)
        case Due.GAP:
            _gap(state, policy, wall_ms, out)
        case Due.ABANDONED:
            proofs.close(state, state.closing or ReasonCode.SESSION_ABANDONED, out)
        case Due.TIME_LIMIT:
            proofs.finish(state, ReasonCode.SESSION_TIME_LIMIT, policy, wall_ms, out)
        case Due.RETAKE:
            rounds.order_capture(state, policy, wall_ms, out)
        case Due.ROUND:
            rounds.begin_round(state, policy, wall_ms, out)
        case Due.CHALLENGE:
            challenges.issue(state, policy, wall_ms, out)
        case Due.DELIVERY:
            delivery.give_up(state, until_ms=state.now_ms)
        case _:
            assert_never(due)


def _gap(state: State, policy: Policy, wall_ms: int, out: list[Decision]) -> None:
    """The connection has been silent too long: only the gap is lost (design I10)."""
    state.link_hold = ReasonCode.NETWORK_GAP
    state.accounted_ms = state.now_ms
    credit.note(state, ReasonCode.NETWORK_GAP)
    if state.closing is not None:
        proofs.close(state, state.closing, out)
        return
    excuse_round(state, policy)
    proofs.cut_try(state, policy, wall_ms, out)
    if state.challenge is not None and not state.challenge.overdue and proofs.excused(state, policy):
        state.challenge = replace(state.challenge, deadline_ms=0)
    proofs.settle(state, policy, out)


def excuse_round(state: State, policy: Policy) -> None:
    """Call off the round in progress because the page was hidden or the network failed; it is owed on return."""
    if state.round is not None and state.proof_hold is None and proofs.excused(state, policy):
        state.round = None
        state.round_due_ms = state.now_ms
