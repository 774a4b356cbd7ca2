"""MediaPipe's 468-point face mesh: head pose, mouth and parallax are measured on it (blink: ``iris``)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from zaichang.biometric.pose import MESH_POINTS
from zaichang.vision.crop import Square, as_input, axis
from zaichang.vision.detector import Detection
from zaichang.vision.runtime import Network

INPUT_PX: Final = 192
_LOGIT_MAX: Final = 30.0
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
        logit = min(max(float(presence.ravel()[0]), -_LOGIT_MAX), _LOGIT_MAX)
        return FaceMesh(points_px=crop.to_frame(points.reshape(MESH_POINTS, 3)), presence=1 / (1 + math.exp(-logit)))


class _Crop(Square):
    """An upright square around a face."""

    __slots__ = ()

    @classmethod
    def of(cls, face: Detection) -> _Crop:
        """Place the crop on a detected face, its eyes level."""
        x, y, w, h = face.box_px.tolist()
        cos, sin, _ = axis(*face.points_px[:2].tolist())
        return cls(x + w / 2, y + h / 2, _MARGIN * max(w, h, 1.0), cos, sin)

    def cut(self, frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the crop as ``(1, 192, 192, 3)`` RGB 0..1; black outside the frame."""
        return as_input(self.rgb(frame, INPUT_PX))

    def to_frame(self, points: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return ``(n, 3)`` points of the crop in frame pixels."""
        scale = self.side_px / INPUT_PX
        a, b, half = self.cos * scale, self.sin * scale, INPUT_PX / 2
        turn = np.array([[a, b, 0.0], [-b, a, 0.0], [0.0, 0.0, scale]])
        origin = np.array([self.x_px - half * (a - b), self.y_px - half * (a + b), 0.0])
        placed: NDArray[np.float64] = points.astype(np.float64) @ turn + origin
        return placed
