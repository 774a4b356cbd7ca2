"""Reads the text of a QR code's picture, as a receipt holds one. The picture may come from a stranger."""

from __future__ import annotations

import struct
from typing import Final

import cv2
import numpy as np

MAX_SIDE_PX: Final = 1_000
"""A few kilobytes of PNG can say that they are a picture of gigabytes."""
_PNG: Final = b"\x89PNG\r\n\x1a\n"


def read_qr(png: bytes) -> str:
    """Return the text of a QR code, empty where the bytes are no such picture of a PNG file.

    Args:
        png: The file's bytes.
    """
    if png[:8] != _PNG or png[12:16] != b"IHDR" or len(png) < 24:
        return ""
    width_px, height_px = struct.unpack(">II", png[16:24])
    if not (0 < width_px <= MAX_SIDE_PX and 0 < height_px <= MAX_SIDE_PX):
        return ""
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        return ""
    try:
        return str(cv2.QRCodeDetector().detectAndDecode(picture)[0])
    except (cv2.error, UnicodeDecodeError):
        return ""
