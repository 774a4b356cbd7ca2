"""A check value that shows which master key a database belongs to. It does not reveal the key."""

from __future__ import annotations

import sqlite3

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.ports.records import Learner


class KeyChecks:
    """The check value of the master key, stored in the database that the key protects."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def key_check(self) -> bytes | None:
        """Return the stored check value; None where no service has stored one yet."""

        def operation(db: sqlite3.Connection) -> bytes | None:
            row = db.execute("SELECT value FROM key_checks WHERE name = 'master'").fetchone()
            return None if row is None else bytes(row["value"])

        return await self._db.read(operation)

    async def keep_key_check(self, value: bytes) -> None:
        """Store the check value, unless one is stored already."""
        await self._db.write(
            lambda db: db.execute("INSERT OR IGNORE INTO key_checks (name, value) VALUES ('master', ?)", (value,))
        )

    async def learner_with_key(self) -> Learner | None:
        """Return any one learner whose data key is not destroyed; None where there is none."""

        def operation(db: sqlite3.Connection) -> Learner | None:
            row = db.execute(
                "SELECT institution_id, learner_id, wrapped_key, created_ms FROM learners "
                "WHERE wrapped_key IS NOT NULL LIMIT 1"
            ).fetchone()
            return None if row is None else Learner(**{name: row[name] for name in row.keys()})

        return await self._db.read(operation)
