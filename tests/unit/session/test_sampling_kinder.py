"""Rules 8: a slow camera's frame that is pledged and sent is no recording, and bending down weighs less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import frame, good_face
from support.hands import Hands
from unit.session.test_sampling_pledged import EMPTY, counting, drawn, ordered, play
from unit.session.test_sampling_spread import NEWEST, SPREAD, name, sampled, watched
from zaichang.core.assessment import FrameAssessment
from zaichang.core.reasons import ReasonCode as R
from zaichang.session import events as e
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
    ("schema", "unseen", "percent"), [(9, 1, 10), (9, 2, 30), (9, 3, 40), (8, 1, 10), (8, 2, 50), (8, 3, 100)]
)
def test_a_learner_who_bends_down_as_a_sample_comes_weighs_less_than_under_rules_before(
    schema: int, unseen: int, percent: int
) -> None:
    session = watched(schema=schema)
    sampled(session, {NEWEST - place: EMPTY for place in range(unseen)})
    assert session.state.samples.debt_ms == percent * SPREAD.miss_worth_ms // 100
