"""Filing as the API shows it."""

from __future__ import annotations

from collections.abc import Mapping

from zaichang.api.models.filing import (
    BatchLine,
    DifferenceLine,
    ExchangeLine,
    FiledRow,
    FilingCaseLine,
    ReconciledAnswer,
)
from zaichang.api.models.filing_nights import NightLine
from zaichang.ledger.filing.rows import CaseState, Filed, RowState
from zaichang.ports.hours.filing import Batch, Exchange, FilingCase, Reconciled
from zaichang.ports.hours.filing_nights import FilingNight


def batch_line(batch: Batch, states: Mapping[RowState, int]) -> BatchLine:
    """Return a batch with the number of its rows in each state."""
    return BatchLine(
        batch=batch.batch_id,
        target=batch.target,
        year=str(batch.year),
        number=batch.number,
        made_ms=batch.made_ms,
        made_by=batch.made_by,
        rows={str(state): states[state] for state in RowState if state in states},
    )


def row_line(row: Filed) -> FiledRow:
    """Return one row."""
    return FiledRow(
        key=str(row.key),
        learner=row.key.learner_id,
        course=row.key.course,
        n=row.key.n,
        operation=row.operation,
        category=row.category,
        amount=str(row.amount),
        unit=row.unit,
        replaces=row.replaces,
        statement=row.statement,
        first_ms=row.first_ms,
        last_ms=row.last_ms,
        salt=row.salt,
        digest=row.digest,
        state=row.state,
        code=row.code,
    )


def exchange_line(exchange: Exchange) -> ExchangeLine:
    """Return one exchange."""
    return ExchangeLine(
        kind=exchange.kind,
        log_year=exchange.log_year,
        entry=exchange.entry_index,
        document=exchange.document,
        answer=exchange.answer,
        salt=exchange.salt,
        status=exchange.status,
        at_ms=exchange.at_ms,
    )


def case_line(case: FilingCase) -> FilingCaseLine:
    """Return the case of a refused row."""
    return FilingCaseLine(
        target=case.target,
        row=row_line(case.row),
        batch=case.row.batch_id,
        state=case.row.case or CaseState.OPEN,
        owner=case.owner,
        opened_ms=case.opened_ms,
        due_ms=case.due_ms,
        note=case.note,
        proposed=case.proposed or "",
        proposed_by=case.proposed_by,
        decided_by=case.decided_by,
        decided_ms=case.decided_ms,
    )


def night_line(night: FilingNight) -> NightLine:
    """Return a nightly run."""
    return NightLine(
        target=night.target,
        day=night.day,
        holder=night.holder,
        until_ms=night.until_ms,
        begun_ms=night.begun_ms,
        done_ms=night.done_ms,
        faults=list(night.faults),
    )


def reconciled(found: Reconciled) -> ReconciledAnswer:
    """Return a comparison."""
    return ReconciledAnswer(
        target=found.target,
        year=str(found.year),
        at_ms=found.at_ms,
        listed=found.listed,
        differences=[
            DifferenceLine(kind=one.kind, key=one.key, here=one.here, there=one.there) for one in found.differences
        ],
    )
