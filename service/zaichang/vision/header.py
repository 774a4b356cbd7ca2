"""Reading a picture's format and size from its first bytes, before anything is decompressed.

Only JPEG, PNG and WebP; everything else is refused. The parsers never look past the given bytes and do not recurse.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, Literal

_PNG: Final = b"\x89PNG\r\n\x1a\n"
# SOF markers: baseline, extended, progressive (C0-C2); the arithmetic and lossless ones no browser makes.
_SOF: Final = frozenset({0xC0, 0xC1, 0xC2})
_PROGRESSIVE: Final = 0xC2
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_MAX_SEGMENTS: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureHeader:
    """Format and size, as the first bytes state them.

    Attributes:
        kind: Format.
        width_px: Width as stored, before any EXIF rotation.
        height_px: Height as stored.
        complete: Whether the end marker is there; a cut file decodes to a half-grey picture.
        scans: Passes that a JPEG makes over the picture, 1 for other formats and where the first scan holds everything.
            Each costs the decoder a walk over all pixels and the sender only a dozen bytes.
    """

    kind: Literal["jpeg", "png", "webp"]
    width_px: int
    height_px: int
    complete: bool
    scans: int = 1


def read_header(data: bytes) -> PictureHeader | None:
    """Return the header, or None where the bytes are no JPEG, PNG or WebP picture."""
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data.startswith(_PNG):
        return _png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    return None


def _jpeg(data: bytes) -> PictureHeader | None:
    """Walk the marker segments (ITU-T T.81 B.1) to the frame header and the first scan."""
    size: tuple[int, int] | None = None
    whole = b""
    position = 2
    for _ in range(_MAX_SEGMENTS):
        while data[position : position + 2] == b"\xff\xff":
            position += 1
        if len(data) < position + 4 or data[position] != 0xFF:
            return None
        marker = data[position + 1]
        if marker in _STANDALONE:
            position += 2
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        if length < 2:
            return None
        if marker in _SOF:
            if size is not None or length < 8 or len(data) < position + 9:
                return None
            height, width = struct.unpack_from(">HH", data, position + 5)
            size = (width, height)
            # A sequential frame whose first scan has all components is done after it: libjpeg reads no further one.
            whole = data[position + 9 : position + 10] if marker != _PROGRESSIVE else b""
        elif marker == 0xDA:
            if size is None:
                return None
            # Inside a scan 0xFF is always stuffed, so FF D9 is a real end marker; it is quickest found from the end.
            complete = data.rfind(b"\xff\xd9") >= position + 2 + length
            all_at_once = data[position + 4 : position + 5] == whole
            scans = 1 if all_at_once else data.count(b"\xff\xda", position)
            return PictureHeader(kind="jpeg", width_px=size[0], height_px=size[1], complete=complete, scans=scans)
        position += 2 + length
    return None


def _png(data: bytes) -> PictureHeader | None:
    """Read IHDR, which must be the first chunk (PNG 3rd edition, 5.6), and look for IEND."""
    if len(data) < 33 or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", data, 16)
    return PictureHeader(kind="png", width_px=width, height_px=height, complete=b"IEND" in data[-64:])


def _webp(data: bytes) -> PictureHeader | None:
    """Read the first chunk (RFC 9649): VP8X canvas, VP8L or VP8 frame size."""
    if len(data) < 30:
        return None
    (riff_size,) = struct.unpack_from("<I", data, 4)
    complete = len(data) >= riff_size + 8
    chunk = data[12:16]
    if chunk == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
    elif chunk == b"VP8L" and data[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    elif chunk == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = (value & 0x3FFF for value in struct.unpack_from("<HH", data, 26))
    else:
        return None
    return PictureHeader(kind="webp", width_px=width, height_px=height, complete=complete)
