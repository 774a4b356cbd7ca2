"""Routes of imports: a file of activities, an organiser's signed results, and steps of all activities of an import."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request

from zaichang.api.access import ByOwner, ByParty
from zaichang.api.contract import bounded_body, contract_router, refused
from zaichang.api.models.activities import (
    BatchStepAnswer,
    BatchStepRequest,
    FaultLine,
    ImportAnswer,
    ResultKeyRequest,
)
from zaichang.api.models.common import Done
from zaichang.api.parameters import id_in_path
from zaichang.api.parts import Parts
from zaichang.core.errors import PeerViolation
from zaichang.core.ids import check_id
from zaichang.hours.activities.import_rows import IMPORT_MAX_BYTES
from zaichang.hours.activities.imports import ImportReport
from zaichang.ledger.activities.reasons import Refusal
from zaichang.ledger.activities.stages import Stage

_TEXT: Final[dict[str, Any]] = {"schema": {"type": "string", "maxLength": IMPORT_MAX_BYTES}}
_CSV: Final = {
    "requestBody": {
        "required": True,
        "description": "A CSV file in UTF-8 or GB18030 of at most 4 MB and 2,000 rows.",
        "content": {"text/csv": _TEXT},
    }
}
_NOTE: Final = {
    "requestBody": {
        "required": True,
        "description": "A signed note of at most 4 MB: a header line, a CSV file, the signature.",
        "content": {"text/plain": _TEXT},
    }
}
_FILE_CODES: Final = ("import.encoding", "import.header", "import.too_large")


async def _file(request: Request) -> bytes:
    return await bounded_body(request, IMPORT_MAX_BYTES)


def imports_router() -> APIRouter:
    """Return ``/v1/activity-imports``, ``/v1/activity-results`` and ``/v1/result-key``."""
    router = contract_router("activities", "/v1")

    @router.post(
        "/activity-imports",
        openapi_extra=_CSV,
        responses=refused(
            {403: ("activity.party", "review.personal_key"), 404: ("activity.rules",), 413: ("http.too_large",),
             422: _FILE_CODES}
        ),
    )  # fmt: skip
    async def import_activities(
        actor: ByParty,
        rules: Annotated[str, Query(max_length=64, description="Name of the hour rules.")],
        sent: Annotated[bytes, Depends(_file)],
        parts: Parts,
    ) -> ImportAnswer:
        """Hand in many activities from a file, by a person of the office.

        Faulty rows are named in both languages and come back as a file to correct; the others are handed in.
        """
        return _report(await parts.activities.imports.take(actor, rules, sent))

    @router.post(
        "/activity-imports/{batch}/steps",
        responses=refused(
            {
                403: ("review.personal_key",),
                422: ("activity.invalid", "activity.reason", "activity.words", "id.invalid"),
            }
        ),
    )
    async def step_import(
        actor: ByParty,
        batch: Annotated[str, id_in_path("The import.", "5f0c" * 8)],
        asked: BatchStepRequest,
        parts: Parts,
    ) -> BatchStepAnswer:
        """Confirm, check, approve or refuse all activities of an import whose state and persons allow it."""
        if asked.stage not in tuple(Stage):
            raise PeerViolation("activity.invalid", "stage is none.", "See docs/hours.md.")
        if asked.reason and asked.reason not in tuple(Refusal):
            raise PeerViolation("activity.invalid", "reason is none of the list.", "See docs/hours.md.")
        name = check_id(batch, "batch")
        done, left = await parts.activities.imports.step(actor, name, Stage(asked.stage), asked.reason, asked.text)
        return BatchStepAnswer(done=done, left=left)

    @router.put("/result-key", responses=refused({422: ("results.key",)}))
    async def put_result_key(institution: ByOwner, asked: ResultKeyRequest, parts: Parts) -> Done:
        """Register the verifier key of the organiser's signed results, in place of the one before."""
        await parts.activities.imports.put_key(institution.institution_id, asked.vkey)
        return Done(ok=True)

    @router.post(
        "/activity-results",
        openapi_extra=_NOTE,
        responses=refused(
            {
                403: ("activity.party", "results.no_key"),
                404: ("activity.rules",),
                413: ("http.too_large",),
                422: ("results.signature", "results.header", *_FILE_CODES),
            }
        ),
    )
    async def import_results(actor: ByParty, sent: Annotated[bytes, Depends(_file)], parts: Parts) -> ImportAnswer:
        """Take the results of examinations and projects, signed by the organiser's key. They count at once."""
        return _report(await parts.activities.imports.take_results(actor, sent))

    return router


def _report(report: ImportReport) -> ImportAnswer:
    return ImportAnswer(
        batch=report.batch,
        accepted=report.accepted,
        repeated=report.repeated,
        faults=[FaultLine(line=each.line, code=each.code, zh=each.zh, en=each.en) for each in report.faults],
        correction=report.correction,
    )
