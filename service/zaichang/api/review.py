"""Routes of the institution's reviewers: sessions, minute by minute, and captures; by staff or reviewer's key."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from zaichang.api.deps import ApiDeps, bearer, staff
from zaichang.api.views import NEWEST, amended, cursor_text, minute_view, parse_cursor, session_view
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import NotFound
from zaichang.core.ids import check_id
from zaichang.evidence.kept_captures import kept_capture
from zaichang.ports.records import SessionRow
from zaichang.session.policy import policy_from_mapping, policy_to_mapping

PAGE_MAX = 200
STAFF = "staff"
"""The actor where the shared key was used."""
_SIGNATURES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n", "image/png"), (b"RIFF", "image/webp"))


def review_router(deps: ApiDeps) -> APIRouter:
    """Return ``/v1/sessions``, ``/v1/sessions/{id}``, captures, and ``/v1/policies/{digest}``."""
    router = APIRouter(prefix="/v1")
    ports = deps.ports

    @router.get("/sessions")
    async def sessions(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
        before: Annotated[str, Query(max_length=100)] = "",
        learner: Annotated[str, Query(max_length=64)] = "",
    ) -> dict[str, Any]:
        institution = await staff(request, deps)
        rows = await ports.history.sessions_page(
            institution.institution_id, learner, parse_cursor(before, NEWEST), limit
        )
        return {
            "institution": {"id": institution.institution_id, "zh": institution.name_zh, "en": institution.name_en},
            "now_ms": deps.ports.clock.now_ms(),
            "sessions": [
                session_view(
                    row, await ports.history.minutes(row.session_id), await ports.decisions.amendments(row.session_id)
                )
                for row in rows
            ],
            "next": cursor_text((rows[-1].opened_ms, rows[-1].session_id)) if len(rows) == limit else "",
        }

    @router.get("/sessions/{session_id}")
    async def session(request: Request, session_id: str) -> dict[str, Any]:
        institution = await staff(request, deps)
        return await session_detail(deps, await own_session(deps, institution.institution_id, session_id))

    @router.get("/sessions/{session_id}/captures/{capture_id}")
    async def capture(request: Request, session_id: str, capture_id: str) -> Response:
        institution, reviewer_id = await deps.registry.reviewer_of_key(bearer(request))
        row = await own_session(deps, institution.institution_id, session_id)
        key = deps.ports.vault.unlock(await ports.learners.learner(row.institution_id, row.learner_id))
        picture = await asyncio.to_thread(
            kept_capture, ports.blobs, key, session_id, check_id(capture_id, "capture_id")
        )
        # Written before the picture is handed out: nobody looks without a trace.
        await ports.staff.note_audit(
            institution.institution_id,
            deps.ports.clock.now_ms(),
            reviewer_id or STAFF,
            "picture.view",
            f"{session_id}/{capture_id}",
        )
        kind = next((name for start, name in _SIGNATURES if picture.startswith(start)), "application/octet-stream")
        return Response(picture, media_type=kind, headers={"cache-control": "no-store"})

    @router.get("/policies/{digest}")
    async def policy(digest: str) -> dict[str, Any]:
        body = await ports.lessons.policy(digest)
        return policy_to_mapping(policy_from_mapping(parse_canonical_object(body)))

    return router


async def own_session(deps: ApiDeps, institution_id: str, session_id: str) -> SessionRow:
    """Return a session of the institution; another institution's is as unknown as none."""
    row = await deps.ports.history.session(check_id(session_id, "session_id"))
    if row.institution_id != institution_id:
        raise NotFound("session.unknown", "There is no such session.")
    return row


async def session_detail(deps: ApiDeps, row: SessionRow) -> dict[str, Any]:
    """Return a session as its institution sees it."""
    ports = deps.ports
    session_id = row.session_id
    leaves, minutes = await ports.history.leaves(session_id), await ports.history.minutes(session_id)
    amendments, left = await ports.decisions.amendments(session_id), await deps.review.left(session_id)
    by_minute = amended(minutes, amendments)
    log = await deps.ports.logs.log_for(row.institution_id, row.opened_ms)
    return {
        **session_view(row, minutes, amendments),
        "now_ms": deps.ports.clock.now_ms(),
        "policy_digest": row.policy_digest,
        "log": log.origin,
        "timeline": [
            minute_view(minute, leaves, by_minute[minute.minute], left.get(minute.minute, ()), reviewers=True)
            for minute in minutes
        ],
        "leaves": [
            {"seq": leaf.leaf_seq, "kind": leaf.kind, "at_ms": leaf.at_ms, "index": leaf.entry_index} for leaf in leaves
        ],
        "captures": [
            {"id": kept.capture_id, "at_ms": kept.at_ms, "kept": kept.deleted_ms is None}
            for kept in await ports.captures.captures(session_id)
        ],
        "seen_with": [
            {"kind": seen.kind, "value": seen.value[:8] if seen.kind != "hint" else seen.value, "at_ms": seen.at_ms}
            for seen in await ports.sightings.sightings(session_id)
        ],
    }
