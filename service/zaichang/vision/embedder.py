"""SFace: 128 numbers that are close for two pictures of one person."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from zaichang.biometric.alignment import ALIGNED_PX, alignment_matrix
from zaichang.biometric.comparison import normalised
from zaichang.vision.detector import as_network_input
from zaichang.vision.runtime import Network


def aligned_face(frame: NDArray[np.uint8], points_px: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the face at 112x112, eyes, nose and mouth at the template's places.

    Args:
        frame: ``(height, width, 3)`` BGR.
        points_px: ``(5, 2)``: the person's right eye, left eye, nose, right and left mouth corner.

    Raises:
        ValueError: Where the points coincide.
    """
    matrix = alignment_matrix(points_px)
    return np.asarray(cv2.warpAffine(frame, matrix, (ALIGNED_PX, ALIGNED_PX), flags=cv2.INTER_LINEAR), dtype=np.uint8)


class Embedder:
    """Runs the embedder on aligned faces."""

    def __init__(self, network: Network, *, flip: bool = False) -> None:
        """Prepare.

        Args:
            network: A network of the catalogue's embedder contract.
            flip: Average with the mirrored face: a second run for fewer errors (docs/accuracy.md).
        """
        self._network = network
        self._flip = flip

    def embed(self, aligned: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the embedding, ``(128,)``, length 1.

        Args:
            aligned: ``(112, 112, 3)`` BGR.

        Raises:
            ValueError: Where the network gives no usable vector.
        """
        rgb = as_network_input(np.asarray(aligned[:, :, ::-1], dtype=np.uint8))
        if self._flip:
            rgb = np.concatenate([rgb, rgb[:, :, :, ::-1]])
        rows = self._network.run(rgb)[0]
        return normalised(np.mean([normalised(row) for row in rows], axis=0) if self._flip else rows[0])
