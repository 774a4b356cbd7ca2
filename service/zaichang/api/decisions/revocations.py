"""Routes of revocations: propose, list, confirm by a second person, refuse."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from zaichang.api.access import ByReviewer, ByStaff
from zaichang.api.contract import contract_router, refused
from zaichang.api.models.revocations import RevocationLine, RevocationRequest, RevocationsAnswer
from zaichang.api.parameters import id_in_path
from zaichang.api.parts import ApiParts, Parts
from zaichang.api.views import names_of, reason_view
from zaichang.audit.changes.rulings import REVOKE_REASONS
from zaichang.core.enums import ProposalState, RevocationScope
from zaichang.core.errors import PeerViolation
from zaichang.core.ids import NO_LEARNER, NO_SESSION, CaseId, LearnerId, SessionId, check_id
from zaichang.core.reasons import ReasonCode
from zaichang.ports.records_review import Revocation
from zaichang.review.revocations import Wanted

PAGE_MAX = 200
RevocationId = Annotated[str, id_in_path("The revocation.", "5f0c" * 8)]


def revocations_router() -> APIRouter:
    """Return ``/v1/revocations``."""
    router = contract_router("review", "/v1")

    @router.get("/revocations")
    async def list_revocations(
        caller: ByStaff,
        parts: Parts,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at most.")] = 50,
    ) -> RevocationsAnswer:
        """List the institution's revocations, the newest first."""
        found = await parts.ports.revocations.revocations(caller.institution.institution_id, limit)
        return RevocationsAnswer(
            institution=names_of(caller.institution),
            reviewer=caller.reviewer_id,
            reasons=[reason_view(code.value) for code in REVOKE_REASONS],
            revocations=[await _line(parts, each) for each in found],
        )

    @router.post(
        "/revocations",
        responses=refused(
            {
                403: ("revocation.nothing", "review.closed"),
                404: ("session.unknown", "learner.unknown", "case.unknown"),
                422: ("revocation.invalid", "id.invalid"),
            }
        ),
    )
    async def propose(caller: ByReviewer, asked: RevocationRequest, parts: Parts) -> RevocationLine:
        """Propose to take verified time back: positions of a session, a session, or all of a person in a year.

        `void` also ends the session for good: a record in the log says that it counts for nothing, and no later
        decision or appeal changes that.
        """
        try:
            scope, reason = RevocationScope(asked.scope), ReasonCode(asked.reason)
        except ValueError:
            raise PeerViolation("revocation.invalid", "scope or reason is none.", "See docs/reasons.md.") from None
        wanted = Wanted(
            scope=scope,
            reason=reason,
            session_id=check_id(SessionId(asked.session), "session") if asked.session else NO_SESSION,
            intervals=tuple((low, high) for low, high in asked.intervals),
            learner_id=check_id(LearnerId(asked.learner), "learner") if asked.learner else NO_LEARNER,
            year=asked.year,
            case_id=check_id(CaseId(asked.case), "case") if asked.case else None,
            note=asked.note,
        )
        made = await parts.revocations.propose(caller.institution.institution_id, caller.reviewer_id, wanted)
        return await _line(parts, made)

    @router.post(
        "/revocations/{revocation_id}/confirm",
        responses=refused(
            {
                403: (
                    "revocation.same_person",
                    "revocation.decided",
                    "review.session_open",
                    "review.unsealed",
                    "learner.erased",
                ),
                404: ("revocation.unknown",),
                422: ("id.invalid",),
            }
        ),
    )
    async def confirm(caller: ByReviewer, revocation_id: RevocationId, parts: Parts) -> RevocationLine:
        """Confirm another reviewer's proposal. The time stops counting by new records in the log; none is edited.

        A log that holds records back takes them in by `in_log_by_ms`; the time stops counting at once.
        """
        name = check_id(revocation_id, "revocation")
        return await _line(
            parts, await parts.revocations.confirm(caller.institution.institution_id, caller.reviewer_id, name)
        )

    @router.post(
        "/revocations/{revocation_id}/refuse",
        responses=refused({403: ("revocation.decided",), 404: ("revocation.unknown",), 422: ("id.invalid",)}),
    )
    async def refuse(caller: ByReviewer, revocation_id: RevocationId, parts: Parts) -> RevocationLine:
        """Refuse a proposal, or withdraw one's own."""
        name = check_id(revocation_id, "revocation")
        return await _line(
            parts, await parts.revocations.refuse(caller.institution.institution_id, caller.reviewer_id, name)
        )

    return router


async def _line(parts: ApiParts, revocation: Revocation) -> RevocationLine:
    waits = revocation.state is ProposalState.PROPOSED
    return RevocationLine(
        revocation=revocation.revocation_id,
        scope=revocation.scope,
        learner=revocation.learner_id,
        session=revocation.session_id,
        year=revocation.year,
        intervals=list(revocation.intervals),
        reason=reason_view(revocation.reason),
        note=revocation.note,
        case=revocation.case_id,
        proposed_by=revocation.proposed_by,
        proposed_ms=revocation.proposed_ms,
        state=revocation.state,
        decided_by=revocation.decided_by,
        decided_ms=revocation.decided_ms,
        revoked_ms=revocation.revoked_ms,
        standing_ms=await parts.revocations.standing_ms(revocation) if waits else None,
        in_log_by_ms=parts.in_log_by_ms(revocation.decided_ms if revocation.revoked_ms else None),
    )
