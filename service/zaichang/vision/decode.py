"""Bytes to pixels: limits first, then the decoder. A picture that fails is a value with a reason, not a crash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from zaichang.core.errors import UnreadableInput
from zaichang.core.reasons import ReasonCode
from zaichang.vision.header import read_header

MIN_SIDE_PX: Final = 16
MAX_SCANS: Final = 32
"""Most passes of a progressive JPEG; encoders make ten. A megabyte could hold 70,000: minutes of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeLimits:
    """Limits of a picture; larger ones are refused before they are decompressed.

    Attributes:
        max_bytes: Size of the encoded picture.
        max_pixels: Width times height.
        max_side_px: Width or height.
    """

    max_bytes: int
    max_pixels: int
    max_side_px: int


SESSION_LIMITS: Final = DecodeLimits(max_bytes=1024 * 1024, max_pixels=2_500_000, max_side_px=2560)
"""For frames from a learner's browser."""

FILE_LIMITS: Final = DecodeLimits(max_bytes=32 * 1024 * 1024, max_pixels=25_000_000, max_side_px=8192)
"""For enrolment photos and files on the command line."""


def decode(data: bytes, limits: DecodeLimits) -> NDArray[np.uint8]:
    """Decode a JPEG, PNG or WebP picture, turned upright as its EXIF says.

    Args:
        data: The encoded picture.
        limits: The limits of the picture.

    Returns:
        ``(height, width, 3)`` BGR.

    Raises:
        UnreadableInput: ``frame.too_large`` or ``frame.unreadable``; ``reason_of`` gives the reason code.
    """
    if len(data) > limits.max_bytes:
        raise UnreadableInput(
            "frame.too_large",
            f"The picture has {len(data)} bytes, the limit is {limits.max_bytes}.",
            "Send a smaller one.",
        )
    header = read_header(data)
    if header is None:
        raise _unreadable(f"the {len(data)} bytes are not a JPEG, PNG or WebP picture")
    width, height = header.width_px, header.height_px
    if width * height > limits.max_pixels or max(width, height) > limits.max_side_px:
        raise UnreadableInput(
            "frame.too_large",
            f"The picture is {width}x{height}; the limit is {limits.max_pixels} pixels, {limits.max_side_px} a side.",
            "Send a smaller one.",
        )
    if min(width, height) < MIN_SIDE_PX:
        raise _unreadable(f"it is {width}x{height}, smaller than {MIN_SIDE_PX} pixels")
    if not header.complete:
        raise _unreadable(f"the {header.kind} data end too early")
    if header.scans > MAX_SCANS:
        raise _unreadable(f"it makes {header.scans} passes, more than {MAX_SCANS}")
    pixels = _imdecode(data)
    if pixels is None or pixels.shape[:2] not in ((height, width), (width, height)):
        raise _unreadable(f"the {header.kind} data are damaged")
    return pixels


def reason_of(error: UnreadableInput) -> ReasonCode:
    """Return the reason code of an error that ``decode`` raised."""
    return ReasonCode.FRAME_TOO_LARGE if error.code == "frame.too_large" else ReasonCode.FRAME_UNREADABLE


def _unreadable(why: str) -> UnreadableInput:
    return UnreadableInput("frame.unreadable", f"The picture cannot be read: {why}.", "Send a whole JPEG, PNG or WebP.")


def _imdecode(data: bytes) -> NDArray[np.uint8] | None:
    """Run OpenCV's decoder, which honours EXIF orientation; its exceptions become None."""
    import cv2

    try:
        pixels = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    if pixels is None or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        return None
    return np.asarray(pixels, dtype=np.uint8)
