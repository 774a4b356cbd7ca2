"""Routes of a learner about their own study: what counted, what did not and why, an appeal; by launch token."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from zaichang.api.deps import JSON_MAX_BYTES, ApiDeps, body, launched, parsed
from zaichang.api.review import own_session
from zaichang.api.views import NEWEST, amended, cursor_text, minute_view, parse_cursor, session_view
from zaichang.core.errors import NotFound
from zaichang.launch.tokens import LaunchClaims
from zaichang.ports.records import SessionRow
from zaichang.review.desk import APPEAL_MAX_CHARS

PAGE_MAX = 50


class AppealRequest(BaseModel):
    """A learner's appeal."""

    model_config = ConfigDict(extra="forbid", strict=True)

    minutes: Annotated[list[Annotated[int, Field(ge=0, le=100_000)]], Field(max_length=2_000)] = []
    text: Annotated[str, Field(max_length=4 * APPEAL_MAX_CHARS)]


def learner_router(deps: ApiDeps) -> APIRouter:
    """Return ``/v1/me/sessions``, one session, and its appeal."""
    router = APIRouter(prefix="/v1/me")
    ports = deps.ports

    @router.get("/sessions")
    async def sessions(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 20,
        before: Annotated[str, Query(max_length=100)] = "",
    ) -> dict[str, Any]:
        claims = launched(request, deps)
        institution = await ports.lessons.institution(claims.institution_id)
        start = parse_cursor(before, NEWEST)
        rows = await ports.history.sessions_page(claims.institution_id, claims.learner_id, start, limit)
        return {
            "institution": {"zh": institution.name_zh, "en": institution.name_en},
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
        row = await _mine(deps, launched(request, deps), session_id)
        minutes, leaves = await ports.history.minutes(session_id), await ports.history.leaves(session_id)
        amendments, left = await ports.decisions.amendments(session_id), await deps.review.left(session_id)
        by_minute = amended(minutes, amendments)
        log = await deps.ports.logs.log_for(row.institution_id, row.opened_ms)
        appeals = await ports.decisions.appeals(session_id)
        return {
            **session_view(row, minutes, amendments),
            "now_ms": deps.ports.clock.now_ms(),
            "log": log.origin,
            "timeline": [
                minute_view(minute, leaves, by_minute[minute.minute], left.get(minute.minute, ()), reviewers=False)
                for minute in minutes
            ],
            "appeals": [
                {
                    "at_ms": appeal.at_ms,
                    "minutes": appeal.minutes,
                    "text": await deps.review.words_of(row, appeal),
                    "answered_ms": appeal.answered_ms,
                    "outcome": appeal.outcome,
                }
                for appeal in appeals
            ],
            "may_appeal": row.state == "closed" and all(appeal.answered_ms is not None for appeal in appeals),
        }

    @router.post("/sessions/{session_id}/appeal")
    async def appeal(request: Request, session_id: str) -> dict[str, Any]:
        claims = launched(request, deps)
        who = f"{claims.institution_id}/{claims.learner_id}"
        deps.rates.spend("appeals", who, deps.rates.limits.appeals)
        asked = parsed(AppealRequest, await body(request, JSON_MAX_BYTES))
        row = await _mine(deps, claims, session_id)
        await deps.review.appeal((claims.institution_id, claims.learner_id), row.session_id, asked.minutes, asked.text)
        return {"ok": True}

    return router


async def _mine(deps: ApiDeps, claims: LaunchClaims, session_id: str) -> SessionRow:
    """Return a session of the learner; anybody else's is as unknown as none."""
    row = await own_session(deps, claims.institution_id, session_id)
    if row.learner_id != claims.learner_id:
        raise NotFound("session.unknown", "There is no such session.")
    return row
