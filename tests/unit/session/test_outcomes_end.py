"""Strikes, and the proof at a session's end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import NONCE, POLICY, put
from support.hands import Hands
from unit.session.test_outcomes import STRANGER, counting, play, proof, quiet
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.values import Phase

R = ReasonCode


class TestStrikes:
    def test_the_last_strike_ends_the_session(self) -> None:
        session = counting(replace(POLICY, strikes_max=2))
        proof(play(session, 20_000), STRANGER)
        assert session.state.playback.phase is Phase.SUSPENDED
        session.tick(session.policy.cure_ms)
        quiet(session.round())
        session.beat(session.state.frontier_ms)
        proof(play(session, 20_000), STRANGER)
        assert session.state.playback.phase is Phase.CLOSED
        assert session.of(d.RecordFinal)[0].final.reason is R.STRIKES_EXHAUSTED

    def test_without_a_limit_there_is_none(self) -> None:
        session = counting()
        for _ in range(5):
            proof(play(session, 10_000), STRANGER)
            session.tick(session.policy.cure_ms)
            quiet(session.round())
            session.beat(session.state.frontier_ms)
        assert session.state.proofs.strikes == 5
        assert session.state.playback.phase is Phase.ACTIVE

    def test_a_session_already_closing_keeps_its_reason(self) -> None:
        session = play(counting(replace(POLICY, strikes_max=1)), 20_000)
        session.do(e.FinishRequested)
        session.round(STRANGER)
        assert session.of(d.RecordFinal)[0].final.reason is R.SESSION_FINISHED


class TestEnd:
    def final(self, session: Hands) -> d.Final:
        return session.of(d.RecordFinal)[0].final

    def test_with_nothing_pending_it_ends_at_once(self) -> None:
        session = counting()
        session.do(e.FinishRequested)
        assert self.final(session) == d.Final(
            at_ms=session.now_ms,
            reason=R.SESSION_FINISHED,
            minutes=0,
            verified_ms=0,
            undecided_ms=0,
            client_nonce=NONCE,
        )
        assert session.state.playback.phase is Phase.CLOSED
        assert session.state.playback.closing is R.SESSION_FINISHED

    def test_a_closing_proof_credits_the_last_bracket(self) -> None:
        session = play(counting(), 20_000)
        out = session.do(e.FinishRequested)
        assert out[0] == d.OrderPause(reason=R.SESSION_FINISHED)
        assert [type(x) for x in out] == [d.OrderPause, d.OrderCapture]
        assert session.state.playback.phase is Phase.SUSPENDED
        session.round()
        assert self.final(session).verified_ms == 20_000
        assert self.final(session).minutes == 1
        assert (session.state.proofs.round, session.state.challenges.open) == (None, None)

    def test_asking_twice_changes_nothing(self) -> None:
        session = play(counting(), 20_000)
        session.do(e.FinishRequested)
        before = session.state
        assert session.do(e.FinishRequested) == ()
        assert session.state == before

    def test_a_failed_closing_proof_loses_the_last_bracket(self) -> None:
        session = proof(play(counting(), 20_000))
        play(session, 20_000).do(e.FinishRequested)
        session.round(STRANGER)
        assert self.final(session).verified_ms == 20_000
        assert session.of(d.RecordMinute)[-1].minute.reasons[-1] is R.NOT_SAME_PERSON

    def test_on_the_other_route_a_challenge_closes(self) -> None:
        session = Hands(POLICY, route="challenge")
        session.answer()
        session.beat(0)
        play(quiet(session), 20_000)
        out = session.do(e.FinishRequested)
        assert isinstance(out[-1], d.OrderChallenge)
        session.answer()
        assert self.final(session).verified_ms == 20_000

    def test_an_unanswered_closing_challenge_loses_the_last_bracket(self) -> None:
        session = Hands(replace(POLICY, challenge_deadline_ms=10_000), route="challenge")
        session.answer()
        session.beat(0)
        play(quiet(session), 20_000).do(e.FinishRequested)
        session.tick(10_000)
        assert self.final(session).verified_ms == 0
        assert session.of(d.RecordMinute)[-1].minute.reasons[-1] is R.CHALLENGE_UNANSWERED

    @pytest.mark.parametrize("part", ["link", "proofs"])
    def test_where_no_proof_is_possible_it_ends_at_once_without_the_bracket(self, part: str) -> None:
        session = play(counting(), 20_000)
        getattr(session.state, part).hold = R.NETWORK_GAP
        put(session.state, playback={"phase": Phase.SUSPENDED})
        session.do(e.FinishRequested)
        assert self.final(session).verified_ms == 0
        assert session.of(d.RecordMinute)[-1].minute.reasons == (R.NO_CLOSING_PROOF,)

    def test_what_was_accounted_for_up_to_the_end_is_recorded(self) -> None:
        session = proof(play(counting(), 60_000))
        session.wait(3_000).do(e.Superseded)
        minutes = [x.minute for x in session.of(d.RecordMinute)]
        assert [minute.verified_ms for minute in minutes] == [60_000, 0]
        assert minutes[-1].to_ms == session.now_ms
        assert minutes[-1].reasons == (R.SUPERSEDED,)
        assert self.final(session).minutes == 2
