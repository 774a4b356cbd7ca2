"""What a decided proof does: brackets, holds, schedule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY, frame, good_face, put
from support.hands import Hands
from zaichang.core.assessment import FrameAssessment
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session import outcomes
from zaichang.session.owners import proofs
from zaichang.session.policy import Policy
from zaichang.session.schedule import next_due_ms
from zaichang.session.values import Outcome, Phase

R = ReasonCode
LACKING = frame(good_face(similarity_bp=None))
"""There was nothing to compare with; another capture would not mend it."""
STRANGER = frame(good_face(similarity_bp=0), content="x")
NEVER_MS = 10_000_000


def counting(policy: Policy = POLICY, **info: object) -> Hands:
    session = Hands(policy, **info).begin()
    return quiet(session)


def quiet(session: Hands) -> Hands:
    put(session.state, proofs={"next_active_ms": NEVER_MS}, challenges={"next_active_ms": NEVER_MS})
    return session


def play(session: Hands, span_ms: int) -> Hands:
    for _ in range(span_ms // 5_000):
        session.wait(5_000).beat(session.state.playback.beat_playhead_ms + 5_000)
    return session


def proof(session: Hands, picture: FrameAssessment | None = None) -> Hands:
    """Let a scheduled round come, and take it with such pictures."""
    put(session.state, proofs={"next_active_ms": session.state.playback.active_ms})
    session.tick()
    assert session.state.proofs.round is not None
    return quiet(session.round(picture))


@pytest.mark.parametrize(
    ("route", "asked", "captures"),
    [("face", ("presence",), True), ("face", (), False), ("challenge", ("presence",), False), ("challenge", (), False)],
)
def test_captures_are_the_proof_on_the_face_route_alone(route: str, asked: tuple[str, ...], captures: bool) -> None:
    session = Hands(Policy(proofs=asked), route=route)
    assert session.state.uses_captures(session.policy) is captures
    assert bool(session.of(d.OrderCapture)) is captures
    assert bool(session.of(d.OrderChallenge)) is not captures
    assert session.state.playback.phase is (Phase.AWAITING_CAPTURE if captures else Phase.CHALLENGING)
    assert session.indicated() == ({} if captures else {"NON_BIOMETRIC": 1})


class TestSchedule:
    def test_captures_come_by_the_policys_gaps(self) -> None:
        session = Hands(POLICY).round()
        due_ms = next_due_ms(session.state.lots, "capture", 0, mean_ms=40_000, min_gap_ms=15_000, max_gap_ms=90_000)
        assert session.state.proofs.next_active_ms == due_ms

    @pytest.mark.parametrize(
        ("route", "mean_ms", "min_gap_ms", "max_gap_ms"),
        [("face", 600_000, 240_000, 1_200_000), ("challenge", 40_000, 15_000, 90_000)],
    )
    def test_challenges_come_by_theirs_and_as_often_as_captures_where_they_are_the_proof(
        self, route: str, mean_ms: int, min_gap_ms: int, max_gap_ms: int
    ) -> None:
        reached = set()
        for number in range(60):
            session = Hands(POLICY, route=route, seed=f"{number:064x}")
            due_ms = next_due_ms(
                session.state.lots, "challenge", 0, mean_ms=mean_ms, min_gap_ms=min_gap_ms, max_gap_ms=max_gap_ms
            )
            assert session.state.challenges.next_active_ms == due_ms
            reached.add(due_ms)
        assert min(reached) < min_gap_ms * 1.5
        assert max(reached) > max_gap_ms * 0.8, "both ends mattered"

    def test_after_a_failure_three_rounds_come_sooner_yet_not_at_a_known_moment(self) -> None:
        session = counting()
        proof(play(session, 20_000), STRANGER)
        session.tick(session.policy.cure_ms)
        gaps, doubts = [], []
        session.round()
        for _ in range(5):
            doubts.append(session.state.proofs.doubt)
            gaps.append(session.state.proofs.next_active_ms - session.state.playback.active_ms)
            outcomes.decide(session.turn(), Outcome.PASSED, None)
        assert doubts == [2, 1, 0, 0, 0]
        dense_ms = 15_000 + 25_000 - 25_000 * 2 // 3
        expected = next_due_ms(
            session.state.lots,
            "capture",
            session.state.playback.active_ms,
            mean_ms=dense_ms,
            min_gap_ms=15_000,
            max_gap_ms=90_000,
        )
        assert session.state.playback.active_ms + gaps[0] == expected
        assert session.state.playback.active_ms + gaps[2] == next_due_ms(
            session.state.lots,
            "capture",
            session.state.playback.active_ms,
            mean_ms=40_000,
            min_gap_ms=15_000,
            max_gap_ms=90_000,
        )

    def test_doubt_keeps_the_moments_spread(self) -> None:
        gaps = set()
        for number in range(30):
            session = Hands(POLICY, seed=f"{number:064x}")
            put(session.state, proofs={"doubt": 3})
            proofs.schedule(session.turn())
            gaps.add(session.state.proofs.next_active_ms)
        assert len(gaps) >= 10
        assert min(gaps) > 15_000

    def test_doubt_with_a_mean_below_the_least_gap_changes_nothing(self) -> None:
        policy = replace(POLICY, capture_mean_ms=5_000)
        session = Hands(policy)
        put(session.state, proofs={"doubt": 3})
        proofs.schedule(session.turn())
        assert session.state.proofs.next_active_ms == 16_000


def test_the_first_minute_begins_when_time_counts_not_when_the_proof_passed() -> None:
    session = Hands()
    session.round()
    assert session.state.playback.phase is Phase.SUSPENDED, "the player does not play yet"
    assert session.state.credit.minutes == ()
    session.wait(7_000).beat(0)
    assert [minute.from_ms for minute in session.state.credit.minutes] == [session.now_ms]


class TestBracket:
    """I10: both ends must hold."""

    @pytest.mark.parametrize("called", [False, True])
    def test_a_lost_bracket_is_explained_in_every_minute_it_was_played_in(self, called: bool) -> None:
        session = play(counting(replace(POLICY, excuses=0)), 70_000)
        put(session.state, playback={"lead_ms": 5})
        if called:
            outcomes.decide(session.turn(), Outcome.PASSED, R.NO_FACE)
        else:
            outcomes.decide(session.turn(), Outcome.FAILED, R.NO_FACE)
        assert [minute.reasons for minute in session.state.credit.minutes] == [(R.NO_FACE,), (R.NO_FACE,)]
        assert session.state.playback.lead_ms == 0, "what was let pass before the failure is let pass no more"

    def test_an_unanswered_challenge_takes_back_the_plan_for_a_round(self) -> None:
        session = play(counting(), 10_000)
        put(session.state, proofs={"due_ms": 5})
        outcomes.fail_challenge(session.turn(), R.CHALLENGE_WRONG, was_liveness=False)
        assert session.state.proofs.due_ms == 0
        assert type(session.state.proofs.due_ms) is int

    def test_passed_credits_all_since_the_last(self) -> None:
        session = proof(play(counting(), 30_000))
        assert session.state.credit.credited == ((0, 30_000),)
        assert session.state.playback.phase is Phase.ACTIVE
        assert session.state.proofs.strikes == 0

    def test_failed_takes_back_all_since_the_last_and_nothing_before(self) -> None:
        session = proof(play(counting(), 30_000))
        proof(play(session, 20_000), STRANGER)
        assert session.state.credit.credited == ((0, 30_000),)
        assert session.state.credit.pending == ()
        assert session.state.proofs.hold is R.NOT_SAME_PERSON
        assert session.state.playback.phase is Phase.SUSPENDED
        assert session.state.proofs.strikes == 1
        assert session.indicated()["NOT_SAME_PERSON"] == 1
        assert session.of(d.OrderPause)[-1].reason is R.NOT_SAME_PERSON
        assert R.NOT_SAME_PERSON in session.state.credit.minutes[-1].reasons

    def test_the_cure_orders_a_seek_back_and_play(self) -> None:
        session = proof(play(counting(), 30_000))
        proof(play(session, 20_000), STRANGER)
        session.tick(session.policy.cure_ms)
        session.round()
        assert session.state.playback.phase is Phase.ACTIVE
        assert session.log[-2:] == [d.OrderSeek(to_ms=30_000, reason=R.SEEK_FORWARD), d.OrderResume()]

    @pytest.mark.parametrize(("skip", "ahead_ms", "seeks"), [(True, 50_000, 0), (False, 1_500, 0), (False, 1_501, 1)])
    def test_no_seek_where_skipping_is_allowed_or_nothing_was_skipped(
        self, skip: bool, ahead_ms: int, seeks: int
    ) -> None:
        session = Hands(replace(POLICY, skip_allowed=skip))
        session.wait(1_000).beat(ahead_ms)
        session.round()
        assert len(session.of(d.OrderSeek)) == seeks
        assert session.log[-1] == d.OrderResume()

    def test_failing_again_while_held_is_no_further_strike(self) -> None:
        session = proof(play(counting(), 20_000), STRANGER)
        session.tick(session.policy.cure_ms)
        session.round(STRANGER)
        assert session.state.proofs.strikes == 1
        assert session.indicated()["NOT_SAME_PERSON"] == 1
        assert len(session.of(d.OrderPause)) == 1, "the same reason is not told twice"
        session.tick(session.policy.cure_ms)
        session.beat(session.state.playback.beat_playhead_ms)
        session.round(frame())
        assert session.of(d.OrderPause)[-1].reason is R.NO_FACE, "another one is"

    def test_undecided_leaves_the_bracket_to_a_person_and_goes_on(self) -> None:
        session = proof(play(counting(), 20_000), LACKING)
        assert session.state.credit.undecided == ((0, 20_000),)
        assert session.state.playback.phase is Phase.ACTIVE
        assert session.state.proofs.opening_lack is R.REFERENCE_MISSING

    def test_a_bracket_needs_both_ends(self) -> None:
        session = proof(play(counting(), 20_000), LACKING)
        proof(play(session, 20_000))
        assert session.state.credit.credited == ()
        assert session.state.credit.undecided == ((0, 40_000),)
        assert R.REFERENCE_MISSING in session.state.credit.minutes[-1].reasons
        proof(play(session, 20_000))
        assert session.state.credit.credited == ((40_000, 60_000),)

    def test_a_failure_closes_the_doubtful_bracket(self) -> None:
        session = proof(play(counting(), 20_000), LACKING)
        proof(play(session, 20_000), STRANGER)
        assert session.state.credit.undecided == ((0, 20_000),)
        assert session.state.proofs.opening_lack is None

    def test_the_final_counts_undecided_time_once_and_not_what_was_verified_later(self) -> None:
        session = proof(play(counting(), 20_000), LACKING)
        for number in range(2):
            session.wait(1_000).beat(0)
            play(session, 10_000 + number * 5_000)
            proof(session)
        session.do(e.FinishRequested)
        final = session.of(d.RecordFinal)[0].final
        assert session.state.credit.credited == ((0, 15_000),)
        assert final.undecided_ms == 5_000
        assert final.verified_ms == 15_000

    def test_a_failure_without_a_reason_is_a_missed_capture(self) -> None:
        session = play(counting(), 10_000)
        outcomes.decide(session.turn(), Outcome.FAILED, None)
        assert session.state.proofs.hold is R.CAPTURE_MISSED

    def test_a_passed_round_does_not_cure_an_unanswered_challenge(self) -> None:
        session = play(counting(), 10_000)
        put(session.state, challenges={"hold": True})
        put(session.state, proofs={"hold": R.CHALLENGE_UNANSWERED})
        outcomes.decide(session.turn(), Outcome.PASSED, None)
        assert session.state.proofs.hold is R.CHALLENGE_UNANSWERED
        assert session.state.playback.phase is Phase.SUSPENDED

    def test_a_failed_round_while_a_challenge_holds_plans_no_cure(self) -> None:
        session = play(counting(), 10_000)
        put(session.state, challenges={"hold": True})
        outcomes.decide(session.turn(), Outcome.FAILED, R.NO_FACE)
        assert session.state.proofs.due_ms == 0


class TestComingOnlyWhenCalled:
    def called(self, session: Hands) -> Hands:
        put(session.state, proofs={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        for _ in range(3):
            session.capture(frame())
        session.beat(session.state.playback.beat_playhead_ms)
        return quiet(session.round())

    def test_it_is_excused_as_often_as_the_policy_says(self) -> None:
        session = counting(replace(POLICY, excuses=1))
        self.called(play(session, 10_000))
        assert session.state.credit.verified_ms == 10_000
        assert session.state.proofs.excuses == 1
        self.called(play(session, 10_000))
        assert session.state.credit.verified_ms == 10_000
        assert session.state.playback.phase is Phase.ACTIVE, "the session goes on"
        assert session.state.proofs.strikes == 0
        assert session.indicated()["NO_FACE"] == 1
        assert R.NO_FACE in session.state.credit.minutes[-1].reasons

    def test_after_the_first_time_a_person_decides(self) -> None:
        session = self.called(play(counting(), 10_000))
        assert session.state.credit.credited == ((0, 10_000),)
        self.called(play(session, 10_000))
        assert session.state.credit.credited == ((0, 10_000),)
        assert session.state.credit.undecided == ((10_000, 20_000),)
        assert R.NO_FACE in session.state.credit.minutes[-1].reasons or R.NO_FACE in session.state.minute.reasons
        proof(play(session, 10_000))
        assert session.state.credit.credited == ((0, 10_000), (20_000, 30_000)), "the next bracket has both its ends"
        assert session.state.playback.phase is Phase.ACTIVE

    def test_a_cure_costs_no_excuse(self) -> None:
        session = proof(play(counting(), 20_000), STRANGER)
        session.tick(session.policy.cure_ms)
        for _ in range(3):
            session.capture(frame())
        session.round()
        assert session.state.proofs.hold is None
        assert session.state.proofs.excuses == 0
