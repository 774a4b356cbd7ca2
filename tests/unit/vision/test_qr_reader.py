"""A receipt's QR picture is read, and nothing else is."""

import struct
import zlib

import pytest

from zaichang.log.receipts import _qr_png
from zaichang.vision.qr_reader import MAX_SIDE_PX, read_qr

TEXT = "zaichang:hours.example.org/inst/2026#123456:0123456789abcdef"


def test_the_text_is_read_back() -> None:
    assert read_qr(_qr_png(TEXT)) == TEXT
    assert read_qr(_qr_png("another")) == "another"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(side_px: int, rows: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", side_px, side_px, 8, 0, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff" + bytes(40),
        _qr_png(TEXT)[:60],
        png(100, b"\x00" * 101 * 100),
        png(MAX_SIDE_PX + 1, b""),
        png(0, b""),
    ],
)
def test_no_such_picture_has_no_text(data: bytes) -> None:
    assert read_qr(data) == ""
