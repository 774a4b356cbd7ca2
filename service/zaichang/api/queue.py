"""Routes of the review queue: cases, what is in them, decisions, and the trail of who did what."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from zaichang.api.deps import JSON_MAX_BYTES, ApiDeps, bearer, body, parsed, reviewer, staff
from zaichang.api.review import PAGE_MAX, own_session, session_detail
from zaichang.api.views import NEWEST, case_view, cursor_text, parse_cursor, reason_view, session_view
from zaichang.core.errors import NotFound, PeerViolation
from zaichang.core.ids import check_id
from zaichang.core.reasons import ReasonCode
from zaichang.launch.allowances import current_allowance
from zaichang.ports.records_cases import ACCOUNT, CASE_KINDS, SESSION, Case, CaseFilter
from zaichang.review.desk import GRANT_REASONS, NOTE_MAX_CHARS, REFUSE_REASONS, Verdicts

FIRST = (-1, "")
SESSIONS_SHOWN = 20


class DecisionRequest(BaseModel):
    """What a reviewer decides about a case."""

    model_config = ConfigDict(extra="forbid", strict=True)

    outcome: Annotated[str, Field(max_length=16)]
    reason: Annotated[str, Field(max_length=48)] = ReasonCode.REVIEW_GRANTED.value
    minutes: Annotated[list[Annotated[int, Field(ge=0, le=100_000)]], Field(max_length=2_000)] = []
    note: Annotated[str, Field(max_length=NOTE_MAX_CHARS)] = ""


def queue_router(deps: ApiDeps) -> APIRouter:
    """Return ``/v1/cases`` and ``/v1/audit``."""
    router = APIRouter(prefix="/v1")
    ports = deps.ports

    @router.get("/cases")
    async def cases(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
        after: Annotated[str, Query(max_length=100)] = "",
        state: Annotated[str, Query(pattern="^(open|closed)$")] = "open",
        kind: Annotated[str, Query(max_length=16)] = "",
        reason: Annotated[str, Query(max_length=48)] = "",
        learner: Annotated[str, Query(max_length=64)] = "",
    ) -> dict[str, Any]:
        institution, reviewer_id = await deps.registry.reviewer_of_key(bearer(request))
        if kind and kind not in CASE_KINDS:
            raise PeerViolation("http.invalid", f"kind must be one of {', '.join(CASE_KINDS)}.")
        found = await ports.cases.cases(
            CaseFilter(
                institution_id=institution.institution_id,
                state=state,
                kind=kind,
                reason=reason,
                learner_id=learner,
                after=parse_cursor(after, FIRST),
                limit=limit,
            )
        )
        counts = await ports.cases.case_counts(institution.institution_id)
        return {
            "institution": {"id": institution.institution_id, "zh": institution.name_zh, "en": institution.name_en},
            "reviewer": reviewer_id,
            "now_ms": deps.ports.clock.now_ms(),
            "open": dict(counts).get("", 0),
            "reasons": [{**reason_view(code), "n": n} for code, n in counts if code],
            "grant_reasons": [reason_view(code.value) for code in GRANT_REASONS],
            "refuse_reasons": [reason_view(code.value) for code in REFUSE_REASONS],
            "cases": [case_view(case) for case in found],
            "next": cursor_text((found[-1].due_ms, found[-1].case_id)) if len(found) == limit else "",
        }

    @router.get("/cases/{case_id}")
    async def case(request: Request, case_id: str) -> dict[str, Any]:
        institution = await staff(request, deps)
        return await _detail(deps, await _own(deps, institution.institution_id, case_id))

    @router.post("/cases/{case_id}/decision")
    async def decide(request: Request, case_id: str) -> dict[str, Any]:
        institution, reviewer_id = await reviewer(request, deps)
        asked = parsed(DecisionRequest, await body(request, JSON_MAX_BYTES))
        try:
            why = ReasonCode(asked.reason)
        except ValueError:
            raise PeerViolation("review.invalid", "reason is no reason code.", "See docs/reasons.md.") from None
        wanted = Verdicts(outcome=asked.outcome, reason=why, minutes=tuple(sorted(set(asked.minutes))), note=asked.note)
        case = await deps.review.decide(institution.institution_id, reviewer_id, check_id(case_id, "case"), wanted)
        return case_view(case)

    @router.get("/audit")
    async def audit(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100,
        before: Annotated[int, Query(ge=0, lt=2**53)] = 2**53 - 1,
    ) -> dict[str, Any]:
        institution = await staff(request, deps)
        trail = await ports.staff.audit(institution.institution_id, before, limit)
        return {
            "entries": [
                {"n": e.n, "at_ms": e.at_ms, "actor": e.actor, "action": e.action, "target": e.target} for e in trail
            ],
            "next": trail[-1].n if len(trail) == limit else 0,
        }

    return router


async def _own(deps: ApiDeps, institution_id: str, case_id: str) -> Case:
    case = await deps.ports.cases.case(check_id(case_id, "case"))
    if case.institution_id != institution_id:
        raise NotFound("case.unknown", "There is no such case.")
    return case


async def _detail(deps: ApiDeps, case: Case) -> dict[str, Any]:
    """Return a case with what a reviewer needs to decide it."""
    ports = deps.ports
    shown: dict[str, Any] = {**case_view(case), "now_ms": deps.ports.clock.now_ms()}
    if case.kind == SESSION:
        row = await own_session(deps, case.institution_id, case.subject)
        shown["session"] = await session_detail(deps, row)
        shown["appeals"] = [
            {
                "at_ms": appeal.at_ms,
                "minutes": appeal.minutes,
                "text": await deps.review.words_of(row, appeal),
                "answered_ms": appeal.answered_ms,
                "outcome": appeal.outcome,
            }
            for appeal in await ports.decisions.appeals(row.session_id)
        ]
    elif case.kind != ACCOUNT:
        since_ms = deps.ports.clock.now_ms() - deps.account_sharing.limits.days * 86_400_000
        accounts = await ports.sightings.seen_with(case.institution_id, case.kind, case.subject, since_ms)
        shown["accounts"] = [{"learner": learner, "sessions": n} for learner, n in accounts[:PAGE_MAX]]
    if case.learner_id:
        held = await current_allowance(ports.learners, case.institution_id, case.learner_id)
        shown["allowance"] = {
            "route": held.route,
            "extra_time_pct": held.extra_time_pct,
            "liveness_excluded": held.liveness_excluded,
        }
        rows = await ports.history.sessions_page(case.institution_id, case.learner_id, NEWEST, SESSIONS_SHOWN)
        shown["sessions"] = [
            session_view(
                row, await ports.history.minutes(row.session_id), await ports.decisions.amendments(row.session_id)
            )
            for row in rows
        ]
    return shown
