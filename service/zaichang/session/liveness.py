"""Active liveness: which movements are asked for, when, and whether a try passed.

A recording passes captures as well as its person does; what it cannot do is what it is told to. So a pass speaks for
all time that captures prove between it and the pass before (``bracket``). Everything is drawn from the session's seed
and the number of the try, so that an order that was seen is never the next one.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from zaichang.core.reason_table import LACKS
from zaichang.core.reasons import ReasonCode
from zaichang.session.decisions import Decision, OrderLiveness
from zaichang.session.events import LivenessAssessed, LivenessStep
from zaichang.session.policy import Policy
from zaichang.session.rounds import extended_ms, indicate, see_camera, uses_captures
from zaichang.session.schedule import draw, next_due_ms
from zaichang.session.state import Challenge, State

LIVENESS: Final = "liveness"
LIGHT: Final = "light"
KINDS: Final = frozenset({LIVENESS, LIGHT})
COLOUR: Final = "colour"
HEAD_ACTIONS: Final = ("turn_left", "turn_right", "look_up", "look_down")
"""These show whether the head is solid; every try holds one, unless the learner's allowance excludes them all."""
ACTIONS: Final = (*HEAD_ACTIONS, "blink", "open_mouth")
NONCES_KEPT_APART: Final = 40
"""The most nonces that one try needs: two for each of its colours."""
PALETTE: Final = ("#ff2020", "#20ff20", "#2020ff", "#20ffff", "#ff20ff", "#ffff20")
LINK_MS: Final = 6_000
"""Time that the countdown of any challenge keeps back for a bad line."""
PRESSED_AGAIN_MS: Final = 1_000
"""A button pressed again within this time of a try's beginning was pressed once."""
TRIES_KEPT_APART: Final = 1_000

PASSED: Final = "passed"
MIRRORED: Final = "mirrored"
_OUTCOMES: Final = MappingProxyType(
    {
        "no_response": ReasonCode.LIVENESS_NO_RESPONSE,
        "wrong_action": ReasonCode.LIVENESS_WRONG_ACTION,
        MIRRORED: ReasonCode.LIVENESS_WRONG_ACTION,
        "started_early": ReasonCode.LIVENESS_TOO_EARLY,
        "flat": ReasonCode.LIVENESS_FLAT,
    }
)


def in_use(state: State, policy: Policy) -> bool:
    """Return whether this session ever asks for movements; the route without face recognition never does."""
    asked = policy.liveness_start or policy.liveness_bracket or LIVENESS in policy.challenge_kinds
    return asked and uses_captures(state, policy)


def brackets(state: State, policy: Policy) -> bool:
    """Return whether what captures have proved waits for the next passed liveness."""
    return policy.liveness_bracket and uses_captures(state, policy)


def schedule(state: State, policy: Policy) -> None:
    """Draw when a pop-up must be a liveness challenge: any after half of the longest gap, and one before its end."""
    gap_ms = policy.liveness_max_gap_ms
    state.live_from_active_ms = state.active_ms + gap_ms // 2
    state.live_due_active_ms = next_due_ms(
        state.lots,
        LIVENESS,
        state.active_ms,
        mean_ms=gap_ms * 3 // 4,
        min_gap_ms=gap_ms // 2,
        max_gap_ms=gap_ms,
    )


def due_active_ms(state: State, policy: Policy) -> list[int]:
    """Return the ACTIVE time at which a liveness challenge falls due whatever other pop-ups come, if it ever does."""
    if wanted(state, policy):
        return [state.active_ms]
    return [state.live_due_active_ms] if brackets(state, policy) else []


def wanted(state: State, policy: Policy) -> bool:
    """Return whether something may not be live, so that the next pop-up comes at once and asks for movements."""
    return state.live_wanted and in_use(state, policy)


def forced(state: State, policy: Policy) -> bool:
    """Return whether the next pop-up must be a liveness challenge."""
    return wanted(state, policy) or (brackets(state, policy) and state.active_ms >= state.live_from_active_ms)


def missing(state: State, policy: Policy) -> bool:
    """Return whether some of what was played still needs a liveness after it, and may yet be credited."""
    hopeful = len(state.pending) if state.proof_hold is None else state.held
    return brackets(state, policy) and state.covered < hopeful


def begin(state: State, challenge: Challenge, policy: Policy, at_ms: int, out: list[Decision]) -> None:
    """Order the next try; its time is allowed even where the pop-up's would end before."""
    order = _draw(state, replace(challenge, tries=challenge.tries + 1), policy)
    # A head that does not rest at once has the time of one more action to do so, before each.
    steps_ms = 2 * len(order.actions) * (order.step_ms + policy.liveness_link_ms)
    within_ms = sum(order.holds_ms) + steps_ms + policy.liveness_analysis_ms
    left_ms = challenge.deadline_ms or at_ms + extended_ms(state, policy.challenge_deadline_ms)
    state.challenge = replace(
        challenge, tries=challenge.tries + 1, begun=True, begun_ms=at_ms, deadline_ms=max(left_ms, at_ms + within_ms)
    )
    out.append(order)


def pressed_again(challenge: Challenge, at_ms: int) -> bool:
    """Whether "ready" came twice for the try that just began: a double click, or what stands between sent it again."""
    return challenge.begun and at_ms - challenge.begun_ms < PRESSED_AGAIN_MS


def steps_of(kind: str, policy: Policy) -> int:
    """Return how many actions a try of this kind has."""
    return {LIVENESS: policy.liveness_actions, LIGHT: policy.liveness_light_colours}.get(kind, 0)


def _draw(state: State, challenge: Challenge, policy: Policy) -> OrderLiveness:
    """Return the order of the try that ``challenge`` is at; always the same for the same seed, challenge and try."""
    number = (state.challenges - 1) * TRIES_KEPT_APART + challenge.tries
    raw = draw(state.lots, "liveness", number)
    light = challenge.kind == LIGHT
    count = steps_of(challenge.kind, policy)
    seed = b"".join(
        draw(state.lots, "liveness-nonce", number * NONCES_KEPT_APART + step)[:16] for step in range(2 * count)
    )
    least_ms, spread_ms = policy.liveness_hold_min_ms, policy.liveness_hold_spread_ms
    return OrderLiveness(
        challenge_id=challenge.challenge_id,
        attempt=challenge.tries,
        actions=(COLOUR,) * count if light else _actions(state, raw, count),
        holds_ms=tuple(
            (0 if light and place else least_ms + int.from_bytes(raw[16 + 2 * place :][:2], "big") % spread_ms)
            for place in range(count)
        ),
        nonces=tuple(seed[16 * step :][:16].hex() for step in range(2 * count)),
        step_ms=policy.liveness_light_step_ms if light else extended_ms(state, policy.liveness_step_ms),
        colours=_sequence(PALETTE, raw, count) if light else (),
        mirrored=state.mirrored,
    )


def _actions(state: State, raw: bytes, count: int) -> tuple[str, ...]:
    allowed = tuple(action for action in ACTIONS if action not in state.info.liveness_excluded) or ACTIONS
    drawn = _sequence(allowed, raw, count)
    heads = tuple(action for action in allowed if action in HEAD_ACTIONS)
    if heads and not any(action in heads for action in drawn):
        place = raw[30] % count
        drawn = (*drawn[:place], heads[raw[31] % len(heads)], *drawn[place + 1 :])
    return drawn


def _sequence(choices: tuple[str, ...], raw: bytes, count: int) -> tuple[str, ...]:
    """Draw ``count`` of ``choices``, never the same twice in a row where there is another."""
    drawn: list[str] = []
    for place in range(count):
        others = [choice for choice in choices if choice != (drawn[-1] if drawn else "")] or list(choices)
        drawn.append(others[raw[place] % len(others)])
    return tuple(drawn)


def interrupt(state: State, challenge: Challenge, *, lost: bool) -> Challenge:
    """End the try that runs, if one does: it is used up, but for one that a lost connection cut short."""
    if not challenge.begun:
        return challenge
    excused = lost and not challenge.excused
    ended = replace(
        challenge,
        begun=False,
        excused=challenge.excused or excused,
        attempts=challenge.attempts + (not excused),
    )
    state.challenge = ended
    return ended


def problem(state: State, event: LivenessAssessed, challenge: Challenge, policy: Policy) -> ReasonCode | None:
    """Return why the try did not pass, the most telling reason first; None where it passed.

    A reason of ``LACKS`` says that all was done as asked, and only a needed result is not there.
    """
    if ReasonCode.NOT_ANALYSED in event.reasons:
        return ReasonCode.NOT_ANALYSED
    # A try of which no frame arrived says nothing of its camera.
    filmed = event.camera != "" or any(step.frames for step in event.steps)
    if filmed and see_camera(state, event.camera, virtual=event.virtual_camera):
        return ReasonCode.CAMERA_CHANGED
    order = _draw(state, challenge, policy)
    if any(step.outcome == MIRRORED for step in event.steps):
        # For the next try alone, whose turns are drawn anew: a recording is no likelier to meet them.
        state.mirrored = not state.mirrored
    for action, step in zip(order.actions, event.steps, strict=False):
        reason = _step_problem(action, step, order.step_ms, policy)
        if reason is not None:
            vague = step.outcome not in _OUTCOMES and step.outcome != PASSED
            return event.reasons[0] if vague and event.reasons else reason
    if len(event.steps) != len(order.actions):
        return event.reasons[0] if event.reasons else ReasonCode.LIVENESS_INTERRUPTED
    wrong = next((reason for reason in event.reasons if reason is not ReasonCode.BACKGROUND_FACE), None)
    return wrong or _who(event, policy)


def _step_problem(action: str, step: LivenessStep, step_ms: int, policy: Policy) -> ReasonCode | None:
    if step.outcome != PASSED or step.action != action:
        return _OUTCOMES.get(step.outcome, ReasonCode.LIVENESS_FAILED)
    if action == COLOUR:
        return None  # light has no onset: the colours themselves are compared
    if not 0 <= step.onset_ms <= step_ms:
        return ReasonCode.LIVENESS_NO_RESPONSE
    return ReasonCode.LIVENESS_TOO_EARLY if step.onset_ms < policy.liveness_respond_min_ms else None


def _who(event: LivenessAssessed, policy: Policy) -> ReasonCode | None:
    if "pad" in policy.proofs and event.pad_bp is not None and event.pad_bp < policy.pad_min_bp:
        return ReasonCode.PAD_ATTACK
    if "identity" in policy.proofs:
        if event.similarity_bp is None:
            return ReasonCode.REFERENCE_MISSING
        if event.similarity_bp < policy.similarity_min_bp:
            return ReasonCode.NOT_SAME_PERSON
    return ReasonCode.PAD_MISSING if "pad" in policy.proofs and event.pad_bp is None else None


def settle_try(
    state: State, challenge: Challenge, reason: ReasonCode | None, policy: Policy, at_ms: int
) -> Challenge | None:
    """Close the try that ended for ``reason``; return the pop-up as it goes on, or None where it is answered."""
    if reason is None or (reason in LACKS and reason is not ReasonCode.NOT_ANALYSED):
        state.challenge = None
        state.challenge_failures = 0
        return None
    ended = replace(challenge, begun=False)
    if reason is ReasonCode.NOT_ANALYSED:
        # Our fault: it costs no try and no time.
        fresh_ms = at_ms + extended_ms(state, policy.challenge_deadline_ms)
        ended = replace(ended, deadline_ms=max(ended.deadline_ms, fresh_ms))
    else:
        if reason is not ReasonCode.CAMERA_CHANGED:  # noted where it was seen
            indicate(state, reason)
        ended = replace(ended, attempts=challenge.attempts + 1)
    state.challenge = ended
    return ended
