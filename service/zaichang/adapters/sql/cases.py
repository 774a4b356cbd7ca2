"""Review cases in SQLite: open, extend, list and close them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.core.enums import CaseKind, CaseState, ReviewOutcome, stored
from zaichang.core.errors import NotFound
from zaichang.core.ids import CaseId, InstitutionId
from zaichang.ports.records_cases import Case, CaseClosing, CaseDraft, CaseFilter, CaseReason

AGAIN: Final = 2
"""A closed case opens again for an old reason only when its count has grown this many times."""


class _MinuteView(msgspec.Struct, frozen=True):
    undecided: tuple[tuple[int, int], ...] = ()
    reasons: tuple[str, ...] = ()


class Cases:
    """The review queue's part of the store."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def raise_case(self, draft: CaseDraft) -> bool:
        """See the port."""
        return await self._db.write(lambda db: insert_case(db, draft))

    async def case(self, case_id: CaseId) -> Case:
        """See the port."""
        found = await self._db.read(lambda db: _cases(db, "case_id = ?", (case_id,)))
        if not found:
            raise NotFound("case.unknown", "There is no such case.")
        return found[0]

    async def cases(self, which: CaseFilter) -> Sequence[Case]:
        """See the port."""
        where = "institution_id = ? AND state = ? AND (due_ms, case_id) > (?, ?)"
        arguments: list[object] = [which.institution_id, which.state, *which.after]
        for column, value in (("kind", which.kind), ("learner_id", which.learner_id)):
            if value:
                where += f" AND {column} = ?"
                arguments.append(value)
        if which.reason:
            where += " AND EXISTS (SELECT 1 FROM case_reasons r WHERE r.case_id = cases.case_id AND r.code = ?)"
            arguments.append(which.reason)
        arguments.append(which.limit)
        return await self._db.read(lambda db: _cases(db, f"{where} ORDER BY due_ms, case_id LIMIT ?", tuple(arguments)))

    async def case_counts(self, institution_id: InstitutionId) -> Sequence[tuple[str, int]]:
        """See the port."""

        def operation(db: sqlite3.Connection) -> list[tuple[str, int]]:
            (everything,) = db.execute(
                "SELECT count(*) FROM cases WHERE institution_id = ? AND state = 'open'", (institution_id,)
            ).fetchone()
            rows = db.execute(
                "SELECT r.code, count(DISTINCT r.case_id) FROM case_reasons r JOIN cases c ON c.case_id = r.case_id "
                "WHERE c.institution_id = ? AND c.state = 'open' GROUP BY r.code ORDER BY 2 DESC, 1",
                (institution_id,),
            )
            return [("", int(everything)), *((str(row[0]), int(row[1])) for row in rows)]

        return await self._db.read(operation)

    async def close_case(self, closing: CaseClosing) -> None:
        """See the port."""
        await self._db.write(lambda db: close_case(db, closing))


def insert_case(db: sqlite3.Connection, draft: CaseDraft) -> bool:
    """Open a case, or extend the subject's open case; return whether it holds something new for a reviewer."""
    row = db.execute(
        "SELECT case_id, state FROM cases WHERE institution_id = ? AND kind = ? AND subject = ?",
        (draft.institution_id, draft.kind, draft.subject),
    ).fetchone()
    if row is None:
        db.execute(
            "INSERT INTO cases (case_id, institution_id, kind, subject, learner_id, opened_ms, due_ms, undecided_ms, "
            "state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open')",
            (
                draft.case_id,
                draft.institution_id,
                draft.kind,
                draft.subject,
                draft.learner_id,
                draft.at_ms,
                draft.due_ms,
                draft.undecided_ms,
            ),
        )
        case_id, new = draft.case_id, True
    else:
        case_id = CaseId(row["case_id"])
        new = any(_is_new(db, case_id, reason) for reason in draft.reasons)
        if new and row["state"] == CaseState.CLOSED:
            db.execute(
                "UPDATE cases SET state = 'open', due_ms = ?, opened_ms = ? WHERE case_id = ?",
                (draft.due_ms, draft.at_ms, case_id),
            )
        elif new:
            db.execute("UPDATE cases SET due_ms = min(due_ms, ?) WHERE case_id = ?", (draft.due_ms, case_id))
    if row is None or new or row["state"] == CaseState.OPEN:
        db.executemany(
            "INSERT INTO case_reasons VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = max(n, excluded.n), "
            "at_ms = excluded.at_ms",
            [(case_id, reason.code, reason.other, reason.n, draft.at_ms) for reason in draft.reasons],
        )
    return new


def _is_new(db: sqlite3.Connection, case_id: CaseId, reason: CaseReason) -> bool:
    known = db.execute(
        "SELECT n FROM case_reasons WHERE case_id = ? AND code = ? AND other = ?", (case_id, reason.code, reason.other)
    ).fetchone()
    return known is None or reason.n >= AGAIN * known[0]


def close_case(db: sqlite3.Connection, closing: CaseClosing) -> None:
    """Store a case's decision. The case stays open where the decision leaves minutes undecided."""
    changed = db.execute(
        "UPDATE cases SET state = ?, outcome = ?, closed_ms = ?, closed_by = ?, note = ?, undecided_ms = ? "
        "WHERE case_id = ?",
        (
            CaseState.OPEN if closing.open else CaseState.CLOSED,
            closing.outcome,
            closing.at_ms,
            closing.reviewer_id,
            closing.note,
            closing.left_ms,
            closing.case_id,
        ),
    )
    if changed.rowcount != 1:
        raise NotFound("case.unknown", "There is no such case.")
    if not closing.open:
        # A decided case answers the appeals about its session.
        db.execute(
            "UPDATE appeals SET answered_ms = ?, outcome = ? WHERE answered_ms IS NULL AND session_id = "
            "(SELECT subject FROM cases WHERE case_id = ? AND kind = ?)",
            (closing.at_ms, closing.outcome, closing.case_id, CaseKind.SESSION),
        )


def session_case(db: sqlite3.Connection, draft: CaseDraft) -> None:
    """Open the review case of a session that has just ended, where there is something to decide.

    Runs in the transaction of the session's last event.
    """
    counts: dict[str, int] = {reason.code: reason.n for reason in draft.reasons}
    for row in db.execute("SELECT body FROM minutes WHERE session_id = ? ORDER BY minute", (draft.subject,)):
        minute = msgspec.json.decode(row[0], type=_MinuteView)
        if minute.undecided:
            for code in minute.reasons:
                counts[code] = counts.get(code, 0) + 1
    if draft.undecided_ms or draft.reasons:
        reasons = tuple(CaseReason(code=code, n=n) for code, n in counts.items())
        insert_case(db, replace(draft, reasons=reasons))


def _cases(db: sqlite3.Connection, where: str, arguments: tuple[object, ...]) -> list[Case]:
    columns = (
        "case_id, institution_id, kind, subject, learner_id, opened_ms, due_ms, undecided_ms, state, outcome, "
        "closed_ms, closed_by, note"
    )
    sql = f"SELECT {columns} FROM cases WHERE {where}"  # noqa: S608 - constants of this file
    found = []
    for row in db.execute(sql, arguments).fetchall():
        reasons = db.execute(
            "SELECT code, n, other, at_ms FROM case_reasons WHERE case_id = ? ORDER BY n DESC, code, other",
            (row["case_id"],),
        )
        typed = {
            "kind": stored(CaseKind, row["kind"], "cases.kind"),
            "state": stored(CaseState, row["state"], "cases.state"),
            "outcome": stored(ReviewOutcome, row["outcome"], "cases.outcome") if row["outcome"] else None,
        }
        found.append(Case(**{**dict(row), **typed}, reasons=tuple(CaseReason(**dict(reason)) for reason in reasons)))
    return found
