"""What a decided proof does: resolve the bracket, hold or release the session, schedule the next one, close.

This is the only place where a proof's outcome meets credit (I6, I10).
"""

from __future__ import annotations

from zaichang.core.reasons import ReasonCode
from zaichang.session import bracket, challenges, credit, liveness, rounds, transitions
from zaichang.session.credit import Outcome
from zaichang.session.decisions import Decision, Final, OrderPause, OrderResume, OrderSeek, RecordFinal
from zaichang.session.playhead import difference, total_ms
from zaichang.session.policy import Policy
from zaichang.session.schedule import next_due_ms
from zaichang.session.state import Challenge, Phase, State

CREDITED_EXCUSES = 1
"""Whoever comes only when called is credited the first time; then a person decides, and at last nothing is."""
DOUBT_ROUNDS = 3
DOUBT_FACTOR = 3
TAIL_MIN_MS = 1_000
"""What was played unreported when the end began is asked after from here; a heartbeat comes at the end anyway."""
STOP_PROOF_MS = 10_000
"""A pause or the lesson's end closes the bracket with a proof when at least this much is pending."""


def schedule_capture(state: State, policy: Policy) -> None:
    """Draw when the next round is due; denser for a while after a failure."""
    mean_ms = policy.capture_mean_ms
    if state.doubt:
        # Only the part above the least gap shrinks: else every round would come right at that gap, for all to foresee.
        mean_ms -= max(0, mean_ms - policy.capture_min_gap_ms) * (DOUBT_FACTOR - 1) // DOUBT_FACTOR
    state.next_capture_active_ms = next_due_ms(
        state.lots,
        "capture",
        state.active_ms,
        mean_ms=mean_ms,
        min_gap_ms=policy.capture_min_gap_ms,
        max_gap_ms=policy.capture_max_gap_ms,
    )


def schedule_challenge(state: State, policy: Policy) -> None:
    """Draw when the next pop-up is due; where pop-ups are the proof, they come as often as captures would."""
    captures = rounds.uses_captures(state, policy)
    state.next_challenge_active_ms = next_due_ms(
        state.lots,
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
        if not credit.skips(state, policy) and state.beat_playhead_ms > state.frontier_ms + policy.seek_tolerance_ms:
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
    state.tail_to_ms = 0
    if outcome is Outcome.FAILED:
        credit.resolve(state, outcome, reason, first=state.proved)
        _fail(state, reason or ReasonCode.CAPTURE_MISSED, held, policy, wall_ms, out)
    else:
        called = reason if outcome is Outcome.PASSED and not held else None
        pardoned = called is not None and excused(state, policy)
        if called is not None and not pardoned:
            # Present only when called, once too often: what came before stays unproven, though the session goes on.
            credit.resolve(state, Outcome.FAILED, called, first=state.proved)
            credit.note(state, called)
            rounds.indicate(state, called)
        lack = reason if outcome is Outcome.UNDECIDED else None
        bracket.prove(state, lack or (None if policy.liveness_bracket else state.live_lack))
        if pardoned and state.excuses > CREDITED_EXCUSES:
            state.proved_lack = state.proved_lack or called
        if state.challenge is None:
            bracket.clear(state, policy)
        state.doubt = max(0, state.doubt - 1)
        if state.phase is Phase.AWAITING_CAPTURE and policy.liveness_start and rounds.uses_captures(state, policy):
            state.challenge_hold = True
            transitions.challenge(state)
            challenges.issue(state, policy, wall_ms, out, kind=liveness.LIVENESS)
        elif not state.challenge_hold:
            state.proof_hold = None
        if rounds.uses_captures(state, policy):
            schedule_capture(state, policy)
    _go_on(state, policy, wall_ms, out)


def answered(
    state: State, kind: str, lack: ReasonCode | None, policy: Policy, wall_ms: int, out: list[Decision]
) -> None:
    """A pop-up was answered rightly; ``lack``: what a liveness that was done as asked could not be compared with."""
    schedule_challenge(state, policy)
    cured, state.challenge_hold = state.challenge_hold, False
    if kind == liveness.LIVENESS:
        bracket.cover(state, lack, policy)
    else:
        bracket.clear(state, policy)
    if not rounds.uses_captures(state, policy):
        decide(state, Outcome.PASSED, None, policy, wall_ms, out)
        return
    first = state.phase is Phase.CHALLENGING and state.proof_hold is ReasonCode.AWAITING_PROOF
    if first:
        state.proof_hold = None
    elif cured and state.closing is None:
        rounds.begin_round(state, policy, wall_ms, out)
    _go_on(state, policy, wall_ms, out)


def _go_on(state: State, policy: Policy, wall_ms: int, out: list[Decision]) -> None:
    if state.closing is not None:
        wind_up(state, policy, wall_ms, out)
    else:
        settle(state, policy, out)


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
    if rounds.uses_captures(state, policy) and not state.challenge_hold:
        state.round_due_ms = wall_ms + policy.cure_ms
    if changed:
        order_pause(state, reason, out)


def fail_challenge(
    state: State, reason: ReasonCode, policy: Policy, wall_ms: int, out: list[Decision], *, alive: bool = False
) -> None:
    """A pop-up stayed unanswered, or its attempts are used up: nothing since it came counts until its cure (I6).

    Where it asked for movements (``alive``), what captures have proved is left to a person.
    """
    state.challenge_hold = True
    state.round_due_ms = 0
    bracket.forfeit(state, reason, alive=alive)
    decide(state, Outcome.FAILED, reason, policy, wall_ms, out)


def cut_try(state: State, policy: Policy, wall_ms: int, out: list[Decision]) -> None:
    """The connection was lost: a liveness try that runs cannot be finished."""
    challenge = state.challenge
    if challenge is not None:
        challenge = liveness.interrupt(state, challenge, lost=True)
        use_up(state, challenge, ReasonCode.LIVENESS_INTERRUPTED, policy, wall_ms, out)


def use_up(
    state: State, challenge: Challenge, reason: ReasonCode, policy: Policy, wall_ms: int, out: list[Decision]
) -> bool:
    """Take a pop-up away whose attempts are used up, and let it have failed; return whether it was."""
    if challenge.attempts < policy.challenge_attempts:
        return False
    challenges.fail(state, wall_ms)
    fail_challenge(state, reason, policy, wall_ms, out, alive=challenges.alive(challenge))
    return True


def finish(state: State, reason: ReasonCode, policy: Policy, wall_ms: int, out: list[Decision]) -> None:
    """End the session: at once where nothing is pending, else after its closing proofs."""
    state.closing = reason
    if state.phase is Phase.ACTIVE and state.beat_ms and state.now_ms - state.beat_ms >= TAIL_MIN_MS:
        state.tail_from_ms, state.tail_to_ms = state.beat_ms, state.now_ms
    if state.link_hold is not None or not (state.pending or _unheard(state)):
        close(state, reason, out)
        return
    order_pause(state, reason, out)
    state.closing_asked = challenges.alive(state.challenge) and not _overdue(state)
    wind_up(state, policy, wall_ms, out)


def _unheard(state: State) -> bool:
    """Return whether the time limit cut off what the next heartbeat reports; who finishes has reported before."""
    return state.closing is ReasonCode.SESSION_TIME_LIMIT and state.tail_to_ms > 0


def _overdue(state: State) -> bool:
    return state.challenge is None or state.challenge.overdue


def wind_up(state: State, policy: Policy, wall_ms: int, out: list[Decision]) -> None:
    """Order what a closing session still has to prove: liveness, then captures; close it when nothing is left to ask.

    An open pop-up is waited for as well: what is pending depends on its answer.
    """
    if _overdue(state) and not state.closing_asked and liveness.missing(state, policy):
        state.closing_asked = True
        state.challenge = None
        challenges.issue(state, policy, wall_ms, out, kind=liveness.LIVENESS)
    asked = not _overdue(state)
    unproved = state.proved < len(state.pending) or _unheard(state)
    if unproved and state.proof_hold is None and not (asked and challenges.alive(state.challenge)):
        if rounds.uses_captures(state, policy):
            rounds.begin_round(state, policy, wall_ms, out)
        else:
            challenges.issue(state, policy, wall_ms, out)
    proving = state.round is not None and (state.proved < len(state.pending) or _unheard(state))
    if not proving and not (state.pending and not _overdue(state)):
        close(state, state.closing or ReasonCode.SESSION_FINISHED, out)
    else:
        settle(state, policy, out)


def close(state: State, reason: ReasonCode, out: list[Decision]) -> None:
    """Close now: what no proof closed is not credited, everything before it stays."""
    bracket.abandon(state, alive=challenges.alive(state.challenge))
    credit.end_minute(state, state.now_ms)
    state.accounted_ms = state.now_ms
    credit.record_minutes(state, out)
    state.owed = _owed(state)
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
                client_nonce=state.client_nonce,
                beacon=state.beacon,
            )
        )
    )


def _owed(state: State) -> str:
    """Return the kind of the pop-up that a session which closes leaves open: the learner's next one begins with it."""
    if state.challenge is not None:
        return state.challenge.kind
    if state.challenge_hold:
        return liveness.LIVENESS  # it failed, and the next one was to come: movements, where the rules use them
    # Who left before the first proof has not answered what was owed then either.
    return state.info.owed if state.phase in (Phase.AWAITING_CAPTURE, Phase.CHALLENGING) else ""
