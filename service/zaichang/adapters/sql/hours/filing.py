"""Filing batches in SQLite: the ``FilingStore`` port."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from fractions import Fraction
from typing import Any, Final

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.core.enums import stored
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.core.ids import NO_LEARNER, InstitutionId, LearnerId, ReviewerId
from zaichang.ledger.filing.reconcile import Difference, Kind
from zaichang.ledger.filing.rows import CaseState, Filed, Operation, RowKey, RowState
from zaichang.ports.hours.filing import Batch, Cut, Exchange, FactSpan, FilingCase, Reconciled, RowChange

_ROW: Final = (
    "learner_id, course_id, year, n, batch_id, operation, category, amount, unit, replaces, statement, first_ms, "
    "last_ms, salt, digest, state, code, changed_ms, case_state"
)
_CASE: Final = ("target", "owner", "opened_ms", "due_ms", "note", "proposed_by", "decided_by", "decided_ms")
_KEY: Final = "institution_id = ? AND target = ? AND learner_id = ? AND course_id = ? AND year = ? AND n = ?"
_BATCH: Final = "institution_id, batch_id, target, year, number, made_ms, made_by, cuts, manifest"
_EXCHANGE: Final = "kind, log_year, entry_index, document, answer, salt, status, at_ms"
_SAME: Final = "institution_id, target, learner_id, course_id, year, n"
_ORDER: Final = "learner_id, course_id, n"
_CASES: Final = f"SELECT c.*, {_ROW} FROM filing_cases c JOIN filing_rows r USING ({_SAME})"  # noqa: S608 - constant names


class FilingRows:
    """The part of the store that filing reads and writes."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def filing_learners(self, institution_id: InstitutionId, after: str, limit: int) -> Sequence[LearnerId]:
        """See the port."""
        sql = (
            "SELECT l.learner_id FROM learners l WHERE l.institution_id = ?1 AND l.learner_id > ?2 "
            "AND l.erased_ms IS NULL AND (EXISTS (SELECT 1 FROM hour_facts f WHERE f.institution_id = ?1 "
            "AND f.learner_id = l.learner_id) OR EXISTS (SELECT 1 FROM filing_rows r WHERE r.institution_id = ?1 "
            "AND r.learner_id = l.learner_id)) ORDER BY l.learner_id LIMIT ?3"
        )
        return [LearnerId(row["learner_id"]) for row in await self._filing(sql, (institution_id, after, limit))]

    async def fact_spans(self, institution_id: InstitutionId, learner_id: LearnerId) -> Sequence[FactSpan]:
        """See the port."""
        sql = (
            "SELECT CASE WHEN s.session_id IS NULL THEN 'activity/' || a.activity_id ELSE f.fact_key END AS fact_key, "
            "COALESCE(s.opened_ms, a.at_ms) AS opened_ms, COALESCE(a.entry_index, f.first_index) AS first_index, "
            "f.last_index FROM hour_facts f LEFT JOIN sessions s ON s.session_id = f.session_id "
            "LEFT JOIN activity_steps a ON a.activity_id = f.session_id AND a.seq = 0 "
            "WHERE f.institution_id = ? AND f.learner_id = ? AND COALESCE(s.opened_ms, a.at_ms) IS NOT NULL "
            "ORDER BY f.fact_key"
        )
        return [FactSpan(**dict(row)) for row in await self._filing(sql, (institution_id, learner_id))]

    async def add_batch(self, batch: Batch, rows: Sequence[Filed]) -> None:
        """See the port."""
        cuts = json.dumps([asdict(cut) for cut in batch.cuts])

        def operation(db: sqlite3.Connection) -> None:
            try:
                db.execute(
                    f"INSERT INTO filing_batches ({_BATCH}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                    (
                        batch.institution_id, batch.batch_id, batch.target, batch.year, batch.number,
                        batch.made_ms, batch.made_by, cuts, batch.manifest,
                    ),
                )  # fmt: skip
                db.executemany(
                    f"INSERT INTO filing_rows (institution_id, target, {_ROW}) "  # noqa: S608
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [(batch.institution_id, batch.target, *_values(row)) for row in rows],
                )
            except sqlite3.IntegrityError:
                raise NotAllowed(
                    "filing.raced", f"Another batch for {batch.target} was made at this moment.", "Ask again."
                ) from None

        await self._db.write(operation)

    async def batches(self, institution_id: InstitutionId, limit: int, batch_id: str = "") -> Sequence[Batch]:
        """See the port."""
        sql = (
            f"SELECT {_BATCH} FROM filing_batches WHERE institution_id = ?1 AND (?3 = '' OR batch_id = ?3) "  # noqa: S608
            "ORDER BY made_ms DESC, target, year, number DESC LIMIT ?2"
        )
        return [_batch(row) for row in await self._filing(sql, (institution_id, limit, batch_id))]

    async def filed_rows(
        self,
        institution_id: InstitutionId,
        target: str,
        year: int,
        *,
        learner_id: LearnerId = NO_LEARNER,
        batch_id: str = "",
    ) -> Sequence[Filed]:
        """See the port."""
        sql = (
            f"SELECT {_ROW} FROM filing_rows WHERE institution_id = ?1 AND target = ?2 AND year = ?3 "  # noqa: S608
            "AND (?4 = '' OR learner_id = ?4) AND (?5 = '' OR batch_id = ?5) "
            "ORDER BY learner_id, course_id, n"
        )
        rows = await self._filing(sql, (institution_id, target, year, learner_id, batch_id))
        return [_filed(row) for row in rows]

    async def change_rows(
        self, batch: Batch, changes: Sequence[RowChange], exchanges: Sequence[Exchange], at_ms: int
    ) -> None:
        """See the port."""

        def operation(db: sqlite3.Connection) -> None:
            for change in changes:
                key = (batch.institution_id, batch.target, *change.key)
                refused = change.state is RowState.REFUSED
                db.execute(
                    "UPDATE filing_rows SET state = ?, code = ?, changed_ms = ?, "  # noqa: S608
                    f"case_state = COALESCE(?, case_state) WHERE {_KEY}",
                    (change.state, change.code, at_ms, CaseState.OPEN if refused else None, *key),
                )
                if refused:
                    db.execute(
                        "INSERT INTO filing_cases (institution_id, target, learner_id, course_id, year, n, owner, "
                        "opened_ms, due_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                        "owner = excluded.owner, opened_ms = excluded.opened_ms, due_ms = excluded.due_ms, "
                        "note = '', proposed = '', proposed_by = '', decided_by = '', decided_ms = NULL",
                        (*key, change.owner, at_ms, change.due_ms),
                    )
            db.executemany(
                f"INSERT INTO filing_exchanges (institution_id, batch_id, {_EXCHANGE}) "  # noqa: S608
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [(batch.institution_id, batch.batch_id, *asdict(each).values()) for each in exchanges],
            )

        await self._db.write(operation)

    async def exchanges(self, institution_id: InstitutionId, batch_id: str) -> Sequence[Exchange]:
        """See the port."""
        sql = (
            f"SELECT {_EXCHANGE} FROM filing_exchanges WHERE institution_id = ? AND batch_id = ? "  # noqa: S608
            "ORDER BY at_ms, log_year, entry_index"
        )
        return [Exchange(**dict(row)) for row in await self._filing(sql, (institution_id, batch_id))]

    async def filing_cases(self, institution_id: InstitutionId, state: CaseState, limit: int) -> Sequence[FilingCase]:
        """See the port."""
        sql = f"{_CASES} WHERE c.institution_id = ? AND r.case_state = ? ORDER BY c.due_ms, {_ORDER} LIMIT ?"
        return [_case(row) for row in await self._filing(sql, (institution_id, state, limit))]

    async def filing_case(self, institution_id: InstitutionId, target: str, key: RowKey) -> FilingCase:
        """See the port."""
        for row in await self._filing(f"{_CASES} WHERE {_KEY}", (institution_id, target, *key)):
            return _case(row)
        raise NotFound("filing.case_unknown", "There is no such case.")

    async def decide_filing_case(self, institution_id: InstitutionId, read: FilingCase, case: FilingCase) -> None:
        """See the port."""
        key = (institution_id, case.target, *case.row.key)

        def operation(db: sqlite3.Connection) -> None:
            open_case = f"SELECT 1 FROM filing_cases WHERE {_KEY} AND decided_ms IS NULL"  # noqa: S608
            if db.execute(open_case, key).fetchone() is None:
                raise NotAllowed("filing.case_decided", "This case is decided.", "Look at it under decided cases.")
            other = " AND proposed_by <> ?" if case.row.case in (CaseState.DROP, CaseState.ACCEPTED) else ""
            changed = db.execute(
                "UPDATE filing_cases SET owner = ?, note = ?, proposed = ?, proposed_by = ?, "  # noqa: S608
                f"decided_by = ?, decided_ms = ? WHERE {_KEY} "
                f"AND owner = ? AND note = ? AND proposed = ? AND proposed_by = ? AND opened_ms = ?{other}",
                (
                    *(case.owner, case.note, case.proposed or "", case.proposed_by, case.decided_by, case.decided_ms),
                    *key,
                    *(read.owner, read.note, read.proposed or "", read.proposed_by, read.opened_ms),
                    *((case.decided_by,) if other else ()),
                ),
            ).rowcount
            if not changed:
                raise NotAllowed("filing.raced", "This case was changed in between.", "Load it again.")
            db.execute(
                f"UPDATE filing_rows SET case_state = ?, state = ?, changed_ms = ? WHERE {_KEY}",  # noqa: S608
                (case.row.case, case.row.state, case.row.changed_ms, *key),
            )

        await self._db.write(operation)

    async def keep_reconciliation(self, institution_id: InstitutionId, found: Reconciled) -> None:
        """See the port."""
        differences = json.dumps([list(one) for one in found.differences])
        values = (institution_id, found.target, found.year, found.at_ms, found.listed, differences)
        sql = (
            "INSERT INTO filing_reconciliations VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "at_ms = excluded.at_ms, listed = excluded.listed, differences = excluded.differences"
        )
        await self._db.write(lambda db: db.execute(sql, values))

    async def reconciliations(self, institution_id: InstitutionId) -> Sequence[Reconciled]:
        """See the port."""
        sql = (
            "SELECT target, year, at_ms, listed, differences FROM filing_reconciliations WHERE institution_id = ? "
            "ORDER BY target, year"
        )
        return [
            Reconciled(
                **{**dict(row), "differences": tuple(_difference(*one) for one in json.loads(row["differences"]))}
            )
            for row in await self._filing(sql, (institution_id,))
        ]

    async def _filing(self, sql: str, arguments: tuple[object, ...]) -> list[sqlite3.Row]:
        return await self._db.read(lambda db: db.execute(sql, arguments).fetchall())


def forget_in_filing(db: sqlite3.Connection, institution_id: InstitutionId, learner_id: LearnerId, alias: str) -> None:
    """Name an erased learner's rows by the alias, and destroy their salts and notes.

    The last comparisons with platforms name keys, so those of the institution go; the next ones are made without the
    pseudonym.
    """
    where = (institution_id, learner_id, alias)
    db.execute("UPDATE filing_rows SET learner_id = ?3, salt = '' WHERE institution_id = ?1 AND learner_id = ?2", where)
    db.execute(
        "UPDATE filing_cases SET learner_id = ?3, note = '' WHERE institution_id = ?1 AND learner_id = ?2", where
    )
    # The audit trail names the key of a decided case: TARGET/LEARNER/COURSE/YEAR/N.
    db.execute(
        "UPDATE audit SET target = substr(target, 1, instr(target, '/')) || ?3 || "
        "substr(target, instr(target, '/') + 1 + length(?2)) WHERE institution_id = ?1 AND action GLOB 'filing.*' "
        "AND substr(target, instr(target, '/') + 1, length(?2) + 1) = ?2 || '/'",
        where,
    )
    db.execute("DELETE FROM filing_reconciliations WHERE institution_id = ?", (institution_id,))


def _values(row: Filed) -> tuple[object, ...]:
    return (
        *row.key, row.batch_id, row.operation, row.category, str(row.amount), row.unit, row.replaces, row.statement,
        row.first_ms, row.last_ms, row.salt, row.digest, row.state, row.code, row.changed_ms, row.case,
    )  # fmt: skip


def _filed(row: sqlite3.Row) -> Filed:
    case = row["case_state"]
    return Filed(
        key=RowKey(row["learner_id"], row["course_id"], row["year"], row["n"]),
        operation=stored(Operation, row["operation"], "filing_rows.operation"),
        amount=Fraction(row["amount"]),
        state=stored(RowState, row["state"], "filing_rows.state"),
        case=stored(CaseState, case, "filing_rows.case_state") if case is not None else None,
        **{
            name: row[name]
            for name in (
                "batch_id", "category", "unit", "replaces", "statement", "first_ms", "last_ms", "salt", "digest",
                "code", "changed_ms",
            )
        },
    )  # fmt: skip


def _batch(row: sqlite3.Row) -> Batch:
    values: dict[str, Any] = dict(row)
    cuts = tuple(Cut(**cut) for cut in json.loads(values.pop("cuts")))
    return Batch(
        **{
            **values, "cuts": cuts, "manifest": bytes(values["manifest"]),
            "made_by": ReviewerId(values["made_by"]),
        }
    )  # fmt: skip


def _case(row: sqlite3.Row) -> FilingCase:
    proposed = stored(CaseState, row["proposed"], "filing_cases.proposed") if row["proposed"] else None
    return FilingCase(row=_filed(row), proposed=proposed, **{name: row[name] for name in _CASE})


def _difference(kind: str, key: str, here: str, there: str) -> Difference:
    return Difference(stored(Kind, kind, "filing_reconciliations.differences"), key, here, there)
