"""Routes of filing: batches, the platforms' words, cases of refused rows, comparisons."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Query

from zaichang.api.access import ByReviewer, ByStaff
from zaichang.api.contract import contract_router, refused
from zaichang.api.hours.filing_views import (
    batch_line,
    case_line,
    exchange_line,
    night_line,
    reconciled,
    row_line,
)
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
from zaichang.api.models.filing_nights import NightEndRequest, NightLine, NightRequest, NightsAnswer
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
from zaichang.ledger.filing.rows import CaseState, RowState

PAGE_MAX = 200
WAITING: Final = frozenset((RowState.PREPARED.value, RowState.SENT.value, RowState.ACKNOWLEDGED.value))
"""States of rows whose end is not known yet."""
BatchId = Annotated[str, id_in_path("The batch.", "cq-2026-0001")]


def filing_router() -> APIRouter:
    """Return ``/v1/filing``."""
    router = contract_router("filing", "/v1/filing")
    _batch_routes(router)
    _case_routes(router)
    _list_routes(router)
    _night_routes(router)
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
        states = await parts.filing.nights.states(made.institution_id, [made.batch_id])
        return batch_line(made, states.get(made.batch_id, {}))

    @router.get("/batches")
    async def list_batches(
        caller: ByStaff,
        parts: Parts,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at most.")] = 50,
        waiting: Annotated[bool, Query(description="Only those with rows whose end is not known yet.")] = False,
    ) -> BatchesAnswer:
        """List the institution's batches, the newest first."""
        institution_id = caller.institution.institution_id
        found = await parts.filing.store.batches(institution_id, -1 if waiting else limit)
        states = await parts.filing.nights.states(institution_id, [each.batch_id for each in found])
        lines = [batch_line(each, states.get(each.batch_id, {})) for each in found]
        if waiting:
            lines = [line for line in lines if WAITING & line.rows.keys()][:limit]
        return BatchesAnswer(institution=names_of(caller.institution), reviewer=caller.reviewer_id, batches=lines)

    @router.get("/batches/{batch_id}", responses=refused({404: ("filing.batch_unknown",), 422: ("id.invalid",)}))
    async def get_batch(caller: ByStaff, batch_id: BatchId, parts: Parts) -> BatchAnswer:
        """Show a batch with its signed manifest and rows: pseudonyms, never a name."""
        institution_id = caller.institution.institution_id
        batch = await parts.filing.desk.batch(institution_id, check_id(batch_id, "batch"))
        rows = await parts.filing.desk.rows(batch)
        return BatchAnswer(
            institution=names_of(caller.institution),
            batch=batch_line(batch, Counter(row.state for row in rows)),
            manifest=batch.manifest.decode(),
            rows=[row_line(row) for row in rows],
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


def _night_routes(router: APIRouter) -> None:
    @router.post("/runs", responses=refused({422: ("filing.invalid", "id.invalid")}))
    async def claim_filing_run(caller: ByReviewer, asked: NightRequest, parts: Parts) -> NightLine:
        """Take a day's run of a target, or keep it. The caller has it where the answer names its holder, not done."""
        found = await parts.filing.nights.claim(
            caller.institution.institution_id,
            check_id(asked.target, "target"),
            asked.day,
            check_id(asked.holder, "holder"),
        )
        return night_line(found)

    @router.post(
        "/runs/done", responses=refused({403: ("filing.run_held",), 422: ("filing.invalid", "id.invalid")})
    )  # fmt: skip
    async def end_filing_run(caller: ByReviewer, asked: NightEndRequest, parts: Parts) -> NightLine:
        """Note a day's run as done; a run that is done is never made again."""
        night = (check_id(asked.target, "target"), asked.day, check_id(asked.holder, "holder"))
        return night_line(
            await parts.filing.nights.end(
                caller.institution.institution_id, caller.reviewer_id, night, asked.faults
            )
        )  # fmt: skip

    @router.get("/runs")
    async def list_filing_runs(
        caller: ByStaff,
        parts: Parts,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at most.")] = 30,
    ) -> NightsAnswer:
        """List the newest nightly runs."""
        found = await parts.filing.nights.listed(caller.institution.institution_id, limit)
        return NightsAnswer(institution=names_of(caller.institution), runs=[night_line(each) for each in found])


def _case_state(text: str) -> CaseState:
    try:
        return CaseState(text)
    except ValueError:
        raise PeerViolation("filing.invalid", f"{text[:16]!r} is no decision.") from None
