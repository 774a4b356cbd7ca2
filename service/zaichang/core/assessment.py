"""The analysis of one frame: integers and reason codes, and no data that could identify a face.

A verdict is computed from these values alone. They are stored and hashed, so that it can be computed again (replay).
"""

from __future__ import annotations

from dataclasses import dataclass

from zaichang.core.reasons import ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceFinding:
    """One face in a frame.

    Attributes:
        box_px: ``(x, y, width, height)`` in pixels of the decoded, upright frame; may reach over the border.
        score_bp: Detector score, 0..10000.
        yaw_cdeg: Head turned to its left is positive, hundredths of a degree; 0 where ``mesh`` did not run.
        pitch_cdeg: Head raised is positive.
        roll_cdeg: Head tilted to its right shoulder is positive.
        quality_bp: The lowest of ``quality_parts_bp``, 0..10000.
        quality_parts_bp: ``(name, value)`` pairs in a fixed order: size, pose, sharpness, exposure,
            occlusion, framing.
        pad_bp: Bona fide probability 0..10000, or None where no PAD model ran (never a pass).
        similarity_bp: Cosine similarity to the reference -10000..10000, or None where none was compared.
        reasons: Problems of this face, worst first; empty for a usable face.
    """

    box_px: tuple[int, int, int, int]
    score_bp: int
    yaw_cdeg: int = 0
    pitch_cdeg: int = 0
    roll_cdeg: int = 0
    quality_bp: int = 0
    quality_parts_bp: tuple[tuple[str, int], ...] = ()
    pad_bp: int | None = None
    similarity_bp: int | None = None
    reasons: tuple[ReasonCode, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameAssessment:
    """The analysis of one frame.

    Attributes:
        width_px: Width of the decoded, upright frame; 0 where it could not be decoded.
        height_px: Its height, likewise.
        faces: The faces. The main one (largest and most central) is first, faces behind it follow.
        phash: 64-bit perceptual hash of the frame, 16 hex digits; empty where it could not be decoded.
        content: Digest of the decoded picture, 16 hex digits: equal only for identical pictures; empty where it could
            not be
            decoded.
        luma_bp: Mean brightness, 0..10000.
        models: Digest of the models and thresholds that produced this, 16 hex digits.
        reasons: Problems of the whole frame, worst first; empty for a usable frame.
    """

    width_px: int
    height_px: int
    faces: tuple[FaceFinding, ...] = ()
    phash: str = ""
    content: str = ""
    luma_bp: int = 0
    models: str = ""
    reasons: tuple[ReasonCode, ...] = ()

    @property
    def main(self) -> FaceFinding | None:
        """The main face, if there is one."""
        return self.faces[0] if self.faces else None


def not_analysed() -> FrameAssessment:
    """Return the assessment of a frame that was dropped or timed out; it never counts as a pass."""
    return FrameAssessment(width_px=0, height_px=0, reasons=(ReasonCode.NOT_ANALYSED,))
