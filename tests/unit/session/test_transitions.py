"""Every move and every accepted event, straight from the table."""

from __future__ import annotations

import pytest

from support.desk import POLICY, T0_MS, put, started
from zaichang.core.errors import IllegalEvent
from zaichang.core.reasons import ReasonCode
from zaichang.session import events as e
from zaichang.session import phase as phase_
from zaichang.session import transitions
from zaichang.session.events import Event
from zaichang.session.owners import playback
from zaichang.session.state import State
from zaichang.session.step import start, step
from zaichang.session.turn import Turn
from zaichang.session.values import Phase

EVENTS: tuple[Event, ...] = (
    e.NonceRevealed(at_ms=T0_MS, client_nonce=""),
    e.BeaconArrived(at_ms=T0_MS, beacon="ab" * 32),
    e.HeartbeatReceived(at_ms=T0_MS, seq=1, nonce="", playhead_ms=0, playing=True),
    e.CaptureReceived(at_ms=T0_MS, capture_id="c0-0", nonce=""),
    e.CaptureAssessed(at_ms=T0_MS, capture_id="c0-0", assessment=e.FrameAssessment(width_px=1, height_px=1)),
    e.CaptureUnavailable(at_ms=T0_MS, capture_id="c0-0"),
    e.ChallengeAnswered(at_ms=T0_MS, challenge_id="q0", answer=""),
    e.ConnectionLost(at_ms=T0_MS),
    e.ConnectionResumed(at_ms=T0_MS),
    e.DeadlineReached(at_ms=T0_MS),
    e.FinishRequested(at_ms=T0_MS),
    e.Superseded(at_ms=T0_MS),
)
LATE = {e.ConnectionLost, e.ConnectionResumed, e.DeadlineReached, e.CaptureAssessed}


def in_phase(phase: Phase) -> State:
    state, _ = start(started(), POLICY)
    put(state, playback={"phase": phase})
    return state


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_each_phase_accepts_what_the_table_says(phase: Phase, event: Event) -> None:
    state = in_phase(phase)
    if phase is Phase.CLOSED and type(event) not in LATE:
        with pytest.raises(IllegalEvent) as caught:
            transitions.require_legal(state, event)
        assert caught.value.code == "session.closed"
        assert caught.value.hint == "Start a new session."
        assert type(event).__name__ in caught.value.message and "CLOSED" in caught.value.message
    else:
        transitions.require_legal(state, event)


def test_a_second_start_is_refused_in_every_phase() -> None:
    for phase in Phase:
        with pytest.raises(IllegalEvent) as caught:
            step(in_phase(phase), started(), POLICY)
        assert caught.value.code == "session.started_twice"
        assert caught.value.message == "A session starts once."


def test_time_does_not_go_back_and_may_stand_still() -> None:
    state = in_phase(Phase.ACTIVE)
    transitions.require_legal(state, e.DeadlineReached(at_ms=T0_MS))
    with pytest.raises(IllegalEvent) as caught:
        transitions.require_legal(state, e.DeadlineReached(at_ms=T0_MS - 7))
    assert caught.value.code == "session.time_backwards"
    assert caught.value.message == "DeadlineReached is dated 7 ms before the last event."
    assert caught.value.hint == "Only a clock that never goes back may date events."


def test_an_illegal_event_changes_nothing() -> None:
    state, _ = start(started(), POLICY)
    before = state.copy()
    with pytest.raises(IllegalEvent):
        step(state, e.DeadlineReached(at_ms=T0_MS - 1), POLICY)
    assert state == before


HOLDS = {
    ("proofs", "hold"): ReasonCode.NO_FACE,
    ("link", "hold"): ReasonCode.NETWORK_GAP,
    ("page", "hold"): ReasonCode.PAGE_HIDDEN,
    ("page", "player_hold"): ReasonCode.PLAYER_PAUSED,
    ("playback", "closing"): ReasonCode.SESSION_FINISHED,
}


def free(phase: Phase) -> State:
    state = in_phase(phase)
    for part, name in HOLDS:
        setattr(getattr(state, part), name, None)
    return state


@pytest.mark.parametrize("phase", [Phase.AWAITING_CAPTURE, Phase.CHALLENGING, Phase.SUSPENDED])
def test_without_a_hold_a_session_is_active(phase: Phase) -> None:
    state = free(phase)
    assert transitions.target(state) is Phase.ACTIVE
    assert playback.move(Turn(state, POLICY, T0_MS), Phase.ACTIVE) is True
    assert state.playback.phase is Phase.ACTIVE
    assert playback.move(Turn(state, POLICY, T0_MS), Phase.ACTIVE) is False


@pytest.mark.parametrize("hold", HOLDS, ids=".".join)
@pytest.mark.parametrize("phase", [Phase.AWAITING_CAPTURE, Phase.CHALLENGING, Phase.ACTIVE, Phase.SUSPENDED])
def test_any_hold_suspends_and_the_first_proof_is_waited_for(phase: Phase, hold: tuple[str, str]) -> None:
    state = free(phase)
    setattr(getattr(state, hold[0]), hold[1], HOLDS[hold])
    before_first = phase in (Phase.AWAITING_CAPTURE, Phase.CHALLENGING) and hold[0] == "proofs"
    expected = phase if before_first else Phase.SUSPENDED
    assert transitions.target(state) is expected
    phase_.follow_holds(Turn(state, POLICY, T0_MS))
    assert state.playback.phase is expected


def test_closed_is_for_good() -> None:
    state = free(Phase.ACTIVE)
    playback.close(Turn(state, POLICY, T0_MS), ReasonCode.SUPERSEDED)
    assert (state.playback.phase, state.playback.closing) == (Phase.CLOSED, ReasonCode.SUPERSEDED)
    put(state, playback={"closing": None})
    assert transitions.target(state) is Phase.CLOSED


def test_a_move_outside_the_table_is_our_bug_and_says_so() -> None:
    state = in_phase(Phase.ACTIVE)
    with pytest.raises(IllegalEvent) as caught:
        playback.move(Turn(state, POLICY, T0_MS), Phase.CHALLENGING)
    assert caught.value.code == "session.no_such_move"
    assert caught.value.message == "There is no move from ACTIVE to CHALLENGING."
    assert state.playback.phase is Phase.ACTIVE


def test_the_table_leads_everywhere_and_nowhere_from_closed() -> None:
    assert {source for source, _ in transitions.MOVES} == set(Phase) - {Phase.CLOSED}
    assert {target for _, target in transitions.MOVES} == set(Phase) - {Phase.AWAITING_CAPTURE}
    assert all(transitions.MOVES.values())
