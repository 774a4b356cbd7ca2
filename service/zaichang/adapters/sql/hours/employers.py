"""Employers in SQLite: the ``EmployerStore`` port."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.core.errors import NotFound
from zaichang.core.ids import InstitutionId
from zaichang.ports.hours.activities import Employer, UnitId

_EMPLOYER: Final = "institution_id, unit_id, name_zh, name_en, created_ms, revoked_ms"


class EmployerRows:
    """The part of the store that keeps employers."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def put_employer(self, employer: Employer, key_digest: str) -> None:
        """See the port."""
        sql = (
            "INSERT INTO employers (institution_id, unit_id, name_zh, name_en, created_ms, key_digest) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (institution_id, unit_id) DO UPDATE SET name_zh = excluded.name_zh, "
            "name_en = excluded.name_en, key_digest = excluded.key_digest, revoked_ms = NULL"
        )
        values = (
            employer.institution_id,
            employer.unit_id,
            employer.name_zh,
            employer.name_en,
            employer.created_ms,
            key_digest,
        )
        await self._db.write(lambda db: db.execute(sql, values).rowcount)

    async def employers(self, institution_id: InstitutionId) -> Sequence[Employer]:
        """See the port."""
        sql = f"SELECT {_EMPLOYER} FROM employers WHERE institution_id = ? ORDER BY unit_id"  # noqa: S608 - constant
        rows = await self._db.read(lambda db: db.execute(sql, (institution_id,)).fetchall())
        return [Employer(**dict(row)) for row in rows]

    async def revoke_employer(self, institution_id: InstitutionId, unit_id: UnitId, at_ms: int) -> None:
        """See the port."""
        sql = (
            "UPDATE employers SET revoked_ms = coalesce(revoked_ms, ?), key_digest = '' "
            "WHERE institution_id = ? AND unit_id = ?"
        )

        def operation(db: sqlite3.Connection) -> None:
            if db.execute(sql, (at_ms, institution_id, unit_id)).rowcount == 0:
                raise NotFound("employer.unknown", "There is no such employer.")

        await self._db.write(operation)

    async def employer_of_key(self, digest: str) -> Employer | None:
        """See the port."""
        sql = f"SELECT {_EMPLOYER} FROM employers WHERE key_digest = ? AND revoked_ms IS NULL"  # noqa: S608 - constant
        row = await self._db.read(lambda db: db.execute(sql, (digest,)).fetchone())
        return None if row is None else Employer(**dict(row))
