"""Routes for learners about their own study: verdicts, reasons and appeals. The launch token is the key."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from zaichang.api.access import ByLearner
from zaichang.api.contract import contract_router, refused
from zaichang.api.models.common import Done, Names
from zaichang.api.models.sessions import AppealRequest, MySession, MySessions
from zaichang.api.parameters import Before, SessionInPath
from zaichang.api.parts import ApiParts, Parts
from zaichang.api.review import appeals_of, own_session
from zaichang.api.views import NEWEST, amended, cursor_text, minute_view, parse_cursor, session_fields, session_view
from zaichang.core.enums import SessionState
from zaichang.core.errors import NotFound
from zaichang.core.ids import SessionId
from zaichang.launch.tokens import LaunchClaims
from zaichang.ports.records import SessionRow

PAGE_MAX = 50
_UNKNOWN = {404: ("session.unknown",), 422: ("id.invalid",)}


def learner_router() -> APIRouter:
    """Return ``/v1/me/sessions``, one session, and its appeal."""
    router = contract_router("learner", "/v1/me")

    @router.get("/sessions", responses=refused({422: ("http.cursor",)}))
    async def list_my_sessions(
        claims: ByLearner,
        parts: Parts,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at most.")] = 20,
        before: Before = "",
    ) -> MySessions:
        """List the learner's own sessions, the newest first."""
        ports = parts.ports
        institution = await ports.lessons.institution(claims.institution_id)
        start = parse_cursor(before, NEWEST)
        rows = await ports.history.sessions_page(claims.institution_id, claims.learner_id, start, limit)
        return MySessions(
            institution=Names(zh=institution.name_zh, en=institution.name_en),
            now_ms=parts.ports.clock.now_ms(),
            sessions=[
                session_view(
                    row, await ports.history.minutes(row.session_id), await ports.decisions.amendments(row.session_id)
                )
                for row in rows
            ],
            next=cursor_text((rows[-1].opened_ms, rows[-1].session_id)) if len(rows) == limit else "",
        )

    @router.get("/sessions/{session_id}", responses=refused(_UNKNOWN))
    async def get_my_session(claims: ByLearner, session_id: SessionInPath, parts: Parts) -> MySession:
        """Show one of the learner's own sessions, minute by minute, with the reasons of every verdict."""
        ports = parts.ports
        row = await _mine(parts, claims, session_id)
        minutes, leaves = await ports.history.minutes(session_id), await ports.history.leaves(session_id)
        amendments, left = await ports.decisions.amendments(session_id), await parts.review.left(session_id)
        by_minute = amended(minutes, amendments)
        log = await parts.ports.logs.log_for(row.institution_id, row.opened_ms)
        appeals = await appeals_of(parts, row)
        until_ms, now_ms = await parts.review.appeal_until_ms(row), parts.ports.clock.now_ms()
        return MySession(
            **session_fields(row, minutes, amendments),
            now_ms=parts.ports.clock.now_ms(),
            log=log.origin,
            timeline=[
                minute_view(minute, leaves, by_minute[minute.minute], left.get(minute.minute, ())) for minute in minutes
            ],
            appeals=appeals,
            may_appeal=row.state is SessionState.CLOSED
            and all(appeal.answered_ms is not None for appeal in appeals)
            and (until_ms is None or now_ms <= until_ms)
            and await ports.revocations.void_of(session_id) is None,
            appeal_until_ms=until_ms,
        )

    @router.post(
        "/sessions/{session_id}/appeal",
        responses=refused(
            {
                **_UNKNOWN,
                403: ("appeal.open", "appeal.session_open", "appeal.too_many", "appeal.too_late", "appeal.voided"),
                422: ("appeal.invalid", "id.invalid"),
            }
        ),
    )
    async def appeal(claims: ByLearner, session_id: SessionInPath, asked: AppealRequest, parts: Parts) -> Done:
        """Appeal: a person at the institution looks at the minutes again."""
        owner = (claims.institution_id, claims.learner_id)
        parts.rates.spend("appeals", "/".join(owner), parts.rates.limits.appeals)
        row = await _mine(parts, claims, session_id)
        await parts.review.appeal(owner, row.session_id, asked.minutes, asked.text)
        return Done(ok=True)

    return router


async def _mine(parts: ApiParts, claims: LaunchClaims, session_id: SessionId) -> SessionRow:
    """Return a session of the learner. A session of another learner is answered like one that does not exist."""
    row = await own_session(parts, claims.institution_id, session_id)
    if row.learner_id != claims.learner_id:
        raise NotFound("session.unknown", "There is no such session.")
    return row
