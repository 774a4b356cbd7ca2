"""Alignment: moves a face to the 112x112 five-point template that the embedder was trained on."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

ALIGNED_PX: Final = 112
"""Side of the aligned face."""

# The ArcFace/SFace template (InsightFace, MIT code; OpenCV's FaceRecognizerSF uses the same numbers), in pixels of
# the aligned face: the person's right eye, left eye, nose tip, right and left mouth corner.
TEMPLATE_PX: Final = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
TEMPLATE_PX.setflags(write=False)

# MediaPipe's numbering: the rim of each eye, the nose tip, the mouth's corners.
_MESH_POINTS: Final = (
    (33, 133, 159, 145, 160, 144, 158, 153),
    (263, 362, 386, 374, 387, 373, 385, 380),
    (4,),
    (61,),
    (291,),
)


def _five() -> NDArray[np.float64]:
    """Return the ``(5, 468)`` weights that give the five points of a mesh."""
    weights = np.zeros((len(_MESH_POINTS), 468))
    for row, points in zip(weights, _MESH_POINTS, strict=True):
        row[list(points)] = 1 / len(points)
    return weights


_FIVE: Final = _five()


def similarity_transform(points_px: NDArray[np.float64], target_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation, uniform scale and shift that best take ``points_px`` to ``target_px`` (least squares).

    In the plane, a similarity is a complex linear map z -> a*z + b, so the least-squares fit has a closed form
    (Umeyama 1991 without reflections).

    Args:
        points_px: ``(n, 2)`` points, n >= 2.
        target_px: ``(n, 2)`` points.

    Returns:
        ``(2, 3)`` matrix for column vectors ``(x, y, 1)``.

    Raises:
        ValueError: Where the shapes differ or all points coincide.
    """
    if points_px.shape != target_px.shape or points_px.ndim != 2 or points_px.shape[1] != 2 or len(points_px) < 2:
        raise ValueError(f"points must be two equal (n, 2) arrays, n >= 2, got {points_px.shape}, {target_px.shape}")
    # Plain numbers: for five points the overhead of a NumPy call exceeds its work.
    source = [complex(x, y) for x, y in points_px.tolist()]
    target = [complex(x, y) for x, y in target_px.tolist()]
    source_mean, target_mean = sum(source) / len(source), sum(target) / len(target)
    centred = [point - source_mean for point in source]
    spread = sum(point.real * point.real + point.imag * point.imag for point in centred)
    if not math.isfinite(spread) or spread < 1e-6:
        raise ValueError("points coincide or are not finite")
    a = sum(point.conjugate() * (goal - target_mean) for point, goal in zip(centred, target, strict=True)) / spread
    b = target_mean - a * source_mean
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def points_from_mesh(mesh_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the five points of a face from its mesh. They stay right on a turned face, where the detector's slip.

    Args:
        mesh_px: ``(468, 3)``.

    Returns:
        ``(5, 2)`` in the template's order. An eye is the middle of its rim, so a blink does not move it.
    """
    return np.asarray(_FIVE @ mesh_px[:, :2], dtype=np.float64)


def alignment_matrix(points_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ``(2, 3)`` matrix from frame pixels to the aligned 112x112 face.

    Args:
        points_px: ``(5, 2)``: the person's right eye, left eye, nose, right and left mouth corner.

    Raises:
        ValueError: Where the points coincide.
    """
    return similarity_transform(points_px, TEMPLATE_PX)
