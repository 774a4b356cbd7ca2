"""One try at a liveness challenge: its drawn order, and the judgement of its result. Pure.

The order is drawn from the session's seed and the number of the try, so that a seen order says nothing about the next.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, TypeVar

from zaichang.core.enums import ChallengeKind, LivenessAction, Proof, StepOutcome
from zaichang.core.reasons import ReasonCode
from zaichang.session.decisions import OrderLiveness
from zaichang.session.events import LivenessAssessed, LivenessStep
from zaichang.session.policy import Policy
from zaichang.session.schedule import draw
from zaichang.session.state import State
from zaichang.session.values import Challenge

KINDS: Final = frozenset({ChallengeKind.LIVENESS, ChallengeKind.LIGHT})
"""Kinds that are answered by tries in front of the camera."""
HEAD_ACTIONS: Final = (
    LivenessAction.TURN_LEFT,
    LivenessAction.TURN_RIGHT,
    LivenessAction.LOOK_UP,
    LivenessAction.LOOK_DOWN,
)
"""Actions that show whether the head is solid. Every try has one, unless the learner's allowance excludes all."""
ACTIONS: Final = (*HEAD_ACTIONS, LivenessAction.BLINK, LivenessAction.OPEN_MOUTH)
NONCES_KEPT_APART: Final = 40
"""Most nonces that one try needs: two for each of its colours."""
PALETTE: Final = ("#ff2020", "#20ff20", "#2020ff", "#20ffff", "#ff20ff", "#ffff20")
NOBODY: Final = frozenset({ReasonCode.NO_FACE, ReasonCode.CAMERA_COVERED})
"""Reasons of a try in which no face was seen."""
PRESSED_AGAIN_MS: Final = 1_000
"""A second press within this time of a try's beginning counts as the same press."""
TRIES_KEPT_APART: Final = 1_000
_S = TypeVar("_S", bound=str)

_REASONS: Final = MappingProxyType(
    {
        StepOutcome.NO_RESPONSE: ReasonCode.LIVENESS_NO_RESPONSE,
        StepOutcome.WRONG_ACTION: ReasonCode.LIVENESS_WRONG_ACTION,
        StepOutcome.MIRRORED: ReasonCode.LIVENESS_WRONG_ACTION,
        StepOutcome.STARTED_EARLY: ReasonCode.LIVENESS_TOO_EARLY,
        StepOutcome.FLAT: ReasonCode.LIVENESS_FLAT,
    }
)


def steps_of(kind: ChallengeKind, policy: Policy) -> int:
    """Return how many actions a try of this kind has; 0 for a kind without tries."""
    if kind == ChallengeKind.LIVENESS:
        return policy.liveness_actions
    return policy.liveness_light_colours if kind == ChallengeKind.LIGHT else 0


def order_of(state: State, challenge: Challenge, policy: Policy) -> OrderLiveness:
    """Return the order of the current try of ``challenge``; a function of seed, challenge and try only."""
    number = (state.challenges.issued - 1) * TRIES_KEPT_APART + challenge.tries
    raw = draw(state.lots, "liveness", number)
    light = challenge.kind == ChallengeKind.LIGHT
    count = steps_of(challenge.kind, policy)
    seed = b"".join(
        draw(state.lots, "liveness-nonce", number * NONCES_KEPT_APART + step)[:16] for step in range(2 * count)
    )
    least_ms, spread_ms = policy.liveness_hold_min_ms, policy.liveness_hold_spread_ms
    return OrderLiveness(
        challenge_id=challenge.challenge_id,
        attempt=challenge.tries,
        actions=(LivenessAction.COLOUR,) * count if light else _actions(state, challenge, raw, count, policy),
        holds_ms=tuple(
            (0 if light and place else least_ms + int.from_bytes(raw[16 + 2 * place :][:2], "big") % spread_ms)
            for place in range(count)
        ),
        nonces=tuple(seed[16 * step :][:16].hex() for step in range(2 * count)),
        step_ms=policy.liveness_light_step_ms if light else state.extended_ms(policy.liveness_step_ms),
        colours=_sequence(PALETTE, raw, count) if light else (),
        mirrored=state.liveness.mirrored,
    )


def lasts_ms(order: OrderLiveness, policy: Policy) -> int:
    """Return the longest duration of a try. A head that does not rest at once gets the time of one more action."""
    steps_ms = 2 * len(order.actions) * (order.step_ms + policy.liveness_link_ms)
    return sum(order.holds_ms) + steps_ms + policy.liveness_analysis_ms


def pressed_again(challenge: Challenge, at_ms: int) -> bool:
    """Return whether "ready" came twice for the try that just began: a double click, or a message sent again."""
    return challenge.begun and at_ms - challenge.begun_ms < PRESSED_AGAIN_MS


def faceless(event: LivenessAssessed) -> bool:
    """Return whether the frames of a try showed no face; one without frames may be the camera's or the line's doing."""
    moved = any(step.outcome is StepOutcome.PASSED for step in event.steps)
    return not moved and bool(NOBODY.intersection(event.reasons[:1]))


def problem(event: LivenessAssessed, order: OrderLiveness, policy: Policy) -> ReasonCode | None:
    """Return why the try did not pass, the most informative reason first; None where it passed.

    A reason of ``reason_table.LACKS`` means that the learner did as asked and only a needed result is missing.
    """
    for action, step in zip(order.actions, event.steps, strict=False):
        reason = _step_problem(action, step, order.step_ms, policy)
        if reason is not None:
            vague = step.outcome not in _REASONS and step.outcome is not StepOutcome.PASSED
            return event.reasons[0] if vague and event.reasons else reason
    if len(event.steps) != len(order.actions):
        return event.reasons[0] if event.reasons else ReasonCode.LIVENESS_INTERRUPTED
    wrong = next((reason for reason in event.reasons if reason is not ReasonCode.BACKGROUND_FACE), None)
    return wrong or _person_problem(event, policy)


def unsure(event: LivenessAssessed, reason: ReasonCode, policy: Policy) -> bool:
    """Return whether a try was done as asked, and only its pictures are unsure of the learner (rules 8).

    Dim light lowers the score of attack detection, and glare on glasses the similarity, to just below their limits. A
    printed face or another person is far below, and no recording makes the movements.

    Args:
        event: The try's result.
        reason: Why it did not pass.
        policy: Of the session.
    """
    if reason not in (ReasonCode.PAD_ATTACK, ReasonCode.NOT_SAME_PERSON) or policy.rules < 8:
        return False
    similar = Proof.IDENTITY not in policy.proofs or (event.similarity_bp or 0) >= policy.similarity_weak_bp
    return similar and (Proof.PAD not in policy.proofs or (event.pad_bp or 0) >= policy.pad_weak_bp)


def unblinking(event: LivenessAssessed, policy: Policy) -> bool:
    """Return whether a try saw no blink where it asked for one: glare on glasses hides the lids (rules 8)."""
    missed = event.steps[-1:] and event.steps[-1].action is LivenessAction.BLINK
    return policy.rules > 7 and bool(missed) and event.steps[-1].outcome is StepOutcome.NO_RESPONSE


def _step_problem(action: LivenessAction, step: LivenessStep, step_ms: int, policy: Policy) -> ReasonCode | None:
    if step.outcome != StepOutcome.PASSED or step.action != action:
        return _REASONS.get(step.outcome, ReasonCode.LIVENESS_FAILED)
    if action == LivenessAction.COLOUR:
        return None  # light has no onset: the colours are compared
    if not 0 <= step.onset_ms <= step_ms:
        return ReasonCode.LIVENESS_NO_RESPONSE
    return ReasonCode.LIVENESS_TOO_EARLY if step.onset_ms < policy.liveness_respond_min_ms else None


def _person_problem(event: LivenessAssessed, policy: Policy) -> ReasonCode | None:
    if Proof.PAD in policy.proofs and event.pad_bp is not None and event.pad_bp < policy.pad_min_bp:
        return ReasonCode.PAD_ATTACK
    if Proof.IDENTITY in policy.proofs:
        if event.similarity_bp is None:
            return ReasonCode.REFERENCE_MISSING
        if event.similarity_bp < policy.similarity_min_bp:
            return ReasonCode.NOT_SAME_PERSON
    return ReasonCode.PAD_MISSING if Proof.PAD in policy.proofs and event.pad_bp is None else None


def _actions(state: State, challenge: Challenge, raw: bytes, count: int, policy: Policy) -> tuple[LivenessAction, ...]:
    excluded: tuple[LivenessAction, ...] = tuple(state.info.terms.liveness_excluded)
    if challenge.unblinking:
        excluded += (LivenessAction.BLINK,)
    allowed = tuple(action for action in ACTIONS if action not in excluded) or ACTIONS
    heads = tuple(action for action in allowed if action in HEAD_ACTIONS)
    if not heads and policy.rules > 1:
        # Eyes or mouth, not both: an allowance without the head's movements must not ask for all that is left.
        return (allowed[raw[31] % len(allowed)],) * count
    drawn = _sequence(allowed, raw, count)
    if heads and not any(action in heads for action in drawn):
        place = raw[30] % count
        drawn = (*drawn[:place], heads[raw[31] % len(heads)], *drawn[place + 1 :])
    return drawn


def _sequence(choices: tuple[_S, ...], raw: bytes, count: int) -> tuple[_S, ...]:
    """Draw ``count`` of ``choices``. No choice comes twice in a row if there is another."""
    drawn: list[_S] = []
    for place in range(count):
        others = [choice for choice in choices if not drawn or choice != drawn[-1]] or list(choices)
        drawn.append(others[raw[place] % len(others)])
    return tuple(drawn)
