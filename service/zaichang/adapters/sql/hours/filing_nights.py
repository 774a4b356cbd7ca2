"""The nightly runs of filing in SQLite: the ``FilingNights`` port."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.core.enums import stored
from zaichang.core.ids import InstitutionId
from zaichang.ledger.filing.rows import RowState
from zaichang.ports.hours.filing_nights import FilingNight

_NIGHT: Final = "target, day, holder, until_ms, begun_ms, done_ms, faults"
_ONE: Final = f"SELECT {_NIGHT} FROM filing_runs WHERE institution_id = ? AND target = ? AND day = ?"  # noqa: S608


class FilingNightRows:
    """The part of the store that keeps the nightly runs."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def claim_night(
        self, institution_id: InstitutionId, target: str, day: str, holder: str, now_ms: int, until_ms: int
    ) -> FilingNight:
        """See the port."""

        def operation(db: sqlite3.Connection) -> FilingNight:
            db.execute(
                "INSERT INTO filing_runs (institution_id, target, day, holder, until_ms, begun_ms) "
                "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET holder = excluded.holder, "
                "until_ms = excluded.until_ms WHERE done_ms IS NULL "
                "AND (holder = excluded.holder OR until_ms <= excluded.begun_ms)",
                (institution_id, target, day, holder, until_ms, now_ms),
            )
            return _night(db.execute(_ONE, (institution_id, target, day)).fetchone())

        return await self._db.write(operation)

    async def end_night(
        self, institution_id: InstitutionId, target: str, day: str, holder: str, now_ms: int, faults: Sequence[str]
    ) -> FilingNight | None:
        """See the port."""

        def operation(db: sqlite3.Connection) -> FilingNight | None:
            db.execute(
                "UPDATE filing_runs SET done_ms = ?, faults = ? WHERE institution_id = ? AND target = ? AND day = ? "
                "AND holder = ? AND done_ms IS NULL",
                (now_ms, " ".join(faults), institution_id, target, day, holder),
            )
            found = db.execute(_ONE, (institution_id, target, day)).fetchone()
            return None if found is None else _night(found)

        return await self._db.write(operation)

    async def nights(self, institution_id: InstitutionId, limit: int) -> Sequence[FilingNight]:
        """See the port."""
        sql = f"SELECT {_NIGHT} FROM filing_runs WHERE institution_id = ? ORDER BY day DESC, target LIMIT ?"  # noqa: S608
        rows = await self._db.read(lambda db: db.execute(sql, (institution_id, limit)).fetchall())
        return [_night(row) for row in rows]

    async def batch_states(
        self, institution_id: InstitutionId, batch_ids: Sequence[str]
    ) -> Mapping[str, Mapping[RowState, int]]:
        """See the port."""
        if not batch_ids:
            return {}
        marks = ", ".join("?" * len(batch_ids))
        sql = (
            f"SELECT batch_id, state, count(*) AS number FROM filing_rows WHERE institution_id = ? "  # noqa: S608
            f"AND batch_id IN ({marks}) GROUP BY batch_id, state"
        )
        found: dict[str, dict[RowState, int]] = {}
        for row in await self._db.read(lambda db: db.execute(sql, (institution_id, *batch_ids)).fetchall()):
            state = stored(RowState, row["state"], "filing_rows.state")
            found.setdefault(row["batch_id"], {})[state] = row["number"]
        return found


def _night(row: sqlite3.Row) -> FilingNight:
    values = dict(row)
    return FilingNight(**{**values, "faults": tuple(values["faults"].split())})
