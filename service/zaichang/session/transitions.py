"""The table of moves between phases and of the events that each phase accepts; no other file decides either."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from zaichang.core.errors import IllegalEvent
from zaichang.session.events import (
    BeaconArrived,
    CaptureAssessed,
    CaptureReceived,
    CaptureTaken,
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
    PasskeyAnswered,
    PasskeyDeclined,
    SessionStarted,
    Superseded,
)
from zaichang.session.state import State
from zaichang.session.values import Phase

# Theory of operation
# ===================
#
# A session decides at every moment whether the passing time counts, and when its credit is certain.
# Two machines decide it together. The first says whether time is being counted (the phase). The second says how far
# the media that was played while it was counted has been proved (the marks on the pending list). They are joined in
# few places, and all of those are named below.
#
# 1. Holds and the phase
# ----------------------
#
# Time counts while nothing holds it back. Six things can, and each is written by the module that knows it:
#
#     proofs.hold        the last proof failed, or none has passed yet        (proofs)
#     link.hold          no heartbeat came for policy.gap_ms                  (link)
#     page.hold          the page is hidden, without focus, or floats         (page)
#     page.player_hold   the player is paused, stalled, or at its end         (page)
#     playback.closing   the session is ending                                (playback)
#     challenges.hold    a challenge failed, and its cure is still owed       (challenges)
#
# The first five are independent of each other: a learner who pauses on a hidden page and then shows the page again is
# still paused. Therefore no code says "suspend" or "go on". It sets or lifts its own hold, and ``target`` derives the
# phase from all of them: ACTIVE where none is set, SUSPENDED where one is. ``phase.follow_holds`` is called at the end
# of everything that may have changed a hold; it makes the move, begins a minute, and tells the player to go on.
#
# The sixth is no hold of its own but a lock on the first: as long as a failed challenge waits for its cure, captures
# that pass do not lift proofs.hold. A picture does not replace an owed answer (I6).
#
# Two phases come before the first proof and are stateful for that reason. AWAITING_CAPTURE waits for captures,
# CHALLENGING for a challenge: the liveness challenge that the rules ask for at the start, or, on the route without
# face recognition, any. Neither is left while proofs.hold is set, whatever else happens, so nothing can be counted
# before a person was seen. CLOSED is final. Only ``closing.close`` moves there.
#
#                          first proof passed
#     AWAITING_CAPTURE ------------------------> ACTIVE <---------> SUSPENDED
#           |                                      ^     any hold       |
#           | captures passed, liveness            |     set / none     |
#           | is asked for as well                 |                    |
#           +-----------> CHALLENGING -------------+                    +----> CLOSED (from every phase)
#
# 2. Pending, proved, held, covered, credited
# -------------------------------------------
#
# A heartbeat in ACTIVE says that media was played. It does not say that the right person watched it. The new media is
# appended to credit.pending, a list in the order of playing, and waits there. Three marks count leading entries:
#
#     pending   [ a  b  c  d  e  f  g ]
#                 ^     ^        ^
#                 |     |        proved = 5    a capture round passed after these (I10: a bracket has two ends)
#                 |     held = 2               ... and no challenge is open against them (I6)
#                 covered                      a liveness challenge that was asked for after these passed
#
# ``held`` never exceeds ``proved``. ``covered`` is independent of both: a liveness may pass over media that no capture
# has proved yet, and captures may prove media that no liveness covers yet. Media is credited once it is held, and
# covered where the rules ask for a liveness bracket, and known as delivered where they ask for a delivery log (I5). It
# then leaves the list, and all three marks move down with it.
#
# The moves of the marks, all in ``bracket``:
#
#     a round passed               prove     proved := all of pending
#     ... and no challenge open    clear     held := proved; credit up to min(held, covered), or up to held
#     a challenge was answered     clear     the same: nothing stands against the proved part
#     a liveness passed            cover     covered := all of pending, then clear
#     a proof lacked a result      prove     as a pass, but the stretch goes to review when it is cleared
#     a round failed               lose      everything after proved is lost, and nothing before it
#     a challenge failed           forfeit   everything from held to proved is lost; where it asked for liveness, it
#                                            goes to review
#     the session closes           abandon   everything after held is lost (after proved, while a liveness is open);
#                                            the held part goes to review
#
# So a failure takes back to the last good mark of its own kind and no further, and time that captures have
# proved is never simply lost for want of a liveness.
#
# 3. Where the two machines meet
# ------------------------------
#
# - A decided proof (``outcomes.decide``) moves the marks and then sets or lifts proofs.hold, in this order: a minute
#   that the new phase begins must not catch media from before it.
# - Leaving ACTIVE sets playback.beat_ms to 0: progress across a suspension never counts.
# - The closing keeps the session in SUSPENDED while ``closing.wind_up`` asks for the proofs that its pending media
#   still needs, and closes it when nothing is left to ask.
#
# 4. Time
# -------
#
# ``timers.advance`` runs before every event, and ``timers.settle`` after it. They let everything overdue happen at its
# own moment, so that a late timer cannot change a verdict. In between, playback.reached_ms is the moment that is being
# computed, while turn.now_ms is the moment at which the orders that arise leave the service.
#
# Between two events only time passes, and no timer's moment moves: ACTIVE time grows as fast as server time, and
# stands still where it does not. So playback.due_ms, found after one event, still holds when the next one comes.

_A, _C, _L, _S, _X = Phase.AWAITING_CAPTURE, Phase.CHALLENGING, Phase.ACTIVE, Phase.SUSPENDED, Phase.CLOSED

MOVES: Final = MappingProxyType(
    {
        (_A, _L): "first proof passed",
        (_A, _C): "first captures passed, and a liveness challenge must pass too",
        (_A, _S): "first proof passed while paused, hidden or offline",
        (_A, _X): "abandoned, superseded, finished or time limit before the first proof",
        (_C, _L): "first challenge passed",
        (_C, _S): "first challenge passed while paused, hidden or offline",
        (_C, _X): "abandoned, superseded, finished or time limit before the first challenge",
        (
            _L,
            _S,
        ): "proof failed, challenge unanswered, paused, stalled, hidden, offline, lesson ended, finishing, time limit",
        (_L, _X): "superseded; finished or time limit, with nothing left to prove",
        (_S, _L): "cured: proof passed, playing again, visible again, back online",
        (_S, _X): "closing proof decided, time limit while offline, abandoned, superseded or strikes",
    }
)
"""(from, to) -> its cause."""

_ALWAYS: Final = frozenset(
    {
        NonceRevealed,
        BeaconArrived,
        HeartbeatReceived,
        CaptureTaken,
        CaptureReceived,
        CaptureAssessed,
        CaptureUnavailable,
        ChallengeAnswered,
        LivenessBegun,
        LivenessAssessed,
        PasskeyAnswered,
        PasskeyDeclined,
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
_AFTER_THE_END: Final = ACCEPTS[_X]


def require_legal(state: State, event: Event) -> None:
    """Refuse an event that the phase does not accept, or whose time lies before the last one's.

    Raises:
        IllegalEvent: ``session.started_twice``, ``session.closed`` or ``session.time_backwards``.
    """
    # Every event passes here: a member of an enum is compared several times as fast as it is looked up.
    if type(event) not in (_AFTER_THE_END if state.playback.phase is _X else _ALWAYS):
        if isinstance(event, SessionStarted):
            raise IllegalEvent("session.started_twice", "A session starts once.")
        raise IllegalEvent(
            "session.closed",
            f"{type(event).__name__} came in phase {state.playback.phase}, which does not accept it.",
            "Start a new session.",
        )
    if event.at_ms < state.playback.reached_ms:
        raise IllegalEvent(
            "session.time_backwards",
            f"{type(event).__name__} is dated {state.playback.reached_ms - event.at_ms} ms before the last event.",
            "Only a clock that never goes back may date events.",
        )


def target(state: State) -> Phase:
    """Return the phase that the holds imply."""
    phase = state.playback.phase
    if phase is _X:
        return _X
    if state.proofs.hold is not None and (phase is _A or phase is _C):
        return phase
    return _L if state.suspended is None else _S


def require_move(start: Phase, end: Phase) -> None:
    """Refuse a move that the table does not hold.

    Raises:
        IllegalEvent: ``session.no_such_move``.
    """
    if (start, end) not in MOVES:
        raise IllegalEvent("session.no_such_move", f"There is no move from {start} to {end}.")
