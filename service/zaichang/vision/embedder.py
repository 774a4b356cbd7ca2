"""SFace: 128 numbers that are close for two pictures of one person."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from zaichang.biometric.alignment import ALIGNED_PX, alignment_matrix, points_from_mesh
from zaichang.biometric.comparison import normalised
from zaichang.vision.crop import warped
from zaichang.vision.detector import as_network_input
from zaichang.vision.mesh import FaceMesh
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceViews:
    """One face, aligned twice: two estimates of the same five points err in different faces (docs/adr/0027).

    Attributes:
        by_mesh: ``(112, 112, 3)`` BGR, by the mesh's points; the detector's where there is no mesh to trust.
        by_detector: The same, by the detector's points.
    """

    by_mesh: NDArray[np.uint8]
    by_detector: NDArray[np.uint8]


def face_views(pixels: NDArray[np.uint8], aligned: NDArray[np.uint8], mesh: FaceMesh | None) -> FaceViews:
    """Return both alignments of a face; the detector's twice where no mesh is to be trusted.

    Args:
        pixels: The frame, BGR.
        aligned: The face by the detector's points.
        mesh: Its mesh, or None where there is none to trust.
    """
    by_mesh = aligned
    if mesh is not None:
        # Points that coincide are no mesh to trust either.
        with suppress(ValueError):
            by_mesh = aligned_face(pixels, points_from_mesh(mesh.points_px))
    return FaceViews(by_mesh=by_mesh, by_detector=aligned)


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

    def reference(self, views: FaceViews) -> NDArray[np.float32]:
        """Return the vector of a reference: the mean over both alignments and their mirror images, four runs.

        Raises:
            ValueError: As ``embed``.
        """
        both = (views.by_mesh, views.by_detector)
        return normalised(sum((self.embed(each) + self.embed(_mirrored(each)) for each in both), np.zeros(1)))

    def second_look(self, views: FaceViews, first: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the mean of a capture's first look and of the other alignment, mirrored: a second run, fewer errors.

        Args:
            views: The face.
            first: What ``embed`` gave for ``views.by_mesh``.

        Raises:
            ValueError: As ``embed``.
        """
        return normalised(first + self.embed(_mirrored(views.by_detector)))


def _mirrored(aligned: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(aligned[:, ::-1], dtype=np.uint8)
