"""Revocations in SQLite: proposed by one reviewer, decided by another, and carried out session by session."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.adapters.sql.proposals import decide
from zaichang.core.enums import ProposalState, RevocationScope, stored
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.core.ids import InstitutionId, ReviewerId, SessionId
from zaichang.core.reasons import ReasonCode
from zaichang.ports.records_review import Revocation

_COLUMNS: Final = (
    "revocation_id, institution_id, learner_id, scope, session_id, year, intervals, reason, note, case_id, "
    "proposed_by, proposed_ms, state, decided_by, decided_ms, revoked_ms"
)


class Revocations:
    """The part of the store that keeps revocations of verified time."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def propose_revocation(self, revocation: Revocation) -> None:
        """See the port."""
        values = (
            revocation.revocation_id, revocation.institution_id, revocation.learner_id, revocation.scope,
            revocation.session_id, revocation.year, json.dumps(revocation.intervals), revocation.reason,
            revocation.note, revocation.case_id, revocation.proposed_by, revocation.proposed_ms, revocation.state,
            revocation.decided_by, revocation.decided_ms, revocation.revoked_ms,
        )  # fmt: skip
        marks = ", ".join("?" * len(values))
        await self._db.write(
            lambda db: db.execute(f"INSERT INTO revocations ({_COLUMNS}) VALUES ({marks})", values).rowcount  # noqa: S608
        )

    async def revocation(self, revocation_id: str) -> Revocation:
        """See the port."""
        found = await self._revocations("revocation_id = ?", (revocation_id,))
        if not found:
            raise NotFound("revocation.unknown", "There is no such revocation.")
        return found[0]

    async def revocations(self, institution_id: InstitutionId, limit: int) -> Sequence[Revocation]:
        """See the port."""
        order = "ORDER BY proposed_ms DESC, revocation_id LIMIT ?"
        return await self._revocations(f"institution_id = ? {order}", (institution_id, limit))

    async def void_of(self, session_id: SessionId) -> Revocation | None:
        """See the port."""
        which = "session_id = ? AND scope = ? AND state IN (?, ?) ORDER BY decided_ms, revocation_id LIMIT 1"
        states = (ProposalState.CONFIRMED, ProposalState.DONE)
        found = await self._revocations(which, (session_id, RevocationScope.VOID, *states))
        return found[0] if found else None

    async def unfinished_revocations(self) -> Sequence[Revocation]:
        """See the port."""
        return await self._revocations("state = ?", (ProposalState.CONFIRMED,))

    async def decide_revocation(
        self, revocation_id: str, state: ProposalState, decided_by: ReviewerId, at_ms: int
    ) -> None:
        """See the port."""

        def operation(db: sqlite3.Connection) -> None:
            if not decide(db, "revocations", revocation_id, state, decided_by, at_ms):
                raise NotAllowed("revocation.decided", "This revocation is decided.", "Look at it in the list.")

        await self._db.write(operation)

    async def finish_revocation(self, revocation_id: str) -> None:
        """See the port."""
        sql = (
            "UPDATE revocations SET state = 'done', revoked_ms = (SELECT COALESCE(-sum(delta_ms), 0) FROM amendments a "
            "WHERE a.revocation_id = revocations.revocation_id) WHERE revocation_id = ?"
        )
        await self._db.write(lambda db: db.execute(sql, (revocation_id,)).rowcount)

    async def _revocations(self, where: str, arguments: tuple[object, ...]) -> list[Revocation]:
        sql = f"SELECT {_COLUMNS} FROM revocations WHERE {where}"  # noqa: S608 - constants of this file
        rows = await self._db.read(lambda db: db.execute(sql, arguments).fetchall())
        return [
            Revocation(
                **{
                    **dict(row),
                    "scope": stored(RevocationScope, row["scope"], "revocations.scope"),
                    "state": stored(ProposalState, row["state"], "revocations.state"),
                    "reason": stored(ReasonCode, row["reason"], "revocations.reason"),
                    "intervals": tuple((low, high) for low, high in json.loads(row["intervals"])),
                }
            )
            for row in rows
        ]
