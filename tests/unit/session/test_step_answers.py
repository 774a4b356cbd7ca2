"""Answers to challenges, and events after the end: the effects of ``step``."""

from __future__ import annotations

import pytest

from support.desk import put, started
from support.hands import Hands
from unit.session.test_step_events import counting, play
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.step import _apply
from zaichang.session.values import Phase

R = ReasonCode


class TestAnswer:
    def test_an_answer_in_time_plans_the_next_challenge_and_nothing_else(self) -> None:
        session = counting()
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        session.answer()
        assert session.state.challenges.open is None
        assert session.state.challenges.next_active_ms > session.state.playback.active_ms + 240_000
        assert session.state.proofs.round is None
        assert session.state.playback.phase is Phase.ACTIVE

    def test_an_answer_after_the_deadline_cures_and_a_round_follows(self) -> None:
        session = counting(challenge_deadline_ms=5_000)
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        session.tick(5_000)
        out = session.answer()
        assert [type(x) for x in out] == [d.ChallengeJudged, d.OrderCapture]
        assert session.state.challenges.hold is False
        assert session.state.proofs.hold is R.CHALLENGE_UNANSWERED
        session.round()
        assert session.state.playback.phase is Phase.ACTIVE

    def test_an_answer_to_the_overdue_challenge_may_be_wrong_as_often_as_any(self) -> None:
        session = counting(challenge_deadline_ms=5_000, challenge_attempts=2)
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        session.tick(5_000)
        session.answer("wrong")
        session.answer("wrong")
        assert session.state.challenges.hold
        session.beat(0)
        session.tick(5_000)
        assert session.state.challenges.open is not None
        assert (session.state.challenges.open.attempts, session.state.challenges.open.overdue) == (0, False)
        assert session.state.proofs.strikes == 1

    def test_using_up_the_tries_holds_for_that_reason(self) -> None:
        session = counting(challenge_attempts=2)
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        session.answer("wrong")
        session.wait(1_000).do(e.ChallengeAnswered, challenge_id="q99", answer="here")
        assert session.state.challenges.hold is False, "an answer to another challenge uses up no try"
        session.answer("wrong")
        assert session.state.challenges.hold is True
        assert session.state.proofs.hold is R.CHALLENGE_WRONG

    def test_the_strike_that_ends_the_session_leaves_no_challenge(self) -> None:
        session = counting(challenge_attempts=1, strikes_max=1)
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        session.answer("wrong")
        assert session.state.playback.phase is Phase.CLOSED
        assert session.state.challenges.open is None


def test_an_event_that_comes_after_the_end_of_waiting_finds_the_session_closed() -> None:
    session = play(counting(), 20_000)
    out = session.wait(2_000_000).beat(25_000)
    assert [type(x) for x in out] == [d.RecordMinute, d.RecordFinal]
    assert session.state.playback.phase is Phase.CLOSED
    assert session.state.playback.reached_ms == session.now_ms


def test_superseded_ends_at_once_and_says_why() -> None:
    session = play(counting(), 20_000)
    out = session.wait(1_000).do(e.Superseded)
    assert [type(x) for x in out] == [d.RecordMinute, d.RecordFinal]
    minute = session.of(d.RecordMinute)[0].minute
    assert minute.verified == ()
    assert minute.reasons == (R.SUPERSEDED, R.NO_CLOSING_PROOF)
    assert session.of(d.RecordFinal)[0].final.reason is R.SUPERSEDED


@pytest.mark.parametrize(("event", "said"), [(started(), "a second start"), (object(), "unreachable")])
def test_what_gets_past_the_table_is_our_bug(event: object, said: str) -> None:
    session = Hands()
    with pytest.raises(AssertionError, match=said):
        _apply(session.turn(), event)  # type: ignore[arg-type]  # the bug


class TestLiveness:
    def test_what_belongs_to_no_outstanding_liveness_challenge_is_refused_and_changes_nothing(self) -> None:
        for kind, more in ((e.LivenessBegun, {}), (e.LivenessAssessed, {"attempt": 0})):
            session = counting()
            before = session.state
            out = session.do(kind, challenge_id="q9", **more)
            assert out == (
                d.ChallengeJudged(challenge_id="q9", accepted=False, reason=R.CHALLENGE_UNANSWERED, closed=True),
            )
            assert session.state == before
