"""Lets the person of a picture do what was ordered: the picture's own face mesh, moved in three dimensions.

The 468 points of the person's mesh (with their depth), a ring for hair and ears that lies behind them, and a ring that
stays are turned about an axis inside the head, and the picture is drawn anew triangle by triangle, far ones first, over
the background that it had. So a turn shows what a flat picture cannot: the nose moves against the eyes. Lids and lips
are moved on the mesh before it is turned. It is a drawing of a movement, not a recording of one: figures for real
people come from real clips (docs/accuracy.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from zaichang_simulation.camera.faces import Image

Points = NDArray[np.float64]
MeshOf = Callable[[Image], Points | None]
"""Finds the ``(468, 3)`` mesh of a picture's main face, or None where there is no face."""

TURN_DEG: Final = 27.0
NOD_DEG: Final = 20.0
_GLOW: Final = 0.1
"""Part of a face's colour that comes from the screen before it, in a dim room."""

# MediaPipe's numbering. The outline, from the brow clockwise in the picture.
_OVAL: Final = np.fromstring(
    "10 338 297 332 284 251 389 356 454 323 361 288 397 365 379 378 400 377 152 148 176 149 150 136 172 58 132 93 234"
    " 127 162 21 54 103 67 109",
    dtype=np.int64,
    sep=" ",
)
# For each eye, point by point: upper lid, the fold above it, the skin below the brow, lower lid; then the brow.
_LIDS: Final = (
    (
        (246, 161, 160, 159, 158, 157, 173),
        (247, 30, 29, 27, 28, 56, 190),
        (113, 225, 224, 223, 222, 221, 189),
        (7, 163, 144, 145, 153, 154, 155),
        (70, 63, 105, 66, 107, 46, 53, 52, 65, 55),
    ),
    (
        (466, 388, 387, 386, 385, 384, 398),
        (467, 260, 259, 257, 258, 286, 414),
        (342, 445, 444, 443, 442, 441, 413),
        (249, 390, 373, 374, 380, 381, 382),
        (300, 293, 334, 296, 336, 276, 283, 282, 295, 285),
    ),
)
_SQUEEZE: Final = (1.2, 1.8, 1.8, 1.8)
"""How far upper lid, fold, skin and brow come down, in heights of the open eye: eyes pressed shut."""
_INNER_UPPER: Final = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
_INNER_LOWER: Final = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """How far a movement has gone, each -1..1 or 0..1.

    Attributes:
        turn: To its own left is positive.
        nod: Up is positive.
        closed: Eyes.
        open: Mouth.
    """

    turn: float = 0.0
    nod: float = 0.0
    closed: float = 0.0
    open: float = 0.0


class Rig:
    """One person in one picture, ready to move."""

    def __init__(self, picture: Image, mesh: Points) -> None:
        """Prepare the triangles.

        Args:
            picture: ``(height, width, 3)`` BGR; not to be written to any more.
            mesh: ``(468, 3)`` of the face in it, in its pixels, depth growing away from the camera.
        """
        self._picture = picture
        height, width = picture.shape[:2]
        oval = mesh[_OVAL]
        self._middle = oval[:, :2].mean(axis=0)
        self._size = float(np.ptp(oval[:, 0]) + np.ptp(oval[:, 1])) / 2
        # The axis of the neck lies behind the face's outline, by about a third of the head.
        self._depth = float(oval[:, 2].mean()) + 0.25 * self._size
        cheek = self._ring(oval, 1.1, float(oval[:, 2].mean()) + 0.12 * self._size)
        hair = np.vstack([cheek, self._ring(oval, 1.32, self._depth - 0.03 * self._size)])
        still = self._ring(oval, 1.85, self._depth)
        edge = np.array([(x, y) for x in np.linspace(0, width - 1, 5) for y in np.linspace(0, height - 1, 5)])
        edge = edge[(edge[:, 0] % (width - 1) == 0) | (edge[:, 1] % (height - 1) == 0)]
        still = still[np.all((still[:, :2] > 1) & (still[:, :2] < (width - 2, height - 2)), axis=1)]
        self._mesh = mesh
        self._hair = hair
        fixed = np.vstack([still, np.hstack([edge, np.full((len(edge), 1), self._depth)])])
        self._fixed = fixed
        self._source = np.vstack([mesh, hair, fixed])[:, :2]
        self._triangles = _triangles(self._source, width, height)

    def _ring(self, oval: Points, factor: float, depth: float) -> Points:
        ring = self._middle + factor * (oval[:, :2] - self._middle)
        return np.hstack([ring, np.full((len(ring), 1), depth)])

    def lit(self, colour: str) -> Image:
        """Return the resting picture under a screen that shines in ``#rrggbb``: the face takes some of it on."""
        mask = np.zeros(self._picture.shape[:2], dtype=np.float32)
        cv2.fillPoly(mask, [np.round(self._mesh[_OVAL, :2]).astype(np.int32)], 1.0, cv2.LINE_AA)
        share = _GLOW * cv2.GaussianBlur(mask, (0, 0), 0.05 * self._size)[..., None]
        red, green, blue = bytes.fromhex(colour[1:])
        light = np.array([blue, green, red], dtype=np.float32)
        return np.asarray(np.clip(self._picture * (1 - share) + light * share, 0, 255), dtype=np.uint8)

    def draw(self, act: Act) -> Image:
        """Return the picture with the movement."""
        moved = np.vstack([self._turned(self._expressed(act), act, 1.0), self._turned(self._hair, act, 0.9)])
        mouth = moved[list(_INNER_UPPER + _INNER_LOWER[::-1]), :2] if act.open > 0.05 else None
        moved = np.vstack([moved, self._fixed])
        return _drawn(self._picture, self._source, moved, self._triangles, mouth)

    def _expressed(self, act: Act) -> Points:
        """Move lids, lips and jaw, in the head's own frame."""
        points = self._mesh.copy()
        for upper, fold, skin, lower, brow in _LIDS if act.closed else ():
            down = act.closed * (self._mesh[list(lower)] - self._mesh[list(upper)])
            for row, share in zip((upper, fold, skin), _SQUEEZE, strict=False):
                points[list(row)] += share * down
            points[list(brow)] += _SQUEEZE[3] * down.mean(axis=0)
        if act.open > 0:
            corner = self._mesh[[61, 291]].mean(axis=0)
            axis = self._mesh[152] - self._mesh[10]
            axis = axis / np.linalg.norm(axis)
            wide = float(np.linalg.norm(self._mesh[291] - self._mesh[61]))
            below = (self._mesh - corner) @ axis
            beside = np.abs((self._mesh - corner) @ ((self._mesh[291] - self._mesh[61]) / wide)) / wide
            weight = np.clip(below / (0.12 * wide), 0, 1) * np.clip(1.45 - beside, 0, 1)
            # The lips' own points by name: both rows lie on one line while the mouth is shut.
            for index in _INNER_LOWER[1:-1]:
                weight[index] = 1 - 2 * abs(_INNER_LOWER.index(index) / 10 - 0.5) ** 2
            for index in _INNER_UPPER:
                weight[index] = 0
            points += act.open * 0.45 * wide * np.outer(weight, axis)
        return points

    def _turned(self, points: Points, act: Act, share: float) -> Points:
        yaw, pitch = np.radians(act.turn * TURN_DEG * share), np.radians(act.nod * NOD_DEG * share)
        about_y = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
        about_x = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
        origin = np.array([*self._middle, self._depth])
        local = (points - origin) @ (about_x @ about_y).T
        near = 1 - local[:, 2:] / (4.5 * self._size)
        seen = local[:, :2] * near / (1 - (points[:, 2:] - self._depth) / (4.5 * self._size))
        return np.hstack([seen + self._middle, local[:, 2:] + self._depth])


def _triangles(points: Points, width: int, height: int) -> NDArray[np.int64]:
    """Return the Delaunay triangles of points in the picture."""
    clipped = np.clip(points, 0, (width - 1, height - 1)).astype(np.float32)
    division = cv2.Subdiv2D((0, 0, width, height))
    index: dict[tuple[float, float], int] = {}
    for number, (x, y) in enumerate(clipped):
        key = (float(x), float(y))
        if key not in index:
            index[key] = number
            division.insert(key)
    found = [
        [index.get((float(row[2 * corner]), float(row[2 * corner + 1])), -1) for corner in range(3)]
        for row in division.getTriangleList()
    ]
    return np.array([each for each in found if min(each) >= 0], dtype=np.int64)


def _drawn(picture: Image, source: Points, moved: Points, triangles: NDArray[np.int64], mouth: Points | None) -> Image:
    height, width = picture.shape[:2]
    map_x, map_y = (np.asarray(each, dtype=np.float32) for each in np.meshgrid(np.arange(width), np.arange(height)))
    far_first = triangles[np.argsort(-moved[triangles, 2].mean(axis=1), kind="stable")]
    targets, sources = moved[far_first, :2], source[far_first]
    still = np.isclose(targets, sources, atol=0.01).all(axis=(1, 2))
    starts = np.maximum(np.floor(targets.min(axis=1)).astype(int), 0)
    ends = np.minimum(np.ceil(targets.max(axis=1)).astype(int) + 1, (width, height))
    columns, rows = np.arange(width)[None, :], np.arange(height)[:, None]
    for number in np.flatnonzero(~still & (starts < ends).all(axis=1)):
        a, b = targets[number], sources[number]
        (x0, y0), (x1, y1) = starts[number], ends[number]
        across, down = a[1] - a[0], a[2] - a[0]
        area = across[0] * down[1] - across[1] * down[0]
        if abs(area) < 1e-3:
            continue
        dx, dy = columns[:, x0:x1] - a[0, 0], rows[y0:y1] - a[0, 1]
        s, t = (dx * down[1] - dy * down[0]) / area, (dy * across[0] - dx * across[1]) / area
        inside = (s >= -1e-6) & (t >= -1e-6) & (s + t <= 1 + 1e-6)
        map_x[y0:y1, x0:x1][inside] = (b[0, 0] + s * (b[1, 0] - b[0, 0]) + t * (b[2, 0] - b[0, 0]))[inside]
        map_y[y0:y1, x0:x1][inside] = (b[0, 1] + s * (b[1, 1] - b[0, 1]) + t * (b[2, 1] - b[0, 1]))[inside]
    drawn = cv2.remap(picture, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    if mouth is not None:
        cv2.fillPoly(drawn, [np.round(mouth * 16).astype(np.int32)], (28, 22, 40), cv2.LINE_AA, 4)
    return np.asarray(drawn, dtype=np.uint8)
