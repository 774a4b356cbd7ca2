"""MediaPipe's 468-point face mesh: head pose, blink, mouth and parallax are measured on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from zaichang.biometric.pose import MESH_POINTS
from zaichang.vision.detector import Detection
from zaichang.vision.runtime import Network

INPUT_PX: Final = 192
_MARGIN: Final = 1.5
"""The crop is this many times the longer side of the face box (MediaPipe's face_landmark graph)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceMesh:
    """The mesh of one face.

    Attributes:
        points_px: ``(468, 3)`` in frame pixels; z in the same scale, growing away from the camera.
        presence: The network's probability that a face is there, 0..1.
    """

    points_px: NDArray[np.float64]
    presence: float


class MeshNetwork:
    """Runs the mesh on one detected face."""

    def __init__(self, network: Network) -> None:
        """Use a network of the catalogue's mesh contract."""
        self._network = network

    def run(self, frame: NDArray[np.uint8], face: Detection) -> FaceMesh:
        """Return the mesh.

        Args:
            frame: ``(height, width, 3)`` BGR.
            face: The face in that frame.
        """
        crop = _Crop.of(face)
        points, presence = self._network.run(crop.cut(frame))
        return FaceMesh(
            points_px=crop.to_frame(points.reshape(MESH_POINTS, 3)),
            presence=float(1 / (1 + np.exp(-np.clip(presence.ravel()[0], -30, 30)))),
        )


@dataclass(frozen=True, slots=True)
class _Crop:
    """An upright square around a face: centre and side in frame pixels, and the unit vector of its x axis.

    Plain numbers instead of matrices: between two networks every NumPy call on six numbers costs more than its work.
    """

    x_px: float
    y_px: float
    side_px: float
    cos: float
    sin: float

    @classmethod
    def of(cls, face: Detection) -> _Crop:
        """Place the crop on a detected face, its eyes level."""
        x, y, w, h = face.box_px.tolist()
        (right_x, right_y), (left_x, left_y) = face.points_px[:2].tolist()
        length = math.hypot(left_x - right_x, left_y - right_y)
        cos, sin = ((left_x - right_x) / length, (left_y - right_y) / length) if length > 1e-6 else (1.0, 0.0)
        return cls(x + w / 2, y + h / 2, _MARGIN * max(w, h, 1.0), cos, sin)

    def cut(self, frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the crop as ``(1, 192, 192, 3)`` RGB 0..1; black outside the frame."""
        height, width = frame.shape[:2]
        reach = self.side_px / 2 * (abs(self.cos) + abs(self.sin)) + 3
        left, top = max(int(self.x_px - reach), 0), max(int(self.y_px - reach), 0)
        right, bottom = min(int(self.x_px + reach) + 1, width), min(int(self.y_px + reach) + 1, height)
        if left >= right or top >= bottom:
            return np.zeros((1, INPUT_PX, INPUT_PX, 3), np.float32)
        scale = INPUT_PX / self.side_px
        a, b = self.cos * scale, self.sin * scale
        x, y = self.x_px - left, self.y_px - top
        half = INPUT_PX / 2
        matrix = np.array([[a, b, half - a * x - b * y], [-b, a, half + b * x - a * y]])
        # OpenCV warps four channels more than twice as fast as three, to the same pixels.
        around = cv2.cvtColor(frame[top:bottom, left:right], cv2.COLOR_BGR2BGRA)
        crop = cv2.warpAffine(around, matrix, (INPUT_PX, INPUT_PX), flags=cv2.INTER_LINEAR)
        rgb = cv2.cvtColor(crop, cv2.COLOR_BGRA2RGB)
        return np.multiply(rgb, np.float32(1 / 255), dtype=np.float32)[None]

    def to_frame(self, points: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return ``(n, 3)`` points of the crop in frame pixels."""
        scale = self.side_px / INPUT_PX
        a, b, half = self.cos * scale, self.sin * scale, INPUT_PX / 2
        turn = np.array([[a, b, 0.0], [-b, a, 0.0], [0.0, 0.0, scale]])
        origin = np.array([self.x_px - half * (a - b), self.y_px - half * (a + b), 0.0])
        placed: NDArray[np.float64] = points.astype(np.float64) @ turn + origin
        return placed
