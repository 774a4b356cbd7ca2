"""Passkeys in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.core.errors import NotAllowed
from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.core.passkeys import Passkey
from zaichang.ports.passkeys import StoredPasskey, UsedTicket, ticket_spent


class PasskeyRows:
    """The ``PasskeyStore`` part of the store."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def add_passkey(
        self,
        institution_id: InstitutionId,
        learner_id: LearnerId,
        made: StoredPasskey,
        ticket: UsedTicket | None = None,
    ) -> None:
        """See the port."""
        key = made.passkey
        values = (
            *(institution_id, learner_id, key.credential_id, made.rp_id, key.public_key, made.cose_key),
            *(key.at_ms, key.supervised, key.synced),
        )

        def operation(db: sqlite3.Connection) -> None:
            if ticket is not None:
                db.execute("DELETE FROM passkey_tickets WHERE until_ms <= ?", (ticket.at_ms,))
                used = (ticket.ticket_id, ticket.until_ms)
                if not db.execute("INSERT OR IGNORE INTO passkey_tickets VALUES (?, ?)", used).rowcount:
                    raise ticket_spent()
            if not db.execute("INSERT OR IGNORE INTO passkeys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values).rowcount:
                raise NotAllowed("passkey.exists", "This passkey is registered already.", "Use it.")

        await self._db.write(operation)

    async def ticket_used(self, ticket_id: str) -> bool:
        """See the port."""
        sql = "SELECT 1 FROM passkey_tickets WHERE ticket_id = ?"
        return await self._db.read(lambda db: db.execute(sql, (ticket_id,)).fetchone()) is not None

    async def passkeys(self, institution_id: InstitutionId, learner_id: LearnerId) -> Sequence[StoredPasskey]:
        """See the port."""
        sql = "SELECT * FROM passkeys WHERE institution_id = ? AND learner_id = ? ORDER BY at_ms, credential_id"
        rows = await self._db.read(lambda db: db.execute(sql, (institution_id, learner_id)).fetchall())
        return [
            StoredPasskey(
                passkey=Passkey(
                    credential_id=row["credential_id"],
                    public_key=row["public_key"],
                    at_ms=row["at_ms"],
                    supervised=bool(row["supervised"]),
                    synced=bool(row["synced"]),
                ),
                rp_id=row["rp_id"],
                cose_key=row["cose_key"],
            )
            for row in rows
        ]

    async def remove_passkey(self, institution_id: InstitutionId, learner_id: LearnerId, credential_id: str) -> bool:
        """See the port."""
        sql = "DELETE FROM passkeys WHERE institution_id = ? AND learner_id = ? AND credential_id = ?"
        where = (institution_id, learner_id, credential_id)
        return bool(await self._db.write(lambda db: db.execute(sql, where).rowcount))
