"""Changes to a picture: a face further away leaves one face on a background."""

import cv2
import numpy as np

from zaichang_simulation.camera.picture import apply
from zaichang_simulation.format import camera as say


def test_a_face_further_away_is_not_seen_twice() -> None:
    picture = np.full((480, 640, 3), 90, np.uint8)
    cv2.circle(picture, (320, 60), 30, (255, 255, 255), -1)  # a face near the upper edge
    shrunk = apply(picture, say.Scale(factor=0.5), (1,))
    count, *_ = cv2.connectedComponents((shrunk[:, :, 0] > 200).astype(np.uint8))
    assert count == 2, "the background and one face"
    assert abs(int(shrunk[2, 2, 0]) - 90) < 40
