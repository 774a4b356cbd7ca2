"""Rules 2, one exact situation at a time: called, cut off, deferred, granted at the end, sent to review."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import frame, good_face, put
from support.hands import Hands
from support.sampled import SAMPLED
from zaichang.core.assessment import FrameAssessment
from zaichang.core.reasons import ReasonCode
from zaichang.session import bracket, outcomes, sampling
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.owners import challenges, samples
from zaichang.session.policy import Policy
from zaichang.session.values import Outcome, Round

R = ReasonCode
PLAIN = replace(SAMPLED, liveness_start=False, liveness_bracket=False)
NEVER_MS = 10**9
STRANGER = frame(good_face(similarity_bp=0), content="x")
MASKED = frame(good_face(similarity_bp=3_000, quality_bp=500, reasons=(R.FACE_MASKED,)), content="m")


def counting(policy: Policy = PLAIN, **info: object) -> Hands:
    """Return a session that counts, without a draw in sight."""
    session = Hands(policy, **info).begin()
    put(session.state, samples={"next_staked_ms": NEVER_MS}, challenges={"next_active_ms": NEVER_MS})
    return session


def play(session: Hands, span_ms: int) -> Hands:
    for _ in range(span_ms // 5_000):
        session.wait(5_000).beat(session.state.playback.beat_playhead_ms + 5_000)
    return session


def drawn(session: Hands) -> Hands:
    """Let a drawn round begin now."""
    put(session.state, samples={"next_staked_ms": session.state.samples.staked_ms})
    session.tick()
    current = session.state.proofs.round
    assert current is not None and current.drawn
    put(session.state, samples={"next_staked_ms": NEVER_MS})
    return session


def sample(session: Hands, picture: FrameAssessment | None = None) -> Hands:
    drawn(session).round(picture)
    put(session.state, samples={"next_staked_ms": NEVER_MS})
    return session


def paused(session: Hands) -> Hands:
    session.beat(session.state.playback.beat_playhead_ms, playing=False)
    return session


def taken_up(session: Hands) -> e.Leniency:
    return samples.used(session.state)


class TestSample:
    def test_a_drawn_round_proves_and_one_that_a_pause_brings_does_not(self) -> None:
        session = paused(play(counting(), 30_000))
        current = session.state.proofs.round
        assert current is not None and not current.drawn
        next_ms = session.state.samples.next_staked_ms
        session.round()
        assert session.state.credit.verified_ms == 0
        assert session.state.samples.next_staked_ms == next_ms, "no new draw either"
        session.beat(30_000)
        sample(play(session, 10_000))
        assert session.state.credit.verified_ms == 40_000

    def test_the_first_round_called_is_credited_the_next_go_to_a_person_the_last_are_lost(self) -> None:
        session = counting(replace(PLAIN, excuses=1))
        seen = []
        for _ in range(3):
            play(session, 20_000)
            drawn(session)
            session.wait(9_000)
            session.round()
            put(session.state, samples={"debt_ms": 0})
            put(session.state, samples={"next_staked_ms": NEVER_MS})
            session.beat(session.state.playback.beat_playhead_ms)
            seen.append((session.state.credit.verified_ms > 0, bool(session.state.credit.undecided)))
        assert seen[0] == (True, False)
        assert seen[1][1]
        assert session.indicated()["CAME_WHEN_CALLED"] == 2
        assert taken_up(session).calls == 3

    def test_a_masked_learner_is_clean_and_a_stranger_is_a_missed_sample(self) -> None:
        session = play(counting(), 20_000)
        before_ms = session.state.samples.debt_ms
        drawn(session).capture(MASKED)
        session.round()
        assert session.state.samples.debt_ms == before_ms - 20_000
        drawn(play(session, 10_000)).capture(STRANGER)
        session.round()
        assert session.state.samples.debt_ms == before_ms - 20_000 + PLAIN.miss_worth_ms

    def test_two_strangers_in_a_round_are_called_and_shown_in_the_case(self) -> None:
        session = play(counting(replace(PLAIN, called_max=0)), 20_000)
        drawn(session).capture(STRANGER)
        session.capture(replace(STRANGER, content="y"))
        session.round()
        assert session.indicated()["NOT_SAME_PERSON"] == 1
        assert session.state.credit.undecided == ((0, 20_000),)

    def test_a_failed_round_takes_back_the_bracket_and_counts_a_strike_once(self) -> None:
        session = play(counting(replace(PLAIN, strikes_max=1)), 20_000)
        sample(session, STRANGER)
        assert session.state.proofs.strikes == 1
        assert session.final().reason is R.STRIKES_EXHAUSTED
        assert session.final().verified_ms == 0

    def test_failed_too_often_a_person_decides_all_that_follows(self) -> None:
        session = counting(leniency=e.Leniency(failures=PLAIN.failed_max))
        sample(play(session, 20_000))
        assert session.state.credit.undecided == ((0, 20_000),)
        assert R.CAPTURE_MISSED in session.state.credit.minutes[-1].reasons

    def test_a_result_that_is_missing_goes_to_a_person_and_counts_nowhere(self) -> None:
        session = play(counting(), 20_000)
        sample(session, frame(good_face(similarity_bp=None)))
        assert session.state.credit.undecided == ((0, 20_000),)
        assert taken_up(session) == e.Leniency(debt_ms=450_000)


class TestDeferred:
    def owing(self) -> Hands:
        session = counting()
        put(session.state, samples={"debt_ms": 1_375_000})
        put(session.state, samples={"telling": R.NO_FACE})
        return sample(play(session, 20_000))

    def test_while_too_many_were_missed_proved_media_waits(self) -> None:
        session = self.owing()
        assert (session.state.credit.verified_ms, session.state.credit.deferred) == (0, 1)
        assert session.state.samples.debt_ms == 1_355_000, "the second media counts once"
        sample(play(session, 5_000))
        assert session.state.credit.verified_ms == 25_000

    def test_a_failure_takes_back_what_came_after_the_last_sample_alone(self) -> None:
        session = counting()
        put(session.state, samples={"debt_ms": 1_500_000})
        sample(play(session, 20_000))
        sample(play(session, 10_000), STRANGER)
        assert session.state.credit.pending_set == ((0, 20_000),)

    @pytest.mark.parametrize("how", ["end", "challenge"])
    def test_what_still_waits_at_the_end_is_for_a_person(self, how: str) -> None:
        session = counting()
        put(session.state, samples={"debt_ms": 1_500_000})
        sample(play(session, 20_000))
        if how == "end":
            session.wait(PLAIN.abandon_ms).tick()
        else:
            outcomes.fail_challenge(session.turn(), R.CHALLENGE_WRONG, was_liveness=False)
        assert session.state.credit.undecided == ((0, 20_000),)


class TestCutOff:
    @pytest.mark.parametrize("event", [e.ConnectionLost, e.ConnectionResumed])
    def test_a_connection_that_goes_makes_the_round_prove_nothing(self, event: type) -> None:
        session = drawn(play(counting(), 20_000))
        before_ms = session.state.samples.debt_ms
        session.do(event)
        assert session.state.proofs.round is not None and not session.state.proofs.round.drawn
        assert session.state.samples.debt_ms == before_ms + PLAIN.miss_worth_ms
        assert session.state.samples.cut is None, "the order may never have arrived"
        session.do(e.ConnectionLost)
        session.do(e.ConnectionResumed)
        assert session.state.samples.debt_ms == before_ms + PLAIN.miss_worth_ms, "once"

    def test_an_order_that_had_arrived_is_answered_by_a_call_alone(self) -> None:
        session = drawn(play(counting(), 20_000))
        for _ in range(2):
            session.wait(1_000).beat(session.state.playback.beat_playhead_ms + 1_000)
        session.beat(session.state.playback.beat_playhead_ms, visible=False)
        assert session.state.samples.cut is R.PAGE_HIDDEN
        assert session.state.proofs.round is None
        session.wait(1_000).beat(session.state.playback.beat_playhead_ms)
        session.round()
        sample(play(session, 10_000))
        assert taken_up(session).calls == 1
        assert session.state.samples.cut is None

    def test_clean_pictures_so_far_cost_nothing(self) -> None:
        session = drawn(play(counting(), 20_000))
        before = taken_up(session)
        session.capture()
        paused(session)
        assert taken_up(session) == before

    def test_a_picture_that_has_arrived_is_judged_before_the_cut(self) -> None:
        session = drawn(play(counting(), 20_000))
        before = taken_up(session)
        session.receive()
        paused(session)
        current = session.state.proofs.round
        assert current is not None and current.drawn
        session.do(e.CaptureAssessed, capture_id=current.capture_id, assessment=session.picture())
        assert session.state.proofs.round is not None and not session.state.proofs.round.drawn
        assert taken_up(session) == before

    def test_pictures_of_nobody_before_the_cut_leave_the_bracket_to_a_person(self) -> None:
        session = drawn(play(counting(), 20_000))
        session.capture(frame(reasons=(R.NO_FACE,)))
        paused(session)
        assert session.state.proofs.opening_lack is R.NO_FACE

    def test_none_is_drawn_without_a_connection(self) -> None:
        session = play(counting(), 20_000)
        session.do(e.ConnectionLost)
        put(session.state, samples={"next_staked_ms": session.state.samples.staked_ms})
        session.tick(5_000)
        assert session.state.proofs.round is None
        session.do(e.ConnectionResumed)
        session.tick()
        assert session.state.proofs.round is not None and session.state.proofs.round.drawn

    def test_hiding_without_a_round_owes_nothing(self) -> None:
        session = play(counting(), 20_000)
        session.beat(20_000, visible=False)
        assert session.state.proofs.due_ms == 0

    def test_a_drawn_round_takes_the_place_of_one_that_was_brought_about(self) -> None:
        session = paused(play(counting(), 20_000))
        first = session.state.proofs.round
        session.wait(500).beat(20_000)
        drawn(session)
        assert first is not None and session.state.proofs.round is not None
        assert session.state.proofs.round.number == first.number + 1


class TestEnd:
    @pytest.mark.parametrize(
        ("played_ms", "verified_ms", "undecided_ms"), [(30_000, 30_000, 0), (120_000, 90_000, 30_000)]
    )
    @pytest.mark.parametrize("how", ["finish", "abandon"])
    def test_one_greatest_gap_is_granted_without_a_draw(
        self, how: str, played_ms: int, verified_ms: int, undecided_ms: int
    ) -> None:
        session = play(counting(), played_ms)
        if how == "finish":
            session.do(e.FinishRequested)
            session.round()
        else:
            paused(session).round()
            session.tick(PLAIN.abandon_ms)
        final = session.final()
        assert (final.verified_ms, final.undecided_ms) == (verified_ms, undecided_ms)

    @pytest.mark.parametrize("how", ["finish", "abandon"])
    def test_nothing_of_it_where_a_person_must_decide_anyway(self, how: str) -> None:
        session = play(counting(), 30_000)
        put(session.state, samples={"debt_ms": 1_500_000})
        if how == "finish":
            session.do(e.FinishRequested)
            session.round()
        else:
            paused(session).round()
            session.tick(PLAIN.abandon_ms)
        assert (session.final().verified_ms, session.final().undecided_ms) == (0, 30_000)

    def test_nobody_at_the_closing_round_loses_what_no_draw_had_proved(self) -> None:
        session = play(counting(), 30_000)
        session.do(e.FinishRequested)
        while session.state.proofs.round is not None:
            session.beat(30_000, playing=False)
            session.capture(frame(reasons=(R.NO_FACE,)))
        assert session.final().verified_ms == 0

    def test_a_line_that_drops_during_the_closing_does_not_end_it(self) -> None:
        session = play(counting(), 30_000)
        session.do(e.FinishRequested)
        session.tick(PLAIN.gap_ms)
        assert session.of(d.RecordFinal) == []
        session.beat(30_000, playing=False)
        session.tick()
        session.round()
        assert session.final().verified_ms == 30_000

    def test_an_open_or_failed_challenge_stands_against_it(self) -> None:
        session = play(counting(), 30_000)
        challenges.issue(session.turn())
        bracket.close_shown(session.turn(), None)
        assert session.state.credit.verified_ms == 0
        session = paused(play(counting(), 30_000)).round()
        challenges.set_hold(session.turn(), hold=True)
        bracket.abandon(session.turn(), liveness_open=False)
        assert session.state.credit.verified_ms == 0


class TestNobodyThere:
    def test_a_pause_may_be_left(self) -> None:
        session = paused(play(counting(), 30_000)).round(frame(reasons=(R.NO_FACE,)))
        assert session.state.proofs.hold is None
        assert session.state.credit.pending_set == ((0, 30_000),)

    def test_playing_waits_for_the_learner_and_loses_nothing(self) -> None:
        session = paused(play(counting(), 30_000))
        session.wait(500).beat(30_000)
        while session.state.proofs.round is not None:
            session.capture(frame(reasons=(R.NO_FACE,)))
            session.beat(30_000, stalled=True)
        session.beat(30_000)
        assert session.state.proofs.hold is R.NO_FACE
        for picture in (STRANGER, STRANGER, None):
            session.beat(30_000, playing=False)
            session.tick(PLAIN.cure_ms)
            session.round(picture)
            assert session.state.proofs.hold is (R.NOT_SAME_PERSON if picture else None)
        assert len(session.of(d.OrderPause)) == 2, "the same reason is told once"
        assert session.state.proofs.hold is None
        assert session.state.credit.pending_set == ((0, 30_000),)

    def test_a_failed_challenge_is_cured_by_an_answer_not_by_captures(self) -> None:
        session = play(counting(), 30_000)
        put(session.state, challenges={"hold": True})
        drawn(session)
        decided = Round(number=1, drawn=True, taken=2, passes=2, seen=2)
        put(session.state, proofs={"hold": R.CHALLENGE_WRONG})
        sampling.decide(session.turn(), decided, Outcome.PASSED, None)
        assert session.state.proofs.hold is R.CHALLENGE_WRONG
        sampling.decide(session.turn(), decided, Outcome.FAILED, R.NO_FACE)
        assert session.state.proofs.due_ms == 0
