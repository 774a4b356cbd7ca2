from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from zaichang.vision.crop import warped

FRAME = cv2.GaussianBlur(np.random.default_rng(4).integers(0, 256, (120, 200, 3), dtype=np.uint8), (5, 5), 0)


def turned(x: float, y: float, scale: float, angle_deg: float, size_px: int) -> np.ndarray:
    """The matrix that puts (x, y) into the middle of the square."""
    a, b = scale * math.cos(math.radians(angle_deg)), scale * math.sin(math.radians(angle_deg))
    half = size_px / 2
    return np.array([[a, -b, half - a * x + b * y], [b, a, half - b * x - a * y]])


@pytest.mark.parametrize(("x", "y"), [(100.0, 60.0), (3.0, 2.0), (199.0, 119.5), (-20.0, 60.0), (90.25, 130.0)])
@pytest.mark.parametrize("scale", [0.4, 1.0, 3.0])
@pytest.mark.parametrize("angle", [0.0, 30.0, -100.0, 180.0])
def test_it_is_what_one_warp_of_the_whole_frame_gives(x: float, y: float, scale: float, angle: float) -> None:
    matrix = turned(x, y, scale, angle, 64)
    square = warped(FRAME, matrix, 64)
    whole = cv2.warpAffine(FRAME, matrix, (64, 64), flags=cv2.INTER_LINEAR)
    assert square.shape == (64, 64, 4)
    difference = np.abs(square[:, :, :3].astype(int) - whole)
    # Up to 1/32 pixel of rounding inside OpenCV's warp; nothing is missing at the borders.
    assert difference.max() <= 6
    assert difference.mean() < 0.3


@pytest.mark.parametrize(("x", "scale"), [(5_000.0, 1.0), (-5_000.0, 1.0), (100.0, 1e-8)])
def test_what_lies_outside_or_is_nothing_is_black(x: float, scale: float) -> None:
    assert not warped(FRAME, turned(x, 60.0, scale, 0.0, 32), 32).any()
