"""Is a face the right way up? The detector alone does not say: it also finds faces that hang or lie.

A face that was found upside down gets its eyes at the mouth, so its embedding matches no person: as a reference it
would lock the learner out, as a capture it would call the right person a stranger. But the detector is always surer of
a face that stands: of 234 faces turned three ways, every turned one that was found at all scored lower than the
standing one (docs/accuracy.md), so the surroundings are turned and looked at again.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from zaichang.vision.detector import Detection, Detector

_SIDES: Final = 2.5
"""The part looked at is a square of this many times the longer side of the face box."""


def stands(detector: Detector, frame: NDArray[np.uint8], face: Detection) -> bool:
    """Say whether the face stands rather than hangs or lies: three more looks at its surroundings.

    Args:
        detector: What found it.
        frame: ``(height, width, 3)`` BGR.
        face: The face in that frame.
    """
    around = _surroundings(frame, face)
    if min(around.shape[:2]) < 1:
        return False
    scores = [_central_score(detector, np.ascontiguousarray(np.rot90(around, turns))) for turns in range(4)]
    return scores[0] >= max(scores[1:])


def _surroundings(frame: NDArray[np.uint8], face: Detection) -> NDArray[np.uint8]:
    x, y, w, h = (float(value) for value in face.box_px)
    reach = _SIDES / 2 * max(w, h)
    left, top = max(int(x + w / 2 - reach), 0), max(int(y + h / 2 - reach), 0)
    right, bottom = max(int(x + w / 2 + reach), 0), max(int(y + h / 2 + reach), 0)
    return frame[top:bottom, left:right]


def _central_score(detector: Detector, part: NDArray[np.uint8]) -> float:
    """Return the score of the largest face whose centre lies in the middle half, 0 where there is none."""
    height, width = part.shape[:2]
    best, size = 0.0, 0.0
    for face in detector.detect(part, careful=True):
        x, y, w, h = (float(value) for value in face.box_px)
        central = abs(x + w / 2 - width / 2) <= width / 4 and abs(y + h / 2 - height / 2) <= height / 4
        if central and w * h > size:
            best, size = face.score, w * h
    return best
