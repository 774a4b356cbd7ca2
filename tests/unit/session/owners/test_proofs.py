"""Capture rounds: pass, miss, refusal, lack; k of n; nonces."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY, frame, good_face, put
from support.hands import Hands
from zaichang.core.assessment import FrameAssessment, not_analysed
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.judgements import captures
from zaichang.session.owners import proofs
from zaichang.session.policy import ENDS_SINCE_SCHEMA, Policy
from zaichang.session.schedule import draw
from zaichang.session.values import Outcome

R = ReasonCode
FULL = Policy()


def judged(assessment: FrameAssessment, policy: Policy = FULL, **changes: object) -> ReasonCode | None:
    """Return the reason of one capture, or None for a pass."""
    session = Hands(policy)
    session.receive()
    event = e.CaptureAssessed(at_ms=session.now_ms, capture_id="c0-0", assessment=assessment, **changes)
    proofs.assess(session.turn(), event)
    current = session.state.proofs.round
    assert current is not None and current.taken == 1
    assert current.passes == (not current.reasons)
    return current.reasons[0] if current.reasons else None


def face(**changes: object) -> FrameAssessment:
    return frame(good_face(**changes), content="01")


FRAMES = [
    ("good", face(), None),
    ("nobody", frame(), R.NO_FACE),
    ("not analysed", not_analysed(), R.NOT_ANALYSED),
    ("unreadable", frame(reasons=(R.FRAME_UNREADABLE,)), R.FRAME_UNREADABLE),
    ("harmless reason", frame(good_face(), reasons=(R.BACKGROUND_FACE,)), None),
    ("harmless, then blocking", frame(good_face(), reasons=(R.BACKGROUND_FACE, R.TOO_DARK)), R.TOO_DARK),
    ("two learners", frame(good_face(), good_face(), reasons=(R.MULTIPLE_FACES,)), R.MULTIPLE_FACES),
    ("bystander", frame(good_face(), good_face(similarity_bp=-500)), None),
    ("other main face", frame(good_face(similarity_bp=-500), good_face()), R.NOT_SAME_PERSON),
    ("poor view", face(quality_bp=1_499, reasons=(R.BACKGROUND_FACE, R.BLURRED)), R.BLURRED),
    ("poor view without a cause", face(quality_bp=1_499), R.IDENTITY_UNCERTAIN),
    ("quality just enough", face(quality_bp=1_500, reasons=(R.BLURRED,)), None),
    ("no PAD model", face(pad_bp=None), R.PAD_MISSING),
    ("picture of a face", face(pad_bp=4_999), R.PAD_ATTACK),
    ("PAD just enough", face(pad_bp=5_000), None),
    ("PAD before identity", face(pad_bp=0, similarity_bp=0), R.PAD_ATTACK),
    ("no reference", face(similarity_bp=None), R.REFERENCE_MISSING),
    ("older reference", frame(good_face(similarity_bp=None), reasons=(R.REFERENCE_OUTDATED,)), R.REFERENCE_OUTDATED),
    ("no reference seen from the side", face(similarity_bp=None, reasons=(R.POSE_TOO_FAR,)), R.POSE_TOO_FAR),
    ("someone else", face(similarity_bp=4_099), R.NOT_SAME_PERSON),
    ("someone else or a turned head", face(similarity_bp=4_099, reasons=(R.POSE_TOO_FAR,)), R.POSE_TOO_FAR),
    ("similarity just enough", face(similarity_bp=4_100), None),
]


@pytest.mark.parametrize(
    ("assessment", "expected"), [(a, r) for _, a, r in FRAMES], ids=[name for name, _, _ in FRAMES]
)
def test_what_a_capture_counts_as(assessment: FrameAssessment, expected: ReasonCode | None) -> None:
    assert judged(assessment) is expected


@pytest.mark.parametrize(
    ("proofs", "shown", "expected"),
    [
        (("presence",), face(pad_bp=None, similarity_bp=None), None),
        (("presence",), face(quality_bp=0), R.IDENTITY_UNCERTAIN),
        (("presence", "pad"), face(similarity_bp=None), None),
        (("presence", "pad"), face(pad_bp=None), R.PAD_MISSING),
        (("identity",), face(pad_bp=None), None),
        (("identity",), face(similarity_bp=None), R.REFERENCE_MISSING),
    ],
)
def test_only_the_proofs_asked_for_are_needed(
    proofs: tuple[str, ...], shown: FrameAssessment, expected: ReasonCode | None
) -> None:
    assert judged(shown, Policy(proofs=proofs)) is expected


def test_a_picture_seen_in_another_session_is_a_duplicate() -> None:
    assert judged(face(), seen_before=True) is R.DUPLICATE_FRAME


def test_a_face_that_studies_in_another_account_too_goes_to_a_reviewer() -> None:
    assert judged(face(), elsewhere=True) is R.FACE_IN_TWO_SESSIONS
    assert judged(face(), elsewhere=None) is None
    assert judged(face(similarity_bp=0), elsewhere=True) is R.NOT_SAME_PERSON, "another face is no face of theirs"
    assert judged(frame(), elsewhere=True) is R.NO_FACE


def test_near_copies_are_an_indicator_once() -> None:
    session = Hands(replace(FULL, schema=ENDS_SINCE_SCHEMA))
    session.receive()
    for copies in (3, 4):
        event = e.CaptureAssessed(at_ms=session.now_ms, capture_id="c0-0", assessment=face(), copies=copies)
        proofs._recording(session.turn(), event)
    assert dict(session.state.credit.indicators)[R.DUPLICATE_FRAME] == 1
    assert session.state.samples.copies == 4


def test_an_unreadable_frame_is_a_miss_even_if_seen_before() -> None:
    assert judged(not_analysed(), seen_before=True) is R.NOT_ANALYSED


def test_the_same_picture_twice_is_frozen_and_later_a_duplicate() -> None:
    session = Hands(FULL)
    session.round()
    put(session.state, proofs={"next_active_ms": 0})
    session.beat()
    session.capture(frame(good_face(), content=session.state.proofs.contents[-1]))
    assert session.state.proofs.round is not None
    assert session.state.proofs.round.reasons == (R.CAMERA_FROZEN,)
    session.capture(frame(good_face(), content=session.state.proofs.contents[0]))
    assert session.state.proofs.round.reasons == (R.CAMERA_FROZEN, R.DUPLICATE_FRAME)
    assert session.state.proofs.round.refusals == 2
    assert session.indicated() == {"CAMERA_FROZEN": 1, "DUPLICATE_FRAME": 1}


def test_without_content_nothing_is_remembered() -> None:
    session = Hands(FULL)
    session.round(frame(good_face()))
    assert len(session.state.proofs.contents) == 2  # the helper numbers them
    session = Hands(FULL)
    session.capture(frame(good_face()))
    session.capture(frame(good_face()))
    assert session.state.proofs.contents == ()
    assert session.state.proofs.hold is None


def test_the_last_pictures_are_remembered_and_no_more() -> None:
    session = Hands(FULL)
    put(session.state, proofs={"contents": tuple(f"{n:016x}" for n in range(100, 164))})
    session.capture(frame(good_face(), content="new"))
    assert len(session.state.proofs.contents) == 64
    assert session.state.proofs.contents[0] == f"{101:016x}"
    assert session.state.proofs.contents[-1] == "new"


BAD = {
    "pass": face(),
    "miss": frame(),
    "refusal": face(similarity_bp=0),
    "lack": face(similarity_bp=None),
    "dropped": not_analysed(),
}


def run(shown: list[str], policy: Policy = POLICY) -> Hands:
    """Run a first round on these pictures, as far as it goes."""
    session = Hands(policy)
    for number, name in enumerate(shown):
        assert session.state.proofs.round is not None, f"the round ended after {number} of {shown}"
        picture = BAD[name]
        session.capture(replace(picture, content=f"{number:016x}") if picture.faces else picture)
    return session


@pytest.mark.parametrize(
    "shown",
    [
        ["pass", "pass"],
        ["miss", "pass", "pass"],
        ["miss"] * 6 + ["pass"] * 2,
        ["refusal"] * 3 + ["pass"] * 2,
        ["lack"] * 2 + ["pass"] * 2,
        ["pass"] + ["miss"] * 6 + ["pass"],
        ["pass", "refusal", "lack", "miss", "pass"],
        ["dropped"] * 6 + ["pass"] * 2,
        ["lack"] * 2 + ["dropped"] * 4 + ["pass"] * 2,
    ],
)
def test_rounds_that_pass(shown: list[str]) -> None:
    session = run(shown)
    assert session.state.proofs.round is None
    assert session.state.proofs.hold is None
    assert session.state.proofs.opening_lack is None


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        (["refusal"] * 4, R.NOT_SAME_PERSON),
        (["pass"] + ["refusal"] * 4, R.NOT_SAME_PERSON),
        (["miss"] * 8, R.NO_FACE),
        (["miss"] * 7 + ["pass"], R.NO_FACE),
        (["miss"] * 7 + ["lack"], R.NO_FACE),
        (["miss"] * 7 + ["refusal"], R.NOT_SAME_PERSON),
    ],
)
def test_rounds_that_fail_and_the_reason_given(shown: list[str], reason: ReasonCode) -> None:
    session = run(shown)
    assert session.state.proofs.round is None
    assert session.state.proofs.hold is reason


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        (["lack"] * 3, R.REFERENCE_MISSING),
        (["pass", "lack", "lack", "lack"], R.REFERENCE_MISSING),
        (["miss"] * 6 + ["lack"] * 2, R.REFERENCE_MISSING),
        (["miss"] * 6 + ["pass", "lack"], R.REFERENCE_MISSING),
        (["dropped"] * 5 + ["lack"] * 3, R.NOT_ANALYSED),
        (["dropped"] * 8, R.NOT_ANALYSED),
        (["dropped"] * 7 + ["pass"], R.NOT_ANALYSED),
        (["dropped"] * 6 + ["miss", "pass"], R.NOT_ANALYSED),
    ],
)
def test_rounds_that_a_person_must_decide(shown: list[str], reason: ReasonCode) -> None:
    session = run(shown)
    assert session.state.proofs.round is None
    assert session.state.proofs.hold is None
    assert session.state.proofs.opening_lack is reason


def test_one_more_capture_decides_where_one_less_did_not() -> None:
    for shown in (["pass"], ["refusal"] * 3, ["lack"] * 2, ["miss"] * 7, ["dropped"] * 7):
        assert run(shown).state.proofs.round is not None


def test_a_busy_service_is_given_time_and_does_not_ask_to_face_the_camera() -> None:
    for count in (1, 4):
        session = Hands()
        for _ in range(count):
            session.capture(not_analysed())
        assert session.state.proofs.round is not None
        assert session.state.proofs.round.retake_at_ms == session.now_ms + POLICY.retake_prompted_ms
        session.tick(POLICY.retake_prompted_ms)
        assert session.of(d.OrderCapture)[-1].prompt is None
    session.capture(frame())
    assert session.state.proofs.round.retake_at_ms == session.now_ms + POLICY.retake_ms


@pytest.mark.parametrize(
    ("reasons", "outcome", "told"),
    [
        ((R.NO_FACE, R.TOO_DARK, R.TOO_DARK), Outcome.FAILED, R.TOO_DARK),
        ((R.TOO_DARK, R.TOO_DARK, R.PAD_ATTACK), Outcome.FAILED, R.PAD_ATTACK),
        ((R.PAD_ATTACK, R.NOT_ANALYSED, R.PAD_MISSING, R.PAD_MISSING), Outcome.UNDECIDED, R.PAD_MISSING),
        ((), Outcome.FAILED, R.CAPTURE_MISSED),
    ],
)
def test_the_most_frequent_reason_of_the_deciding_kind_is_told(
    reasons: tuple[ReasonCode, ...], outcome: Outcome, told: ReasonCode
) -> None:
    assert captures.telling(reasons, outcome) is told


def test_captures_are_numbered_and_carry_drawn_nonces() -> None:
    session = run(["miss", "miss"])
    orders = session.of(d.OrderCapture)
    assert [order.capture_id for order in orders] == ["c0-0", "c0-1"]
    assert [order.nonce for order in orders] == [draw(session.state.lots, "capture", n)[:16].hex() for n in (0, 1)]
    session = Hands().begin().play(120_000)
    later = session.of(d.OrderCapture)[2]
    assert later.capture_id == "c1-0"
    assert later.nonce == draw(session.state.lots, "capture", 1_000)[:16].hex()


@pytest.mark.parametrize(("proofs", "identity"), [(("presence",), False), (("identity",), True), (("pad",), True)])
def test_orders_say_whether_the_picture_must_show_who_it_is(proofs: tuple[str, ...], identity: bool) -> None:
    session = Hands(Policy(proofs=proofs))
    out = session.receive()
    assert session.of(d.OrderCapture)[0].identity is identity
    assert out == (d.AnalyseCapture(capture_id="c0-0", identity=identity),)


@pytest.mark.parametrize(("extra_pct", "deadline_ms", "retake_ms"), [(0, 15_000, 4_000), (50, 22_500, 6_000)])
def test_deadlines_follow_the_allowance(extra_pct: int, deadline_ms: int, retake_ms: int) -> None:
    session = Hands(extra_time_pct=extra_pct)
    assert session.of(d.OrderCapture)[0].deadline_ms == session.now_ms + deadline_ms
    for _ in range(2):
        session.capture(frame())
        assert session.state.proofs.round is not None
        assert session.state.proofs.round.retake_at_ms == session.now_ms + 1_200
    session.capture(frame())
    assert session.state.proofs.round.retake_at_ms == session.now_ms + retake_ms


def test_the_learner_is_asked_after_two_silent_misses() -> None:
    session = run(["miss", "miss", "miss", "miss"])
    session.tick(4_000)
    assert [order.prompt for order in session.of(d.OrderCapture)] == [None, None, None, R.NO_FACE, R.NO_FACE]


def test_the_cure_asks_at_once_and_says_why() -> None:
    session = run(["refusal"] * 4)
    session.tick(session.policy.cure_ms)
    assert session.of(d.OrderCapture)[-1].prompt is R.NOT_SAME_PERSON
    session.capture(frame())
    session.capture(frame())
    assert session.of(d.OrderCapture)[-1].prompt is R.NOT_SAME_PERSON


def test_a_round_in_progress_is_not_begun_again() -> None:
    session = Hands()
    put(session.state, proofs={"due_ms": 5})
    turn = session.turn()
    proofs.begin_round(turn)
    assert turn.out == []
    assert (session.state.proofs.rounds, session.state.proofs.due_ms) == (1, 0)


def test_without_a_round_nothing_is_ordered_or_counted() -> None:
    session = Hands().begin()
    before = session.state.copy()
    turn = session.turn()
    proofs.order_capture(turn)
    proofs.repeat_order(turn)
    assert proofs.miss(turn) is None
    assert turn.out == []
    assert session.state == before
    with pytest.raises(AssertionError, match="outside a round"):
        proofs._count(turn, None)
