"""YuNet: finds every face in a frame, with five points each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from zaichang.vision.runtime import Network, contiguous

_STRIDES: Final = (8, 16, 32)
_DIVISOR: Final = 32
MAX_FACES: Final = 64
"""Most faces that are listed for one frame."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Detection:
    """One face.

    Attributes:
        box_px: ``(4,)`` x, y, width, height in frame pixels; may reach over the border.
        points_px: ``(5, 2)``: the person's right eye, left eye, nose, right and left mouth corner.
        score: 0..1.
    """

    box_px: NDArray[np.float64]
    points_px: NDArray[np.float64]
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorConfig:
    """How YuNet is run.

    Attributes:
        long_side_px: The frame is scaled down to this before detection; smaller frames are not enlarged. At 320 a face
            of 27 px in a 640-px frame is found (docs/accuracy.md).
        careful_long_side_px: The same for frames that decide an identity: finds a person twice as far behind.
        min_score: Lower scores are not faces.
        overlap: Two boxes that overlap more (intersection over union) are one face.
    """

    long_side_px: int = 320
    careful_long_side_px: int = 480
    min_score: float = 0.6
    overlap: float = 0.3


class Detector:
    """Runs YuNet on one frame."""

    def __init__(self, network: Network, config: DetectorConfig | None = None) -> None:
        """Use a network of the catalogue's contract: scores and rows, one per cell."""
        self._network = network
        self._config = config or DetectorConfig()
        self._canvas: NDArray[np.uint8] = np.zeros((1, 3, 0, 0), np.uint8)
        self._grid = _Grid.of(0, 0)
        self._filled = (0, 0)

    def detect(self, frame: NDArray[np.uint8], *, careful: bool = False) -> list[Detection]:
        """Return the faces, highest score first.

        Args:
            frame: ``(height, width, 3)`` BGR.
            careful: Look at the larger of the two sizes.
        """
        height, width = frame.shape[:2]
        long_side = self._config.careful_long_side_px if careful else self._config.long_side_px
        scale = min(1.0, long_side / max(height, width))
        if scale < 1.0:
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            # Area averaging is 20 times slower where the factor is no whole number; above a half nothing aliases.
            how = cv2.INTER_AREA if scale <= 0.5 else cv2.INTER_LINEAR
            frame = np.asarray(cv2.resize(frame, size, interpolation=how), dtype=np.uint8)
        rows, columns = frame.shape[:2]
        outputs = self._network.run(self._network_input(frame))
        scores, boxes, points = _decode(outputs, self._grid, self._config.min_score)
        to_frame = (width / columns, height / rows)
        boxes *= to_frame * 2
        points *= to_frame
        kept = suppress(boxes, scores, self._config.overlap)[:MAX_FACES]
        return [Detection(box_px=boxes[i], points_px=points[i], score=float(scores[i])) for i in kept]

    def _network_input(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the picture as ``(1, 3, h, w)`` with black right and below, h and w multiples of 32.

        The array and its grid are kept for the next frame of the same size: a worker sees few sizes.
        """
        rows, columns = frame.shape[:2]
        if self._filled != (rows, columns):
            height, width = -(-rows // _DIVISOR) * _DIVISOR, -(-columns // _DIVISOR) * _DIVISOR
            self._canvas = np.zeros((1, 3, height, width), np.uint8)
            self._grid, self._filled = _Grid.of(height, width), (rows, columns)
        # OpenCV parts the colours far quicker than NumPy copies a transposed view, and writes where it is told to.
        cv2.split(frame, [plane[:rows, :columns] for plane in self._canvas[0]])
        return self._canvas


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Grid:
    """Where the rows of the network's tables lie: cell ``(n, 2)`` as column and row, its side ``(n, 1)`` in pixels."""

    cell: NDArray[np.float64]
    stride: NDArray[np.float64]

    @classmethod
    def of(cls, height: int, width: int) -> _Grid:
        """Lay the grids of the three strides below each other, row by row, as the network does."""
        cells = [
            np.stack(np.meshgrid(np.arange(width // stride), np.arange(height // stride)), axis=-1).reshape(-1, 2)
            for stride in _STRIDES
        ]
        stride = np.repeat(_STRIDES, [len(each) for each in cells])
        return cls(cell=np.concatenate(cells).astype(np.float64), stride=stride.astype(np.float64)[:, None])


def _decode(
    outputs: list[NDArray[np.float32]], grid: _Grid, min_score: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Turn the network's two tables into scores (n,), boxes (n, 4), points (n, 5, 2) in input pixels."""
    # OpenCV's FaceDetectorYN: score = sqrt(class * object); both are sigmoids, so within [0, 1].
    products = outputs[0].ravel()
    chosen = np.flatnonzero(products >= min_score * min_score)
    cell, stride = grid.cell[chosen], grid.stride[chosen]
    row = outputs[1][0, chosen].astype(np.float64)
    centre = (cell + row[:, :2]) * stride
    size = np.exp(np.minimum(row[:, 2:4], 10)) * stride
    points = (row[:, 4:].reshape(-1, 5, 2) + cell[:, None]) * stride[:, None]
    return np.sqrt(products[chosen].astype(np.float64)), np.hstack([centre - size / 2, size]), points


def suppress(boxes: NDArray[np.float64], scores: NDArray[np.float64], overlap: float) -> list[int]:
    """Return indices of boxes to keep, highest score first (greedy non-maximum suppression).

    Args:
        boxes: ``(n, 4)`` x, y, width, height.
        scores: ``(n,)``.
        overlap: Intersection over union above which the lower score goes.
    """
    order = np.argsort(-scores, kind="stable")
    if len(order) < 2:
        return [int(index) for index in order]
    low, high = boxes[:, :2], boxes[:, :2] + boxes[:, 2:]
    area = boxes[:, 2] * boxes[:, 3]
    kept: list[int] = []
    while order.size:
        first, rest = order[0], order[1:]
        kept.append(int(first))
        sides = np.clip(np.minimum(high[first], high[rest]) - np.maximum(low[first], low[rest]), 0, None)
        shared = sides[:, 0] * sides[:, 1]
        order = rest[shared <= overlap * (area[first] + area[rest] - shared)]
    return kept


def as_network_input(value: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return an ``(h, w, 3)`` picture as ``(1, 3, h, w)`` float32 0..255, colours in the order given."""
    return contiguous(value.transpose(2, 0, 1)[None])
