"""The numbers that decide, with a version that every verdict records. Changing one is a new version and an ADR."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The thresholds for same person, bona fide and usable.

    Attributes:
        version: Recorded with each assessment.
        similarity_bp: At or above is the same person in one comparison. Calibrated on the strictest cohort measured
            (docs/accuracy.md): the value that gives FMR 0.1 % on LFW gives 5.2 % on East-Asian subjects.
        pad_bp: Bona fide probability at or above is a live person in one frame.
        quality_bp: A face with lower quality can neither confirm nor deny an identity.
        enrol_quality_bp: A reference needs at least this quality.
        second_face_ratio_bp: A second face whose side is at least this part of the main one's is a second person at
            the screen; a smaller one is a person behind.
    """

    version: str = "2026-11-27"
    similarity_bp: int = 4100
    pad_bp: int = 5000
    quality_bp: int = 2500
    enrol_quality_bp: int = 4000
    second_face_ratio_bp: int = 5500


DEFAULT_THRESHOLDS = Thresholds()
