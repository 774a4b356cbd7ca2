"""Sightings in SQLite: salted digests of the devices and network addresses of sessions, and hints of the page."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.core.enums import CaseKind, SightingKind, stored
from zaichang.core.ids import InstitutionId, LearnerId, SessionId
from zaichang.ports.records_review import Sighting

_SIGHTING = "session_id, kind, value, institution_id, learner_id, at_ms"


class Sightings:
    """Sightings of sessions. They are kept for a short time; retention calls ``forget_sightings``."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def sight(self, sighting: Sighting) -> None:
        """See the port."""
        s = sighting
        await self._db.write(
            lambda db: (
                db.execute(
                    f"INSERT OR IGNORE INTO sightings ({_SIGHTING}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608
                    (s.session_id, s.kind, s.value, s.institution_id, s.learner_id, s.at_ms),
                ).rowcount
            )
        )

    async def sightings(self, session_id: SessionId) -> Sequence[Sighting]:
        """See the port."""
        sql = f"SELECT {_SIGHTING} FROM sightings WHERE session_id = ? ORDER BY kind, at_ms"  # noqa: S608 - constant
        rows = await self._db.read(lambda db: db.execute(sql, (session_id,)).fetchall())
        return [Sighting(**{**dict(row), "kind": stored(SightingKind, row["kind"], "sightings.kind")}) for row in rows]

    async def seen_with(
        self, institution_id: InstitutionId, kind: SightingKind, value: str, since_ms: int
    ) -> Sequence[tuple[str, int]]:
        """See the port."""
        sql = (
            "SELECT learner_id, count(*) FROM sightings WHERE institution_id = ? AND kind = ? AND value = ? "
            "AND at_ms >= ? GROUP BY learner_id ORDER BY 2 DESC, 1"
        )
        rows = await self._db.read(lambda db: db.execute(sql, (institution_id, kind, value, since_ms)).fetchall())
        return [(row[0], row[1]) for row in rows]

    async def values_of(
        self, institution_id: InstitutionId, learner_id: LearnerId, kind: SightingKind, since_ms: int
    ) -> int:
        """See the port."""
        sql = (
            "SELECT count(DISTINCT value) FROM sightings WHERE institution_id = ? AND learner_id = ? AND kind = ? "
            "AND at_ms >= ?"
        )
        arguments = (institution_id, learner_id, kind, since_ms)
        return int(await self._db.read(lambda db: db.execute(sql, arguments).fetchone()[0]))

    async def superseded_lately(self, institution_id: InstitutionId, learner_id: LearnerId, since_ms: int) -> int:
        """See the port."""
        sql = (
            "SELECT count(*) FROM sessions a JOIN sessions b ON b.session_id = a.superseded_by "
            "WHERE a.institution_id = ? AND a.learner_id = ? AND b.opened_ms >= ? "
            "AND (a.course_id <> b.course_id OR a.lesson_id <> b.lesson_id)"
        )
        return int(
            await self._db.read(lambda db: db.execute(sql, (institution_id, learner_id, since_ms)).fetchone()[0])
        )

    async def forget_sightings(self, before_ms: int) -> int:
        """See the port."""

        def operation(db: sqlite3.Connection) -> int:
            gone = db.execute("DELETE FROM sightings WHERE at_ms < ?", (before_ms,)).rowcount
            old = (
                "SELECT case_id FROM cases WHERE kind IN (?, ?) AND subject NOT IN (SELECT value FROM sightings) "
                "AND (state = 'open' OR closed_ms < ?) AND outcome <> 'expected'"
            )
            forgotten = (CaseKind.DEVICE, CaseKind.ADDRESS, before_ms)
            db.execute(f"DELETE FROM case_reasons WHERE case_id IN ({old})", forgotten)  # noqa: S608
            db.execute(f"DELETE FROM cases WHERE case_id IN ({old})", forgotten)  # noqa: S608
            return gone

        return await self._db.write(operation)
