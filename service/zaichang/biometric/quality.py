"""The quality of a face: is it good enough to decide on? Six parts, each 0..10000, and the reasons.

The limits follow from the needs of embedder and mesh, not from the person: docs/accuracy.md shows the error rates
below and above them. No limit depends on skin tone; exposure is judged on the face's own range.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from zaichang.biometric.pose import HeadPose
from zaichang.core.reasons import ReasonCode
from zaichang.core.units import BP_ONE, to_bp

_RED_DIFFERENCE: Final = np.array([-0.713 * 0.114, -0.713 * 0.587, 0.713 * (1 - 0.299)], dtype=np.float32)
_RED_DIFFERENCE.setflags(write=False)
_POWERS: Final = np.stack([np.arange(256), np.arange(256) ** 2], axis=1)
_POWERS.setflags(write=False)

PARTS: Final = ("size", "pose", "sharpness", "exposure", "occlusion", "framing")


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityLimits:
    """Where a part is 0 and where it is full; a reason is given below ``reason_bp``.

    Attributes:
        size_none_px: Eye distance at which the size part is 0.
        size_full_px: Eye distance from which it is full (ISO/IEC 29794-5 asks 90 for passports; captures need less).
        yaw_none_deg: Turn at which the pose part is 0.
        pitch_none_deg: Nod at which the pose part is 0.
        free_deg: Turn or nod that costs nothing.
        sharp_full: Relative sharpness from which that part is full. Webcams of 2010 (NUAA) and LFW lie at 0.02
            to 0.05 and match well; a 90-px face blurred by a Gaussian of 3 px lies below 0.01.
        dark_luma: Mean face brightness (0..255) at which the exposure part is 0.
        bright_luma: Likewise on the bright side.
        reason_bp: A part below this is named as a reason.
    """

    size_none_px: float = 10.0
    size_full_px: float = 45.0
    yaw_none_deg: float = 60.0
    pitch_none_deg: float = 50.0
    free_deg: float = 10.0
    sharp_full: float = 0.05
    dark_luma: float = 20.0
    bright_luma: float = 250.0
    reason_bp: int = 2500


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceMeasures:
    """The measurements that quality is computed from.

    Attributes:
        eye_distance_px: Distance of the eyes in frame pixels.
        pose: Head pose.
        inside: Part of the face box inside the frame, 0..1.
        mesh_presence: The mesh's own probability that a face is there, 0..1; 1 where no mesh was run.
        lower_face_covered: Probability 0..1 that mouth and nose are covered, by colour; 0 where not judged.
    """

    eye_distance_px: float
    pose: HeadPose
    inside: float
    mesh_presence: float = 1.0
    lower_face_covered: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The six parts in the order of ``PARTS``, the lowest of them, and the reasons, worst first."""

    parts_bp: tuple[tuple[str, int], ...]
    quality_bp: int
    reasons: tuple[ReasonCode, ...]


def _ramp(value: float, none: float, full: float) -> float:
    return min(max((value - none) / (full - none), 0.0), 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tones:
    """The grey values of an aligned face: one histogram replaces a sort that takes ten times as long.

    Attributes:
        mean: Mean, 0..255.
        spread: Standard deviation.
        low: 5th percentile.
        high: 95th percentile.
        burnt: Part of the pixels at 253 or more.
    """

    mean: float
    spread: float
    low: int
    high: int
    burnt: float

    @classmethod
    def of(cls, grey: NDArray[np.uint8]) -> _Tones:
        """Count the grey values ``(h, w)``."""
        counts = np.bincount(grey.ravel(), minlength=256)
        mean, square = (counts @ _POWERS / grey.size).tolist()
        low, high = np.cumsum(counts).searchsorted((0.05 * grey.size, 0.95 * grey.size)).tolist()
        burnt = int(counts[253:].sum()) / grey.size
        return cls(mean=mean, spread=math.sqrt(max(square - mean * mean, 0.0)), low=low, high=high, burnt=burnt)


def sharpness(grey: NDArray[np.uint8], spread: float) -> float:
    """Return how much of the face's contrast lies in fine detail, 0 up.

    The mean absolute Laplacian over the standard deviation of grey values: free of brightness and contrast. The
    face must be given at a fixed size, or a near face would look blurred.

    Args:
        grey: ``(h, w)`` grey values of the aligned face.
        spread: Their standard deviation.
    """
    if spread < 2.0:
        return 0.0
    # Rows end to end: neighbours are plain shifts, and the columns where a row's end meets the next are dropped after.
    height, width = grey.shape
    values = grey.astype(np.int16).ravel()
    laplacian = values[width:-width] * np.int16(4)
    left, right = values[width - 1 : -width - 1], values[width + 1 : -width + 1]
    for neighbour in (values[: -2 * width], values[2 * width :], left, right):
        laplacian -= neighbour
    np.abs(laplacian, out=laplacian)
    inner = laplacian.reshape(height - 2, width)[:, 1:-1]
    return int(inner.sum(dtype=np.int32)) / inner.size / (4 * spread)


def _exposure(tones: _Tones, limits: QualityLimits) -> tuple[float, ReasonCode | None]:
    dark, flat = limits.dark_luma, tones.high - tones.low
    parts = (
        (_ramp(tones.mean, dark, dark + 35), ReasonCode.TOO_DARK),
        (_ramp(limits.bright_luma - tones.mean, 0.0, 30.0), ReasonCode.TOO_BRIGHT),
        (_ramp(flat, 8.0, 40.0), ReasonCode.TOO_DARK if tones.mean < 128 else ReasonCode.TOO_BRIGHT),
        (1.0 - _ramp(tones.burnt, 0.15, 0.5), ReasonCode.TOO_BRIGHT),
    )
    part, reason = min(parts, key=lambda item: item[0])
    return part, reason if to_bp(part) < limits.reason_bp else None


def lower_face_covered(aligned_bgr: NDArray[np.uint8]) -> float:
    """Return how likely a mask covers mouth and nose, 0..1, from the redness that skin has and cloth lacks.

    Mouth and chin of a bare face are as red as cheeks and brow (Cr of YCrCb), bearded or not; cloth is less so. On
    grey pictures, and for masks of skin colour, this says 0.

    Args:
        aligned_bgr: ``(112, 112, 3)`` the aligned face.
    """
    # Cr = 0.713 (R - Y) is linear, so one product over the part that is looked at gives it.
    cr = aligned_bgr[30:108, 30:82].astype(np.float32) @ _RED_DIFFERENCE
    cheeks = np.concatenate([cr[26:38, :16].ravel(), cr[26:38, 36:52].ravel()])
    upper = _median(np.concatenate([cheeks, cr[:14, 12:40].ravel()]))
    lower = _median(cr[50:78, 6:46].ravel())
    return _ramp(upper - lower, 9.0, 18.0)


def _median(values: NDArray[np.float32]) -> float:
    """Return the median; ``np.median`` spends more time on generality than on a thousand numbers."""
    middle = len(values) // 2
    ordered = np.partition(values, (middle - 1, middle))
    return float(ordered[middle] if len(values) % 2 else (ordered[middle - 1] + ordered[middle]) / 2)


def assess_quality(
    measures: FaceMeasures, aligned_grey: NDArray[np.uint8], limits: QualityLimits | None = None
) -> Quality:
    """Return the quality of one face.

    Args:
        measures: Numbers about the face in its frame.
        aligned_grey: ``(112, 112)`` grey values of the aligned face.
        limits: By default ``QualityLimits()``.
    """
    limits = limits or QualityLimits()
    pose = measures.pose
    turn = 1 - _ramp(abs(pose.yaw_deg), limits.free_deg, limits.yaw_none_deg)
    nod = 1 - _ramp(abs(pose.pitch_deg), limits.free_deg, limits.pitch_none_deg)
    tones = _Tones.of(aligned_grey)
    light, light_reason = _exposure(tones, limits)
    # Fine detail cannot be told from noise in a face that was enlarged, so blur is judged only against its own size.
    values = (
        _ramp(measures.eye_distance_px, limits.size_none_px, limits.size_full_px),
        min(turn, nod),
        _ramp(sharpness(aligned_grey, tones.spread), 0.0, limits.sharp_full),
        light,
        min(_ramp(measures.mesh_presence, 0.2, 0.8), 1 - measures.lower_face_covered),
        _ramp(measures.inside, 0.7, 0.97),
    )
    reasons = (
        ReasonCode.FACE_TOO_SMALL,
        ReasonCode.POSE_TOO_FAR,
        ReasonCode.BLURRED,
        light_reason,
        ReasonCode.FACE_MASKED if measures.lower_face_covered >= 0.5 else ReasonCode.FACE_OCCLUDED,
        ReasonCode.FACE_CUT_OFF,
    )
    scores = [min(max(to_bp(value), 0), BP_ONE) for value in values]
    named = sorted((score, reason) for score, reason in zip(scores, reasons, strict=True) if reason is not None)
    return Quality(
        parts_bp=tuple(zip(PARTS, scores, strict=True)),
        quality_bp=min(scores),
        reasons=tuple(reason for score, reason in named if score < limits.reason_bp),
    )


def camera_covered(grey: NDArray[np.uint8]) -> bool:
    """Return whether a frame is nearly one colour: a shutter, a finger, a black picture.

    Args:
        grey: The frame, small (32x32 is enough).
    """
    values = grey.astype(np.float32)
    return bool(values.std() < 6.0)
