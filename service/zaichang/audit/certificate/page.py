"""The PDF of a certificate, without a PDF library: its attachment, and whether its bytes are those of its proof.

Nothing in the file is unpacked or executed: the attachment is found by its first bytes, and the file is compared with
the one that the proof gives when it is drawn anew. So a hostile file has no parser to attack. The printed page either
follows from the proof down to the last byte, or the result is that it was not compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from zaichang.audit.certificate.proof import MAX_PROOF_BYTES, CertificateProof
from zaichang.audit.check import Check
from zaichang.audit.findings import About, Findings
from zaichang.core.errors import EvidenceError, ZaichangError
from zaichang.core.text import plain

ATTACHMENT: Final = "certificate.json"
PDF_BEGIN: Final = b"%PDF-"
MAX_PDF_BYTES: Final = 1_000_000
_ATTACHED: Final = re.compile(rb'stream\r?\n(\{"checkpoint":"[^\r\n]{1,%d}\})\r?\nendstream' % MAX_PROOF_BYTES)
_PRODUCER: Final = re.compile(rb"/Producer \(([^()\\\r\n]{1,400})\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What draws a certificate.

    Attributes:
        draw: Returns the PDF of a proof.
        versions: The libraries that its bytes depend on, with their versions, as a PDF names them.
    """

    draw: Callable[[CertificateProof], bytes]
    versions: str


def attached(data: bytes) -> bytes:
    """Return the proof that is attached to a PDF.

    Raises:
        EvidenceError: ``E_FORMAT`` where the file is too long, or holds none or several.
    """
    if len(data) > MAX_PDF_BYTES:
        raise EvidenceError("E_FORMAT", f"A certificate's PDF has at most {MAX_PDF_BYTES} bytes.")
    found = _ATTACHED.findall(data)
    if len(found) != 1:
        what = "several" if found else "no"
        raise EvidenceError(
            "E_FORMAT",
            f"The PDF holds {what} certificate data as they were issued. A PDF that was printed or saved anew loses "
            "them: ask for the file as it was issued.",
        )
    proof: bytes = found[0]
    return proof


def compare_page(data: bytes, proof: CertificateProof, drawing: Drawing | None) -> list[Check]:
    """Compare a PDF with the one that its proof gives.

    Args:
        data: The PDF.
        proof: Its proof, which passed its own checks.
        drawing: Draws it anew; None where the installation cannot.
    """
    findings, about = Findings(), About(origin=proof.certificate.origin, index=proof.index)
    only_data = "Only the certificate's data are checked: read who and how much from the line above, not from the page."
    if drawing is None:
        how = "pip install 'zaichang[certificate]', then zaichang models fetch --font"
        message = f"The page is not compared: its libraries or its font are not here ({how}). {only_data}"
        findings.undecided("page", "E_PAGE", message, about)
        return findings.checks
    try:
        drawn = drawing.draw(proof)
    except ZaichangError as error:
        findings.undecided("page", "E_PAGE", f"The page is not compared ({error.message}) {only_data}", about)
        return findings.checks
    if drawn == data:
        message = "The page is byte for byte what these data give, with its QR code. Nothing was added or changed."
        findings.passed("page", about, message)
        return findings.checks
    other = _producer(data)
    if other != drawing.versions:
        named = other if other and plain(other) else "unknown libraries"
        message = f"The page is not compared: it was drawn by {named}, here are {drawing.versions}. {only_data}"
        findings.undecided("page", "E_PAGE", message, about)
        return findings.checks
    at = next((n for n, (a, b) in enumerate(zip(data, drawn, strict=False)) if a != b), min(len(data), len(drawn)))
    message = f"The file was changed after it was issued, first at byte {at} ({_part(drawn, at)}). {only_data}"
    findings.failed("page", "E_PAGE", message, about, field="page")
    return findings.checks


def _producer(data: bytes) -> str:
    found = _PRODUCER.findall(data)
    return found[0].decode("ascii", "replace") if len(found) == 1 else ""


def _part(drawn: bytes, at: int) -> str:
    """Return in words in which part of the file as drawn a byte lies."""
    if at >= len(drawn):
        return "behind the end of the certificate"
    begin = drawn.rfind(b" obj\n", 0, at)
    head = drawn[begin : drawn.find(b"endobj", begin)][:600]
    if b"/Type /EmbeddedFile" in head:
        return "the attached data"
    if b"/FontDescriptor" in head or b"/CIDFont" in head or b"/Length1" in head or b"begincmap" in head:
        return "a font"
    return "the printed page" if b" re f" in head or b"BT " in head else "the file's structure"
