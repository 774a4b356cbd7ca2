"""The QR code that a certificate's PDF draws, read from the drawing and held against the attached data.

The squares are taken from the page as it stands in the file, painted into a picture, and read as a camera would: so the
code is checked also where the page cannot be drawn anew, because other versions of the libraries drew it.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import Final

from zaichang.audit.certificate.proof import CertificateProof
from zaichang.audit.check import Check
from zaichang.audit.findings import About, Findings
from zaichang.audit.receipt import ReadQr

_SQUARE: Final = re.compile(rb"\n(\d{1,4}\.\d\d) (\d{1,4}\.\d\d) (\d{1,2}\.\d\d) -(\d{1,2}\.\d\d) re f(?=\n)")
_MAX_CELLS: Final = 177
"""Cells on a side of the largest QR code."""
_MARGIN: Final = 4
_CELL_PX: Final = 5


def compare_code(data: bytes, proof: CertificateProof, read_qr: ReadQr | None) -> list[Check]:
    """Compare the QR code of a PDF with the one of its proof.

    Args:
        data: The PDF.
        proof: Its proof, which passed its own checks.
        read_qr: Reads a QR code's picture; None where no reader is installed, which is told.
    """
    findings, about = Findings(), About(origin=proof.certificate.origin, index=proof.index)
    if read_qr is None:
        findings.passed("qr not compared", about, "The QR code of the page is not read: no reader is installed.")
        return findings.checks
    picture = code_picture(data)
    text = read_qr(picture) if picture else ""
    if not text:
        findings.undecided("qr", "E_PAGE", "The page has no QR code that can be read.", about)
    elif findings.equal(
        "qr", "E_PAGE", about, "qr", proof.qr_text, text, "The QR code of the page is not this certificate's."
    ):
        findings.passed("qr", about, "The QR code of the page, read as a camera reads it, names this entry.")
    return findings.checks


def code_picture(data: bytes) -> bytes:
    """Return the QR code that a PDF draws as squares, as a PNG file; empty where it draws none."""
    squares = [(float(x), float(y), side) for x, y, side, height in _SQUARE.findall(data) if side == height]
    if not squares:
        return b""
    sizes = [side for *_, side in squares]
    size = max(set(sizes), key=sizes.count)
    places = [(x, y) for x, y, side in squares if side == size]
    left, top = min(x for x, _ in places), max(y for _, y in places)
    wide = max(max(x for x, _ in places) - left, top - min(y for _, y in places))
    cells = round(wide / float(size)) + 1 if float(size) else 0
    if not 1 < cells <= _MAX_CELLS:
        return b""
    # Sizes are rounded to hundredths of a point in the file; the whole width gives the step more exactly.
    step = wide / (cells - 1)
    dark = {(round((x - left) / step), round((top - y) / step)) for x, y in places}
    side = cells + 2 * _MARGIN
    rows = [
        b"\0" + b"".join((b"\0" if (x, y) in dark else b"\xff") * _CELL_PX for x in range(-_MARGIN, side - _MARGIN))
        for y in range(-_MARGIN, side - _MARGIN)
        for _ in range(_CELL_PX)
    ]
    return _png(side * _CELL_PX, b"".join(rows))


def _png(side_px: int, rows: bytes) -> bytes:
    """Return a square grey picture as a PNG file; each row begins with its filter, 0."""
    head = struct.pack(">IIBBBBB", side_px, side_px, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )
