"""Headers of pictures, read without decoding."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from zaichang.vision.header import read_header

WIDE = np.zeros((40, 64, 3), np.uint8)


def test_a_webp_with_alpha_has_an_extended_header() -> None:
    file = io.BytesIO()
    Image.fromarray(np.dstack([WIDE, np.full(WIDE.shape[:2], 128, np.uint8)]), "RGBA").save(file, "webp")
    header = read_header(file.getvalue())
    assert header is not None
    assert (header.width_px, header.height_px) == (64, 40)


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a" + bytes(20), b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBP"]
)
def test_other_bytes_and_half_a_header_give_none(data: bytes) -> None:
    assert read_header(data) is None


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_a_cut_picture_is_not_complete(kind: str) -> None:
    file = io.BytesIO()
    Image.fromarray(WIDE).save(file, kind)
    data = file.getvalue()
    header = read_header(data[: len(data) // 2])
    assert header is None or not header.complete
