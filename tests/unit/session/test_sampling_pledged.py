"""Rules 4: a sample asks for frames that were pledged before it was drawn, so a call to the learner is of no use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.desk import frame, good_face, put
from support.hands import Hands
from support.sampled import SAMPLED, Page, mean_beyond_ms
from zaichang.core.assessment import FaceFinding, FrameAssessment
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.judgements import captures
from zaichang.session.policy import Policy
from zaichang.session.values import Round

R = ReasonCode
PLEDGED = replace(SAMPLED, schema=5, frames_required=True)
PLAIN = replace(PLEDGED, liveness_start=False, liveness_bracket=False)
BACK = replace(PLAIN, schema=7)
NEVER_MS = 10**9
A, B = "a" * 64, "b" * 64
EMPTY = frame(reasons=(R.NO_FACE,))
WEAK = frame(good_face(similarity_bp=3_000, quality_bp=500, reasons=(R.POSE_TOO_FAR,)))


def counting(policy: Policy = PLAIN) -> Hands:
    """Return a session that counts, without a draw in sight and without a debt."""
    session = Hands(policy).begin()
    put(session.state, samples={"next_staked_ms": NEVER_MS, "debt_ms": 0}, challenges={"next_active_ms": NEVER_MS})
    return session


def play(session: Hands, frames: tuple[str, ...] | None, reports: int = 1) -> Hands:
    for _ in range(reports):
        session.wait(5_000).beat(session.state.playback.beat_playhead_ms + 5_000, frames=frames)
    return session


def drawn(session: Hands) -> Round:
    put(session.state, samples={"next_staked_ms": session.state.samples.staked_ms})
    session.tick()
    put(session.state, samples={"next_staked_ms": NEVER_MS})
    current = session.state.proofs.round
    assert current is not None and current.drawn
    return current


def ordered(session: Hands) -> str | None:
    return session.of(d.OrderCapture)[-1].frame


def show(session: Hands, picture: FrameAssessment, **changes: Any) -> None:
    """Send what the outstanding order asks for."""
    content = session.picture().content
    session.capture(replace(picture, content=content), digest=ordered(session), **changes)


def owed(session: Hands) -> int:
    """Return how many samples were missed."""
    return session.state.samples.debt_ms // PLAIN.miss_worth_ms


class TestOrder:
    def test_the_frames_of_the_last_report_are_asked_for_newest_first_and_at_once(self) -> None:
        session = play(counting(), (A, B))
        drawn(session)
        assert ordered(session) == B and not session.of(d.OrderCapture)[-1].announce
        show(session, frame(good_face()))
        session.tick()
        assert ordered(session) == A, "no time passes between two frames that were taken already"
        show(session, frame(good_face()))
        assert session.state.proofs.round is None
        assert session.state.credit.verified_ms == 5_000 and owed(session) == 0

    def test_no_frame_is_asked_for_twice_and_none_of_an_earlier_connection(self) -> None:
        session = play(counting(), (A, B))
        drawn(session)
        for _ in range(2):
            show(session, frame(good_face()))
            session.tick()
        drawn(session)
        assert ordered(session) is None
        session.round()
        play(session, (A + "", "c" * 64))
        session.do(e.ConnectionLost)
        session.do(e.ConnectionResumed)
        assert session.state.samples.pledged == ()

    @pytest.mark.parametrize("schema", [4, 5])
    def test_rules_before_take_no_pledge(self, schema: int) -> None:
        session = counting(replace(SAMPLED, schema=schema, liveness_start=False, liveness_bracket=False))
        drawn(play(session, (A,)))
        assert ordered(session) == (A if schema == 5 else None)

    def test_a_round_that_a_pause_brings_about_asks_for_a_new_picture(self) -> None:
        session = play(counting(), (A,), reports=6)
        session.beat(session.state.playback.beat_playhead_ms, playing=False)
        assert session.state.proofs.round is not None and ordered(session) is None


class TestVerdict:
    def test_however_long_a_pledged_frame_takes_it_is_not_late(self) -> None:
        session = play(counting(), (A, B))
        drawn(session)
        for _ in range(2):
            session.wait(13_000).beat(session.state.playback.beat_playhead_ms)
            show(session, frame(good_face()))
            session.tick()
        assert owed(session) == 0 and session.state.samples.calls == 0

    def test_one_of_the_frames_is_enough(self) -> None:
        session = play(counting(), (A, B))
        drawn(session)
        show(session, EMPTY)
        session.tick()
        show(session, WEAK)
        session.wait(9_000)  # too late for the line, and of no weight any more
        session.round()
        assert session.state.samples.debt_ms == PLAIN.miss_worth_ms // 3, "a share of a miss: it may be a short absence"
        assert session.state.samples.calls == 0 and session.state.samples.telling is R.NO_FACE
        assert session.state.credit.verified_ms > 0

    def test_frames_without_the_learner_are_a_missed_sample_though_the_learner_comes_at_once(self) -> None:
        session = play(counting(), (A, B))
        drawn(session)
        for _ in range(2):
            show(session, EMPTY)
            session.tick()
        session.tick(PLAIN.retake_ms)
        assert ordered(session) is None, "only then a new picture"
        session.round()
        assert owed(session) == 1

    def test_another_picture_than_the_pledged_one_shows_who_is_there_and_misses_the_sample(self) -> None:
        session = play(counting(), (A,))
        drawn(session)
        session.capture(digest=B)
        session.round()
        assert owed(session) == 1

    def test_a_pledged_frame_that_is_refused_or_never_comes_is_a_missed_sample(self) -> None:
        session = play(counting(), (A,))
        current = drawn(session)
        session.do(e.CaptureUnavailable, capture_id=current.capture_id, reason=R.CAMERA_UNAVAILABLE)
        session.round()
        assert owed(session) == 1
        drawn(play(session, (B,)))
        play(session, None, reports=4)
        session.round()
        assert owed(session) == 2 and session.state.samples.calls == 0

    def test_a_late_answer_is_a_missed_sample_where_no_frame_was_pledged(self) -> None:
        session = play(counting(replace(PLAIN, frames_required=False)), None)
        drawn(session)
        session.wait(9_000)
        session.round()
        assert owed(session) == 1 and session.state.samples.telling is R.CAME_WHEN_CALLED

    @pytest.mark.parametrize(("required", "missed"), [(True, 1), (False, 0)])
    def test_a_page_that_pledges_none_misses_where_the_policy_requires_frames(
        self, required: bool, missed: int
    ) -> None:
        session = play(counting(replace(PLAIN, frames_required=required)), None, reports=3)
        drawn(session)
        session.round()
        assert owed(session) == missed

    def test_a_cut_spares_a_sample_that_a_frame_has_shown(self) -> None:
        session = play(counting(), (A, B))
        drawn(session)
        show(session, EMPTY)
        session.tick()
        show(session, WEAK)
        session.do(e.ConnectionLost)
        assert owed(session) == 0 and session.state.proofs.opening_lack is None
        session = play(counting(), (A, B))
        drawn(session)
        session.do(e.ConnectionLost)
        current = session.state.proofs.round
        assert owed(session) == 1 and current is not None and (current.frame, current.frames) == ("", ())

    def test_calls_send_time_to_a_person_and_take_none_away(self) -> None:
        session = counting(replace(PLAIN, excuses=0, called_max=0, frames_required=False, misses_max_pct=2_000))
        for _ in range(2):
            drawn(play(session, None))
            session.wait(9_000)
            session.round()
            session.beat(session.state.playback.beat_playhead_ms)
        assert session.state.credit.undecided == ((0, session.state.credit.undecided[0][1]),)
        assert "CAME_WHEN_CALLED" in session.indicated()


class TestLooksBack:
    """Rules 6: of the frames before the draw, one that shows the learner tells a short absence from a long one."""

    def counting(self, **changes: Any) -> Hands:
        session = counting(replace(BACK, **changes))
        for frames in (("c" * 64, "d" * 64), (A, B)):
            play(session, frames)
        return session

    def test_earlier_frames_are_asked_for_until_one_shows_the_learner(self) -> None:
        session = self.counting()
        drawn(session)
        for digest in (B, A, "d" * 64):
            assert ordered(session) == digest
            show(session, WEAK if digest == "d" * 64 else EMPTY)
            session.tick()
        session.tick(PLAIN.retake_ms)
        assert ordered(session) is None, "no earlier one, but a new picture"
        session.round()
        assert session.state.samples.debt_ms == PLAIN.miss_worth_ms // 2, "two frames long"
        assert session.state.samples.calls == 0

    @pytest.mark.parametrize(("unseen", "percent"), [(1, 10), (2, 50), (3, 100)])
    def test_the_longer_the_absence_the_more_it_weighs(self, unseen: int, percent: int) -> None:
        session = self.counting()
        drawn(session)
        for number in range(unseen + 1):
            show(session, EMPTY if number < unseen else frame(good_face()))
            session.tick()
        session.tick(PLAIN.retake_ms)
        session.round()
        assert session.state.samples.debt_ms == PLAIN.miss_worth_ms * percent // 100

    def test_a_learner_in_none_of_them_came_when_called(self) -> None:
        session = self.counting(called_max=0)
        drawn(session)
        for _ in range(4):
            show(session, EMPTY)
            session.tick()
        session.tick(PLAIN.retake_ms)
        session.round()
        assert (owed(session), session.state.samples.calls) == (1, 1)
        assert session.state.credit.verified_ms == 0 and session.state.credit.undecided == ((0, 10_000),)

    def test_frames_that_reach_back_for_less_than_a_heartbeat_say_nothing_of_a_call(self) -> None:
        session = play(counting(BACK), (A, B))
        drawn(session)
        for _ in range(2):
            show(session, EMPTY)
            session.tick()
        session.tick(PLAIN.retake_ms)
        session.round()
        assert (owed(session), session.state.samples.calls) == (1, 0)

    @pytest.mark.parametrize(("schema", "left"), [(6, ()), (7, ((7_600, 18_800),))])
    def test_what_is_played_in_a_long_check_that_began_without_a_learner_goes_to_a_person(
        self, schema: int, left: tuple[tuple[int, int], ...]
    ) -> None:
        limit = {"unseen_max_ms": 8_000} if schema > 6 else {}
        session = counting(replace(PLAIN, schema=schema, **limit))
        for frames in (("c" * 64, "d" * 64), (A, B)):
            play(session, frames)
        drawn(session)
        show(session, EMPTY)
        session.tick()
        show(session, WEAK)
        session.tick(PLAIN.retake_ms)
        play(session, None, reports=2)
        session.round()
        assert session.state.credit.undecided == left
        assert session.state.credit.verified_ms == 20_000 - sum(b - a for a, b in left)

    def test_a_learner_who_is_badly_seen_meanwhile_leaves_no_time_out(self) -> None:
        session = self.counting(unseen_max_ms=8_000)
        drawn(session)
        for picture in (EMPTY, WEAK):
            show(session, picture)
            session.tick()
        session.tick(PLAIN.retake_ms)
        show(session, WEAK)
        play(session, None, reports=2)
        session.round()
        assert session.state.credit.undecided == () and session.state.credit.verified_ms == 20_000

    def test_frames_of_a_pause_say_nothing_of_the_media_before_it(self) -> None:
        session = self.counting()
        session.wait(1_000).beat(session.state.playback.beat_playhead_ms, frames=("e" * 64,))
        assert session.state.samples.pledged == () and session.state.samples.bare_ms == 0, "the player stood"
        session.wait(3_000).beat(session.state.playback.beat_playhead_ms + 3_000, playing=False, frames=("f" * 64,))
        assert [digest for _, digest in session.state.samples.pledged] == ["f" * 64]
        session.wait(5_000).beat(session.state.playback.beat_playhead_ms, frames=("1" * 64,))
        assert session.state.samples.pledged == (), "who comes in a pause was not there before it"

    def test_a_failed_check_is_a_missed_sample_too(self) -> None:
        session = self.counting(round_captures=4)
        drawn(session)
        for number in range(6):
            assert session.state.samples.failures == 0, "the two earlier frames leave as many pictures as without them"
            show(session, EMPTY)
            session.tick(0 if number < 3 else PLAIN.retake_prompted_ms)
        assert (owed(session), session.state.samples.failures) == (1, 1)


def test_two_misses_are_two_reasons() -> None:
    late = Round(number=0, late=True)
    assert captures.missed(late, PLEDGED) == 1 and captures.missed(late, SAMPLED) == 0
    assert captures.why_missed(late) is R.CAME_WHEN_CALLED
    both = Round(number=0, late=True, unseen=1, reasons=(R.NO_FACE,))
    assert captures.missed(both, PLEDGED) == 2 and captures.why_missed(both) is R.NO_FACE
    assert captures.missed(replace(both, shown=1), PLEDGED) == 0
    assert captures.called(replace(both, shown=1), PLEDGED) is None


class Called(Page):
    """Is rung for at each order, and back in a second; the page keeps every picture until then."""

    comes_ms = 1_000

    def begin(self) -> None:
        self.until_ms = 0

    def here(self) -> bool:
        return not self.active or self.now_ms < self.until_ms

    def held_back_ms(self, order: d.OrderCapture) -> int:
        return 0 if self.here() else self.comes_ms

    def ordered(self, order: d.OrderCapture) -> None:
        self.until_ms = max(self.until_ms, self.now_ms + self.comes_ms + 4_000)


class CalledAndPledging(Called):
    pledges = True


class Notes(Page):
    """Bends over notes half a minute of two; a frame of those shows the learner, hardly, or not at all."""

    pledges = True

    def face(self) -> FaceFinding | None:
        bent = (self.now_ms - self.info.at_ms) % 120_000 > 95_000
        if not bent:
            return good_face()
        return good_face(similarity_bp=3_000, quality_bp=500) if self.chance.random() < 0.6 else None


@pytest.mark.parametrize("kind", [Called, CalledAndPledging])
def test_a_learner_who_is_called_at_each_order_earns_less_than_a_tenth(kind: type[Page]) -> None:
    assert mean_beyond_ms(kind, PLEDGED, sessions=6) < 60_000


def test_the_rules_before_gave_a_called_learner_everything() -> None:
    assert mean_beyond_ms(Called, SAMPLED, sessions=3) > 300_000


def test_notes_send_nothing_to_a_person() -> None:
    for seed in range(4):
        page = Notes(PLEDGED, seed=seed).run()
        assert page.final is not None
        assert page.final.undecided_ms == 0, seed
        assert page.fair_ms - page.got_ms <= 5_000, seed
