"""Fast crops: cuts a turned and scaled square out of a frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

_SMALLEST: Final = 1e-12
"""Squared scale below which the crop would be empty."""
_SMALLEST_PX: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Square:
    """A turned square of a frame: centre and side in frame pixels, and the unit vector of its x axis.

    Plain numbers instead of matrices: for six numbers the overhead of a NumPy call exceeds its work.
    """

    x_px: float
    y_px: float
    side_px: float
    cos: float
    sin: float

    def rgb(self, frame: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
        """Return it as ``(size_px, size_px, 3)`` RGB, its x axis level; black outside the frame."""
        scale, half = size_px / self.side_px, size_px / 2
        a, b = self.cos * scale, self.sin * scale
        x, y = self.x_px, self.y_px
        crop = warped(frame, np.array([[a, b, half - a * x - b * y], [-b, a, half + b * x - a * y]]), size_px)
        return np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGRA2RGB), dtype=np.uint8)


def axis(start: Sequence[float], end: Sequence[float]) -> tuple[float, float, float]:
    """Return the unit vector from one point to another (along x where they coincide), and their distance."""
    across, down = end[0] - start[0], end[1] - start[1]
    length = math.hypot(across, down)
    return (across / length, down / length, length) if length > _SMALLEST_PX else (1.0, 0.0, length)


def as_input(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a picture as a batch of one, 0..1, in a row for the network."""
    return np.multiply(rgb, np.float32(1 / 255), dtype=np.float32, order="C")[None]


def warped(frame: NDArray[np.uint8], matrix: NDArray[np.float64], size_px: int) -> NDArray[np.uint8]:
    """Return the square that a similarity takes the frame to; black outside the frame.

    The same pixels as ``cv2.warpAffine`` on the whole frame, in half the time: OpenCV warps four channels more than
    twice as fast as three, and only the part that is seen has to get a fourth one.

    Args:
        frame: ``(height, width, 3)``.
        matrix: ``(2, 3)`` from frame pixels to the square's: turn, uniform scale, shift.
        size_px: Side of the square.

    Returns:
        ``(size_px, size_px, 4)``: the frame's channels and one to be dropped.
    """
    (a, _, x), (b, _, y) = matrix.tolist()
    height, width = frame.shape[:2]
    # Where the square lies in the frame: its centre, and how far its corners reach (and three pixels for the taps).
    size = a * a + b * b
    if size < _SMALLEST:
        return np.zeros((size_px, size_px, 4), np.uint8)
    half_x, half_y = size_px / 2 - x, size_px / 2 - y
    centre_x, centre_y = (a * half_x + b * half_y) / size, (a * half_y - b * half_x) / size
    reach = size_px / 2 * (abs(a) + abs(b)) / size + 3
    left, top = max(int(centre_x - reach), 0), max(int(centre_y - reach), 0)
    right, bottom = min(int(centre_x + reach) + 1, width), min(int(centre_y + reach) + 1, height)
    if left >= right or top >= bottom:
        return np.zeros((size_px, size_px, 4), np.uint8)
    around = cv2.cvtColor(frame[top:bottom, left:right], cv2.COLOR_BGR2BGRA)
    moved = np.array([[a, -b, x + a * left - b * top], [b, a, y + b * left + a * top]])
    return np.asarray(cv2.warpAffine(around, moved, (size_px, size_px), flags=cv2.INTER_LINEAR), dtype=np.uint8)
