"""Routes of erasures: propose, list, confirm by a second person, refuse."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from zaichang.api.access import ByReviewer, ByStaff
from zaichang.api.contract import contract_router, refused
from zaichang.api.decisions.revocations import PAGE_MAX
from zaichang.api.models.erasures import ErasureLine, ErasureRequest, ErasuresAnswer
from zaichang.api.parameters import id_in_path
from zaichang.api.parts import ApiParts, Parts
from zaichang.api.views import names_of
from zaichang.core.enums import ErasureScope, ProposalState
from zaichang.core.errors import PeerViolation
from zaichang.core.ids import check_id
from zaichang.ports.records_review import Erasure
from zaichang.review.erasure_desk import ErasureWanted

ErasureId = Annotated[str, id_in_path("The erasure.", "5f0c" * 8)]


def erasures_router() -> APIRouter:
    """Return ``/v1/erasures``."""
    router = contract_router("review", "/v1")

    @router.get("/erasures")
    async def list_erasures(
        caller: ByStaff,
        parts: Parts,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at most.")] = 50,
    ) -> ErasuresAnswer:
        """List the institution's erasures, the newest first."""
        found = await parts.ports.erasures.erasures(caller.institution.institution_id, limit)
        return ErasuresAnswer(
            institution=names_of(caller.institution),
            reviewer=caller.reviewer_id,
            erasures=[_line(parts, each) for each in found],
        )

    @router.post(
        "/erasures",
        responses=refused(
            {
                403: ("erase.hold", "learner.erased"),
                404: ("learner.unknown",),
                422: ("erasure.invalid", "id.invalid"),
            }
        ),
    )
    async def propose_erasure(caller: ByReviewer, asked: ErasureRequest, parts: Parts) -> ErasureLine:
        """Propose to erase a learner: references and captures alone, or the study record as well."""
        try:
            scope = ErasureScope(asked.scope)
        except ValueError:
            raise PeerViolation("erasure.invalid", "scope is biometrics or all.") from None
        wanted = ErasureWanted(
            learner_id=check_id(asked.learner, "learner"),
            scope=scope,
            basis=asked.basis,
            request=asked.request,
            note=asked.note,
        )
        made = await parts.erasures.propose(caller.institution.institution_id, caller.reviewer_id, wanted)
        return _line(parts, made)

    @router.post(
        "/erasures/{erasure_id}/confirm",
        responses=refused(
            {
                403: ("erasure.same_person", "erasure.decided", "erase.open_session", "erase.hold"),
                404: ("erasure.unknown", "learner.unknown"),
                422: ("id.invalid",),
            }
        ),
    )
    async def confirm_erasure(caller: ByReviewer, erasure_id: ErasureId, parts: Parts) -> ErasureLine:
        """Confirm another reviewer's proposal. The data is destroyed at once, and the log gets an entry.

        Where the log holds records of the learner back, the data is destroyed after those; `state` is `confirmed`.
        """
        name = check_id(erasure_id, "erasure")
        decided = await parts.erasures.confirm(caller.institution.institution_id, caller.reviewer_id, name)
        return _line(parts, decided)

    @router.post(
        "/erasures/{erasure_id}/refuse",
        responses=refused({403: ("erasure.decided",), 404: ("erasure.unknown",), 422: ("id.invalid",)}),
    )
    async def refuse_erasure(caller: ByReviewer, erasure_id: ErasureId, parts: Parts) -> ErasureLine:
        """Refuse a proposal, or withdraw one's own."""
        name = check_id(erasure_id, "erasure")
        decided = await parts.erasures.refuse(caller.institution.institution_id, caller.reviewer_id, name)
        return _line(parts, decided)

    return router


def _line(parts: ApiParts, erasure: Erasure) -> ErasureLine:
    waits = erasure.state is ProposalState.CONFIRMED
    return ErasureLine(
        erasure=erasure.erasure_id,
        learner=erasure.learner_id,
        scope=erasure.scope,
        basis=erasure.basis,
        request=erasure.request,
        note=erasure.note,
        proposed_by=erasure.proposed_by,
        proposed_ms=erasure.proposed_ms,
        state=erasure.state,
        decided_by=erasure.decided_by,
        decided_ms=erasure.decided_ms,
        sessions=erasure.sessions,
        entry=erasure.entry_index,
        in_log_by_ms=parts.in_log_by_ms(erasure.decided_ms if waits else None),
    )
