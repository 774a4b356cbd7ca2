"""Answers that are files of certificates."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from starlette.responses import Response

from zaichang.audit.certificate.page import Drawing
from zaichang.audit.certificate.proof import CertificateProof
from zaichang.core.errors import PeerViolation

PDF_ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The certificate as a page of A4, with its data attached as `certificate.json`.",
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
    }
}
COPY_CODES: Final = {
    403: ("certificate.closed", "certificate.not_logged", "learner.erased"),
    404: ("certificate.unknown",),
    422: ("certificate.invalid", "certificate.other_name"),
}
"""Codes with which a copy of a certificate is refused."""
PDF_CODES: Final = {**COPY_CODES, 422: (*COPY_CODES[422], "certificate.character"), 503: ("certificate.no_font",)}


class NotReady(PeerViolation):
    """The error for a part of the installation that is missing."""

    http_status = 503


async def pdf_answer(drawing: Drawing | None, proof: CertificateProof) -> Response:
    """Return the PDF of a certificate.

    Raises:
        NotReady: ``certificate.no_font``.
        PeerViolation: ``certificate.character``.
    """
    if drawing is None:
        raise NotReady("certificate.no_font", "The font of certificates is not here.", "Run `zaichang models fetch`.")
    data = await asyncio.to_thread(drawing.draw, proof)
    return file_answer(data, "application/pdf", f"{proof.certificate.number}.pdf")


def file_answer(data: bytes, media_type: str, name: str) -> Response:
    """Return a file to keep."""
    return Response(data, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})
