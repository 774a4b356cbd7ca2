"""Routes of filing: batches, the platforms' words, cases of refused rows, comparisons."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query

from zaichang.api.access import ByReviewer, ByStaff
from zaichang.api.contract import contract_router, refused
from zaichang.api.hours.filing_views import batch_line, case_line, exchange_line, reconciled, row_line
from zaichang.api.models.filing import (
    BatchAnswer,
    BatchesAnswer,
    BatchLine,
    BatchRequest,
    CaseRequest,
    FilingCaseLine,
    FilingCasesAnswer,
    ReconciledAnswer,
    ReconcileRequest,
    ReconciliationsAnswer,
    WordAnswer,
    WordRequest,
)
from zaichang.api.parameters import id_in_path
from zaichang.api.parts import Parts
from zaichang.api.views import names_of
from zaichang.core.errors import PeerViolation
from zaichang.core.ids import NO_REVIEWER, ReviewerId, check_id
from zaichang.hours.filing.case_desk import Decision, key_of
from zaichang.hours.filing.desk import RECEIPT, SENT, Word, state_of
from zaichang.hours.packs import shipped_rules
from zaichang.ledger.filing.formats import AMOUNTS, amount_text
from zaichang.ledger.filing.lines import LineAnswer
from zaichang.ledger.filing.reconcile import Listed
from zaichang.ledger.filing.rows import CaseState

PAGE_MAX = 200
BatchId = Annotated[str, id_in_path("The batch.", "cq-2026-0001")]


def filing_router() -> APIRouter:
    """Return ``/v1/filing``."""
    router = contract_router("filing", "/v1/filing")
    _batch_routes(router)
    _case_routes(router)
    _list_routes(router)
    return router


def _batch_routes(router: APIRouter) -> None:
    @router.post(
        "/batches",
        responses=refused({403: ("filing.nothing", "filing.raced"), 404: ("log.none",), 422: ("filing.invalid",)}),
    )
    async def prepare_batch(caller: ByReviewer, asked: BatchRequest, parts: Parts) -> BatchLine:
        """Make the next batch of a target and year, from the statements and the rows that were filed before."""
        if asked.rules not in shipped_rules():
            raise PeerViolation("filing.invalid", f"rules must be one of {', '.join(shipped_rules())}.")
        made = await parts.filing.preparing.prepare(
            caller.institution.institution_id, caller.reviewer_id, asked.target, int(asked.year), asked.rules
        )
        return batch_line(made)

    @router.get("/batches")
    async def list_batches(
        caller: ByStaff,
        parts: Parts,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at most.")] = 50,
    ) -> BatchesAnswer:
        """List the institution's batches, the newest first."""
        found = await parts.filing.store.batches(caller.institution.institution_id, limit)
        return BatchesAnswer(institution=names_of(caller.institution), batches=[batch_line(each) for each in found])

    @router.get("/batches/{batch_id}", responses=refused({404: ("filing.batch_unknown",), 422: ("id.invalid",)}))
    async def get_batch(caller: ByStaff, batch_id: BatchId, parts: Parts) -> BatchAnswer:
        """Show a batch with its signed manifest and rows: pseudonyms, never a name."""
        institution_id = caller.institution.institution_id
        batch = await parts.filing.desk.batch(institution_id, check_id(batch_id, "batch"))
        return BatchAnswer(
            institution=names_of(caller.institution),
            batch=batch_line(batch),
            manifest=batch.manifest.decode(),
            rows=[row_line(row) for row in await parts.filing.desk.rows(batch)],
            exchanges=[
                exchange_line(each) for each in await parts.filing.store.exchanges(institution_id, batch.batch_id)
            ],
        )

    @router.post(
        "/batches/{batch_id}/words",
        responses=refused(
            {404: ("filing.batch_unknown",), 422: ("filing.invalid", "id.invalid")}
        ),
    )  # fmt: skip
    async def tell_word(caller: ByReviewer, batch_id: BatchId, asked: WordRequest, parts: Parts) -> WordAnswer:
        """Tell that a batch was sent, or tell its receipt. Refusals open cases; the log gets an `upload` entry."""
        if asked.kind not in (SENT, RECEIPT):
            raise PeerViolation("filing.invalid", "kind is sent or receipt.")
        word = Word(
            kind=asked.kind,
            rows=tuple(LineAnswer(row.key, state_of(row.state), row.code) for row in asked.rows),
            document=asked.document,
            answer=asked.answer,
            status=asked.status,
        )
        name = check_id(batch_id, "batch")
        taken = await parts.filing.desk.take(caller.institution.institution_id, caller.reviewer_id, name, word)
        return WordAnswer(
            changed=taken.changed,
            refused=list(taken.refused),
            unknown=list(taken.unknown),
            contradictions=list(taken.contradictions),
            waiting=taken.waiting,
        )


def _case_routes(router: APIRouter) -> None:
    @router.get("/cases", responses=refused({422: ("filing.invalid",)}))
    async def list_filing_cases(
        caller: ByStaff,
        parts: Parts,
        state: Annotated[str, Query(max_length=16, description="`open`, `refile`, `drop` or `accepted`.")] = "open",
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at most.")] = 50,
    ) -> FilingCasesAnswer:
        """List refused rows, the first due first."""
        found = await parts.filing.cases.cases(caller.institution.institution_id, _case_state(state), limit)
        return FilingCasesAnswer(institution=names_of(caller.institution), cases=[case_line(each) for each in found])

    @router.post(
        "/cases",
        responses=refused(
            {
                403: ("filing.same_person", "filing.both_stand", "filing.case_decided", "filing.raced"),
                404: ("filing.case_unknown",),
                422: ("filing.invalid", "id.invalid"),
            }
        ),
    )
    async def decide_filing_case(caller: ByReviewer, asked: CaseRequest, parts: Parts) -> FilingCaseLine:
        """Decide a refused row. Giving it up, or taking it for accepted, takes two people."""
        decision = Decision(
            state=_case_state(asked.decision),
            owner=check_id(ReviewerId(asked.owner), "owner") if asked.owner else NO_REVIEWER,
            note=asked.note,
        )
        decided = await parts.filing.cases.decide(
            caller.institution.institution_id,
            caller.reviewer_id,
            check_id(asked.target, "target"),
            key_of(asked.key),
            decision,
        )
        return case_line(decided)


def _list_routes(router: APIRouter) -> None:
    @router.post("/reconciliations", responses=refused({422: ("filing.invalid", "id.invalid")}))
    async def reconcile_filing(caller: ByReviewer, asked: ReconcileRequest, parts: Parts) -> ReconciledAnswer:
        """Compare a platform's list with our rows; each difference has a name."""
        if asked.style not in AMOUNTS:
            raise PeerViolation("filing.invalid", f"style must be one of {', '.join(AMOUNTS)}.")
        found = await parts.filing.desk.reconcile(
            caller.institution.institution_id,
            caller.reviewer_id,
            check_id(asked.target, "target"),
            int(asked.year),
            [Listed(row.key, row.amount) for row in asked.rows],
            partial(amount_text, style=asked.style),
        )
        return reconciled(found)

    @router.get("/reconciliations")
    async def list_reconciliations(caller: ByStaff, parts: Parts) -> ReconciliationsAnswer:
        """Show the last comparison of each target and year."""
        found = await parts.filing.store.reconciliations(caller.institution.institution_id)
        return ReconciliationsAnswer(
            institution=names_of(caller.institution), reconciliations=[reconciled(each) for each in found]
        )


def _case_state(text: str) -> CaseState:
    try:
        return CaseState(text)
    except ValueError:
        raise PeerViolation("filing.invalid", f"{text[:16]!r} is no decision.") from None
