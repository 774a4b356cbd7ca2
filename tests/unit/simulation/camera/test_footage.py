"""Reference pictures are changed as the scenario asks."""

from pathlib import Path

import cv2
import numpy as np

from zaichang_simulation.camera.footage import Library
from zaichang_simulation.format import camera as say


def test_an_enrolment_picture_is_changed_as_the_scenario_says(tmp_path: Path) -> None:
    library = Library((tmp_path,))
    (plain,) = library.references("builtin:astronaut", 0)
    (worn,) = library.references("builtin:astronaut", 0, (say.Glasses(),))
    (dark,) = library.references("builtin:astronaut", 0, (say.Brightness(gain=0.2),))
    assert plain != worn
    assert level(dark) < level(plain) / 2
    cv2.imwrite(str(tmp_path / "photo.jpg"), np.full((48, 64, 3), 90, np.uint8))
    (photo,) = library.references("photo.jpg", 0, (say.Brightness(gain=2),))
    assert round(level(photo)) == 180


def level(picture: bytes) -> float:
    return float(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE).mean())
