"""The PAD role: one face crop in, the probability of a live person out. Absent until the catalogue has a model."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from zaichang.core.errors import ConfigError
from zaichang.vision.catalog import ModelEntry
from zaichang.vision.detector import Detection, as_network_input
from zaichang.vision.runtime import Network

_OPTIONS: Final = frozenset({"crop_scale", "size_px", "colour", "output"})


class Pad:
    """Runs the PAD network on one detected face.

    The catalogue's ``options`` say how: ``crop_scale`` (crop side over the longer box side), ``size_px``, ``colour``
    (bgr or rgb, 0..255) and ``output`` (logit: one number; softmax2 or softmax3: index 1 is live).
    """

    def __init__(self, network: Network, entry: ModelEntry) -> None:
        """Prepare.

        Raises:
            ConfigError: ``models.catalog_invalid`` where an option is missing or unknown.
        """
        if entry.options.keys() != _OPTIONS or entry.options["colour"] not in ("bgr", "rgb"):
            raise ConfigError(
                "models.catalog_invalid", f"{entry.name}: a PAD model needs the options {sorted(_OPTIONS)}."
            )
        self._network = network
        self._scale = float(entry.options["crop_scale"])
        self._size = int(entry.options["size_px"])
        self._rgb = entry.options["colour"] == "rgb"
        self._output = str(entry.options["output"])
        if self._output not in ("logit", "softmax2", "softmax3"):
            raise ConfigError("models.catalog_invalid", f"{entry.name}: output must be logit, softmax2 or softmax3.")

    def live_probability(self, frame: NDArray[np.uint8], face: Detection) -> float:
        """Return the probability 0..1 that the face is a live person's.

        Args:
            frame: ``(height, width, 3)`` BGR.
            face: The face in that frame.
        """
        crop = cv2.resize(crop_inside(frame, face.box_px, self._scale), (self._size, self._size))
        if self._rgb:
            crop = crop[:, :, ::-1]
        logits = self._network.run(as_network_input(np.asarray(crop, dtype=np.uint8)))[0].ravel().astype(np.float64)
        if self._output == "logit":
            return float(1 / (1 + np.exp(-np.clip(logits[0], -30, 30))))
        weights = np.exp(logits - logits.max())
        return float(weights[1] / weights.sum())


def crop_inside(frame: NDArray[np.uint8], box_px: NDArray[np.float64], scale: float) -> NDArray[np.uint8]:
    """Return the box grown about its centre, shrunk to fit the frame, shifted to lie inside it (MiniFASNet's crop).

    Args:
        frame: ``(height, width, 3)``.
        box_px: ``(4,)`` x, y, width, height.
        scale: Factor to grow by.
    """
    height, width = frame.shape[:2]
    w, h = (max(float(value), 1.0) for value in box_px[2:])
    scale = min(scale, (height - 1) / h, (width - 1) / w)
    w, h = max(w * scale, 1.0), max(h * scale, 1.0)
    x = float(np.clip(box_px[0] + box_px[2] / 2 - w / 2, 0, max(width - 1 - w, 0)))
    y = float(np.clip(box_px[1] + box_px[3] / 2 - h / 2, 0, max(height - 1 - h, 0)))
    return frame[int(y) : int(y + h) + 1, int(x) : int(x + w) + 1]
