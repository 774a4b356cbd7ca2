"""Injection indicators: signs that pictures do not come from a live camera. Each is a hint, none is a verdict.

A virtual camera or a replayed stream is an injection attack, not a presentation attack: no texture test sees it. What
betrays it is repetition (the same pixels, a loop, a still sent again with changed low bits), missing sensor noise,
and a change of picture size in mid-session. Order and timing come in as indices and milliseconds from the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from zaichang.biometric.phash import hash_distance
from zaichang.core.assessment import FrameAssessment
from zaichang.core.reasons import ReasonCode


class Indicator(StrEnum):
    """The kinds of indicators."""

    SAME_PIXELS = "same_pixels"
    NEAR_COPY = "near_copy"
    LOOP = "loop"
    NO_SENSOR_NOISE = "no_sensor_noise"
    SIZE_CHANGED = "size_changed"


REASONS = {
    Indicator.SAME_PIXELS: ReasonCode.CAMERA_FROZEN,
    Indicator.NEAR_COPY: ReasonCode.DUPLICATE_FRAME,
    Indicator.LOOP: ReasonCode.DUPLICATE_FRAME,
    Indicator.NO_SENSOR_NOISE: ReasonCode.VIRTUAL_CAMERA,
    Indicator.SIZE_CHANGED: ReasonCode.CAMERA_CHANGED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InjectionLimits:
    """The limits of the indicators.

    Attributes:
        copy_bits: Perceptual hashes that differ in at most so many of 64 bits may be copies.
        copy_face_px: ... if the face box also moved by no more than this in any of its four numbers.
        copy_pose_cdeg: ... and no angle by more than this. A person never holds all eight that still for long.
        loop_frames: So many frames in a row that repeat earlier ones in order are a loop.
        noise: Least noise (standard deviation of grey levels) between two frames of a real sensor.
    """

    copy_bits: int = 2
    copy_face_px: int = 1
    copy_pose_cdeg: int = 60
    loop_frames: int = 3
    noise: float = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One indicator.

    Attributes:
        indicator: Its kind.
        frame: Index of the frame that shows it.
        earlier: Index of the frame that it repeats, or None.
        reason: Public reason code.
    """

    indicator: Indicator
    frame: int
    earlier: int | None = None

    @property
    def reason(self) -> ReasonCode:
        """The public reason code of this indicator."""
        return REASONS[self.indicator]


def near_copy(first: FrameAssessment, second: FrameAssessment, limits: InjectionLimits | None = None) -> bool:
    """Return whether two frames look like one picture sent twice, although their pixels differ.

    Frames without a face are never called copies: an empty room looks the same all day.
    """
    limits = limits or InjectionLimits()
    a, b = first.main, second.main
    if a is None or b is None or not first.phash or not second.phash:
        return False
    if hash_distance(first.phash, second.phash) > limits.copy_bits:
        return False
    box = max(abs(x - y) for x, y in zip(a.box_px, b.box_px, strict=True))
    pose = max(abs(a.yaw_cdeg - b.yaw_cdeg), abs(a.pitch_cdeg - b.pitch_cdeg), abs(a.roll_cdeg - b.roll_cdeg))
    return box <= limits.copy_face_px and pose <= limits.copy_pose_cdeg


def repetitions(frames: Sequence[FrameAssessment], limits: InjectionLimits | None = None) -> list[Finding]:
    """Return repeated pixels, near copies, loops and size changes in a session's captures, in frame order.

    Captures lie tens of seconds apart, so even a near copy of the frame before is odd. Works across sessions too: put
    the earlier session's captures first.

    Args:
        frames: Captures in order; unreadable ones may be among them.
        limits: By default ``InjectionLimits()``.
    """
    limits = limits or InjectionLimits()
    found: list[Finding] = []
    first_with: dict[str, int] = {}
    copies: dict[int, list[int]] = {}
    size: tuple[int, int] | None = None
    for index, frame in enumerate(frames):
        if not frame.width_px:
            continue
        if size is not None and (frame.width_px, frame.height_px) != size:
            found.append(Finding(indicator=Indicator.SIZE_CHANGED, frame=index))
        size = (frame.width_px, frame.height_px)
        earlier = [other for other in range(index) if _repeats(frames[other], frame, limits)]
        copies[index] = earlier
        if frame.content in first_with:
            found.append(Finding(indicator=Indicator.SAME_PIXELS, frame=index, earlier=first_with[frame.content]))
        elif earlier:
            found.append(Finding(indicator=Indicator.NEAR_COPY, frame=index, earlier=earlier[-1]))
        first_with.setdefault(frame.content, index)
        start = _loop_start(copies, index, limits.loop_frames)
        if start is not None:
            found.append(Finding(indicator=Indicator.LOOP, frame=index, earlier=start))
    return found


def _repeats(first: FrameAssessment, second: FrameAssessment, limits: InjectionLimits) -> bool:
    return bool(first.content) and (first.content == second.content or near_copy(first, second, limits))


def _loop_start(copies: dict[int, list[int]], index: int, length: int) -> int | None:
    """Return the end of an earlier run of ``length`` frames that the last ``length`` frames repeat in order."""
    for end in copies[index]:
        if end <= index - length and all(
            end - step in copies.get(index - step, ()) for step in range(length) if index - step >= 0
        ):
            return end
    return None


def sensor_noise(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Return the noise between two frames taken within a second: the spread of their difference where nothing moved.

    The median over 16x16 blocks of the difference's standard deviation, the quieter half of the blocks, so that
    motion does not count. A live webcam gives 1 to 6 even after JPEG; a still shown by a virtual camera gives 0.

    Args:
        first: ``(h, w)`` grey.
        second: ``(h, w)`` grey.

    Raises:
        ValueError: Where the shapes differ or are smaller than a block.
    """
    if first.shape != second.shape or first.ndim != 2 or min(first.shape) < 16:
        raise ValueError(f"two grey frames of one size are needed, got {first.shape} and {second.shape}")
    rows, columns = first.shape[0] // 16, first.shape[1] // 16
    change = first[: rows * 16, : columns * 16].astype(np.float32) - second[: rows * 16, : columns * 16]
    spread = change.reshape(rows, 16, columns, 16).std(axis=(1, 3)).ravel()
    quiet = np.sort(spread)[: max(1, spread.size // 2)]
    return float(np.median(quiet))
