"""Rules 7: a sample looks over the whole time since the last one, and tells an absence from bending down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from support.desk import frame, good_face, put
from support.hands import Hands
from unit.session.test_sampling_pledged import BACK, EMPTY, NEVER_MS, WEAK, counting, drawn, ordered, play, show
from zaichang.core.assessment import FrameAssessment
from zaichang.core.reasons import ReasonCode as R
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.judgements import pledged_frames
from zaichang.session.owners import liveness, samples
from zaichang.session.playhead import total_ms
from zaichang.session.values import Round

SPREAD = replace(BACK, schema=8)
TURNED = frame(good_face(similarity_bp=None, quality_bp=500, reasons=(R.POSE_TOO_FAR,)))
FLAT = frame(good_face(similarity_bp=None, quality_bp=500, pad_bp=100, reasons=(R.POSE_TOO_FAR,)))
REPORTS = 8
NEWEST = 2 * REPORTS - 1
LEARNER = replace(frame(good_face()), phash="0" * 16)


def name(number: int) -> str:
    """Return the digest of a frame; numbers grow with time."""
    return f"{number:064x}"


def watched(reports: int = REPORTS, **changes: Any) -> Hands:
    """Return a session that has reported so often, with two frames each."""
    session = counting(replace(SPREAD, **changes))
    for report in range(reports):
        play(session, (name(2 * report), name(2 * report + 1)))
    return session


def sampled(session: Hands, absent: dict[int, FrameAssessment | None]) -> list[int]:
    """Draw a sample and answer it: frames of these numbers show that instead of the learner; None: another picture.

    Returns:
        The numbers of the frames that it asked for.
    """
    drawn(session)
    asked: list[int] = []
    while session.state.proofs.round is not None:
        digest = ordered(session)
        if digest is None:
            session.round()
            break
        asked.append(int(digest, 16))
        picture = absent.get(asked[-1], LEARNER)
        if picture is None:
            session.capture(digest="f" * 64)
        else:
            show(session, picture)
        session.tick(0 if session.state.proofs.round is None else SPREAD.retake_ms)
    return asked


def drawn_numbers(session: Hands, count: int = NEWEST + 1) -> list[int]:
    """Return the earlier frames that the next sample will draw, newest first."""
    places = pledged_frames.drawn_places(count, 2_500, session.state.lots, session.state.proofs.rounds, SPREAD)
    return [count - 1 - place for place in places]


class TestAsks:
    def test_for_the_newest_and_one_of_each_stretch_since_the_last_sample(self) -> None:
        session = watched()
        drawn_first = drawn_numbers(session)
        asked = sampled(session, {})
        assert asked == [NEWEST, *drawn_first] and len(asked) == 3
        assert 7 < asked[1] < NEWEST and asked[2] <= 7, "one of the last 20 s, one of those before"
        assert session.state.samples.debt_ms == 0 and session.state.credit.verified_ms == 5_000 * REPORTS

    def test_a_longer_time_brings_more_of_them_and_none_where_the_policy_asks_for_none(self) -> None:
        assert len(sampled(watched(reports=16), {})) == 5
        asked = sampled(watched(frames_each_ms=0), {})
        assert asked == [NEWEST], "and then a new picture"

    def test_rules_before_ask_for_the_newest_alone(self) -> None:
        session = counting(BACK)
        for report in range(4):
            play(session, (name(2 * report), name(2 * report + 1)))
        assert sampled(session, {}) == [7, 6]

    def test_where_the_newest_lacks_the_learner_it_looks_back_first_and_wants_a_new_picture_too(self) -> None:
        session = watched()
        earlier = drawn_numbers(session)
        asked = sampled(session, {NEWEST: EMPTY, NEWEST - 1: EMPTY})
        assert asked[:3] == [NEWEST, NEWEST - 1, NEWEST - 2] and asked[3:] == [n for n in earlier if n < NEWEST - 2]
        assert ordered(session) is None, "frames of half a minute ago do not say who is there"
        assert session.state.samples.debt_ms == SPREAD.miss_worth_ms // 2, "the weight of two newest frames"

    def test_where_no_frame_shows_the_learner_no_more_are_asked_for(self) -> None:
        session = watched()
        assert sampled(session, {n: EMPTY for n in range(NEWEST + 1)}) == [NEWEST - n for n in range(4)]
        assert session.state.samples.calls == 1

    def test_no_near_copy_is_looked_for_among_frames_of_seconds_after_the_last_sample(self) -> None:
        session = watched()
        sightings = session.state.proofs.sightings
        sampled(session, {})
        assert [each.near for each in session.of(d.AnalyseCapture)[-3:]] == [None, False, False]
        assert len(session.state.proofs.sightings) == len(sightings) + 1


class TestWeighs:
    def weight(self, absent: dict[int, FrameAssessment | None], session: Hands | None = None) -> int:
        session = session or watched()
        asked = sampled(session, absent)
        assert set(absent) & set(asked), "the sample met the absence"
        assert session.state.samples.calls == 0
        return session.state.samples.debt_ms * 100 // SPREAD.miss_worth_ms

    def around(self, session: Hands, length: int) -> range:
        """Return an absence of so many frames that the next sample's oldest drawn frame lies in."""
        number = max(2, min(NEWEST - 5, drawn_numbers(session)[-1]))
        return range(number - 1, number - 1 + length)

    @pytest.mark.parametrize(("length", "percent"), [(2, 0), (3, 0), (4, 150), (5, 150)])
    def test_four_frames_in_a_row_are_an_absence_and_fewer_are_none(self, length: int, percent: int) -> None:
        session = watched()
        assert self.weight(dict.fromkeys(self.around(session, length), EMPTY), session) == percent
        assert (session.state.samples.doubt > 0) is (percent > 0), "and bring the next draws sooner"

    def test_frames_that_are_not_shown_are_an_absence_as_well(self) -> None:
        session = watched()
        assert self.weight(dict.fromkeys(self.around(session, 4)), session) == 150

    def test_two_short_absences_far_apart_in_one_sample_weigh_something(self) -> None:
        session = watched(reports=16)
        *_, second, first = drawn_numbers(session, 32)
        newest = drawn_numbers(session, 32)[0]
        assert second - first <= 16 and newest - first > 9
        assert self.weight({newest: EMPTY, first: EMPTY}, session) == 80
        session = watched()
        first, second = drawn_numbers(session)
        assert 1 < first - second <= 9, "these are those of one who bends over notes"
        assert self.weight({first: EMPTY, second: EMPTY}, session) == 0

    def test_one_of_the_newest_and_an_earlier_one_are_two_gaps(self) -> None:
        session = watched()
        earlier = drawn_numbers(session)[-1]
        assert NEWEST - earlier > 8
        assert self.weight({NEWEST: EMPTY, earlier: EMPTY}, session) == 80

    def test_a_living_face_that_cannot_be_compared_is_no_absence_and_a_dummy_is_one(self) -> None:
        session = watched()
        assert self.weight(dict.fromkeys(self.around(session, 4), TURNED), session) == 0
        session = watched()
        assert self.weight(dict.fromkeys(self.around(session, 4), FLAT), session) == 150
        session = watched()
        assert self.weight(dict.fromkeys(self.around(session, 4), WEAK), session) == 0, "a masked learner is seen"

    def test_an_absence_at_the_beginning_ends_with_the_frames(self) -> None:
        current = Round(number=0, span=(name(2), name(1), name(0)), here=(0,), gone=(2,), places=(2,), absent=4)
        assert pledged_frames.left_to_ask(current, SPREAD) == (name(1),)
        current.here = (0, 1)
        assert pledged_frames.left_to_ask(current, SPREAD) == () and pledged_frames.weight_pct(current, SPREAD) == 0

    def test_an_analysis_that_the_service_dropped_speaks_against_nobody(self) -> None:
        session = watched()
        assert self.weight(dict.fromkeys(self.around(session, 4), frame(reasons=(R.NOT_ANALYSED,))), session) == 0


def pause(session: Hands) -> None:
    session.beat(session.state.playback.beat_playhead_ms, playing=False)


def hide(session: Hands) -> None:
    session.beat(session.state.playback.beat_playhead_ms, visible=False)


def drop(session: Hands) -> None:
    session.do(e.ConnectionLost)
    session.wait(40_000).do(e.ConnectionResumed)


def take_over(session: Hands) -> None:
    session.do(e.ConnectionResumed)


CUTS = pytest.mark.parametrize("cut", [pause, hide, drop, take_over])


class TestIsCutOff:
    """The frames are fixed: a pause or a lost connection at an order for one does not change who is in it."""

    def newest_shown(self, session: Hands) -> Hands:
        """Draw a sample and show the learner in its newest frame: it goes on to ask for the drawn ones."""
        drawn(session)
        show(session, LEARNER)
        session.tick()
        assert ordered(session) not in (None, name(NEWEST))
        return session

    def answer(self, session: Hands, absent: range) -> None:
        """Answer each order for a frame: those of these numbers show an empty chair."""
        current = session.state.proofs.round
        while current is not None and current.drawn and (digest := ordered(session)) is not None:
            show(session, EMPTY if int(digest, 16) in absent else LEARNER)
            session.tick()
            current = session.state.proofs.round

    @CUTS
    def test_it_asks_for_its_frames_all_the_same_and_counts_an_absence(self, cut: Callable[[Hands], None]) -> None:
        session = watched()
        number = drawn_numbers(session)[0]
        self.newest_shown(session)
        cut(session)
        assert ordered(session) == name(number)
        self.answer(session, range(number - 1, number + 3))
        assert session.state.samples.debt_ms * 100 // SPREAD.miss_worth_ms == 150
        assert session.state.samples.doubt > 0

    @CUTS
    def test_a_learner_who_was_there_loses_nothing(self, cut: Callable[[Hands], None]) -> None:
        session = self.newest_shown(watched())
        cut(session)
        self.answer(session, range(0))
        assert session.state.proofs.round is None or not session.state.proofs.round.drawn
        assert session.state.samples.debt_ms == 0 and session.state.samples.calls == 0
        assert session.state.credit.verified_ms == 5_000 * REPORTS

    def test_a_page_that_shows_none_of_them_any_more_loses_the_doubt_of_one_absence(self) -> None:
        session = self.newest_shown(watched())
        pause(session)
        for _ in range(24):
            session.wait(5_000)
            pause(session)
        assert session.state.samples.debt_ms * 100 // SPREAD.miss_worth_ms == 150
        assert session.state.samples.failures == 0 and session.state.credit.verified_ms == 0

    def test_an_absence_that_it_has_found_counts_once_where_the_new_picture_is_refused(self) -> None:
        session = watched(round_passes=3)
        number = drawn_numbers(session)[-1]
        self.newest_shown(session)
        absent = range(number - 1, number + 3)
        while (digest := ordered(session)) is not None:
            show(session, EMPTY if int(digest, 16) in absent else WEAK)
            session.tick(SPREAD.retake_ms)
        for _ in range(2):
            pause(session)
            session.do(e.ConnectionLost)
            session.do(e.ConnectionResumed)
        assert session.state.proofs.round is not None and not session.state.proofs.round.drawn
        assert session.state.samples.debt_ms * 100 // SPREAD.miss_worth_ms == 150

    def test_its_deadline_stands_without_a_connection_and_begins_anew_once(self) -> None:
        session = self.newest_shown(watched())
        drop(session)
        current = session.state.proofs.round
        assert current is not None and current.gone == ()
        assert current.deadline_ms == session.state.playback.reached_ms + SPREAD.capture_deadline_ms
        drop(session)
        pause(session)
        current = session.state.proofs.round
        assert current is not None and len(current.gone) == 1, "or a page could keep the sample open for an hour"

    def test_rules_before_prove_nothing_by_it(self) -> None:
        session = counting(BACK)
        for report in range(4):
            play(session, (name(2 * report), name(2 * report + 1)))
        drawn(session)
        show(session, LEARNER)
        session.do(e.ConnectionLost)
        current = session.state.proofs.round
        assert current is not None and (current.frame, current.frames, current.drawn) == ("", (), False)


RARE: dict[str, Any] = {"capture_mean_ms": 750_000, "capture_min_gap_ms": 480_000, "capture_max_gap_ms": 900_000}


class TestFirstDraw:
    @pytest.mark.parametrize("number", range(12))
    def test_however_rare_a_policy_wants_them_one_comes_before_the_lessons_end(self, number: int) -> None:
        session = Hands(replace(SPREAD, **RARE), lesson_duration_ms=400_000, seed=f"{number:064x}").begin()
        assert 0 < session.state.samples.next_staked_ms <= 360_000
        old = Hands(replace(BACK, **RARE), lesson_duration_ms=400_000, seed=f"{number:064x}").begin()
        assert session.state.samples.next_staked_ms <= old.state.samples.next_staked_ms

    def test_a_later_one_keeps_to_the_policy(self) -> None:
        session = Hands(
            replace(SPREAD, capture_min_gap_ms=480_000, capture_mean_ms=750_000, capture_max_gap_ms=900_000)
        )
        session.begin()
        samples.schedule(session.turn(), 480_000)
        assert session.state.samples.next_staked_ms >= session.state.samples.staked_ms + 480_000


class TestMovements:
    RULES = replace(SPREAD, liveness_start=True, liveness_bracket=True)

    def due_ms(self, number: int, schema: int) -> int:
        session = Hands(replace(self.RULES, schema=schema, frames_each_ms=20_000), seed=f"{number:064x}").begin()
        liveness.schedule(session.turn())
        return session.state.liveness.due_active_ms - session.state.playback.active_ms

    def test_no_time_after_the_tail_is_known_to_be_free_of_them(self) -> None:
        drawn_ms = [self.due_ms(number, 8) for number in range(30)]
        assert min(drawn_ms) < 450_000 and all(90_000 <= each <= 900_000 for each in drawn_ms)
        assert min(self.due_ms(number, 7) for number in range(30)) >= 450_000

    @pytest.mark.parametrize(("schema", "failures"), [(7, 0), (8, 1)])
    def test_drawn_ones_that_find_nobody_within_call_are_a_failed_sample(self, schema: int, failures: int) -> None:
        session = Hands(replace(self.RULES, schema=schema)).begin()
        put(
            session.state,
            samples={"next_staked_ms": NEVER_MS, "debt_ms": 0},
            liveness={"wanted": True},
        )
        play(session, None)
        assert session.state.challenges.open is not None
        for _ in range(19):
            play(session, None)
        assert session.state.samples.failures == failures
        assert session.state.samples.debt_ms == failures * self.RULES.miss_worth_ms
        assert total_ms(session.state.credit.credited) == 0
