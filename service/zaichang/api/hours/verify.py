"""The public check of a file: no key, one file at a time, nothing kept; and the status lists of badges."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from zaichang.api.access import Public
from zaichang.api.contract import bounded_body, contract_router, refused
from zaichang.api.models.verify import CheckLine, VerifyAnswer
from zaichang.api.parts import Parts
from zaichang.api.public import InstitutionInPath
from zaichang.audit.check import Check
from zaichang.audit.codes import MEANINGS
from zaichang.audit.receipt import ReadQr
from zaichang.core.ids import check_id
from zaichang.core.text import shown
from zaichang.hours.badges import MEDIA_TYPE
from zaichang.hours.public_check import MAX_FILE_BYTES, check_file

PER_MINUTE: Final = 12
"""Files that one address may have checked in a minute."""
ALL_PER_MINUTE: Final = 60
"""Files of all addresses in a minute; drawing a certificate anew takes a second of a processor."""
_BODY = {
    "requestBody": {
        "required": True,
        "description": f"The file, at most {MAX_FILE_BYTES} bytes: a certificate, a receipt or a bundle.",
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary", "maxLength": MAX_FILE_BYTES}}
        },
    }
}


async def _file(request: Request) -> bytes:
    return await bounded_body(request, MAX_FILE_BYTES)


def verify_router() -> APIRouter:
    """Return ``/v1/verify`` and ``/v1/status-lists``."""
    router = contract_router("public", "/v1")
    # One at a time, so that checks leave the other processors to the sessions.
    turn = asyncio.Semaphore(1)

    @router.post(
        "/verify",
        dependencies=[Public],
        openapi_extra=_BODY,
        responses=refused(
            {
                413: ("http.too_large",),
                422: ("verify.unknown_format", "verify.unknown_log"),
                429: ("rate.exceeded",),
            }
        ),
    )
    async def verify(request: Request, data: Annotated[bytes, Depends(_file)], parts: Parts) -> VerifyAnswer:
        """Check a certificate, a receipt or a bundle of this service's logs, as the log stands now."""
        parts.rates.spend("files to check", request.client.host if request.client else "", PER_MINUTE)
        parts.rates.spend("files to check of all addresses", "all", ALL_PER_MINUTE)
        async with turn:
            found = await asyncio.to_thread(check_file, data, parts.logs, parts.drawing, _qr_reader())
        return VerifyAnswer(
            exit=found.exit,
            origin=found.origin,
            log=found.log,
            passed=found.passed,
            checks=[_line(check) for check in found.checks],
        )

    @router.get(
        "/status-lists/{institution}/{number}",
        dependencies=[Public],
        response_class=Response,
        responses={
            200: {
                "description": "A Bitstring Status List v1.0 as a VC-JWT, signed by the key of the badges.",
                "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
            },
            **refused({404: ("certificate.no_list",), 422: ("id.invalid",)}),
        },
    )
    async def get_status_list(
        institution: InstitutionInPath,
        number: Annotated[int, Path(ge=0, le=9_999, description="The list's number.", examples=[0])],
        parts: Parts,
    ) -> Response:
        """Give the list that says which badges' certificates were replaced or revoked, as it stands now."""
        listed = await parts.status_lists.signed(check_id(institution, "institution"), number)
        return Response(listed, media_type=MEDIA_TYPE)

    return router


def _line(check: Check) -> CheckLine:
    meaning = MEANINGS.get(check.code or "")
    return CheckLine(
        check=check.check,
        status=check.status,
        code=check.code or "",
        message=shown(check.message),
        zh=meaning.zh if meaning else "",
        en=meaning.en if meaning else "",
    )


def _qr_reader() -> ReadQr:
    from zaichang.vision.qr_reader import read_qr

    return read_qr
