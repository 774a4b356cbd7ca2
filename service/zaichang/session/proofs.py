"""What a decided proof does: resolve the bracket, hold or release the session, schedule the next one, close.

This is the only place where a proof's outcome meets credit (I6, I10).
"""

from __future__ import annotations

from zaichang.core.reasons import ReasonCode
from zaichang.session import challenges, credit, rounds, transitions
from zaichang.session.credit import Outcome
from zaichang.session.decisions import Decision, Final, OrderPause, OrderResume, OrderSeek, RecordFinal
from zaichang.session.playhead import difference, total_ms
from zaichang.session.policy import Policy
from zaichang.session.schedule import next_due_ms
from zaichang.session.state import Phase, State

DOUBT_ROUNDS = 3
DOUBT_FACTOR = 3
PAUSE_PROOF_PENDING_MS = 10_000
"""A pause or the lesson's end closes the bracket with a proof when at least this much is pending."""


def uses_captures(state: State, policy: Policy) -> bool:
    """Return whether captures are this session's proofs; else challenges are (the route without face recognition)."""
    return state.info.route == "face" and bool(policy.proofs)


def schedule_capture(state: State, policy: Policy) -> None:
    """Draw when the next round is due; denser for a while after a failure."""
    mean_ms = policy.capture_mean_ms
    if state.doubt:
        # Only the part above the least gap shrinks: else every round would come right at that gap, for all to foresee.
        mean_ms -= max(0, mean_ms - policy.capture_min_gap_ms) * (DOUBT_FACTOR - 1) // DOUBT_FACTOR
    state.next_capture_active_ms = next_due_ms(
        state.info,
        "capture",
        state.active_ms,
        mean_ms=mean_ms,
        min_gap_ms=policy.capture_min_gap_ms,
        max_gap_ms=policy.capture_max_gap_ms,
    )


def schedule_challenge(state: State, policy: Policy) -> None:
    """Draw when the next pop-up is due; where pop-ups are the proof, they come as often as captures would."""
    captures = uses_captures(state, policy)
    state.next_challenge_active_ms = next_due_ms(
        state.info,
        "challenge",
        state.active_ms,
        mean_ms=policy.challenge_mean_ms if captures else policy.capture_mean_ms,
        min_gap_ms=policy.challenge_min_gap_ms if captures else policy.capture_min_gap_ms,
        max_gap_ms=policy.challenge_max_gap_ms if captures else policy.capture_max_gap_ms,
    )


def excused(state: State, policy: Policy) -> bool:
    """Use up one excuse, if there is one: they are few, or every capture could be dodged."""
    if state.excuses >= policy.excuses:
        return False
    state.excuses += 1
    return True


def settle(state: State, policy: Policy, out: list[Decision]) -> None:
    """Derive the phase from the holds; begin a minute, order play or cut the running stretch as it changes."""
    changed = transitions.settle(state)
    if changed and state.phase is Phase.ACTIVE:
        credit.begin_minute(state, state.now_ms)
    if state.phase is not Phase.ACTIVE:
        state.beat_ms = 0
    ours = (state.proof_hold, state.page_hold, state.link_hold, state.closing)
    if state.pause_ordered and all(hold is None for hold in ours):
        state.pause_ordered = False
        if not policy.skip_allowed and state.beat_playhead_ms > state.frontier_ms + policy.seek_tolerance_ms:
            out.append(OrderSeek(to_ms=state.frontier_ms, reason=ReasonCode.SEEK_FORWARD))
        out.append(OrderResume())


def order_pause(state: State, reason: ReasonCode, out: list[Decision]) -> None:
    """Tell the player to pause, and remember to tell it to go on."""
    state.pause_ordered = True
    out.append(OrderPause(reason=reason))


def decide(
    state: State,
    outcome: Outcome,
    reason: ReasonCode | None,
    policy: Policy,
    wall_ms: int,
    out: list[Decision],
) -> None:
    """Act on a proof that passed, failed, or could not be decided without a person."""
    held = state.proof_hold is not None
    if outcome is Outcome.FAILED:
        credit.resolve(state, outcome, reason, first=state.proved)
        _fail(state, reason or ReasonCode.CAPTURE_MISSED, held, policy, wall_ms, out)
    else:
        if outcome is Outcome.PASSED and reason is not None and not held and not excused(state, policy):
            # Present only when called, once too often: what came before stays unproven, though the session goes on.
            credit.resolve(state, Outcome.FAILED, reason)
            credit.note(state, reason)
            rounds.indicate(state, reason)
        lack = reason if outcome is Outcome.UNDECIDED else None
        # A bracket needs both its ends: one that a lacking proof opened stays undecided even if this one passed.
        state.proved_lack = state.proved_lack or lack or state.opening_lack
        state.proved = len(state.pending)
        state.opening_lack = lack
        if state.challenge is None:
            credit_proved(state)
        state.doubt = max(0, state.doubt - 1)
        if not state.challenge_hold:
            state.proof_hold = None
        if uses_captures(state, policy):
            schedule_capture(state, policy)
    if state.closing is not None and not _answerable(state):
        close(state, state.closing, out)
    else:
        settle(state, policy, out)


def credit_proved(state: State) -> None:
    """Credit what rounds have proved; it waits while a pop-up is unanswered (I6)."""
    lack = state.proved_lack
    credit.resolve(state, Outcome.UNDECIDED if lack else Outcome.PASSED, lack, end=state.proved)


def _answerable(state: State) -> bool:
    """Return whether a closing session still waits for the answer that its proved time depends on."""
    return state.challenge is not None and not state.challenge.overdue and state.proved > 0


def _fail(state: State, reason: ReasonCode, held: bool, policy: Policy, wall_ms: int, out: list[Decision]) -> None:
    state.doubt = DOUBT_ROUNDS
    state.opening_lack = None
    if not held:
        state.strikes += 1
        rounds.indicate(state, reason)
        credit.note(state, reason)
    changed = state.proof_hold is not reason
    state.proof_hold = reason
    if policy.strikes_max and state.strikes >= policy.strikes_max and state.closing is None:
        state.closing = ReasonCode.STRIKES_EXHAUSTED
    if uses_captures(state, policy) and not state.challenge_hold:
        state.round_due_ms = wall_ms + policy.cure_ms
    if changed:
        order_pause(state, reason, out)


def fail_challenge(state: State, reason: ReasonCode, policy: Policy, wall_ms: int, out: list[Decision]) -> None:
    """A pop-up stayed unanswered, or its attempts are used up: the bracket is lost until it is answered (I6)."""
    state.challenge_hold = True
    state.round_due_ms = 0
    state.proved = 0
    decide(state, Outcome.FAILED, reason, policy, wall_ms, out)


def finish(state: State, reason: ReasonCode, policy: Policy, wall_ms: int, out: list[Decision]) -> None:
    """End the session: at once where nothing is pending, else after a closing proof."""
    state.closing = reason
    provable = state.link_hold is None and state.proof_hold is None
    if not state.pending or not provable:
        close(state, reason, out)
        return
    order_pause(state, reason, out)
    if uses_captures(state, policy):
        rounds.begin_round(state, policy, wall_ms, out)
    else:
        challenges.issue(state, policy, wall_ms, out)
    settle(state, policy, out)


def close(state: State, reason: ReasonCode, out: list[Decision]) -> None:
    """Close now: what no proof closed is not credited, everything before it stays."""
    if state.pending:
        credit.resolve(state, Outcome.FAILED, ReasonCode.NO_CLOSING_PROOF)
    credit.end_minute(state, state.now_ms)
    state.accounted_ms = state.now_ms
    credit.record_minutes(state, out)
    state.round = None
    state.challenge = None
    transitions.close(state, reason)
    out.append(
        RecordFinal(
            final=Final(
                at_ms=state.now_ms,
                reason=reason,
                minutes=state.minutes_recorded,
                verified_ms=state.session_verified_ms,
                undecided_ms=total_ms(difference(state.undecided, state.credited)),
                indicators=state.indicators,
            )
        )
    )
