"""The end of a session: its closing proofs, and playing between the last heartbeat and the end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY, frame, good_face, put
from support.hands import Hands
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.values import Phase

R = ReasonCode
NEVER_MS = 10_000_000
LIMIT_MS = 600_000
SHORT = replace(POLICY, session_max_ms=LIMIT_MS)


def counting(**policy: object) -> Hands:
    return quiet(Hands(replace(SHORT, **policy)).begin())


def quiet(session: Hands) -> Hands:
    put(session.state, proofs={"next_active_ms": NEVER_MS}, challenges={"next_active_ms": NEVER_MS})
    return session


def play(session: Hands, span_ms: int) -> Hands:
    for _ in range(span_ms // 5_000):
        session.wait(5_000).beat(session.state.playback.beat_playhead_ms + 5_000)
    return session


def proof(session: Hands) -> Hands:
    put(session.state, proofs={"next_active_ms": session.state.playback.active_ms})
    session.tick()
    return quiet(session.round())


def near_the_limit(session: Hands, left_ms: int) -> Hands:
    """Let the time limit come in ``left_ms``."""
    put(session.state).info = replace(session.state.info, at_ms=session.now_ms + left_ms - LIMIT_MS)
    return session


class TestTail:
    @pytest.mark.parametrize(("pending_ms", "credited"), [(20_000, ((0, 23_000),)), (0, ((20_000, 23_000),))])
    def test_what_the_time_limit_cut_off_counts_up_to_the_limit(
        self, pending_ms: int, credited: tuple[tuple[int, int], ...]
    ) -> None:
        session = play(counting(), 20_000)
        if not pending_ms:
            before = session.state.credit.credited
            proof(session)
            session.beat(session.state.playback.beat_playhead_ms)
            credited = ((0, 23_000),)
            assert before == ()
        near_the_limit(session, 3_000)
        session.wait(5_000).beat(session.state.playback.beat_playhead_ms + 5_000)
        assert session.state.playback.closing is R.SESSION_TIME_LIMIT
        assert session.state.proofs.round is not None
        session.round()
        assert session.final().reason is R.SESSION_TIME_LIMIT
        assert session.state.credit.credited == credited
        assert session.final().verified_ms == 23_000

    def test_where_no_heartbeat_comes_it_does_not_count(self) -> None:
        session = near_the_limit(play(counting(), 20_000), 3_000)
        session.tick(4_000)
        session.round()
        assert session.final().verified_ms == 20_000

    def test_with_nothing_else_to_prove_the_limit_waits_for_no_report_that_was_just_made(self) -> None:
        session = proof(play(counting(), 20_000))
        session.beat(session.state.playback.beat_playhead_ms)
        near_the_limit(session, 999)
        session.tick(2_000)
        assert session.final().verified_ms == 20_000

    def test_a_learner_who_finishes_has_reported_before(self) -> None:
        session = proof(play(counting(), 20_000))
        session.beat(session.state.playback.beat_playhead_ms)
        session.wait(3_000).do(e.FinishRequested)
        assert session.final().verified_ms == 20_000

    def test_a_report_while_a_finish_waits_for_its_captures_counts_up_to_the_finish(self) -> None:
        session = play(counting(), 20_000)
        session.wait(3_000).do(e.FinishRequested)
        session.wait(2_000).beat(25_000)
        session.round()
        assert session.final().verified_ms == 23_000
        session = play(counting(), 20_000)
        session.wait(3_000).do(e.FinishRequested)
        session.wait(2_000).beat(22_000)
        session.round()
        assert session.final().verified_ms == 22_000, "no more than was played"

    @pytest.mark.parametrize(("unheard_ms", "counted_ms"), [(999, 20_000), (1_000, 21_000)])
    def test_less_than_a_second_is_not_asked_after(self, unheard_ms: int, counted_ms: int) -> None:
        session = play(counting(), 20_000)
        session.wait(unheard_ms).do(e.FinishRequested)
        session.wait(1_000).beat(22_000)
        session.round()
        assert session.final().verified_ms == counted_ms

    def test_only_the_first_report_counts(self) -> None:
        session = play(counting(), 20_000)
        session.wait(3_000).do(e.FinishRequested)
        session.wait(1_000).beat(21_000)
        session.wait(1_000).beat(25_000)
        session.round()
        assert session.final().verified_ms == 21_000

    @pytest.mark.parametrize("to_ms", [20_000, 10_000, 90_000])
    def test_standing_still_going_back_or_jumping_ahead_count_nothing(self, to_ms: int) -> None:
        session = play(counting(), 20_000)
        session.wait(3_000).do(e.FinishRequested)
        session.wait(2_000).beat(to_ms)
        session.round()
        assert session.final().verified_ms == 20_000

    def test_what_was_played_while_nothing_counted_does_not_count(self) -> None:
        session = play(counting(), 20_000)
        session.beat(20_000, playing=False)
        session.wait(3_000).do(e.FinishRequested)
        session.wait(2_000).beat(23_000)
        session.round()
        assert session.final().verified_ms == 20_000


class TestOpenChallenge:
    def asked(self) -> Hands:
        session = play(counting(), 20_000)
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        assert session.state.challenges.open is not None
        return quiet(session)

    def test_finishing_waits_for_captures_and_for_the_answer(self) -> None:
        session = self.asked()
        session.do(e.FinishRequested)
        session.round()
        assert session.state.playback.phase is not Phase.CLOSED
        session.answer()
        assert session.final().verified_ms == 20_000
        session = self.asked()
        session.do(e.FinishRequested)
        session.answer()
        assert session.state.playback.phase is not Phase.CLOSED
        session.round()
        assert session.final().verified_ms == 20_000

    def test_failing_it_costs_what_it_stood_against(self) -> None:
        session = self.asked()
        session.do(e.FinishRequested)
        session.round()
        for _ in range(3):
            session.answer("wrong")
        assert session.final().verified_ms == 0

    def test_failed_captures_leave_nothing_to_wait_for(self) -> None:
        session = self.asked()
        session.do(e.FinishRequested)
        session.round(frame())
        assert session.final().verified_ms == 0

    def test_suspended_for_captures_it_is_waited_for_while_something_depends_on_it(self) -> None:
        session = self.asked()
        proof(session)
        assert session.state.credit.proved == 1
        session.beat(20_000)
        put(session.state, proofs={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        session.round(frame(good_face(similarity_bp=100)))
        assert session.state.proofs.hold is R.NOT_SAME_PERSON
        session.do(e.FinishRequested)
        assert session.state.playback.phase is not Phase.CLOSED
        session.answer()
        assert session.final().verified_ms == 20_000

    def test_with_nothing_pending_it_is_not_waited_for(self) -> None:
        session = proof(play(counting(), 20_000))
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        session.do(e.FinishRequested)
        assert session.final().verified_ms == 20_000

    def test_on_the_route_without_face_recognition_the_challenge_is_the_proof(self) -> None:
        session = Hands(replace(SHORT, proofs=()), route="challenge")
        session.answer()
        session.beat()
        play(quiet(session), 20_000)
        session.do(e.FinishRequested)
        assert isinstance(session.log[-1], d.OrderChallenge)
        session.answer()
        assert session.final().verified_ms == 20_000
