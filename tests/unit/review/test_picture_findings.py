"""Each picture says what was found in it."""

from __future__ import annotations

from zaichang.core.assessment import FaceFinding, FrameAssessment, not_analysed
from zaichang.core.canonical import canonical_bytes
from zaichang.core.reasons import ReasonCode
from zaichang.review.picture_findings import PictureFinding, picture_findings
from zaichang.session.codec import encode_event
from zaichang.session.events import CaptureAssessed, CaptureUnavailable

STRANGER = FaceFinding(
    box_px=(0, 0, 100, 100),
    score_bp=9_000,
    quality_bp=8_000,
    similarity_bp=1_200,
    reasons=(ReasonCode.NOT_SAME_PERSON,),
)


def test_a_picture_has_the_reasons_of_its_frame_and_of_its_main_face_once_each() -> None:
    events = [
        CaptureAssessed(
            at_ms=1, capture_id="c1", assessment=FrameAssessment(width_px=640, height_px=480, faces=(STRANGER,))
        ),
        CaptureUnavailable(at_ms=2, capture_id="c2"),
        CaptureAssessed(at_ms=3, capture_id="c3", assessment=not_analysed(), seen_before=True),
        CaptureAssessed(
            at_ms=4,
            capture_id="c4",
            assessment=FrameAssessment(
                width_px=640, height_px=480, faces=(STRANGER, STRANGER), reasons=(ReasonCode.NOT_SAME_PERSON,)
            ),
        ),
    ]
    found = picture_findings(canonical_bytes(encode_event(event)) for event in events)
    assert found == {
        "c1": PictureFinding(reasons=(ReasonCode.NOT_SAME_PERSON,), faces=1, similarity_bp=1_200, quality_bp=8_000),
        "c3": PictureFinding(
            reasons=(ReasonCode.DUPLICATE_FRAME, ReasonCode.NOT_ANALYSED), faces=0, similarity_bp=None, quality_bp=None
        ),
        "c4": PictureFinding(reasons=(ReasonCode.NOT_SAME_PERSON,), faces=2, similarity_bp=1_200, quality_bp=8_000),
    }
