"""The erasure of a learner's rows in SQLite.

The log stays: the commitments in it are salted, and without the salts they cannot be opened. The session rows stay
under
an alias, with the time credited to it. All rows change in one transaction.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.adapters.sql.decisions import forget_in_review
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.core.ids import InstitutionId, LearnerAlias, LearnerId

_OWN: Final = "(SELECT session_id FROM sessions WHERE institution_id = ?1 AND learner_id = ?2)"


class Erasure:
    """The ``ErasureStore`` part of the store."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def sessions_to_erase(self, institution_id: InstitutionId, learner_id: LearnerId) -> int:
        """See the port."""

        def operation(db: sqlite3.Connection) -> tuple[bool, int, int]:
            where = (institution_id, learner_id)
            known = db.execute("SELECT 1 FROM learners WHERE institution_id = ? AND learner_id = ?", where).fetchone()
            count, closed = db.execute(
                "SELECT count(*), count(*) FILTER (WHERE state = 'closed') FROM sessions "
                "WHERE institution_id = ? AND learner_id = ?",
                where,
            ).fetchone()
            return known is not None, count, closed

        known, count, closed = await self._db.read(operation)
        if not known:
            raise NotFound("learner.unknown", "There is no such learner.")
        if closed != count:
            raise NotAllowed("erase.open_session", "A session of this learner still runs.", "Wait for its end.")
        return count

    async def erase(
        self, institution_id: InstitutionId, learner_id: LearnerId, alias: LearnerAlias, at_ms: int
    ) -> None:
        """See the port. Pages that become free are overwritten (``secure_delete``), then the WAL is emptied."""

        def operation(db: sqlite3.Connection) -> None:
            where = (institution_id, learner_id)
            db.execute("PRAGMA defer_foreign_keys = ON")
            forget_in_review(db, *where)
            for table in ("events", "minutes", "captures", "pictures", "amendments", "appeals"):
                db.execute(f"DELETE FROM {table} WHERE session_id IN {_OWN}", where)  # noqa: S608 - constant names
            for table in ("credits", "enrolments", "passkeys", "allowances", "sightings"):
                db.execute(f"DELETE FROM {table} WHERE institution_id = ? AND learner_id = ?", where)  # noqa: S608
            db.execute(
                "UPDATE revocations SET learner_id = ?3, note = '' WHERE institution_id = ?1 AND learner_id = ?2",
                (*where, alias),
            )
            db.execute(
                "UPDATE sessions SET learner_id = ?3, token_id = 'erased-' || session_id "
                "WHERE institution_id = ?1 AND learner_id = ?2",
                (*where, alias),
            )
            db.execute(
                "UPDATE hour_facts SET learner_id = ?3 WHERE institution_id = ?1 AND learner_id = ?2", (*where, alias)
            )
            db.execute(
                "UPDATE learners SET learner_id = ?3, wrapped_key = NULL, erased_ms = ?4 "
                "WHERE institution_id = ?1 AND learner_id = ?2",
                (*where, alias, at_ms),
            )

        await self._db.write(operation)
        # The WAL holds older pages until it is emptied.
        await self._db.truncate_wal()

    async def is_erased(self, institution_id: InstitutionId, alias: LearnerAlias) -> bool:
        """See the port."""

        def operation(db: sqlite3.Connection) -> bool:
            row = db.execute(
                "SELECT 1 FROM learners WHERE institution_id = ? AND learner_id = ? AND erased_ms IS NOT NULL",
                (institution_id, alias),
            ).fetchone()
            return row is not None

        return await self._db.read(operation)
