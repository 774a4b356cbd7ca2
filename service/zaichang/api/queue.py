"""Routes of the review queue: cases, their details, decisions, and the audit trail."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from zaichang.api.access import ByReviewer, ByStaff
from zaichang.api.contract import contract_router, refused
from zaichang.api.models.cases import (
    AccountLine,
    AuditLine,
    AuditPage,
    CaseDetail,
    CasesPage,
    CountedReason,
    DecidedCase,
    DecisionRequest,
    HeldAllowance,
)
from zaichang.api.parameters import Before, CaseInPath, LearnerFilter
from zaichang.api.parts import ApiParts, Parts
from zaichang.api.review import PAGE_MAX, appeals_of, own_session, session_detail
from zaichang.api.views import (
    NEWEST,
    case_fields,
    case_view,
    cursor_text,
    names_of,
    parse_cursor,
    reason_view,
    sentences_of,
    session_view,
)
from zaichang.audit.changes.rulings import GRANT_REASONS, REFUSE_REASONS
from zaichang.core.enums import CaseKind, CaseState, ReviewOutcome, SightingKind
from zaichang.core.errors import NotFound, PeerViolation
from zaichang.core.ids import CaseId, InstitutionId, LearnerId, SessionId, check_id
from zaichang.core.reasons import ReasonCode
from zaichang.launch.allowances import current_allowance
from zaichang.ports.records_cases import Case, CaseFilter
from zaichang.review.desk import Verdicts

FIRST = (-1, "")
SESSIONS_SHOWN = 20
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at most.")]


def queue_router() -> APIRouter:
    """Return ``/v1/cases`` and ``/v1/audit``."""
    router = contract_router("review", "/v1")

    @router.get("/cases", responses=refused({422: ("http.cursor",)}))
    async def list_cases(
        caller: ByStaff,
        parts: Parts,
        limit: Limit = 50,
        after: Before = "",
        state: Annotated[str, Query(pattern="^(open|closed)$", description="`open` or `closed`.")] = "open",
        kind: Annotated[
            str,
            Query(
                max_length=16, json_schema_extra={"enum": ["", *CaseKind]}, description="Only this kind; empty: all."
            ),
        ] = "",
        reason: Annotated[str, Query(max_length=48, description="Only cases with this reason code; empty: all.")] = "",
        learner: LearnerFilter = "",
    ) -> CasesPage:
        """List the queue's cases, the earliest due first."""
        institution = caller.institution
        if kind and kind not in set(CaseKind):
            raise PeerViolation("http.invalid", f"kind must be one of {', '.join(CaseKind)}.")
        found = await parts.ports.cases.cases(
            CaseFilter(
                institution_id=institution.institution_id,
                state=CaseState(state),
                kind=CaseKind(kind) if kind else None,
                reason=reason,
                learner_id=LearnerId(learner),
                after=parse_cursor(after, FIRST),
                limit=limit,
            )
        )
        counts = await parts.ports.cases.case_counts(institution.institution_id)
        return CasesPage(
            institution=names_of(institution),
            reviewer=caller.reviewer_id,
            now_ms=parts.ports.clock.now_ms(),
            open=dict(counts).get("", 0),
            reasons=[CountedReason(**sentences_of(code), n=n) for code, n in counts if code],
            grant_reasons=[reason_view(code.value) for code in GRANT_REASONS],
            refuse_reasons=[reason_view(code.value) for code in REFUSE_REASONS],
            cases=[case_view(case) for case in found],
            next=cursor_text((found[-1].due_ms, found[-1].case_id)) if len(found) == limit else "",
        )

    @router.get(
        "/cases/{case_id}",
        response_model_exclude_unset=True,
        responses=refused({404: ("case.unknown",), 422: ("id.invalid",)}),
    )
    async def get_case(caller: ByStaff, case_id: CaseInPath, parts: Parts) -> CaseDetail:
        """Show a case with all that a reviewer needs to decide it."""
        return await _detail(parts, await _own(parts, caller.institution.institution_id, case_id))

    @router.post(
        "/cases/{case_id}/decision",
        responses=refused(
            {
                403: ("review.closed", "review.decided", "review.session_open", "review.unsealed", "review.elsewhere"),
                404: ("case.unknown",),
                422: ("review.invalid", "id.invalid"),
            }
        ),
    )
    async def decide(caller: ByReviewer, case_id: CaseInPath, asked: DecisionRequest, parts: Parts) -> DecidedCase:
        """Decide a case. A decision is a new record in the log; it edits none.

        A log that holds records back takes it in by `in_log_by_ms`; the time counts at once.
        """
        try:
            why = ReasonCode(asked.reason)
        except ValueError:
            raise PeerViolation("review.invalid", "reason is no reason code.", "See docs/reasons.md.") from None
        try:
            outcome = ReviewOutcome(asked.outcome)
        except ValueError:
            allowed = ", ".join(ReviewOutcome)
            raise PeerViolation("review.invalid", f"outcome must be one of {allowed}.") from None
        wanted = Verdicts(outcome=outcome, reason=why, minutes=tuple(sorted(set(asked.minutes))), note=asked.note)
        institution_id = caller.institution.institution_id
        case = await parts.review.decide(institution_id, caller.reviewer_id, check_id(case_id, "case"), wanted)
        written = outcome in (ReviewOutcome.GRANT, ReviewOutcome.REFUSE)
        by_ms = parts.in_log_by_ms(parts.ports.clock.now_ms() if written else None)
        return DecidedCase(**case_fields(case), in_log_by_ms=by_ms)

    @router.get("/audit")
    async def list_audit(
        caller: ByStaff,
        parts: Parts,
        limit: Limit = 100,
        before: Annotated[int, Query(ge=0, lt=2**53, description="`next` of the page before.")] = 2**53 - 1,
    ) -> AuditPage:
        """List who looked at which picture and who decided what, the newest first."""
        trail = await parts.ports.staff.audit(caller.institution.institution_id, before, limit)
        return AuditPage(
            entries=[
                AuditLine(n=each.n, at_ms=each.at_ms, actor=each.actor, action=each.action, target=each.target)
                for each in trail
            ],
            next=trail[-1].n if len(trail) == limit else 0,
        )

    return router


async def _own(parts: ApiParts, institution_id: InstitutionId, case_id: CaseId) -> Case:
    case = await parts.ports.cases.case(check_id(case_id, "case"))
    if case.institution_id != institution_id:
        raise NotFound("case.unknown", "There is no such case.")
    return case


async def _detail(parts: ApiParts, case: Case) -> CaseDetail:
    """Return a case with all facts for its decision. Parts that its kind does not have are left out."""
    ports = parts.ports
    shown = {**case_fields(case), "now_ms": parts.ports.clock.now_ms()}
    if case.kind is CaseKind.SESSION:
        row = await own_session(parts, case.institution_id, SessionId(case.subject))
        shown["session"] = await session_detail(parts, row)
        shown["appeals"] = await appeals_of(parts, row)
    elif case.kind is not CaseKind.ACCOUNT:
        since_ms = parts.ports.clock.now_ms() - parts.account_sharing.limits.days * 86_400_000
        accounts = await ports.sightings.seen_with(case.institution_id, SightingKind(case.kind), case.subject, since_ms)
        shown["accounts"] = [AccountLine(learner=learner, sessions=n) for learner, n in accounts[:PAGE_MAX]]
    if case.learner_id:
        held = await current_allowance(parts.ports.learners, case.institution_id, case.learner_id)
        shown["allowance"] = HeldAllowance(
            route=held.route or "", extra_time_pct=held.extra_time_pct, liveness_excluded=list(held.liveness_excluded)
        )
        rows = await ports.history.sessions_page(case.institution_id, case.learner_id, NEWEST, SESSIONS_SHOWN)
        shown["sessions"] = [
            session_view(
                row, await ports.history.minutes(row.session_id), await ports.decisions.amendments(row.session_id)
            )
            for row in rows
        ]
    return CaseDetail(**shown)
