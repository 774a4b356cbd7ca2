"""Rules 5: a learner who leaves the moment the film ends loses nothing, and gains nothing that a pause would not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import frame, put
from support.hands import Hands
from support.sampled import SAMPLED
from zaichang.core.enums import ChallengeKind
from zaichang.core.reasons import ReasonCode
from zaichang.session import events as e
from zaichang.session.judgements.late_grants import by_liveness, makes_up
from zaichang.session.policy import Policy
from zaichang.session.values import Phase

R = ReasonCode
ENDS = replace(SAMPLED, schema=6)
PLAIN = replace(ENDS, liveness_start=False, liveness_bracket=False)
BEFORE = replace(PLAIN, schema=5)
NEVER_MS = 10**9
EMPTY = frame(reasons=(R.NO_FACE,))


def begun(policy: Policy = PLAIN, lesson_ms: int = 60_000) -> Hands:
    """Return a session that counts from second 0, without a draw in sight and without a debt."""
    session = Hands(policy, lesson_duration_ms=lesson_ms).round()
    if session.state.challenges.open is not None:
        session.move()
    session.beat(0)
    put(session.state, samples={"next_staked_ms": NEVER_MS, "debt_ms": 0}, challenges={"next_active_ms": NEVER_MS})
    return session


def play(session: Hands, span_ms: int) -> Hands:
    """Play on, reporting every five seconds, and answer no order."""
    while span_ms > 0:
        part_ms = min(5_000, span_ms)
        session.wait(part_ms).beat(session.state.playback.beat_playhead_ms + part_ms)
        span_ms -= part_ms
    return session


def end(session: Hands, after_ms: int = 0) -> Hands:
    at_ms = session.state.info.lesson.duration_ms
    session.wait(after_ms).beat(at_ms, playing=False, ended=True)
    return session


class TestCapturesBeforeTheEnd:
    @pytest.mark.parametrize(("lesson_ms", "played_ms", "ordered"), [(60_000, 55_000, 56_000), (8_000, 0, 4_000)])
    def test_they_are_ordered_a_little_before_it(self, lesson_ms: int, played_ms: int, ordered: int) -> None:
        session = play(begun(lesson_ms=lesson_ms), played_ms)
        since_ms = ordered - played_ms
        session.tick(since_ms - 1)
        assert session.state.proofs.round is None
        session.tick(1)
        current = session.state.proofs.round
        assert current is not None and not current.drawn

    @pytest.mark.parametrize("policy", [BEFORE, replace(PLAIN, end_lead_ms=0)])
    def test_older_rules_and_a_lead_of_nothing_order_none(self, policy: Policy) -> None:
        session = play(begun(policy), 55_000)
        session.tick(4_900)
        assert session.state.proofs.round is None

    def test_where_the_lesson_goes_on_for_long_none_is_ordered(self) -> None:
        assert play(begun(), 50_000).tick(4_900) is not None
        assert begun().state.proofs.due_ms == 0

    def test_a_lesson_that_is_watched_again_needs_none(self) -> None:
        session = Hands(PLAIN, lesson_duration_ms=60_000, credited=((0, 60_000),)).round()
        session.beat(51_500)
        assert session.state.playback.phase.value == "ACTIVE" and session.state.proofs.due_ms == 0

    def test_the_learner_who_leaves_at_the_end_has_all_of_it(self) -> None:
        session = play(begun(), 55_000)
        session.tick(1_000)
        session.round()
        end(session, 2_000)
        assert session.state.proofs.round is None, "nothing more is asked for"
        session.wait(200).do(e.Superseded)
        assert session.final().verified_ms == 60_000

    def test_under_the_rules_before_the_last_part_was_lost(self) -> None:
        session = end(play(begun(BEFORE), 55_000), 5_000)
        session.wait(200).do(e.Superseded)
        assert session.final().verified_ms == 0

    def test_a_round_that_passed_long_ago_says_nothing_of_the_end(self) -> None:
        session = begun(lesson_ms=30_000)
        session.wait(20_000).beat(20_000)
        end(session, 10_000)
        assert session.state.proofs.round is not None
        session.wait(200).do(e.Superseded)
        assert session.final().verified_ms == 0

    def test_less_than_ten_seconds_are_proved_at_the_end_too(self) -> None:
        session = begun(lesson_ms=8_000)
        put(session.state, samples={"seen_ms": 0})
        end(session, 8_000)
        assert session.state.proofs.round is not None

    def test_a_round_in_progress_is_enough(self) -> None:
        session = play(begun(), 50_000)
        put(session.state, samples={"seen_ms": 0})
        session.tick(3_000)
        session.wait(2_000).beat(55_000)
        session.tick(1_000)
        number = session.state.proofs.rounds
        session.wait(500).beat(56_500)
        assert session.state.proofs.rounds == number and session.state.proofs.due_ms == 0

    @pytest.mark.parametrize(("credited_ms", "asks"), [(60_000, False), (59_000, True)])
    def test_media_that_was_credited_before_needs_none(self, credited_ms: int, asks: bool) -> None:
        session = Hands(PLAIN, lesson_duration_ms=60_000, credited=((0, credited_ms),)).round()
        put(session.state, samples={"next_staked_ms": NEVER_MS}, challenges={"next_active_ms": NEVER_MS})
        session.wait(10_000).beat(50_000)
        session.wait(5_000).beat(55_000)
        assert session.state.playback.phase is Phase.ACTIVE
        assert (session.state.proofs.due_ms > 0) is asks

    def test_a_learner_who_came_when_called_was_not_seen(self) -> None:
        session = play(begun(), 55_000)
        put(session.state, samples={"seen_ms": 0})
        session.tick(1_000)
        while session.state.proofs.round is not None and session.state.proofs.round.taken < 6:
            session.capture(EMPTY)
        session.round()
        assert session.state.samples.seen_ms == 0


class TestMovementsJustBefore:
    def test_a_short_lesson_needs_none_at_its_end(self) -> None:
        session = play(begun(ENDS), 55_000)
        session.tick(1_000)
        session.round()
        end(session, 2_000)
        assert session.state.challenges.open is None
        session.wait(200).do(e.Superseded)
        assert session.final().verified_ms == 60_000 and session.final().undecided_ms == 0

    def test_finish_asks_for_captures_alone(self) -> None:
        session = end(play(begun(ENDS), 55_000), 5_000)
        session.do(e.FinishRequested)
        session.round()
        assert session.final().verified_ms == 60_000

    @pytest.mark.parametrize(
        "liveness",
        [{"wanted": True}, {"again": True}, {"failed_reason": R.LIVENESS_FLAT}, {"passed_active_ms": -1}],
    )
    def test_a_picture_in_doubt_does(self, liveness: dict[str, object]) -> None:
        session = play(begun(ENDS), 40_000)
        put(session.state, liveness=liveness)
        session.do(e.FinishRequested)
        challenge = session.state.challenges.open
        assert challenge is not None and challenge.kind is ChallengeKind.LIVENESS

    def test_so_does_a_longer_time(self) -> None:
        tail_ms = ENDS.liveness_max_gap_ms * ENDS.liveness_tail_pct // 100
        session = play(begun(ENDS, lesson_ms=600_000), tail_ms + 5_000)
        session.do(e.FinishRequested)
        assert session.state.challenges.open is not None

    def test_a_challenge_that_is_open_stands_against_it(self) -> None:
        session = play(begun(ENDS), 40_000)
        put(session.state, challenges={"next_active_ms": session.state.playback.active_ms})
        session.tick()
        assert session.state.challenges.open is None, "these rules have no other challenges"
        put(session.state, challenges={"hold": True})
        session.do(e.Superseded)
        assert session.final().verified_ms == 0


class TestMovementsLeftOpen:
    def ended(self) -> Hands:
        """Return a long lesson that has ended: its closing movements are asked for."""
        session = begun(replace(ENDS, capture_max_gap_ms=300_000), lesson_ms=200_000)
        play(session, 195_000)
        session.tick(1_000)
        session.round()
        end(session, 2_000)
        challenge = session.state.challenges.open
        assert challenge is not None and challenge.at_end
        return session

    def test_nothing_is_owed_and_the_next_session_makes_up_for_them(self) -> None:
        before = self.ended()
        before.do(e.FinishRequested)
        before.do(e.Superseded)
        assert before.state.challenges.owed is None
        left = [part for minute in before.minutes_recorded() for part in by_liveness(minute)]
        assert sum(b - a for a, b in left) == before.final().undecided_ms > 0
        after = Hands(ENDS).round()
        after.move()
        assert makes_up(before.state, after.state, ENDS)

    @pytest.mark.parametrize("finishes", [True, False])
    def test_their_time_passes_without_a_failure(self, finishes: bool) -> None:
        session = self.ended()
        if finishes:
            session.do(e.FinishRequested)
        for _ in range(18):
            session.wait(5_000).beat(200_000, playing=False, ended=True)
        session.tick(4_000)
        assert session.state.challenges.open is None and not session.state.challenges.hold
        if finishes:
            session.round()
        else:
            session.do(e.Superseded)
        assert session.final().undecided_ms > 0
        assert all(by_liveness(minute) == minute.undecided for minute in session.minutes_recorded())

    def test_who_plays_on_must_answer_them(self) -> None:
        session = self.ended()
        session.wait(1_000).beat(100_000)
        session.wait(5_000).beat(105_000)
        challenge = session.state.challenges.open
        assert challenge is not None and not challenge.at_end
        session.do(e.Superseded)
        assert session.state.challenges.owed is ChallengeKind.LIVENESS
