"""Pictures that arrive, late ones, cameras, and captures that cannot be taken."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.desk import POLICY, frame, good_face, put
from support.hands import Hands
from unit.session.owners.test_proofs import judged
from zaichang.core.assessment import FaceFinding
from zaichang.core.reasons import ReasonCode
from zaichang.session import decisions as d
from zaichang.session import events as e
from zaichang.session.owners import proofs
from zaichang.session.values import Outcome, Phase, Round

R = ReasonCode


class TestReceive:
    """I7: only the picture that was asked for, now, with its nonce."""

    @pytest.mark.parametrize("capture_id", ["c0-1", "c1-0", ""])
    def test_another_capture_is_late(self, capture_id: str) -> None:
        session = Hands()
        before = session.state
        out = session.receive(capture_id=capture_id)
        assert out == (d.RejectCapture(capture_id=capture_id, reason=R.CAPTURE_LATE),)
        assert session.state == before

    def test_a_second_picture_for_one_order_is_late(self) -> None:
        session = Hands()
        session.receive()
        before = session.state
        assert session.receive()[0] == d.RejectCapture(capture_id="c0-0", reason=R.CAPTURE_LATE)
        assert session.state == before

    def test_between_two_captures_every_picture_is_late(self) -> None:
        session = Hands()
        session.capture(frame())
        assert session.state.proofs.round is not None
        before = session.state
        used = session.state.proofs.round.nonce
        out = session.do(e.CaptureReceived, capture_id="", nonce=used)
        assert out == (d.RejectCapture(capture_id="", reason=R.CAPTURE_LATE),)
        session.do(e.CaptureUnavailable, capture_id="")
        session.do(e.CaptureAssessed, capture_id="", assessment=session.picture())
        assert session.state == before

    def test_outside_a_round_every_picture_is_late(self) -> None:
        session = Hands().begin()
        out = session.do(e.CaptureReceived, capture_id="c0-1", nonce="x")
        assert out == (d.RejectCapture(capture_id="c0-1", reason=R.CAPTURE_LATE),)

    def test_a_wrong_nonce_is_refused_and_an_indicator(self) -> None:
        session = Hands()
        out = session.receive(nonce="00" * 16)
        assert out == (d.RejectCapture(capture_id="c0-0", reason=R.CAPTURE_NONCE),)
        assert session.indicated() == {"CAPTURE_NONCE": 1}
        assert session.state.proofs.round is not None and not session.state.proofs.round.received
        assert isinstance(session.receive()[0], d.AnalyseCapture), "the right one is still accepted"

    def test_a_virtual_camera_is_an_indicator_and_no_verdict(self) -> None:
        session = Hands()
        session.round(virtual_camera=True)
        assert session.indicated() == {"VIRTUAL_CAMERA": 2}
        assert session.state.proofs.hold is None

    def test_the_first_camera_is_no_change(self) -> None:
        session = Hands().round()
        assert session.state.proofs.camera == "cam-1"
        assert session.indicated() == {}

    @pytest.mark.parametrize("cameras", [("cam-1", "cam-2"), ("cam-1", ""), ("", "cam-1")])
    def test_a_change_of_camera_takes_back_what_passed_before_it(self, cameras: tuple[str, str]) -> None:
        session = Hands()
        session.capture(camera=cameras[0])
        session.capture(camera=cameras[1])
        assert session.state.proofs.round is not None
        assert session.state.proofs.round.passes == 1
        session.capture(camera=cameras[1])
        assert session.state.proofs.hold is None
        assert session.indicated() == ({"CAMERA_CHANGED": 1} if cameras[0] else {})

    def test_an_alternating_camera_never_passes(self) -> None:
        session = Hands()
        for number in range(8):
            session.capture(camera=("cam-1", "", "cam-2", "")[number % 4])
        assert session.state.proofs.round is None
        assert session.state.playback.phase is Phase.AWAITING_CAPTURE
        assert session.state.proofs.hold is not R.AWAITING_PROOF

    def test_an_accepted_picture_has_a_minute_to_be_analysed(self) -> None:
        session = Hands()
        session.receive()
        session.tick(59_999)
        assert session.state.proofs.round is not None and session.state.proofs.round.received
        session.tick(1)
        assert session.state.proofs.round.reasons == (R.NOT_ANALYSED,)


def test_an_assessment_that_is_not_awaited_changes_nothing() -> None:
    session = Hands()
    for capture_id in ("c0-0", "c9-9"):  # not received yet; never ordered
        before = session.state
        session.do(e.CaptureAssessed, capture_id=capture_id, assessment=session.picture())
        assert session.state == before
    session.begin()
    before = session.state
    session.do(e.CaptureAssessed, capture_id="c0-1", assessment=session.picture())
    assert session.state == before
    put(session.state, proofs={"next_active_ms": 0})
    session.tick()
    session.receive()
    before = session.state
    session.do(e.CaptureAssessed, capture_id="c0-1", assessment=session.picture())
    assert session.state == before


@pytest.mark.parametrize(
    ("claimed", "counted"),
    [
        (R.CAMERA_UNAVAILABLE, R.CAMERA_UNAVAILABLE),
        (R.PAGE_HIDDEN, R.PAGE_HIDDEN),
        (R.SESSION_FINISHED, R.CAMERA_UNAVAILABLE),
    ],
)
def test_a_capture_that_cannot_be_taken_is_a_miss_at_once(claimed: ReasonCode, counted: ReasonCode) -> None:
    session = Hands()
    session.do(e.CaptureUnavailable, capture_id="c0-0", reason=claimed)
    assert session.state.proofs.round is not None
    assert session.state.proofs.round.reasons == (counted,)


def test_a_claim_about_another_capture_is_ignored() -> None:
    session = Hands()
    before = session.state
    session.do(e.CaptureUnavailable, capture_id="c0-1")
    assert session.state == before
    session.receive()
    before = session.state
    session.do(e.CaptureUnavailable, capture_id="c0-0")
    assert session.state == before, "a received picture cannot be taken back"
    session = Hands().begin()
    before = session.state
    session.do(e.CaptureUnavailable, capture_id="c0-1")
    assert session.state == before


@pytest.mark.parametrize(("misses", "reason"), [(2, None), (3, R.NO_FACE)])
def test_a_pass_only_after_being_called_says_so(misses: int, reason: ReasonCode | None) -> None:
    session = Hands()
    put(
        session.state,
        proofs={"round": replace(Round(number=0), capture_id="c0-0", received=True, passes=1, taken=misses + 2)},
    )
    put(
        session.state,
        proofs={"round": replace(session.state.proofs.round, reasons=(R.BLURRED,) * 4 + (R.NO_FACE,) * misses)},
    )
    event = e.CaptureAssessed(at_ms=session.now_ms, capture_id="c0-0", assessment=frame(good_face()))
    assert proofs.assess(session.turn(), event) == (Outcome.PASSED, reason)


def test_an_unknown_kind_of_face_finding_is_not_needed_here() -> None:
    assert FaceFinding(box_px=(0, 0, 1, 1), score_bp=0).pad_bp is None
    assert judged(frame(FaceFinding(box_px=(0, 0, 1, 1), score_bp=9_999, quality_bp=9_999))) is R.PAD_MISSING


def test_the_prompt_gives_the_last_reason() -> None:
    session = Hands()
    for shown in (frame(), frame(), frame(good_face(), reasons=(R.TOO_DARK,))):
        session.capture(shown)
    session.tick(session.policy.retake_prompted_ms)
    assert session.of(d.OrderCapture)[-1].prompt is R.TOO_DARK


def test_a_learner_who_came_only_when_called_is_told_why() -> None:
    session = Hands(replace(POLICY, excuses=0)).begin()
    put(session.state, challenges={"next_active_ms": 10_000_000})
    session.wait(5_000).beat(5_000)
    put(session.state, proofs={"next_active_ms": 0})
    session.tick()
    for shown in (frame(), frame(reasons=(R.CAMERA_COVERED,)), frame(reasons=(R.CAMERA_COVERED,))):
        session.capture(shown)
    session.round()
    assert session.state.proofs.hold is None
    assert R.NO_FACE in session.state.credit.minutes[-1].reasons
    assert R.CAMERA_COVERED not in session.state.credit.minutes[-1].reasons
