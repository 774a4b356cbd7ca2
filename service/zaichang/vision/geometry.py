"""The fast analysis of a frame of an active liveness challenge: face, mesh, lids, problems; no embedding, no PAD."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from zaichang.biometric.challenge import Mesh
from zaichang.biometric.frame_geometry import Colour

_SKIN: Final = np.array([50, 205, 187, 147, 101, 280, 425, 411, 376, 330, 151, 9, 108, 337])
"""Cheeks and brow: points well inside the skin."""


def skin_colour(pixels: NDArray[np.uint8], mesh: Mesh) -> Colour:
    """Return the mean colour of the skin.

    Args:
        pixels: ``(height, width, 3)`` BGR.
        mesh: ``(468, 3)`` in its pixels.
    """
    height, width = pixels.shape[:2]
    mask = np.zeros((height, width), dtype=np.uint8)
    for half in (_SKIN[:5], _SKIN[5:10], _SKIN[10:]):
        hull = cv2.convexHull(np.round(mesh[half, :2]).astype(np.int32))
        cv2.fillConvexPoly(mask, hull, 255)
    return _mean(pixels, mask)


def room_colour(pixels: NDArray[np.uint8]) -> Colour:
    """Return the mean colour of the upper corners."""
    height, width = pixels.shape[:2]
    mask = np.zeros((height, width), dtype=np.uint8)
    mask[: max(1, height // 3), : max(1, width // 7)] = 255
    mask[: max(1, height // 3), -max(1, width // 7) :] = 255
    return _mean(pixels, mask)


def _mean(pixels: NDArray[np.uint8], mask: NDArray[np.uint8]) -> Colour:
    blue, green, red, _ = cv2.mean(pixels, mask)
    return float(red), float(green), float(blue)
