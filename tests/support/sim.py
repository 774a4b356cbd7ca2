"""For tests of the simulation: an analysis without models, and scenarios from text."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np

from zaichang.biometric.template import Template
from zaichang.core.assessment import FaceFinding, FrameAssessment
from zaichang.core.frames import PhotoResult, Wanted
from zaichang.core.reasons import ReasonCode
from zaichang_simulation.analysis import Gallery
from zaichang_simulation.engine import simulate
from zaichang_simulation.format.loader import parse
from zaichang_simulation.result import Result

POLICY = '[policy]\nproofs = ["presence", "identity"]\nliveness_start = false\nliveness_bracket = false\n'
HEAD = f'format = 1\nname = "test"\n{POLICY}'


class PaintedAnalyser:
    """Sees a face in every picture that is neither dark nor uniform; everybody is the same person."""

    def assess(self, frame: bytes, *, want: Wanted, reference: Template | None = None) -> FrameAssessment:
        """Return one good face, or none."""
        pixels = cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_GRAYSCALE)
        if pixels is None:
            return FrameAssessment(width_px=0, height_px=0, reasons=(ReasonCode.FRAME_UNREADABLE,))
        height, width = pixels.shape
        content = hashlib.sha256(frame).hexdigest()[:16]
        if pixels.mean() < 20:
            return FrameAssessment(
                width_px=width, height_px=height, content=content, reasons=(ReasonCode.CAMERA_COVERED,)
            )
        face = FaceFinding(
            box_px=(10, 10, 100, 100),
            score_bp=9000,
            quality_bp=8000,
            pad_bp=9000,
            similarity_bp=8000 if reference is not None else None,
        )
        return FrameAssessment(width_px=width, height_px=height, content=content, faces=(face,))

    def enrol(self, image: bytes) -> PhotoResult:
        """Return a reference."""
        vectors = np.eye(1, 128, dtype=np.float32)
        return PhotoResult(
            template=Template(embedder="0" * 16, vectors=vectors).encode(),
            quality_bp=9000,
            reasons=(),
            assessment=FrameAssessment(width_px=8, height_px=8),
            thresholds="test",
        )


def play(body: str, *, gallery: Gallery | None = None, folder: Path | None = None, head: str = HEAD) -> Result:
    """Run a scenario given as text."""
    return simulate(parse(head + body, folder or Path.cwd()), gallery or Gallery(PaintedAnalyser()))
