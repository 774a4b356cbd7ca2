"""The cheap look at a frame of an active liveness challenge: face, mesh, lids, what hinders; no embedding, no PAD."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from zaichang.biometric.challenge import Mesh
from zaichang.core.reasons import ReasonCode

_SKIN: Final = np.array([50, 205, 187, 147, 101, 280, 425, 411, 376, 330, 151, 9, 108, 337])
"""Cheeks and brow: points well inside the skin."""
Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Geometry:
    """What one frame shows. In memory only: a mesh is a biometric and is never stored.

    Attributes:
        mesh: ``(468, 3)`` of the only near face in frame pixels, its lids as the eye network sees them; or None.
        reasons: What hinders, worst first: of the frame (nobody, several, covered) or of the face.
        face_rgb: Mean colour of cheeks and brow, 0..255; None without a face.
        room_rgb: Mean colour of the frame's upper corners, which the face does not reach; None without a picture.
        models: Digest of the models and thresholds that produced this.
    """

    mesh: Mesh | None = field(default=None, repr=False)
    reasons: tuple[ReasonCode, ...] = ()
    face_rgb: Colour | None = None
    room_rgb: Colour | None = None
    models: str = ""


def not_seen() -> Geometry:
    """Return the look at a frame that was dropped or timed out."""
    return Geometry(reasons=(ReasonCode.NOT_ANALYSED,))


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
