"""Every move between phases, and every event a phase accepts, live in this file and nowhere else.

A session is ACTIVE when its proofs hold and nothing holds it back. The *holds* (proof, page, player, link, closing) are
independent of each other, so leaving one does not leave the rest; ``settle`` derives the phase from them and
checks the move against ``MOVES``. docs/architecture.md's diagram is generated from ``MOVES``.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from zaichang.core.errors import IllegalEvent
from zaichang.core.reasons import ReasonCode
from zaichang.session.events import (
    BeaconArrived,
    CaptureAssessed,
    CaptureReceived,
    CaptureUnavailable,
    ChallengeAnswered,
    ConnectionLost,
    ConnectionResumed,
    DeadlineReached,
    Event,
    FinishRequested,
    HeartbeatReceived,
    LivenessAssessed,
    LivenessBegun,
    MediaDelivered,
    NonceRevealed,
    SessionStarted,
    Superseded,
)
from zaichang.session.state import Phase, State

_A, _C, _L, _S, _X = Phase.AWAITING_CAPTURE, Phase.CHALLENGING, Phase.ACTIVE, Phase.SUSPENDED, Phase.CLOSED

MOVES: Final = MappingProxyType(
    {
        (_A, _L): "first proof passed",
        (_A, _C): "first captures passed, and a liveness challenge must pass too",
        (_A, _S): "first proof passed while paused, hidden or offline",
        (_A, _X): "abandoned, superseded or finished before the first proof",
        (_C, _L): "first challenge passed",
        (_C, _S): "first challenge passed while paused, hidden or offline",
        (_C, _X): "abandoned, superseded or finished before the first challenge",
        (_L, _S): "proof failed, pop-up unanswered, paused, stalled, hidden, offline, lesson ended or finishing",
        (_L, _X): "superseded or finished",
        (_S, _L): "cured: proof passed, playing again, visible again, back online",
        (_S, _X): "closing proof decided, abandoned, superseded, time limit or strikes",
    }
)
"""(from, to) -> what causes it."""

_ALWAYS: Final = frozenset(
    {
        NonceRevealed,
        BeaconArrived,
        HeartbeatReceived,
        CaptureReceived,
        CaptureAssessed,
        CaptureUnavailable,
        ChallengeAnswered,
        LivenessBegun,
        LivenessAssessed,
        MediaDelivered,
        ConnectionLost,
        ConnectionResumed,
        DeadlineReached,
        FinishRequested,
        Superseded,
    }
)
ACCEPTS: Final = MappingProxyType(
    {
        _A: _ALWAYS,
        _C: _ALWAYS,
        _L: _ALWAYS,
        _S: _ALWAYS,
        # A closed session's player may still be told so; late results and timers find it closed and change nothing.
        _X: frozenset({ConnectionLost, ConnectionResumed, DeadlineReached, CaptureAssessed, LivenessAssessed}),
    }
)
"""Phase -> event classes it accepts."""


def require_legal(state: State, event: Event) -> None:
    """Refuse an event that the phase does not accept, or whose time lies before the last one's.

    Raises:
        IllegalEvent: ``session.started_twice``, ``session.closed`` or ``session.time_backwards``.
    """
    if isinstance(event, SessionStarted):
        raise IllegalEvent("session.started_twice", "A session starts once.")
    if type(event) not in ACCEPTS[state.phase]:
        raise IllegalEvent(
            "session.closed",
            f"{type(event).__name__} came in phase {state.phase}, which does not accept it.",
            "Start a new session.",
        )
    if event.at_ms < state.now_ms:
        raise IllegalEvent(
            "session.time_backwards",
            f"{type(event).__name__} is dated {state.now_ms - event.at_ms} ms before the last event.",
            "Only a clock that never goes back may date events.",
        )


def _target(state: State) -> Phase:
    if state.phase is _X:
        return _X
    if state.phase in (_A, _C) and state.proof_hold is not None:
        return state.phase
    return _S if state.suspended is not None else _L


def settle(state: State) -> bool:
    """Set the phase that the holds imply; return whether it changed."""
    return _move(state, _target(state))


def challenge(state: State) -> None:
    """Wait for the first liveness challenge."""
    _move(state, _C)


def close(state: State, reason: ReasonCode) -> None:
    """Close the session for good."""
    state.closing = reason
    _move(state, _X)


def _move(state: State, target: Phase) -> bool:
    if target is state.phase:
        return False
    if (state.phase, target) not in MOVES:
        raise IllegalEvent("session.no_such_move", f"There is no move from {state.phase} to {target}.")
    state.phase = target
    return True
