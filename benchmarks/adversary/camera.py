"""The camera as an oracle: who is before it decides the assessment, without a picture.

The values are those that the real models give on the simulation's pictures, in round numbers.
"""

from __future__ import annotations

import random
from enum import StrEnum

from benchmarks.adversary.ways import Seat
from zaichang.core.assessment import FaceFinding, FrameAssessment
from zaichang.core.reasons import ReasonCode

WIDTH_PX, HEIGHT_PX = 480, 360
SPOILT = 0.03
"""Share of good pictures that are blurred by chance."""
_WEAK = (0.6, 0.8)
"""Of a learner who is badly seen: recognised weakly; a face without a similarity; no face at all."""


class View(StrEnum):
    """Who is before the camera."""

    LEARNER = "learner"
    LEARNER_BADLY_SEEN = "learner_badly_seen"
    EMPTY = "empty"
    OTHER = "other"
    BADLY_SEEN = "badly_seen"
    DUMMY = "dummy"


AWAY = {
    Seat.EMPTY: View.EMPTY,
    Seat.OTHER: View.OTHER,
    Seat.BADLY_SEEN: View.BADLY_SEEN,
    Seat.DUMMY: View.DUMMY,
}


def assess(view: View, chance: random.Random) -> FrameAssessment:
    """Return the assessment that vision would give a picture of this view."""
    if view is View.EMPTY:
        return _frame((), chance, ReasonCode.NO_FACE)
    if view is View.LEARNER:
        spoilt = chance.random() < SPOILT
        face = _face(chance, similarity_bp=5_200 if spoilt else 7_000, quality_bp=1_200 if spoilt else 7_000)
        return _frame((_with(face, ReasonCode.BLURRED) if spoilt else face,), chance)
    if view is View.LEARNER_BADLY_SEEN:
        lot = chance.random()
        if lot >= _WEAK[1]:
            return _frame((), chance, ReasonCode.NO_FACE)
        face = _face(chance, similarity_bp=2_800, quality_bp=1_100)
        return _frame((_with(face, ReasonCode.POSE_TOO_FAR, unknown=lot >= _WEAK[0]),), chance)
    if view is View.BADLY_SEEN:
        return _frame((_with(_face(chance, similarity_bp=600, quality_bp=1_100), ReasonCode.POSE_TOO_FAR),), chance)
    if view is View.OTHER:
        return _frame((_face(chance, similarity_bp=600, quality_bp=7_000),), chance)
    return _frame((_face(chance, similarity_bp=7_000, quality_bp=7_000, pad_bp=800),), chance)


def _face(chance: random.Random, *, similarity_bp: int, quality_bp: int, pad_bp: int = 9_000) -> FaceFinding:
    return FaceFinding(
        box_px=(chance.randrange(120, 200), chance.randrange(60, 120), chance.randrange(110, 150), 140),
        score_bp=9_000,
        yaw_cdeg=chance.randrange(-900, 900),
        pitch_cdeg=chance.randrange(-900, 900),
        quality_bp=quality_bp,
        pad_bp=pad_bp,
        similarity_bp=similarity_bp + chance.randrange(-500, 500),
    )


def _with(face: FaceFinding, reason: ReasonCode, *, unknown: bool = False) -> FaceFinding:
    return FaceFinding(
        box_px=face.box_px,
        score_bp=face.score_bp,
        yaw_cdeg=face.yaw_cdeg,
        pitch_cdeg=face.pitch_cdeg,
        quality_bp=face.quality_bp,
        pad_bp=face.pad_bp,
        similarity_bp=None if unknown else face.similarity_bp,
        reasons=(reason,),
    )


def _frame(faces: tuple[FaceFinding, ...], chance: random.Random, *reasons: ReasonCode) -> FrameAssessment:
    return FrameAssessment(
        width_px=WIDTH_PX,
        height_px=HEIGHT_PX,
        faces=faces,
        phash=f"{chance.getrandbits(64):016x}",
        content=f"{chance.getrandbits(64):016x}",
        luma_bp=5_000,
        reasons=reasons,
    )
