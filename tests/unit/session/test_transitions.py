"""Every move and every accepted event, straight from the table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY, T0_MS, started
from zaichang.core.errors import IllegalEvent
from zaichang.core.reasons import ReasonCode
from zaichang.session import events as e
from zaichang.session import transitions
from zaichang.session.events import Event
from zaichang.session.state import Phase, State
from zaichang.session.step import start, step

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
    state.phase = phase
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
    "proof_hold": ReasonCode.NO_FACE,
    "link_hold": ReasonCode.NETWORK_GAP,
    "page_hold": ReasonCode.PAGE_HIDDEN,
    "player_hold": ReasonCode.PLAYER_PAUSED,
    "closing": ReasonCode.SESSION_FINISHED,
}


def free(phase: Phase) -> State:
    state = in_phase(phase)
    for name in HOLDS:
        setattr(state, name, None)
    return state


@pytest.mark.parametrize("phase", [Phase.AWAITING_CAPTURE, Phase.CHALLENGING, Phase.SUSPENDED])
def test_without_a_hold_a_session_is_active(phase: Phase) -> None:
    state = free(phase)
    assert transitions.settle(state) is True
    assert state.phase is Phase.ACTIVE
    assert transitions.settle(state) is False


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("phase", [Phase.AWAITING_CAPTURE, Phase.CHALLENGING, Phase.ACTIVE, Phase.SUSPENDED])
def test_any_hold_suspends_and_the_first_proof_is_waited_for(phase: Phase, hold: str) -> None:
    state = free(phase)
    setattr(state, hold, HOLDS[hold])
    before_first = phase in (Phase.AWAITING_CAPTURE, Phase.CHALLENGING) and hold == "proof_hold"
    expected = phase if before_first else Phase.SUSPENDED
    assert transitions.settle(state) is (expected is not phase)
    assert state.phase is expected


def test_closed_is_for_good() -> None:
    state = free(Phase.ACTIVE)
    transitions.close(state, ReasonCode.SUPERSEDED)
    assert (state.phase, state.closing) == (Phase.CLOSED, ReasonCode.SUPERSEDED)
    state.closing = None
    assert transitions.settle(state) is False
    assert state.phase is Phase.CLOSED


def test_a_move_outside_the_table_is_our_bug_and_says_so() -> None:
    state = replace(in_phase(Phase.ACTIVE))
    with pytest.raises(IllegalEvent) as caught:
        transitions._move(state, Phase.CHALLENGING)
    assert caught.value.code == "session.no_such_move"
    assert caught.value.message == "There is no move from ACTIVE to CHALLENGING."
    assert state.phase is Phase.ACTIVE


def test_the_table_leads_everywhere_and_nowhere_from_closed() -> None:
    assert {source for source, _ in transitions.MOVES} == set(Phase) - {Phase.CLOSED}
    assert {target for _, target in transitions.MOVES} == set(Phase) - {Phase.AWAITING_CAPTURE}
    assert all(transitions.MOVES.values())
