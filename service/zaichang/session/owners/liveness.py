"""Liveness bookkeeping: when a challenge must ask for liveness, and how the last liveness challenges ended.

A recording passes captures as well as its person does, but it cannot follow instructions. So a passed liveness covers
all time that captures prove between it and the previous one (``bracket``).

Writes ``state.liveness`` and nothing else.
"""

from __future__ import annotations

from zaichang.core.enums import ChallengeKind
from zaichang.core.reasons import ReasonCode
from zaichang.session.policy import ENDS_SINCE_SCHEMA, Policy
from zaichang.session.schedule import next_due_ms
from zaichang.session.state import State
from zaichang.session.turn import Turn

UNSURE_MAX = 2
"""Movement checks in a row that may wait for the next one, because only their pictures are unsure of the learner."""


def in_use(state: State, policy: Policy) -> bool:
    """Return whether this session ever asks for movements. The route without face recognition never does."""
    asked = policy.liveness_start or policy.liveness_bracket or ChallengeKind.LIVENESS in policy.challenge_kinds
    return asked and state.uses_captures(policy)


def brackets(state: State, policy: Policy) -> bool:
    """Return whether proved time waits for the next passed liveness."""
    return policy.liveness_bracket and state.uses_captures(policy)


def wanted(state: State, policy: Policy) -> bool:
    """Return whether the picture may be a recording, so that the next challenge comes at once and asks for liveness."""
    return state.liveness.wanted and in_use(state, policy)


def forced(state: State, policy: Policy) -> bool:
    """Return whether the next challenge must be a liveness challenge.

    Under rules 7 one that was due before half of the longest gap was none: other challenges followed each other until
    half of it was over. Rules 8 mend that.
    """
    part, active_ms = state.liveness, state.playback.active_ms
    from_ms = part.from_active_ms if policy.rules < 8 else min(part.from_active_ms, part.due_active_ms)
    half_over = active_ms >= from_ms
    return wanted(state, policy) or (half_over and brackets(state, policy))


def missing(state: State, policy: Policy) -> bool:
    """Return whether some creditable played time still needs a liveness after it."""
    credit = state.credit
    hopeful = len(credit.pending) if state.proofs.hold is None else credit.held
    return credit.covered < hopeful and brackets(state, policy) and not tails(state, policy)


def tails(state: State, policy: Policy) -> bool:
    """Return whether one passed so recently that a session which ends now needs none at its end (rules 5)."""
    part = state.liveness
    if policy.schema < ENDS_SINCE_SCHEMA or part.passed_active_ms < 0 or part.wanted or part.failed_reason is not None:
        return False
    tail_ms = policy.liveness_max_gap_ms * policy.liveness_tail_pct // 100
    return not part.again and state.playback.active_ms - part.passed_active_ms <= tail_ms


def due_active_ms(state: State, policy: Policy) -> int | None:
    """Return the ACTIVE time at which a liveness challenge is due regardless of others; None if there is none."""
    if state.liveness.wanted and in_use(state, policy):
        return state.playback.active_ms
    return state.liveness.due_active_ms if brackets(state, policy) else None


def schedule(turn: Turn) -> None:
    """Draw when challenges must ask for liveness: any of them after half of the longest gap, and one before its end.

    Under rules 7 that one may come at any moment after the tail, which needs no others: a page that shows a recording
    must not know for how long none comes.
    """
    liveness, active_ms, gap_ms = turn.state.liveness, turn.state.playback.active_ms, turn.policy.liveness_max_gap_ms
    least_ms = gap_ms // 2 if turn.policy.rules < 7 else gap_ms * turn.policy.liveness_tail_pct // 100
    liveness.from_active_ms = active_ms + gap_ms // 2
    liveness.due_active_ms = next_due_ms(
        turn.state.lots,
        ChallengeKind.LIVENESS.value,
        active_ms,
        mean_ms=gap_ms * 3 // 4,
        min_gap_ms=least_ms,
        max_gap_ms=gap_ms,
    )


def want(turn: Turn) -> None:
    """Ask for liveness with the next challenge, because the picture may be a recording."""
    turn.state.liveness.wanted = True


def set_mirrored(turn: Turn, *, mirrored: bool) -> None:
    """Record whether the camera shows turns as turns to the other side.

    It applies to the next try only, whose turns are drawn anew. A recording is no likelier to match them.
    """
    turn.state.liveness.mirrored = mirrored


def end_well(turn: Turn, lack: ReasonCode | None) -> None:
    """Record a passed liveness challenge; ``lack`` is the result that it lacked, if any."""
    liveness = turn.state.liveness
    liveness.wanted = False
    liveness.lack = lack
    liveness.failed, liveness.again = 0, False
    if lack is None:
        liveness.unsure = 0
        liveness.failed_reason = None
        liveness.passed_active_ms = turn.state.playback.active_ms
        if liveness.first_ms == 0:
            liveness.first_ms, liveness.first_camera = turn.state.playback.reached_ms, turn.state.proofs.camera


def end_badly(turn: Turn, reason: ReasonCode | None) -> None:
    """Record a failed challenge; ``reason`` is set if it asked for liveness. The next one must ask for it."""
    liveness = turn.state.liveness
    liveness.wanted = True
    if reason is not None:
        liveness.failed_reason = reason


def count_failure(turn: Turn) -> None:
    """Count a liveness challenge that failed; a pass that was to be followed by another one counts no more."""
    liveness = turn.state.liveness
    liveness.failed += 1
    liveness.again = False


def forgive_at_closing(turn: Turn) -> bool:
    """Forgive a failed closing liveness, once: the learner still sits there, and another one follows after a pause."""
    state = turn.state
    if not turn.drawn or state.playback.closing is None or state.liveness.retried:
        return False
    state.liveness.retried = state.liveness.wanted = True
    return True


def waits(turn: Turn, *, unsure: bool) -> bool:
    """Count a check whose movements were right and of which the pictures were unsure; return whether it was one.

    It is no failure: the movements show that a person obeyed. Nothing is credited by it either. It does not count so
    while the picture may be a recording, after a failure, or at the end, where no other would follow.

    Args:
        turn: The turn.
        unsure: Whether a try of the check was so.
    """
    part, playback = turn.state.liveness, turn.state.playback
    suspect = part.wanted or part.again or part.failed > 0 or turn.state.challenges.hold
    if not unsure or suspect or playback.closing is not None:
        return False
    part.unsure += 1
    return True


def must_repeat(turn: Turn) -> bool:
    """Return whether a liveness that just passed must be followed by another pass, after too many failures."""
    liveness = turn.state.liveness
    if not turn.drawn or liveness.again or liveness.failed < turn.policy.liveness_failed_max:
        return False
    liveness.again = True
    return True


def ask_at_closing(turn: Turn) -> None:
    """Record that the closing liveness was ordered."""
    turn.state.liveness.closing_asked = True
