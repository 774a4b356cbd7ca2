"""SFace: 128 numbers that are close for two pictures of one person."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from zaichang.biometric.alignment import ALIGNED_PX, alignment_matrix
from zaichang.biometric.comparison import normalised
from zaichang.vision.crop import warped
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
    face = warped(frame, alignment_matrix(points_px), ALIGNED_PX)
    return np.asarray(cv2.cvtColor(face, cv2.COLOR_BGRA2BGR), dtype=np.uint8)


class Embedder:
    """Runs the embedder on aligned faces."""

    def __init__(self, network: Network) -> None:
        """Use a network of the catalogue's embedder contract."""
        self._network = network

    def embed(self, aligned: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the embedding, ``(128,)``, length 1.

        Args:
            aligned: ``(112, 112, 3)`` BGR.

        Raises:
            ValueError: Where the network gives no usable vector.
        """
        rgb = as_network_input(np.asarray(aligned[:, :, ::-1], dtype=np.uint8))
        return normalised(self._network.run(rgb)[0][0])

    def with_mirror(self, aligned: NDArray[np.uint8], plain: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the mean of a face's embedding and its mirror image's: a second run for fewer errors.

        Args:
            aligned: ``(112, 112, 3)`` BGR.
            plain: What ``embed`` gave for it.

        Raises:
            ValueError: As ``embed``.
        """
        return normalised(plain + self.embed(np.asarray(aligned[:, ::-1], dtype=np.uint8)))
