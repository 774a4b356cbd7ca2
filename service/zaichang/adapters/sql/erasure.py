"""The erasure of a learner's rows in SQLite.

The log stays: the commitments in it are salted, and without the salts they cannot be opened. Where all is erased, the
session rows stay under an alias. All rows change in one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from zaichang.adapters.sql.credits import bury
from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.adapters.sql.decisions import forget_in_review
from zaichang.adapters.sql.erasure_requests import keep
from zaichang.adapters.sql.hours.activities import forget_activities
from zaichang.adapters.sql.hours.certificates import forget_certificates
from zaichang.adapters.sql.hours.filing import forget_in_filing
from zaichang.adapters.sql.one_person import forget_alike
from zaichang.core.enums import ProposalState
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.core.ids import InstitutionId, LearnerAlias, LearnerId, SessionId
from zaichang.ports.hours.activities import ActivityId, FileId
from zaichang.ports.records import Learner
from zaichang.ports.records_review import Erasure

_OWN: Final = "(SELECT session_id FROM sessions WHERE institution_id = ?1 AND learner_id = ?2)"


class ErasedRows:
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

    async def records_outside_log(self, institution_id: InstitutionId, learner_id: LearnerId) -> bool:
        """See the port."""
        sql = (
            "SELECT 1 FROM sessions s WHERE institution_id = ? AND learner_id = ? AND (EXISTS (SELECT 1 FROM leaves l "
            "WHERE l.session_id = s.session_id AND l.entry_index IS NULL) OR EXISTS (SELECT 1 FROM amendments a "
            "WHERE a.session_id = s.session_id AND a.delivered = 0)) LIMIT 1"
        )
        return await self._db.read(lambda db: db.execute(sql, (institution_id, learner_id)).fetchone()) is not None

    async def erase(self, erasure: Erasure, mark: str, at_ms: int) -> None:
        """See the port. Pages that become free are overwritten (``secure_delete``), then the WAL is emptied."""
        where, alias = (erasure.institution_id, erasure.learner_id), erasure.alias

        def operation(db: sqlite3.Connection) -> None:
            db.execute("PRAGMA defer_foreign_keys = ON")
            person = db.execute(
                "SELECT person FROM learners WHERE institution_id = ? AND learner_id = ?", where
            ).fetchone()
            if person is None:
                return
            for each in (mark, person["person"]):
                if each:
                    bury(db, *where, each)
            forget_in_review(db, *where)
            forget_alike(db, *where)
            for table in ("events", "minutes", "captures", "pictures", "looks", "amendments", "appeals"):
                db.execute(f"DELETE FROM {table} WHERE session_id IN {_OWN}", where)  # noqa: S608 - constant names
            for table in ("credits", "enrolments", "passkeys", "allowances", "sightings"):
                db.execute(f"DELETE FROM {table} WHERE institution_id = ? AND learner_id = ?", where)  # noqa: S608
            # Another open proposal about the learner has nothing left to destroy: this erasure has done its work.
            db.execute(
                "UPDATE erasures SET state = ?3, alias = ?4, sessions = ?5, decided_ms = COALESCE(decided_ms, ?6), "
                "decided_by = CASE decided_by WHEN '' THEN ?7 ELSE decided_by END "
                "WHERE institution_id = ?1 AND learner_id = ?2 AND erasure_id <> ?8 AND state IN (?9, ?10)",
                (*where, ProposalState.DONE, alias, erasure.sessions, at_ms, erasure.decided_by, erasure.erasure_id,
                 ProposalState.PROPOSED, ProposalState.CONFIRMED),
            )  # fmt: skip
            for table in ("revocations", "erasures"):
                db.execute(
                    f"UPDATE {table} SET learner_id = ?3, note = '' WHERE institution_id = ?1 AND learner_id = ?2",  # noqa: S608
                    (*where, alias),
                )
            db.execute(
                "UPDATE sessions SET learner_id = ?3, token_id = 'erased-' || session_id, person = '' "
                "WHERE institution_id = ?1 AND learner_id = ?2",
                (*where, alias),
            )
            db.execute(
                "UPDATE hour_facts SET learner_id = ?3 WHERE institution_id = ?1 AND learner_id = ?2", (*where, alias)
            )
            forget_certificates(db, *where, alias)
            forget_in_filing(db, *where, alias)
            forget_activities(db, *where, LearnerAlias(alias))
            db.execute(
                "UPDATE learners SET learner_id = ?3, wrapped_key = NULL, erased_ms = ?4, mark = '', person = '' "
                "WHERE institution_id = ?1 AND learner_id = ?2",
                (*where, alias, at_ms),
            )
            keep(db, replace(erasure, learner_id=LearnerId(alias), note=""))

        await self._db.write(operation)
        # The WAL holds older pages until it is emptied.
        await self._db.truncate_wal()

    async def erase_biometrics(
        self, erasure: Erasure, learner: Learner, appeals: Sequence[tuple[SessionId, int, bytes]], at_ms: int
    ) -> None:
        """See the port."""
        where = (erasure.institution_id, erasure.learner_id)

        def operation(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM enrolments WHERE institution_id = ? AND learner_id = ?", where)
            forget_alike(db, *where)
            for table in ("pictures", "looks"):
                db.execute(f"DELETE FROM {table} WHERE session_id IN {_OWN}", where)  # noqa: S608 - constant names
            db.execute(
                f"UPDATE captures SET deleted_ms = COALESCE(deleted_ms, ?3) WHERE session_id IN {_OWN}",  # noqa: S608
                (*where, at_ms),
            )
            db.execute(
                "UPDATE sessions SET faces_erased = ?3 WHERE institution_id = ?1 AND learner_id = ?2",
                (*where, erasure.alias),
            )
            db.executemany(
                'UPDATE appeals SET "sealed" = ? WHERE session_id = ? AND number = ?',
                [(encrypted, session_id, number) for session_id, number, encrypted in appeals],
            )
            db.execute(
                "UPDATE learners SET wrapped_key = ?3 WHERE institution_id = ?1 AND learner_id = ?2",
                (*where, learner.wrapped_key),
            )
            keep(db, erasure)

        await self._db.write(operation)
        await self._db.truncate_wal()

    async def is_erased(self, institution_id: InstitutionId, alias: LearnerAlias) -> bool:
        """See the port."""
        sql = (
            "SELECT 1 FROM erasures WHERE institution_id = ?1 AND alias = ?2 UNION ALL SELECT 1 FROM learners "
            "WHERE institution_id = ?1 AND learner_id = ?2 AND erased_ms IS NOT NULL"
        )
        return await self._db.read(lambda db: db.execute(sql, (institution_id, alias)).fetchone()) is not None

    async def erased_sessions(self, institution_id: InstitutionId, alias: LearnerAlias) -> Sequence[SessionId]:
        """See the port."""
        sql = (
            "SELECT session_id FROM sessions WHERE institution_id = ?1 AND (learner_id = ?2 OR faces_erased = ?2) "
            "AND next_seq > 0 ORDER BY session_id"
        )
        rows = await self._db.read(lambda db: db.execute(sql, (institution_id, alias)).fetchall())
        return [SessionId(row["session_id"]) for row in rows]

    async def faces_erased(self, session_id: SessionId) -> bool:
        """See the port."""
        sql = "SELECT 1 FROM sessions WHERE session_id = ? AND faces_erased <> ''"
        return await self._db.read(lambda db: db.execute(sql, (session_id,)).fetchone()) is not None

    async def appeals_of(
        self, institution_id: InstitutionId, learner_id: LearnerId
    ) -> Sequence[tuple[SessionId, int, bytes]]:
        """See the port."""
        sql = f'SELECT session_id, number, "sealed" FROM appeals WHERE session_id IN {_OWN}'  # noqa: S608
        rows = await self._db.read(lambda db: db.execute(sql, (institution_id, learner_id)).fetchall())
        return [(SessionId(row[0]), row[1], bytes(row[2])) for row in rows]

    async def evidence_to_erase(
        self, institution_id: InstitutionId, learner_id: LearnerId
    ) -> Sequence[tuple[ActivityId, FileId]]:
        """See the port."""
        sql = (
            "SELECT f.activity_id, f.file_id FROM activity_files f JOIN activities a ON a.activity_id = f.activity_id "
            "WHERE a.institution_id = ? AND a.learner_id = ?"
        )
        rows = await self._db.read(lambda db: db.execute(sql, (institution_id, learner_id)).fetchall())
        return [(ActivityId(row[0]), FileId(row[1])) for row in rows]

    async def note_erasure_logged(self, institution_id: InstitutionId, alias: LearnerAlias, entry_index: int) -> None:
        """See the port."""
        sql = "UPDATE erasures SET entry_index = ? WHERE institution_id = ? AND alias = ?"
        await self._db.write(lambda db: db.execute(sql, (entry_index, institution_id, alias)).rowcount)
