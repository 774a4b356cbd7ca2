"""MediaPipe's eye network: the lids of each eye, from a near crop; blinks are measured on them.

The network is called iris_landmark. Its iris points are dropped: the direction of gaze is not evidence
(docs/privacy.md). This is MediaPipe's own refining step (its ``modules/iris_landmark`` and
``graphs/iris_tracking``). The network knows one kind of eye, with the outer corner on the picture's left: so the
person's right eye is given as it is and the left one mirrored. Its own names call that eye the left one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from zaichang.vision.crop import Square, as_input, axis
from zaichang.vision.runtime import Network

INPUT_PX: Final = 64
CONTOUR_POINTS: Final = 71
_MARGIN: Final = 2.3
"""The crop is this many times the distance of the eye's corners."""
_SMALLEST_PX: Final = 1e-6

# The first points of the contour are the lids: the lower one from the outer to the inner corner, then the upper one.
LIDS: Final = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398),
)
"""Mesh points of the right and of the left eye's lids, in the order of the network's contour."""
_INNER_CORNER: Final = 8


class EyeNetwork:
    """Looks at both eyes of a mesh."""

    def __init__(self, network: Network) -> None:
        """Use a network of the catalogue's iris contract."""
        self._network = network

    def refined(self, frame: NDArray[np.uint8], mesh: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mesh with the lids in the form that the network sees, between the mesh's own corners of the eye.

        The corners stay, and so does all that head pose and parallax are measured on; z stays too.

        Args:
            frame: ``(height, width, 3)`` BGR.
            mesh: ``(468, 3)`` in its pixels.

        Returns:
            ``(468, 3)``; a copy.
        """
        better = mesh.copy()
        for lids, mirrored in zip(LIDS, (False, True), strict=True):
            outer, inner = mesh[lids[0], :2], mesh[lids[_INNER_CORNER], :2]
            crop = _EyeCrop.of(*((inner, outer) if mirrored else (outer, inner)), mirrored=mirrored)
            contour = self._network.run(crop.cut(frame))[0].reshape(CONTOUR_POINTS, 3)[: len(lids), :2]
            placed = _between(crop.to_frame(contour), outer, inner)
            if placed is not None:
                better[list(lids), :2] = placed
        return better


def _between(
    lids: NDArray[np.float64], outer: NDArray[np.float64], inner: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Turn, scale and shift lids so that their corners are the given ones; None where theirs coincide."""
    start, end = complex(*lids[0]), complex(*lids[_INNER_CORNER])
    if abs(end - start) < _SMALLEST_PX:
        return None
    factor = (complex(*inner) - complex(*outer)) / (end - start)
    placed = (lids[:, 0] + 1j * lids[:, 1] - start) * factor + complex(*outer)
    return np.stack([placed.real, placed.imag], axis=1)


@dataclass(frozen=True, slots=True)
class _EyeCrop(Square):
    """A square around an eye, its corners level."""

    mirrored: bool

    @classmethod
    def of(cls, start: NDArray[np.float64], end: NDArray[np.float64], *, mirrored: bool) -> _EyeCrop:
        """Place the crop on the corners that lie left and right in an upright face's picture."""
        (x0, y0), (x1, y1) = start.tolist(), end.tolist()
        cos, sin, width = axis((x0, y0), (x1, y1))
        return cls((x0 + x1) / 2, (y0 + y1) / 2, max(_MARGIN * width, 1.0), cos, sin, mirrored)

    def cut(self, frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the crop as ``(1, 64, 64, 3)`` RGB 0..1, a left eye mirrored; black outside the frame."""
        rgb = self.rgb(frame, INPUT_PX)
        return as_input(rgb[:, ::-1] if self.mirrored else rgb)

    def to_frame(self, points: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return ``(n, 2)`` points of the crop in frame pixels."""
        scale, half = self.side_px / INPUT_PX, INPUT_PX / 2
        across = (half - points[:, 0] if self.mirrored else points[:, 0] - half).astype(np.float64) * scale
        down = (points[:, 1].astype(np.float64) - half) * scale
        return np.stack(
            [self.x_px + across * self.cos - down * self.sin, self.y_px + across * self.sin + down * self.cos], axis=1
        )
