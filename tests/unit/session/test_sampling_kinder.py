"""Rules 8: a slow camera's frame that is pledged and sent is no recording, and bending down weighs less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import frame, good_face, put
from support.hands import Hands
from unit.session.test_sampling_pledged import EMPTY, NEVER_MS, counting, drawn, ordered, play
from unit.session.test_sampling_spread import NEWEST, SPREAD, name, sampled, watched
from zaichang.core.assessment import FrameAssessment
from zaichang.core.reasons import ReasonCode as R
from zaichang.session import events as e
from zaichang.session.judgements import late_grants
from zaichang.session.owners import samples
from zaichang.session.playhead import total_ms
from zaichang.session.policy import Policy

RULES = replace(SPREAD, schema=9)
FRAME = "fe" * 8
GOOD = replace(frame(good_face()), phash="0" * 16)
BLURRED = replace(frame(good_face(quality_bp=900, similarity_bp=3_000, reasons=(R.BLURRED,))), phash="0" * 16)


def send(session: Hands, picture: FrameAssessment, content: str, *, seen_before: bool = False) -> None:
    """Send what is ordered, with the pixels of this content."""
    current = session.state.proofs.round
    assert current is not None
    if not current.capture_id:
        session.tick(current.retake_at_ms - session.now_ms)
        current = session.state.proofs.round
        assert current is not None
    session.receive(digest=ordered(session))
    shown = replace(picture, content=content)
    session.do(e.CaptureAssessed, capture_id=current.capture_id, assessment=shown, seen_before=seen_before)


def blurred_sample(policy: Policy = RULES) -> Hands:
    """Return a session that is asked for a new picture, because its only pledged frame was blurred."""
    session = play(counting(policy), (name(0),))
    drawn(session)
    send(session, BLURRED, FRAME)
    assert ordered(session) == name(0)
    return session


def told(session: Hands) -> list[R]:
    current = session.state.proofs.round
    assert current is not None
    return list(current.reasons)


def test_an_ordered_picture_that_is_a_pledged_frame_says_nothing_new_and_the_next_one_is_taken_later() -> None:
    session = blurred_sample()
    send(session, BLURRED, FRAME)
    assert told(session) == [R.BLURRED, R.NOT_ANALYSED]
    assert session.state.proofs.repeats == 0 and not session.state.liveness.wanted
    current = session.state.proofs.round
    assert current is not None and current.retake_at_ms == session.now_ms + RULES.retake_prompted_ms
    send(session, GOOD, "aa" * 8)
    send(session, GOOD, "bb" * 8)
    assert session.state.proofs.round is None and session.state.credit.verified_ms == 5_000


@pytest.mark.parametrize(
    ("policy", "seen_before"),
    [(replace(RULES, schema=8), False), (RULES, True)],
    ids=["rules before", "another session"],
)
def test_it_is_a_repeat_under_rules_before_and_where_another_session_sent_it(policy: Policy, seen_before: bool) -> None:
    session = blurred_sample(policy)
    send(session, GOOD, "cc" * 8)
    send(session, BLURRED, FRAME, seen_before=seen_before)
    assert told(session)[-1] is R.DUPLICATE_FRAME and session.state.proofs.repeats == 1


def test_an_ordered_picture_that_is_sent_again_is_one() -> None:
    session = blurred_sample()
    send(session, BLURRED, FRAME)
    send(session, BLURRED, FRAME)
    assert told(session)[-1] is R.CAMERA_FROZEN and session.state.proofs.repeats == 1


def test_a_frame_that_is_pledged_after_it_was_ordered_is_none_either() -> None:
    session = blurred_sample()
    send(session, GOOD, "aa" * 8)
    send(session, GOOD, "bb" * 8)
    assert session.state.proofs.round is None
    play(play(session, None), (name(1), name(2)))
    drawn(session)
    assert ordered(session) == name(2)
    send(session, GOOD, "bb" * 8)
    assert told(session) == [R.NOT_ANALYSED] and session.state.proofs.repeats == 0
    current = session.state.proofs.round
    assert current is not None and current.here == (0,), "no absence either"


@pytest.mark.parametrize(
    ("schema", "unseen", "percent"), [(9, 1, 10), (9, 2, 30), (9, 3, 50), (8, 1, 10), (8, 2, 50), (8, 3, 100)]
)
def test_a_learner_who_bends_down_as_a_sample_comes_weighs_less_than_under_rules_before(
    schema: int, unseen: int, percent: int
) -> None:
    session = watched(schema=schema)
    sampled(session, {NEWEST - place: EMPTY for place in range(unseen)})
    assert session.state.samples.debt_ms == percent * SPREAD.miss_worth_ms // 100


class TestAnEarlyEnd:
    """What it grants without a sample weighs among the missed ones: else each short session brings as much anew."""

    def ended(self, policy: Policy, *, sampled_first: bool, lesson_ms: int = 600_000) -> Hands:
        session = Hands(policy, lesson_duration_ms=lesson_ms).begin()
        put(session.state, samples={"next_staked_ms": NEVER_MS, "debt_ms": 0}, challenges={"next_active_ms": NEVER_MS})
        if sampled_first:
            play(session, None)
            drawn(session)
            session.round()
        play(session, None, reports=4)
        session.do(e.FinishRequested)
        session.round()
        return session

    @pytest.mark.parametrize(
        ("schema", "sampled_first", "factor"),
        [(9, False, samples.EARLY_END_FACTOR), (9, True, samples.EARLY_END_FACTOR), (8, False, 0)],
    )
    def test_weighs_what_it_grants_without_one(self, schema: int, sampled_first: bool, factor: int) -> None:
        session = self.ended(replace(RULES, schema=schema), sampled_first=sampled_first)
        assert session.final().verified_ms == 20_000 + 5_000 * sampled_first, "it is granted all the same"
        assert session.state.samples.debt_ms == factor * 20_000

    def test_the_lessons_own_end_weighs_nothing(self) -> None:
        session = self.ended(RULES, sampled_first=False, lesson_ms=20_000)
        assert (session.final().verified_ms, session.state.samples.debt_ms) == (20_000, 0)


class TestOpeningAnew:
    """A later session must give nothing that a check of the earlier one has taken."""

    @pytest.mark.parametrize(("schema", "misses"), [(9, 1), (8, 0)])
    @pytest.mark.parametrize("arrived", [False, True])
    def test_a_sample_that_it_cuts_off_is_missed(self, schema: int, misses: int, arrived: bool) -> None:
        session = play(counting(replace(RULES, schema=schema)), None)
        drawn(session)
        send(session, EMPTY, "ee" * 8)
        if arrived:
            session.tick(RULES.retake_ms)
            session.receive()
        session.do(e.Superseded)
        assert session.state.samples.debt_ms == misses * RULES.miss_worth_ms

    @pytest.mark.parametrize(("schema", "told"), [(9, R.NO_FACE), (8, R.LIVENESS_MISSING)])
    def test_movements_do_not_grant_what_was_called_while_a_challenge_stood_open(self, schema: int, told: R) -> None:
        rules = replace(RULES, schema=schema, liveness_start=False, liveness_bracket=True, called_max=0)
        session = play(counting(rules), None, reports=13)
        put(session.state, liveness={"due_active_ms": session.state.playback.active_ms, "from_active_ms": 0})
        session.tick()
        assert session.state.challenges.open is not None
        drawn(session)
        for number in range(3):
            send(session, EMPTY, f"{number:016x}")
        send(session, GOOD, "aa" * 8)
        send(session, GOOD, "bb" * 8)
        assert session.state.samples.calls == 1 and session.state.pending_ms == 65_000
        session.do(e.Superseded)
        minute, _ = session.minutes_recorded()
        assert minute.undecided == ((0, 60_000),) and told in minute.reasons
        assert late_grants.by_liveness(minute) == (((0, 60_000),) if schema < 9 else ())


class TestNearCopies:
    @pytest.mark.parametrize(("schema", "review_ms"), [(9, 15_000), (8, 5_000)])
    def test_leave_also_what_waits_for_movements_to_a_person(self, schema: int, review_ms: int) -> None:
        session = counting(replace(RULES, schema=schema, liveness_bracket=True))
        play(session, None, reports=2)
        drawn(session)
        session.round()
        assert session.state.credit.held and session.state.pending_ms == 10_000
        play(session, None)
        drawn(session)
        while (current := session.state.proofs.round) is not None:
            session.tick(max(0, current.retake_at_ms - session.now_ms))
            session.receive()
            found = session.picture()
            session.do(e.CaptureAssessed, capture_id=current.capture_id, assessment=found, copies=samples.COPIES_MIN)
        session.do(e.FinishRequested)
        session.move()
        assert total_ms(session.state.credit.undecided) == review_ms
        assert session.final().verified_ms == 15_000 - review_ms


class TestALineThatDrops:
    """Frames that are asked for are fixed: a line that drops at their order misses no sample."""

    def cut(self, schema: int) -> Hands:
        session = watched(schema=schema)
        drawn(session)
        session.do(e.ConnectionLost)
        session.wait(30_000).do(e.ConnectionResumed)
        return session

    def test_the_frames_are_asked_for_again_and_prove(self) -> None:
        session = self.cut(9)
        current = session.state.proofs.round
        assert current is not None and current.drawn and ordered(session) == name(NEWEST)
        number = 0
        while (current := session.state.proofs.round) is not None and current.drawn and ordered(session) is not None:
            send(session, GOOD, f"{number:016x}")
            number += 1
            session.do(e.ConnectionLost)  # at each order anew
            session.wait(5_000).do(e.ConnectionResumed)
        assert number > 1 and session.state.samples.debt_ms == 0
        assert session.state.credit.verified_ms == 40_000

    def test_under_rules_before_the_sample_is_missed(self) -> None:
        session = self.cut(8)
        assert session.state.proofs.round is None and session.state.samples.debt_ms == RULES.miss_worth_ms

    def test_a_page_that_does_not_show_them_has_missed_it(self) -> None:
        session = self.cut(9)
        for _ in range(4):
            current = session.state.proofs.round
            assert current is not None and current.drawn and current.unseen < 4
            session.beat(session.state.playback.beat_playhead_ms)
            session.tick(current.deadline_ms - session.now_ms)
        assert session.state.samples.debt_ms == RULES.miss_worth_ms
