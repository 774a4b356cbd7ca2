"""MediaPipe's 468-point face mesh: head pose, blink, mouth and parallax are measured on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from zaichang.biometric.alignment import apply_transform, invert_transform
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
        matrix = _crop_matrix(face)
        crop = cv2.warpAffine(frame, matrix, (INPUT_PX, INPUT_PX), flags=cv2.INTER_LINEAR)
        value = np.multiply(cv2.cvtColor(crop, cv2.COLOR_BGR2RGB), np.float32(1 / 255), dtype=np.float32)
        points, presence = self._network.run(value[None])
        in_crop = points.reshape(MESH_POINTS, 3).astype(np.float64)
        inverse = invert_transform(matrix)
        scale = float(np.hypot(inverse[0, 0], inverse[1, 0]))
        in_frame = np.hstack([apply_transform(inverse, in_crop[:, :2]), in_crop[:, 2:] * scale])
        return FaceMesh(points_px=in_frame, presence=float(1 / (1 + np.exp(-np.clip(presence.ravel()[0], -30, 30)))))


def _crop_matrix(face: Detection) -> NDArray[np.float64]:
    """Return the ``(2, 3)`` matrix from frame pixels to the upright, centred crop."""
    right_eye, left_eye = face.points_px[:2]
    dx, dy = left_eye - right_eye
    angle = float(np.arctan2(dy, dx)) if np.hypot(dx, dy) > 1e-6 else 0.0
    centre = face.box_px[:2] + face.box_px[2:] / 2
    scale = INPUT_PX / (_MARGIN * max(float(face.box_px[2:].max()), 1.0))
    cos, sin = np.cos(-angle) * scale, np.sin(-angle) * scale
    linear = np.array([[cos, -sin], [sin, cos]])
    return np.hstack([linear, (INPUT_PX / 2 - linear @ centre)[:, None]])
