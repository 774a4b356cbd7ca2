"""A frame, the purpose of its analysis, and the result for an enrolment photo."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from zaichang.core.assessment import FrameAssessment
from zaichang.core.reasons import ReasonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The purpose of a frame; stages of the analysis that it does not need do not run.

    Attributes:
        mesh: Run the face mesh, for head pose and occlusion. Without it the pose is a rough one from five points.
        identity: Compute the embedding and compare it with the reference.
        liveness: Run PAD, where there is a PAD model.
    """

    mesh: bool = True
    identity: bool = False
    liveness: bool = False


PRESENCE: Final = Wanted()
IDENTITY: Final = Wanted(identity=True, liveness=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame to analyse.

    Attributes:
        data: Encoded picture.
        want: Its purpose.
        reference: The learner's encoded template, or None.
        deadline_ms_from_now: After this the answer is ``not_analysed()``.
    """

    data: bytes = field(repr=False)
    want: Wanted = PRESENCE
    reference: bytes | None = field(default=None, repr=False)
    deadline_ms_from_now: int = 5_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PhotoResult:
    """The result for one enrolment photo.

    Attributes:
        template: The encoded reference (``zaichang.biometric.template``); None where the photo was refused.
        quality_bp: Quality of the face, 0..10000.
        reasons: Why the photo was refused; empty where there is a template.
        assessment: The whole assessment of the photo.
        thresholds: Version of the thresholds that were applied.
    """

    template: bytes | None = field(repr=False)
    quality_bp: int
    reasons: tuple[ReasonCode, ...]
    assessment: FrameAssessment
    thresholds: str
