"""Head pose in degrees: yaw (turned to its left is positive), pitch (raised), roll (tilted to its right shoulder)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MESH_POINTS: Final = 468

# Pairs (person's right, left) that are symmetric about the face's middle plane, in MediaPipe's numbering:
# outer and inner eye corners, mouth corners, sides of the face, brows' ends.
_PAIRS: Final = np.array([(33, 263), (133, 362), (61, 291), (234, 454), (127, 356), (70, 300), (93, 323)])
_TOP: Final = np.array([10, 151, 9])
_BOTTOM: Final = np.array([152, 175, 199])

PITCH_NEUTRAL_DEG: Final = 0.0


def _axes() -> NDArray[np.float64]:
    """Return the ``(2, 468)`` weights that give the head's directions across and down from a mesh, in one product."""
    weights = np.zeros((2, MESH_POINTS))
    weights[0, _PAIRS[:, 1]], weights[0, _PAIRS[:, 0]] = 1 / len(_PAIRS), -1 / len(_PAIRS)
    weights[1, _BOTTOM], weights[1, _TOP] = 1 / len(_BOTTOM), -1 / len(_TOP)
    return weights


_AXES: Final = _axes()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadPose:
    """Angles in degrees, each within [-180, 180]."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float


def pose_from_mesh(mesh_px: NDArray[np.float64]) -> HeadPose:
    """Return the pose of a 468-point mesh.

    Args:
        mesh_px: ``(468, 3)`` in upright frame pixels, z in the same scale and growing away from the camera.

    Raises:
        ValueError: Where the shape differs.
    """
    if mesh_px.shape != (MESH_POINTS, 3):
        raise ValueError(f"a mesh must have shape ({MESH_POINTS}, 3), got {mesh_px.shape}")
    across, down = (_AXES @ mesh_px).tolist()
    yaw = math.atan2(across[2], math.hypot(across[0], across[1]))
    pitch = math.atan2(-down[2], math.hypot(down[0], down[1]))
    roll = math.atan2(-across[1], across[0])
    return HeadPose(
        yaw_deg=math.degrees(yaw), pitch_deg=math.degrees(pitch) - PITCH_NEUTRAL_DEG, roll_deg=math.degrees(roll)
    )


# Where the nose tip lies in the five-point template of a frontal face, in units of eye distance from the eyes' middle,
# and how far it moves for a turned head (a tip about 0.6 eye distances in front of the eyes' plane).
_NOSE_DOWN: Final = 0.57
_NOSE_DEPTH: Final = 0.6


def pose_from_five_points(points_px: NDArray[np.float64]) -> HeadPose:
    """Return a rough pose (about 10 degrees) from eyes, nose and mouth corners, where no mesh was run.

    Args:
        points_px: ``(5, 2)``: the person's right eye, left eye, nose, right and left mouth corner.
    """
    right_eye, left_eye, nose = points_px[:3]
    mouth = points_px[3:].mean(axis=0)
    across = left_eye - right_eye
    roll = np.arctan2(-across[1], across[0])
    down = mouth - (right_eye + left_eye) / 2
    # Eyes to mouth (about one eye distance) keeps its length when the head turns, eye distance when it nods.
    size = max(float(np.hypot(*across)), float(np.hypot(*down)), 1e-6)
    cos, sin = np.cos(roll), np.sin(roll)
    offset = nose - (right_eye + left_eye) / 2
    sideways = float(offset[0] * cos - offset[1] * sin) / size
    below = float(offset[0] * sin + offset[1] * cos) / size
    yaw = np.arcsin(np.clip(sideways / _NOSE_DEPTH, -1, 1))
    pitch = np.arcsin(np.clip((_NOSE_DOWN - below) / _NOSE_DEPTH, -1, 1))
    return HeadPose(
        yaw_deg=float(np.degrees(yaw)), pitch_deg=float(np.degrees(pitch)), roll_deg=float(np.degrees(roll))
    )
