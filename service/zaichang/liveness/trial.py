"""One try at an active liveness challenge: frames' geometry and times in, orders and a verdict out.

For each ordered action the head first rests, for a drawn time at least and until it really is still. Then the action is
shown, and the frames that answer this order are judged against the rest (``biometric.movement``). Whose face it is, and
whether it is a living one, is asked of one resting frame, drawn at random, and of one after the last action, so that
the person who moves is the person who is enrolled. The core decides what follows from the verdict; nothing here grants
anything.

Theory of operation. Every order has a number and a nonce of its own, and a ``Window`` of time. The phases follow each
other in one way only:

    REST -> MOVE -> REST -> MOVE -> ... -> RETURN -> COMPARE -> OVER      movements
    REST -> SHINE (one colour after the other) -> FADE -> COMPARE -> OVER      coloured light

A step that does not pass leads to OVER at once. A frame counts by when it *arrived*, however long the look at it took;
windows that were over by then are closed first, so that a late timer changes no verdict. Orders go out when the look
is done. The same events always give the same orders and verdict, which is what lets a record be checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, assert_never

from zaichang.biometric.movement import Action, Judgement, Outcome, as_shown, judge_movement, reference_of
from zaichang.biometric.reflected_light import judge_light
from zaichang.core.enums import LivenessAction
from zaichang.core.reasons import ReasonCode
from zaichang.core.units import BP_ONE
from zaichang.liveness.messages import (
    COLOUR,
    HOLD,
    Compare,
    Compared,
    Deadline,
    Event,
    FrameSeen,
    Guide,
    Keep,
    Order,
    Show,
    Verdict,
)
from zaichang.liveness.state import (
    Frame,
    Phase,
    State,
    Window,
    away_cdeg,
    frontal,
    light_limits,
    movement_limits,
    still,
)
from zaichang.session.decisions import OrderLiveness
from zaichang.session.events import LivenessStep
from zaichang.session.policy import Policy

ENDS: Final = (Outcome.PASSED, Outcome.STARTED_EARLY, Outcome.MIRRORED)
"""No later frame changes these; and a learner whose turn is not taken must not be left to try the other side."""
_REASONS_SHOWN: Final = 2
_Result = tuple[State, tuple[Order, ...]]


def begin(order: OrderLiveness, policy: Policy, pick: int) -> _Result:
    """Start a try.

    Args:
        order: From the core.
        policy: The session's.
        pick: A number that was drawn unpredictably, from 0.
    """
    state = State(order=order, policy=policy, pick=pick, window=Window(sent_ms=0, span_ms=0))
    return _begin_rest(state, 0)


def step(state: State, event: Event) -> _Result:
    """Take in one event; return the state after it and the orders that follow. ``state.verdict`` ends the try."""
    match event:
        case FrameSeen():
            state, before = _close_overdue(state, event.at_ms, event.done_ms)
            state, after = _frame(state, event)
            return state, before + after
        case Deadline():
            return _close_overdue(state, event.done_ms + 1, event.done_ms)
        case Compared():
            return (_compared(state, event), ()) if state.phase is Phase.COMPARE else (state, ())
        case _:
            assert_never(event)


def until_ms(state: State) -> int | None:
    """Return when the try needs a ``Deadline`` if no frame comes; None where it waits for nothing or is over."""
    return None if state.phase in (Phase.COMPARE, Phase.OVER) else state.window.until_ms


def _close_overdue(state: State, before_ms: int, done_ms: int) -> _Result:
    """Close every window that was over before ``before_ms``; the orders that follow go out at ``done_ms``."""
    orders: tuple[Order, ...] = ()
    over_ms = until_ms(state)
    while over_ms is not None and over_ms < before_ms:
        state, more = _expire(state, max(over_ms, done_ms))
        orders += more
        over_ms = until_ms(state)
    return state, orders


def _expire(state: State, now_ms: int) -> _Result:
    match state.phase:
        case Phase.REST:
            moving = len(state.facing) >= state.policy.liveness_rest_frames
            outcome = Outcome.STARTED_EARLY if moving else Outcome.UNUSABLE
            return _ended(state, LivenessStep(action=_action(state), outcome=outcome), now_ms)
        case Phase.MOVE:
            return _judged(state, _judgement(state), now_ms)
        case Phase.SHINE if state.number + 1 < len(state.order.colours):
            return _shine(replace(state, number=state.number + 1), now_ms)
        case Phase.SHINE:
            window = Window(sent_ms=now_ms, span_ms=state.policy.liveness_late_ms)
            return replace(state, phase=Phase.FADE, window=window), ()
        case Phase.FADE:
            return _lit(state)
        case _:
            return _finish(state)


def _frame(state: State, event: FrameSeen) -> _Result:
    if state.phase in (Phase.COMPARE, Phase.OVER) or state.frames >= state.policy.liveness_frames_max:
        return state, ()
    number = state.frames
    state = replace(state, frames=number + 1)
    if event.reason is ReasonCode.NOT_ANALYSED:
        state = replace(state, unseen=state.unseen + 1)
    elif event.face is None and event.reason is not None:
        state = replace(state, hindered=(*state.hindered, event.reason))
    frame = None if event.face is None else Frame(number=number, at_ms=event.at_ms, face=event.face)
    if state.phase in (Phase.SHINE, Phase.FADE):
        return _coloured_frame(state, event, frame), ()
    if event.order != _order(state):
        return state, ()
    state = replace(state, window=state.window.answered(event.at_ms, state.policy))
    if state.phase is Phase.REST:
        return _resting_frame(state, event, frame)
    if frame is not None:
        state = replace(state, last=(*state.last, frame))
    if state.phase is Phase.MOVE:
        return _moving_frame(state, event, frame)
    return _finish(state) if frame is not None and frontal(state, frame.face) else (state, ())


# Rest


def _begin_rest(state: State, now_ms: int) -> _Result:
    """Order a rest; it is over ``liveness_rest_more_ms`` after its drawn time."""
    policy = state.policy
    span_ms = state.order.holds_ms[state.number] + policy.liveness_rest_more_ms
    window = Window(sent_ms=now_ms, span_ms=span_ms, late_ms=policy.liveness_link_ms)
    state = replace(state, phase=Phase.REST, window=window, facing=(), settled=None)
    return state, (Show(order=_order(state), action=HOLD, within_ms=span_ms),)


def _resting_frame(state: State, event: FrameSeen, frame: Frame | None) -> _Result:
    policy = state.policy
    ahead = frame is not None and frontal(state, frame.face)
    guide = Guide(still=True, frontal=ahead)
    # 1. Once the head was still it must stay: waiting on would let a recording meet its order.
    if state.settled is None and len(state.facing) >= 2 and still(state.facing[-2:], policy):
        state = replace(state, settled=state.facing[-1].face)
    settled = state.settled
    if frame is not None and settled is not None and away_cdeg(frame.face, settled) >= policy.liveness_leave_cdeg:
        early = LivenessStep(action=_action(state), outcome=Outcome.STARTED_EARLY)
        state, orders = _ended(state, early, event.done_ms)
        return state, (guide, *orders)
    if frame is None or not ahead:
        return state, (guide,)
    state = replace(state, facing=(*state.facing, frame), rests=(*state.rests, frame.number))
    # 2. It has rested when the drawn time is over and its last frames agree.
    newest = state.facing[-policy.liveness_rest_frames :]
    rested = state.window.since_ms(event.at_ms) >= state.order.holds_ms[state.number]
    if not rested or len(newest) < policy.liveness_rest_frames or not still(newest, policy):
        return state, (guide,)
    # 3. The action follows, measured against these frames.
    rest = tuple(each.face for each in newest)
    home = state.home or frame.face
    state = replace(state, home=home, rest=rest, reference=newest[reference_of(rest)].number, last=())
    state, orders = _shine(state, event.done_ms) if state.order.colours else _begin_move(state, event.done_ms)
    return state, (guide, *orders)


# Movements


def _begin_move(state: State, now_ms: int) -> _Result:
    policy, step_ms = state.policy, state.order.step_ms
    window = Window(sent_ms=now_ms, span_ms=step_ms + policy.liveness_late_ms, late_ms=policy.liveness_link_ms)
    state = replace(state, phase=Phase.MOVE, window=window, moved=())
    return state, (Show(order=_order(state), action=_action(state), within_ms=step_ms),)


def _moving_frame(state: State, event: FrameSeen, frame: Frame | None) -> _Result:
    guide = Guide(still=False, frontal=True)
    if frame is None:
        return state, (guide,)
    state = replace(state, moved=(*state.moved, frame))
    found = _judgement(state)
    if found.outcome not in ENDS:
        return state, (guide,)
    state, orders = _judged(state, found, event.done_ms)
    return state, (guide, *orders)


def _judgement(state: State) -> Judgement:
    asked = as_shown(Action(_action(state)), mirrored=state.order.mirrored)
    faces = [each.face for each in state.moved]
    return judge_movement(asked, state.rest, faces, movement_limits(state.policy))


def _judged(state: State, found: Judgement, now_ms: int) -> _Result:
    """End the action that runs, with the judgement of its frames."""
    moved = state.moved
    done = LivenessStep(
        action=_action(state),
        outcome=found.outcome,
        onset_ms=-1 if found.onset is None else state.window.since_ms(moved[found.onset].at_ms),
        parallax_bp=found.parallax_bp,
        frames=len(moved),
    )
    return _ended(replace(state, peak=moved[-1].number if moved else state.peak), done, now_ms)


def _ended(state: State, done: LivenessStep, now_ms: int) -> _Result:
    """Go on after a step: to the next rest, or to the return after the last one, or to the end where it failed."""
    state = replace(state, steps=(*state.steps, done))
    if done.outcome != Outcome.PASSED:
        return _finish(state)
    if state.number + 1 < len(state.order.actions):
        return _begin_rest(replace(state, number=state.number + 1), now_ms)
    # The head comes back, so that the last frame can say whose it is.
    return_ms = state.policy.liveness_return_ms
    window = replace(state.window, sent_ms=now_ms, span_ms=return_ms)
    show = Show(order=_order(state), action=HOLD, within_ms=return_ms)
    return replace(state, phase=Phase.RETURN, window=window), (show,)


# Coloured light


def _shine(state: State, now_ms: int) -> _Result:
    """Let the screen shine in the next colour."""
    colour, step_ms = state.order.colours[state.number], state.order.step_ms
    state = replace(state, phase=Phase.SHINE, window=Window(sent_ms=now_ms, span_ms=step_ms))
    return state, (Show(order=_order(state), action=COLOUR, within_ms=step_ms, colour=colour),)


def _coloured_frame(state: State, event: FrameSeen, frame: Frame | None) -> State:
    """Take a frame that answers a colour which was shown already."""
    number = event.order // 2 - 1
    if event.order % 2 or not 0 <= number <= state.number or frame is None:
        return state
    state = replace(state, last=(*state.last, frame), peak=frame.number)
    if event.lit is None:
        return state
    code = int(state.order.colours[number][1:], 16)
    shown = (100 * (code >> 16), 100 * (code >> 8 & 255), 100 * (code & 255))
    return replace(state, lit=(*state.lit, (shown, *event.lit)))


def _lit(state: State) -> _Result:
    """Judge all colours at once."""
    shown, face, room = ([row[part] for row in state.lit] for part in range(3))
    found = judge_light(shown, face, room, light_limits(state.policy))
    outcome = Outcome.UNUSABLE
    if found.usable:
        outcome = Outcome.PASSED if found.passed else Outcome.NO_RESPONSE
    done = LivenessStep(action=COLOUR, outcome=outcome, frames=len(state.lit))
    return _finish(replace(state, steps=(done,) * len(state.order.actions)))


# The end


def _finish(state: State) -> _Result:
    """Keep two pictures, and have them compared where all was done as ordered."""
    steps = state.steps
    rest = state.rests[state.pick % len(state.rests)] if state.rests else -1
    pictures = (("rest", rest), ("peak", state.peak))
    keep: tuple[Order, ...] = tuple(Keep(name=name, frame=frame) for name, frame in pictures if frame >= 0)
    complete = len(steps) == len(state.order.actions) and all(each.outcome == Outcome.PASSED for each in steps)
    if complete and state.home is not None:
        home = state.home
        facing = min(state.last, key=lambda each: away_cdeg(each.face, home))
        return replace(state, phase=Phase.COMPARE), (*keep, Compare(frames=(rest, facing.number)))
    reasons = tuple(code for code, _ in Counter(state.hindered).most_common(_REASONS_SHOWN))
    if state.unseen * BP_ONE > state.frames * state.policy.liveness_unseen_bp:
        reasons = (ReasonCode.NOT_ANALYSED,)
    return replace(state, phase=Phase.OVER, verdict=Verdict(steps=steps, reasons=reasons)), keep


def _compared(state: State, event: Compared) -> State:
    if not event.analysed:
        verdict = Verdict(steps=state.steps, reasons=(ReasonCode.NOT_ANALYSED,))
    else:
        similarity_bp, pad_bp = _least(event.similarities_bp), _least(event.pads_bp)
        verdict = Verdict(steps=state.steps, similarity_bp=similarity_bp, pad_bp=pad_bp)
    return replace(state, phase=Phase.OVER, verdict=verdict)


def _least(values: Sequence[int | None]) -> int | None:
    """Return the least value; None where one is missing, which never makes a pass."""
    known = [value for value in values if value is not None]
    return min(known) if known and len(known) == len(values) else None


def _order(state: State) -> int:
    """Return the number of the order that runs: two for each action, the rest and the action itself."""
    return 2 * state.number + (1 if state.phase is Phase.REST else 2)


def _action(state: State) -> LivenessAction:
    return COLOUR if state.order.colours else state.order.actions[state.number]
