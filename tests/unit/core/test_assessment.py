"""The replay boundary: integers and codes, and a dropped frame that never looks good."""

from __future__ import annotations

from zaichang.core.assessment import FaceFinding, FrameAssessment, not_analysed
from zaichang.core.reasons import ReasonCode


def test_the_main_face_comes_first() -> None:
    first, second = (FaceFinding(box_px=(n, 0, 1, 1), score_bp=9_000) for n in range(2))
    assert FrameAssessment(width_px=1, height_px=1, faces=(first, second)).main is first
    assert FrameAssessment(width_px=1, height_px=1).main is None


def test_a_dropped_frame_has_no_face_and_says_so() -> None:
    assessment = not_analysed()
    assert assessment.main is None
    assert assessment.reasons == (ReasonCode.NOT_ANALYSED,)
    assert (assessment.width_px, assessment.height_px, assessment.content, assessment.phash) == (0, 0, "", "")


def test_what_no_model_computed_is_absent_not_zero() -> None:
    face = FaceFinding(box_px=(0, 0, 1, 1), score_bp=9_000)
    assert face.pad_bp is None
    assert face.similarity_bp is None
    assert face.quality_bp == 0, "an uncomputed quality does not pass"
