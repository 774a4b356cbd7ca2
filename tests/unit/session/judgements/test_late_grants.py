"""Evidence after the end grants only the time that lacked this evidence alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY, T0_MS, changed, put
from support.hands import Hands
from unit.session.owners.test_liveness import LIVE, held
from zaichang.core.enums import ChallengeKind
from zaichang.core.errors import EvidenceError
from zaichang.core.lesson import Terms
from zaichang.core.reasons import ReasonCode
from zaichang.session import codec
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.judgements.delivery import STEP_MS
from zaichang.session.judgements.late_grants import by_delivery, by_liveness, follows, makes_up
from zaichang.session.state import State

R = ReasonCode
EXACT = replace(POLICY, rate_max_bp=10_000, seek_tolerance_ms=1_000, challenge_kinds=())
NEVER_MS = 10_000_000


def recorded(*reasons: R, undecided: tuple[tuple[int, int], ...] = ((0, 20_000),)) -> d.Minute:
    return d.Minute(
        index=0, from_ms=T0_MS, to_ms=T0_MS + 60_000, verdict=d.Verdict.INDETERMINATE, undecided=undecided,
        reasons=reasons,
    )  # fmt: skip


class TestALogThatComesAfterTheEnd:
    @pytest.mark.parametrize(
        ("reasons", "granted"),
        [
            ((R.MEDIA_NOT_DELIVERED,), ((0, 15_000),)),
            ((R.PLAYER_PAUSED, R.MEDIA_NOT_DELIVERED, R.NO_CLOSING_PROOF), ((0, 15_000),)),
            ((R.MEDIA_NOT_DELIVERED, R.NOT_ANALYSED), ()),
            ((R.LIVENESS_MISSING, R.MEDIA_NOT_DELIVERED), ()),
            ((R.PLAYER_PAUSED,), ()),
            ((), ()),
        ],
    )
    def test_it_grants_what_it_alone_stood_against(self, reasons: tuple[R, ...], granted: object) -> None:
        assert by_delivery(recorded(*reasons), ((0, 15_000, T0_MS), (30_000, 40_000, T0_MS))) == granted

    def test_a_minute_whose_reasons_may_be_cut_short_stays_with_a_person(self) -> None:
        eight = (
            R.MEDIA_NOT_DELIVERED, R.PLAYER_PAUSED, R.PLAYER_STALLED, R.LESSON_ENDED, R.PAGE_HIDDEN, R.SEEK_FORWARD,
            R.RATE_TOO_FAST, R.NETWORK_GAP,
        )  # fmt: skip
        spans = ((0, 15_000, T0_MS),)
        assert by_delivery(recorded(*eight), spans) == ()
        assert by_delivery(recorded(*eight[:7]), spans) == ((0, 15_000),)

    @pytest.mark.parametrize(("after_ms", "counts"), [(STEP_MS, True), (STEP_MS + 1, False)])
    def test_sent_after_the_minute_is_too_late(self, after_ms: int, counts: bool) -> None:
        minute = recorded(R.MEDIA_NOT_DELIVERED)
        assert bool(by_delivery(minute, ((0, 15_000, minute.to_ms + after_ms),))) is counts


class TestMovementsThatFollow:
    @pytest.mark.parametrize(
        ("reasons", "granted"),
        [
            ((R.LIVENESS_MISSING,), True),
            ((R.NETWORK_GAP, R.LIVENESS_MISSING, R.NO_CLOSING_PROOF), True),
            ((R.LIVENESS_MISSING, R.LIVE_JUMP, R.AHEAD_OF_LIVE), True),
            ((R.LIVENESS_MISSING, R.LIVENESS_FLAT), False),
            ((R.LIVENESS_MISSING, R.MEDIA_NOT_DELIVERED), False),
            ((R.LIVENESS_MISSING, R.CHALLENGE_UNANSWERED), False),
            ((R.NO_CLOSING_PROOF,), False),
        ],
    )
    def test_they_grant_what_they_alone_were_missing_for(self, reasons: tuple[R, ...], granted: bool) -> None:
        assert by_liveness(recorded(*reasons)) == (((0, 20_000),) if granted else ())

    def test_captures_without_closing_movements_are_what_they_make_up_for(self) -> None:
        session = held(60_000)
        session.do(e.Superseded)
        kept = [by_liveness(minute) for minute in session.minutes_recorded()]
        assert [part for each in kept for part in each] == [(0, 60_000)]

    def states(self) -> tuple[State, State]:
        before, after = held(60_000), Hands(LIVE)
        before.do(e.Superseded)
        after.round()
        after.move()
        assert after.state.liveness.first_ms == after.now_ms and after.state.liveness.first_camera == "cam-1"
        return before.state, after.state

    def test_they_must_pass_before_the_earlier_sessions_time_limit(self) -> None:
        before, after = self.states()
        limit_ms = before.info.at_ms + LIVE.session_max_ms
        for passed_ms, holds in ((limit_ms, True), (limit_ms + 1, False), (0, False)):
            assert makes_up(before, changed(after, liveness={"first_ms": passed_ms}), LIVE) is holds

    @pytest.mark.parametrize(
        ("later_ms", "extra_pct", "granted"), [(60_000, 0, True), (60_001, 0, False), (120_000, 100, True)]
    )
    def test_the_session_must_begin_soon_after_the_earlier_one_stopped_playing(
        self, later_ms: int, extra_pct: int, granted: bool
    ) -> None:
        before, after = self.states()
        before = replace(before, info=replace(before.info, terms=Terms(extra_time_pct=extra_pct)))
        rules = replace(LIVE, schema=8)
        opened_ms = before.playback.left_ms + later_ms
        after = replace(after, info=replace(after.info, at_ms=opened_ms))
        after = changed(after, liveness={"first_ms": opened_ms + 30_000})
        assert makes_up(before, after, rules) is granted and makes_up(before, after, LIVE)
        found = follows(before, rules, opened_ms, same_lesson=True)
        assert found is granted, "and no session continues from time that is never granted"

    @pytest.mark.parametrize(
        ("later_ms", "lesson", "granted"),
        [
            (LIVE.abandon_ms, "lesson-1", True),
            (LIVE.abandon_ms + 1, "lesson-1", False),
            (60_000, "lesson-2", True),
            (60_001, "lesson-2", False),
        ],
    )
    def test_one_of_the_same_lesson_may_begin_as_late_as_the_earlier_one_would_have_waited(
        self, later_ms: int, lesson: str, granted: bool
    ) -> None:
        before, after = self.states()
        rules = replace(LIVE, schema=9)
        opened_ms = before.playback.left_ms + later_ms
        after = replace(
            after, info=replace(after.info, at_ms=opened_ms, lesson=replace(after.info.lesson, lesson_id=lesson))
        )
        after = changed(after, liveness={"first_ms": opened_ms + 1})
        assert before.info.lesson.lesson_id == "lesson-1"
        assert makes_up(before, after, rules) is granted
        assert follows(before, rules, opened_ms, same_lesson=lesson == "lesson-1") is granted

    @pytest.mark.parametrize(
        ("part", "change"),
        [
            ("challenges", {"owed": ChallengeKind.LIVENESS}),
            ("challenges", {"owed": ChallengeKind.CONFIRM}),
            ("liveness", {"failed_reason": R.LIVENESS_FLAT}),
            ("proofs", {"camera": "other"}),
        ],
    )
    def test_not_past_an_open_challenge_a_failed_try_or_another_camera(
        self, part: str, change: dict[str, object]
    ) -> None:
        before, after = self.states()
        assert makes_up(before, after, LIVE)
        assert not makes_up(changed(before, **{part: change}), after, LIVE)

    def test_only_the_first_pass_is_kept(self) -> None:
        session = Hands(LIVE).round()
        session.move()
        first_ms = session.state.liveness.first_ms
        session.round()
        session.beat(0)
        put(session.state, liveness={"wanted": True})
        session.wait(1_000).beat(1_000)
        assert session.state.challenges.open is not None
        session.move()
        assert session.state.liveness.first_ms == first_ms < session.now_ms

    def test_movements_that_lack_a_result_are_no_pass(self) -> None:
        session = Hands(LIVE).round()
        session.move(similarity_bp=None)
        assert session.state.challenges.open is None and session.state.liveness.first_ms == 0


class TestGoingOn:
    """Time that lacked the closing movements alone need not be watched again by a learner who comes back."""

    def back(self, **info: object) -> Hands:
        session = Hands(EXACT, **{"credited": ((0, 60_000),), "resumable": ((60_000, 100_000),), **info}).round()
        put(session.state, proofs={"next_active_ms": NEVER_MS}, challenges={"next_active_ms": NEVER_MS})
        return session

    def test_the_next_session_goes_on_from_there(self) -> None:
        session = self.back()
        assert session.state.frontier_ms == 100_000
        session.beat(100_000)
        session.wait(5_000).beat(105_000)
        assert session.state.credit.pending == ((0, 100_000, 105_000),)
        assert session.of(d.OrderSeek) == []

    def test_and_no_further(self) -> None:
        session = self.back()
        session.beat(110_000)
        assert session.of(d.OrderSeek)[0].to_ms == 100_000

    def test_without_it_the_furthest_credited_point_is_the_frontier(self) -> None:
        session = self.back(resumable=())
        session.beat(100_000)
        assert session.of(d.OrderSeek)[0].to_ms == 60_000

    def test_watched_again_it_counts_at_once(self) -> None:
        session = self.back()
        session.beat(60_000)
        session.wait(5_000).beat(65_000)
        assert session.state.credit.pending == ((0, 60_000, 65_000),)

    def test_what_lies_before_is_not_held_against_the_learner_as_skipped(self) -> None:
        session = self.back(
            credited=(),
            resumable=((60_000, 100_000),),
        )
        session.beat(100_500)
        session.wait(5_000).beat(105_500)
        assert session.state.pending_ms == 5_000

    def test_it_is_credited_by_nothing_in_this_session(self) -> None:
        session = self.back()
        session.beat(100_000)
        session.wait(5_000).beat(105_000)
        put(session.state, proofs={"due_ms": session.now_ms})
        session.tick()
        session.round()
        assert session.state.credit.credited == ((0, 60_000), (100_000, 105_000))
        session.do(e.Superseded)
        assert session.final().undecided_ms == 0

    @pytest.mark.parametrize("wrong", [[[5, 5]], [[7, 9], [0, 5]], [[-1, 5]]])
    def test_an_impossible_set_is_not_decoded(self, wrong: object) -> None:
        plain = codec.encode_event(Hands(EXACT).info)
        with pytest.raises(EvidenceError, match="resumable"):
            codec.decode_event({**plain, "resumable": wrong})  # type: ignore[dict-item]  # wrong on purpose
