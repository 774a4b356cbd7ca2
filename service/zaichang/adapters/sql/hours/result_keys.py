"""Verifier keys for signed results in SQLite: the ``ResultKeyStore`` port."""

from __future__ import annotations

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.core.ids import InstitutionId


class ResultKeyRows:
    """The part of the store that keeps keys for results."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def put_result_key(self, institution_id: InstitutionId, vkey: str, at_ms: int) -> None:
        """See the port."""
        sql = (
            "INSERT INTO result_keys (institution_id, vkey, at_ms) VALUES (?, ?, ?) "
            "ON CONFLICT (institution_id) DO UPDATE SET vkey = excluded.vkey, at_ms = excluded.at_ms"
        )
        await self._db.write(lambda db: db.execute(sql, (institution_id, vkey, at_ms)).rowcount)

    async def result_key(self, institution_id: InstitutionId) -> str:
        """See the port."""
        sql = "SELECT vkey FROM result_keys WHERE institution_id = ?"
        row = await self._db.read(lambda db: db.execute(sql, (institution_id,)).fetchone())
        return "" if row is None else str(row["vkey"])
