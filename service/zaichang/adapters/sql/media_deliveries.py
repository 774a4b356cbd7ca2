"""The delivery log in SQLite: media sent to players (rule I5). Records belong to a launch; its session reads them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.core.enums import SessionState
from zaichang.core.errors import NotAllowed
from zaichang.core.ids import InstitutionId, TokenId
from zaichang.ports.records import Delivery

LAUNCH_MAX: Final = 20_000
"""Records that are kept for one launch: a day of two-second segments is 43,200, but neighbours are joined first."""
_NEW, _USED, _UNTIL_THE_END = 0, 1, 2
"""Values of ``used``: not taken in; done; taken in while the session ran, and looked at again once it is closed."""


class Deliveries:
    """Records of the delivery log."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def add_deliveries(self, institution_id: InstitutionId, records: Sequence[Delivery], at_ms: int) -> int:
        """See the port."""

        def operation(db: sqlite3.Connection) -> int:
            before = db.total_changes
            db.executemany(
                "INSERT INTO deliveries (institution_id, launch, start_ms, end_ms, sent_ms, at_ms) "
                "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET sent_ms = excluded.sent_ms, used = 0 "
                "WHERE excluded.sent_ms < sent_ms",
                [(institution_id, r.launch, r.start_ms, r.end_ms, r.sent_ms, at_ms) for r in records],
            )
            for launch in {record.launch for record in records}:
                where = (institution_id, launch)
                (kept,) = db.execute(
                    "SELECT count(*) FROM deliveries WHERE institution_id = ? AND launch = ?", where
                ).fetchone()
                if kept > LAUNCH_MAX:
                    raise NotAllowed(
                        "delivery.too_many",
                        f"One launch may have {LAUNCH_MAX} delivery records.",
                        "Join neighbouring segments into one record.",
                    )
            return db.total_changes - before

        return await self._db.write(operation)

    async def unused_deliveries(
        self, institution_id: InstitutionId, launch: TokenId, limit: int, *, after_the_end: bool = False
    ) -> Sequence[Delivery]:
        """See the port."""
        rows = await self._db.read(
            lambda db: db.execute(
                "SELECT launch, start_ms, end_ms, sent_ms FROM deliveries WHERE institution_id = ? AND launch = ? "
                "AND used <> 1 AND used <= ? ORDER BY start_ms, end_ms LIMIT ?",
                (institution_id, launch, _UNTIL_THE_END if after_the_end else _NEW, limit),
            ).fetchall()
        )
        return [Delivery(**dict(row)) for row in rows]

    async def note_deliveries_used(
        self, institution_id: InstitutionId, records: Sequence[Delivery], *, until_the_end: bool = False
    ) -> None:
        """See the port."""
        used = _UNTIL_THE_END if until_the_end else _USED
        values = [(used, institution_id, r.launch, r.start_ms, r.end_ms, r.sent_ms) for r in records]
        await self._db.write(
            lambda db: (
                db.executemany(
                    "UPDATE deliveries SET used = ? WHERE institution_id = ? AND launch = ? AND start_ms = ? "
                    "AND end_ms = ? AND sent_ms = ?",
                    values,
                ).rowcount
            )
        )

    async def launches_waiting(self, limit: int) -> Sequence[tuple[InstitutionId, TokenId]]:
        """See the port."""
        rows = await self._db.read(
            lambda db: db.execute(
                "SELECT DISTINCT d.institution_id, d.launch FROM deliveries d JOIN sessions s ON s.token_id = d.launch "
                "AND s.institution_id = d.institution_id WHERE d.used <> 1 AND s.next_seq > 0 "
                "AND (d.used = 0 OR s.state = ?) LIMIT ?",
                (SessionState.CLOSED.value, limit),
            ).fetchall()
        )
        return [(row[0], row[1]) for row in rows]

    async def forget_deliveries(self, before_ms: int) -> int:
        """See the port."""
        return await self._db.write(
            lambda db: db.execute("DELETE FROM deliveries WHERE at_ms < ?", (before_ms,)).rowcount
        )
