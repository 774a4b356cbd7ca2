"""Routes for the institution's reviewers: sessions minute by minute, and captures; by staff or reviewer key."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from zaichang.api.access import ByStaff
from zaichang.api.contract import contract_router, refused
from zaichang.api.models.sessions import (
    AppealLine,
    CaptureLine,
    LeafLine,
    SeenWith,
    SessionDetail,
    SessionsPage,
)
from zaichang.api.parameters import Before, CaptureInPath, LearnerFilter, SessionInPath
from zaichang.api.parts import ApiParts, Parts
from zaichang.api.views import (
    NEWEST,
    amended,
    cursor_text,
    names_of,
    parse_cursor,
    reason_view,
    review_minute_view,
    session_fields,
    session_view,
)
from zaichang.core.errors import NotFound
from zaichang.core.ids import InstitutionId, LearnerId, SessionId, check_id
from zaichang.live.kept_captures import kept_capture
from zaichang.ports.records import CaptureRow, SessionRow
from zaichang.review.picture_findings import PictureFinding, picture_findings

PAGE_MAX = 200
_SIGNATURES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n", "image/png"), (b"RIFF", "image/webp"))
_PICTURE: dict[str, Any] = {"type": "string", "format": "binary"}


class CaptureResponse(Response):
    """A decrypted picture. Caches must not store it."""

    def __init__(self, picture: bytes) -> None:
        """Answer with the picture; its media type follows from its first bytes."""
        kind = next((name for start, name in _SIGNATURES if picture.startswith(start)), "application/octet-stream")
        super().__init__(picture, media_type=kind, headers={"cache-control": "no-store"})


def review_router() -> APIRouter:
    """Return ``/v1/sessions``, ``/v1/sessions/{id}`` and captures."""
    router = contract_router("review", "/v1")

    @router.get("/sessions", responses=refused({422: ("http.cursor",)}))
    async def list_sessions(
        caller: ByStaff,
        parts: Parts,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at most.")] = 50,
        before: Before = "",
        learner: LearnerFilter = "",
    ) -> SessionsPage:
        """List the institution's sessions, the newest first."""
        ports = parts.ports
        rows = await ports.history.sessions_page(
            caller.institution.institution_id, LearnerId(learner), parse_cursor(before, NEWEST), limit
        )
        return SessionsPage(
            institution=names_of(caller.institution),
            now_ms=parts.ports.clock.now_ms(),
            sessions=[
                session_view(
                    row, await ports.history.minutes(row.session_id), await ports.decisions.amendments(row.session_id)
                )
                for row in rows
            ],
            next=cursor_text((rows[-1].opened_ms, rows[-1].session_id)) if len(rows) == limit else "",
        )

    @router.get("/sessions/{session_id}", responses=refused({404: ("session.unknown",), 422: ("id.invalid",)}))
    async def get_session(caller: ByStaff, session_id: SessionInPath, parts: Parts) -> SessionDetail:
        """Show a session minute by minute, with reasons in both languages and places in the log."""
        return await session_detail(parts, await own_session(parts, caller.institution.institution_id, session_id))

    @router.get(
        "/sessions/{session_id}/captures/{capture_id}",
        response_class=Response,
        responses={
            200: {
                "description": "The picture.",
                "content": {
                    kind: {"schema": _PICTURE}
                    for kind in ("image/jpeg", "image/png", "image/webp", "application/octet-stream")
                },
            },
            **refused({404: ("session.unknown", "capture.unknown", "learner.erased"), 422: ("id.invalid",)}),
        },
    )
    async def get_capture(
        caller: ByStaff, session_id: SessionInPath, capture_id: CaptureInPath, parts: Parts
    ) -> Response:
        """Show one picture, decrypted for this answer; the audit trail records who asked."""
        ports, institution_id = parts.ports, caller.institution.institution_id
        row = await own_session(parts, institution_id, session_id)
        key = parts.ports.vault.unlock(await ports.learners.learner(row.institution_id, row.learner_id))
        picture = await asyncio.to_thread(
            kept_capture, ports.blobs, key, session_id, check_id(capture_id, "capture_id")
        )
        # Recorded before the picture is handed out: no view is without a trace.
        at_ms, target = parts.ports.clock.now_ms(), f"{session_id}/{capture_id}"
        await ports.staff.note_audit(institution_id, at_ms, caller.actor, "picture.view", target)
        return CaptureResponse(picture)

    return router


async def own_session(parts: ApiParts, institution_id: InstitutionId, session_id: SessionId) -> SessionRow:
    """Return a session of the institution. One of another institution is answered like one that does not exist.

    Args:
        parts: The parts of the service.
        institution_id: The caller's institution.
        session_id: The session.

    Raises:
        NotFound: ``session.unknown``.
    """
    row = await parts.ports.history.session(check_id(session_id, "session_id"))
    if row.institution_id != institution_id:
        raise NotFound("session.unknown", "There is no such session.")
    return row


async def appeals_of(parts: ApiParts, row: SessionRow) -> list[AppealLine]:
    """Return the appeals of a session, with the learner's text decrypted."""
    return [
        AppealLine(
            at_ms=appeal.at_ms,
            minutes=list(appeal.minutes),
            text=await parts.review.words_of(row, appeal),
            answered_ms=appeal.answered_ms,
            outcome=appeal.outcome or "",
        )
        for appeal in await parts.ports.decisions.appeals(row.session_id)
    ]


async def session_detail(parts: ApiParts, row: SessionRow) -> SessionDetail:
    """Return a session in the institution's form."""
    ports = parts.ports
    session_id = row.session_id
    leaves, minutes = await ports.history.leaves(session_id), await ports.history.minutes(session_id)
    amendments, left = await ports.decisions.amendments(session_id), await parts.review.left(session_id)
    by_minute = amended(minutes, amendments)
    findings = await asyncio.to_thread(picture_findings, await ports.history.events(session_id))
    log = await parts.ports.logs.log_for(row.institution_id, row.opened_ms)
    return SessionDetail(
        **session_fields(row, minutes, amendments),
        now_ms=parts.ports.clock.now_ms(),
        policy_digest=row.policy_digest,
        log=log.origin,
        timeline=[
            review_minute_view(minute, leaves, by_minute[minute.minute], left.get(minute.minute, ()))
            for minute in minutes
        ],
        leaves=[
            LeafLine(seq=leaf.leaf_seq, kind=leaf.kind, at_ms=leaf.at_ms, index=leaf.entry_index) for leaf in leaves
        ],
        captures=[
            capture_line(kept, findings.get(kept.capture_id)) for kept in await ports.captures.captures(session_id)
        ],
        seen_with=[
            SeenWith(kind=seen.kind, value=seen.value[:8] if seen.kind != "hint" else seen.value, at_ms=seen.at_ms)
            for seen in await ports.sightings.sightings(session_id)
        ],
    )


def capture_line(kept: CaptureRow, finding: PictureFinding | None) -> CaptureLine:
    """Return one capture with the result of its analysis.

    Args:
        kept: The stored capture.
        finding: The result; None where the capture was not analysed.
    """
    return CaptureLine(
        id=kept.capture_id,
        at_ms=kept.at_ms,
        kept=kept.deleted_ms is None,
        reasons=[reason_view(code) for code in finding.reasons] if finding else [],
        faces=finding.faces if finding else None,
        similarity_bp=finding.similarity_bp if finding else None,
        quality_bp=finding.quality_bp if finding else None,
    )
