"""A made-up head for the geometry of liveness: the points that are measured, at rest, moved, or flat."""

from __future__ import annotations

import numpy as np

from zaichang.biometric.pose import MESH_POINTS

# A made-up head in eye-distance units of 60 px: x to the picture's right, y down, z away; depth as in a real face.
_POINTS = {
    33: (-45, -20, 12), 133: (-15, -18, 6), 362: (15, -18, 6), 263: (45, -20, 12),
    70: (-48, -35, 14), 107: (-10, -38, 2), 336: (10, -38, 2), 300: (48, -35, 14),
    116: (-52, 10, 20), 345: (52, 10, 20), 50: (-35, 15, 8), 280: (35, 15, 8),
    61: (-25, 45, 8), 291: (25, 45, 8), 205: (-30, 28, 8), 425: (30, 28, 8),
    1: (0, 18, -25), 4: (0, 14, -28), 5: (0, 8, -25), 19: (0, 22, -20), 195: (0, 2, -20),
    160: (-36, -26, 9), 158: (-25, -26, 8), 144: (-36, -14, 9), 153: (-25, -14, 8),
    385: (25, -26, 8), 387: (36, -26, 9), 380: (25, -14, 8), 373: (36, -14, 9),
    13: (0, 44, 0), 14: (0, 45, 0), 234: (-70, 0, 50), 454: (70, 0, 50), 127: (-70, -20, 50), 356: (70, -20, 50),
    93: (-68, 20, 48), 323: (68, 20, 48), 10: (0, -90, 5), 151: (0, -75, 3), 9: (0, -55, 0),
    152: (0, 90, 5), 175: (0, 80, 3), 199: (0, 75, 0),
}  # fmt: skip


def head(eyes: float = 1.0, mouth: float = 0.0) -> np.ndarray:
    """Return the ``(468, 3)`` head; ``eyes`` 1 open, 0 shut, ``mouth`` 0 shut."""
    mesh = np.zeros((MESH_POINTS, 3))
    for index, point in _POINTS.items():
        mesh[index] = point
    for upper, lower in ((160, 144), (158, 153), (385, 380), (387, 373)):
        middle = (mesh[upper] + mesh[lower]) / 2
        mesh[upper], mesh[lower] = middle + (mesh[upper] - middle) * eyes, middle + (mesh[lower] - middle) * eyes
    mesh[14, 1] += 50 * mouth
    return mesh


def seen(mesh: np.ndarray, yaw: float = 0, pitch: float = 0, flat: bool = False, noise: int = 0) -> np.ndarray:
    """Turn and photograph; of a flat one only the picture turns, and its depth as the mesh sees it stays."""
    y, p = np.radians([yaw, pitch])
    about_y = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    turned = (mesh * (1, 1, 0) if flat else mesh) @ (about_y @ about_x).T
    picture = 700 * turned[:, :2] / (turned[:, 2:] + 700) + (320, 240)
    picture = picture + np.random.default_rng(noise).normal(scale=0.4, size=picture.shape)
    return np.hstack([picture, turned[:, 2:]])
