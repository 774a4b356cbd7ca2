"""Erasures in SQLite: proposed by one reviewer, decided by another; one by command names the operator as both."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.adapters.sql.proposals import decide
from zaichang.core.enums import ErasureScope, ProposalState, stored
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.core.ids import InstitutionId, ReviewerId
from zaichang.ports.records_review import Erasure

_COLUMNS: Final = (
    "erasure_id, institution_id, learner_id, scope, basis, request, note, proposed_by, proposed_ms, state, "
    "decided_by, decided_ms, alias, sessions, entry_index"
)


class ErasureRows:
    """The part of the store that keeps erasures as people propose and decide them."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def propose_erasure(self, erasure: Erasure) -> None:
        """See the port."""
        await self._db.write(lambda db: keep(db, erasure))

    async def erasure(self, erasure_id: str) -> Erasure:
        """See the port."""
        found = await self._erasures("erasure_id = ?", (erasure_id,))
        if not found:
            raise NotFound("erasure.unknown", "There is no such erasure.")
        return found[0]

    async def erasures(self, institution_id: InstitutionId, limit: int) -> Sequence[Erasure]:
        """See the port."""
        order = "ORDER BY proposed_ms DESC, erasure_id LIMIT ?"
        return await self._erasures(f"institution_id = ? {order}", (institution_id, limit))

    async def unfinished_erasures(self) -> Sequence[Erasure]:
        """See the port."""
        return await self._erasures("state = ?", (ProposalState.CONFIRMED,))

    async def decide_erasure(self, erasure_id: str, state: ProposalState, decided_by: ReviewerId, at_ms: int) -> None:
        """See the port."""

        def operation(db: sqlite3.Connection) -> None:
            if not decide(db, "erasures", erasure_id, state, decided_by, at_ms):
                raise NotAllowed("erasure.decided", "This erasure is decided.", "Look at it in the list.")

        await self._db.write(operation)

    async def _erasures(self, where: str, arguments: tuple[object, ...]) -> list[Erasure]:
        sql = f"SELECT {_COLUMNS} FROM erasures WHERE {where}"  # noqa: S608 - constants of this file
        rows = await self._db.read(lambda db: db.execute(sql, arguments).fetchall())
        return [
            Erasure(
                **{
                    **dict(row),
                    "scope": stored(ErasureScope, row["scope"], "erasures.scope"),
                    "state": stored(ProposalState, row["state"], "erasures.state"),
                }
            )
            for row in rows
        ]


def keep(db: sqlite3.Connection, erasure: Erasure) -> None:
    """Write an erasure's row, in place of an earlier state of it."""
    values = [getattr(erasure, name) for name in _COLUMNS.split(", ")]
    marks = ", ".join("?" * len(values))
    db.execute(f"INSERT OR REPLACE INTO erasures ({_COLUMNS}) VALUES ({marks})", values)  # noqa: S608 - constants
