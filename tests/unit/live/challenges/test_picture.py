"""A code's picture: fine enough to be enlarged, and drawn anew for each salt."""

from __future__ import annotations

import base64
import io

from zaichang.live.challenges.picture import HEIGHT_PX, WIDTH_PX, code_picture


def test_the_picture_is_fine_enough_to_be_enlarged() -> None:
    from PIL import Image

    picture = Image.open(io.BytesIO(base64.b64decode(code_picture("4071", "s"))))
    assert picture.size == (WIDTH_PX, HEIGHT_PX) == (480, 160)
