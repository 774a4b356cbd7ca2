"""The PAD role: one face and its surroundings in, the probability of a live person out.

The crop is ``zaichang.biometric.pad_crop``, the one definition that training uses too (models/training/README.md).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zaichang.biometric.pad_crop import pad_input
from zaichang.vision.detector import Detection
from zaichang.vision.runtime import Network


class Pad:
    """Runs the PAD network on one detected face."""

    def __init__(self, network: Network) -> None:
        """Use a network of the catalogue's PAD contract: ``(n, 6, 80, 80)`` in, ``(n, 1)`` probability out."""
        self._network = network

    def live_probability(self, frame: NDArray[np.uint8], face: Detection) -> float:
        """Return the probability 0..1 that the face is a live person's; NaN counts as an attack further on.

        Args:
            frame: ``(height, width, 3)`` BGR, as captured.
            face: The face in that frame.
        """
        x, y, w, h = (float(value) for value in face.box_px)
        views = pad_input(frame, (x, y, max(w, 1.0), max(h, 1.0)))
        return float(self._network.run(views[None])[0].ravel()[0])
