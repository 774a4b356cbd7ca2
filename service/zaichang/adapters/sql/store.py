"""All store ports on one SQLite file. Sessions and events are here, people in ``people``, records in ``records``."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.sql.cases import Cases, session_case
from zaichang.adapters.sql.credits import LESSON, credit, credited
from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.adapters.sql.decisions import Decisions
from zaichang.adapters.sql.erasure import ErasedRows
from zaichang.adapters.sql.erasure_requests import ErasureRows
from zaichang.adapters.sql.hour_facts import HourFactRows
from zaichang.adapters.sql.hours.activities import ActivityRows
from zaichang.adapters.sql.hours.certificates import CertificateRows
from zaichang.adapters.sql.hours.employers import EmployerRows
from zaichang.adapters.sql.hours.figures import CourseFigureRows
from zaichang.adapters.sql.hours.filing import FilingRows
from zaichang.adapters.sql.hours.filing_nights import FilingNightRows
from zaichang.adapters.sql.hours.result_keys import ResultKeyRows
from zaichang.adapters.sql.key_check import KeyChecks
from zaichang.adapters.sql.looks import LookRows
from zaichang.adapters.sql.media_deliveries import Deliveries
from zaichang.adapters.sql.one_person import OnePerson
from zaichang.adapters.sql.passkeys import PasskeyRows
from zaichang.adapters.sql.people import People
from zaichang.adapters.sql.records import Records
from zaichang.adapters.sql.revocations import Revocations
from zaichang.adapters.sql.sightings import Sightings
from zaichang.adapters.sql.staff import Staff
from zaichang.core.enums import ChallengeKind, Route, SessionState, stored
from zaichang.core.errors import NotAllowed, NotFound, StorageError
from zaichang.core.ids import CourseId, InstitutionId, LearnerId, LessonId, SessionId, TokenId
from zaichang.core.periods import ONCE
from zaichang.ports.records import Append, SessionRow
from zaichang.session.events import Leniency
from zaichang.session.playhead import IntervalSet

_SESSION_COLUMNS = (
    "session_id, institution_id, learner_id, course_id, lesson_id, token_id, policy_digest, state, opened_ms, "
    "closed_ms, superseded_by, epoch, next_seq, lesson_version, timeline, owed, period, route, person, "
    "category, course_version, mode"
)

# An analysis that was under way at a session's end may store its event after the end, within minutes. So the last event
# is looked up for unfinished sessions and for those that closed within an hour of the newest end: an event later than
# every end belongs to one of these.
LAST_AT_MS: Final = (
    "SELECT max(at_ms) FROM (SELECT max(opened_ms) AS at_ms FROM sessions "
    "UNION ALL SELECT max(closed_ms) FROM sessions "
    "UNION ALL SELECT (SELECT e.at_ms FROM events e WHERE e.session_id = s.session_id ORDER BY e.seq DESC LIMIT 1) "
    "FROM sessions s WHERE s.state <> 'closed' "
    "OR s.closed_ms >= (SELECT max(closed_ms) - 3600000 FROM sessions))"
)


class SqliteStore(
    People,
    PasskeyRows,
    Records,
    Cases,
    Decisions,
    Revocations,
    Staff,
    Sightings,
    Deliveries,
    ErasedRows,
    ErasureRows,
    OnePerson,
    HourFactRows,
    CertificateRows,
    CourseFigureRows,
    FilingRows,
    FilingNightRows,
    ActivityRows,
    EmployerRows,
    ResultKeyRows,
    KeyChecks,
    LookRows,
):
    """All store ports on one database with one writer."""

    def __init__(self, folder: DataFolder, *, inline: bool = False, read_only: bool = False) -> None:
        """Open the database of a data folder.

        Args:
            folder: Prepared before; a service has also locked it.
            inline: Run every operation in the calling thread (simulations on a virtual clock); otherwise use group
                commit.
            read_only: Only read; this works beside a running service.

        Raises:
            StorageError: See ``Database``.
        """
        self.folder = folder
        super().__init__(ReadDatabase(folder.database) if read_only else Database(folder.database, inline=inline))

    def close(self) -> None:
        """Finish queued writes and close."""
        self._db.close()

    async def open_session(self, row: SessionRow) -> tuple[SessionRow, ...]:
        """See the port. This one transaction ensures one running session for each learner and person (rule I3)."""

        def operation(db: sqlite3.Connection) -> tuple[SessionRow, ...]:
            # A session without its first event never answered anyone: its start failed, it does not use up a token.
            db.execute(
                "DELETE FROM sessions WHERE next_seq = 0 AND institution_id = ? AND learner_id = ?",
                (row.institution_id, row.learner_id),
            )
            if db.execute("SELECT 1 FROM sessions WHERE token_id = ?", (row.token_id,)).fetchone():
                raise NotAllowed(
                    "token.used", "This launch token opened a session before.", "Start again from the course."
                )
            where = (row.institution_id, row.learner_id)
            if row.person:
                db.execute(
                    "UPDATE learners SET person = ? WHERE institution_id = ? AND learner_id = ?", (row.person, *where)
                )
            # Two searches, each by an index of its own: one with OR would read the whole table.
            same = (
                "SELECT rowid FROM sessions WHERE institution_id = ?1 AND learner_id = ?2 AND state = ?4 "
                "UNION SELECT rowid FROM sessions WHERE person <> '' AND person = ?3 AND state = ?4"
            )
            db.execute(
                f"UPDATE sessions SET state = 'superseded', superseded_by = ?5 WHERE rowid IN ({same})",  # noqa: S608
                (*where, row.person, SessionState.OPEN, row.session_id),
            )
            superseded = db.execute(
                f"SELECT {_SESSION_COLUMNS} FROM sessions WHERE rowid IN ({same}) ORDER BY opened_ms",  # noqa: S608
                (*where, row.person, "superseded"),
            ).fetchall()
            db.execute(
                f"INSERT INTO sessions ({_SESSION_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608
                (
                    row.session_id,
                    *where,
                    row.course_id,
                    row.lesson_id,
                    row.token_id,
                    row.policy_digest,
                    SessionState.OPEN,
                    row.opened_ms,
                    None,
                    None,
                    row.epoch,
                    row.next_seq,
                    row.lesson_version,
                    row.timeline,
                    row.owed or "",
                    row.period,
                    row.route or "",
                    row.person,
                    row.category,
                    row.course_version,
                    row.mode,
                ),
            )
            db.execute(
                "UPDATE sessions SET appeals = COALESCE((SELECT l.appeals FROM lessons l "
                "WHERE l.institution_id = sessions.institution_id AND l.course_id = sessions.course_id "
                "AND l.lesson_id = sessions.lesson_id), '') WHERE session_id = ?",
                (row.session_id,),
            )
            return tuple(_session(found) for found in superseded)

        return await self._db.write(operation)

    async def session(self, session_id: SessionId) -> SessionRow:
        """See the port."""
        rows = await self._sessions("session_id = ?", (session_id,))
        if not rows:
            raise NotFound("session.unknown", "There is no such session.")
        return rows[0]

    async def session_of_token(self, token_id: TokenId) -> SessionRow | None:
        """See the port."""
        rows = await self._sessions("token_id = ? AND next_seq > 0", (token_id,))
        return rows[0] if rows else None

    async def release_token(self, session_id: SessionId) -> None:
        """See the port."""

        def operation(db: sqlite3.Connection) -> None:
            db.execute("UPDATE sessions SET token_id = 'released-' || session_id WHERE session_id = ?", (session_id,))

        await self._db.write(operation)

    async def unfinished(self) -> Sequence[SessionRow]:
        """See the port."""
        return await self._sessions("state <> 'closed' AND next_seq > 0 ORDER BY opened_ms", ())

    async def sessions_page(
        self, institution_id: InstitutionId, learner_id: LearnerId, before: tuple[int, str], limit: int
    ) -> Sequence[SessionRow]:
        """See the port."""
        where = "institution_id = ? AND (opened_ms, session_id) < (?, ?) AND next_seq > 0"
        arguments: tuple[object, ...] = (institution_id, *before)
        if learner_id:
            where, arguments = f"{where} AND learner_id = ?", (*arguments, learner_id)
        return await self._sessions(f"{where} ORDER BY opened_ms DESC, session_id DESC LIMIT ?", (*arguments, limit))

    async def claim(self, session_id: SessionId) -> SessionRow:
        """See the port."""

        def operation(db: sqlite3.Connection) -> SessionRow:
            db.execute("UPDATE sessions SET epoch = epoch + 1 WHERE session_id = ?", (session_id,))
            found = db.execute(
                f"SELECT {_SESSION_COLUMNS} FROM sessions WHERE session_id = ?",  # noqa: S608
                (session_id,),
            ).fetchone()
            if found is None:
                raise NotFound("session.unknown", "There is no such session.")
            return _session(found)

        return await self._db.write(operation)

    async def append(self, write: Append) -> None:
        """See the port."""
        await self._db.write(lambda db: _append(db, write))

    async def events(self, session_id: SessionId) -> Sequence[bytes]:
        """See the port."""

        def operation(db: sqlite3.Connection) -> Sequence[bytes]:
            return [
                bytes(row[0])
                for row in db.execute("SELECT body FROM events WHERE session_id = ? ORDER BY seq", (session_id,))
            ]

        return await self._db.read(operation)

    async def owed(self, institution_id: InstitutionId, learner_id: LearnerId) -> ChallengeKind | None:
        """See the port."""

        def operation(db: sqlite3.Connection) -> ChallengeKind | None:
            row = db.execute(
                "SELECT owed FROM sessions WHERE institution_id = ? AND learner_id = ? AND state = 'closed' "
                "ORDER BY closed_ms DESC, opened_ms DESC LIMIT 1",
                (institution_id, learner_id),
            ).fetchone()
            return stored(ChallengeKind, row["owed"], "sessions.owed") if row is not None and row["owed"] else None

        return await self._db.read(operation)

    async def leniency(self, row: SessionRow, since_ms: int) -> Leniency | None:
        """See the port."""

        def operation(db: sqlite3.Connection) -> Leniency | None:
            found = db.execute(
                "SELECT leniency_debt_ms, leniency_calls, leniency_failures, leniency_liveness FROM sessions "
                "WHERE institution_id = ? AND learner_id = ? AND course_id = ? AND lesson_id = ? AND timeline = ? "
                "AND state = 'closed' AND closed_ms >= ? AND leniency_calls IS NOT NULL "
                "ORDER BY closed_ms DESC, opened_ms DESC LIMIT 1",
                (row.institution_id, row.learner_id, row.course_id, row.lesson_id, row.timeline, since_ms),
            ).fetchone()
            if found is None:
                return None
            debt_ms, calls, failures, liveness_failed = found
            return Leniency(debt_ms=debt_ms, calls=calls, failures=failures, liveness_failed=liveness_failed)

        return await self._db.read(operation)

    async def debt_ms(self, row: SessionRow, since_ms: int) -> int | None:
        """See the port."""

        def operation(db: sqlite3.Connection) -> int | None:
            found = db.execute(
                "SELECT leniency_debt_ms FROM sessions WHERE institution_id = ? AND learner_id = ? "
                "AND state = 'closed' AND closed_ms >= ? AND leniency_debt_ms IS NOT NULL "
                "ORDER BY closed_ms DESC, opened_ms DESC LIMIT 1",
                (row.institution_id, row.learner_id, since_ms),
            ).fetchone()
            return None if found is None else int(found[0])

        return await self._db.read(operation)

    async def credited(
        self,
        institution_id: InstitutionId,
        learner_id: LearnerId,
        course_id: CourseId,
        lesson_id: LessonId,
        timeline: str = "1",
        period: str = ONCE,
    ) -> IntervalSet:
        """See the port."""
        where = (institution_id, learner_id, course_id, lesson_id, timeline, period)
        return await self._db.read(lambda db: credited(db, where))

    async def ping(self) -> None:
        """See the port."""
        await self._db.read(lambda db: db.execute("SELECT 1").fetchone())

    async def last_at_ms(self) -> int:
        """See the port."""

        def operation(db: sqlite3.Connection) -> int:
            row = db.execute(LAST_AT_MS).fetchone()
            return int(row[0] or 0)

        return await self._db.read(operation)

    async def _sessions(self, where: str, arguments: tuple[object, ...]) -> list[SessionRow]:
        sql = f"SELECT {_SESSION_COLUMNS} FROM sessions WHERE {where}"  # noqa: S608 - both are constants of this file
        return await self._db.read(lambda db: [_session(row) for row in db.execute(sql, arguments)])


def _session(row: sqlite3.Row) -> SessionRow:
    values = {name: row[name] for name in _SESSION_COLUMNS.split(", ")}
    owed = stored(ChallengeKind, row["owed"], "sessions.owed") if row["owed"] else None
    state = stored(SessionState, row["state"], "sessions.state")
    route = stored(Route, row["route"], "sessions.route") if row["route"] else None
    return SessionRow(**{**values, "state": state, "owed": owed, "route": route})


def _append(db: sqlite3.Connection, write: Append) -> None:
    row = db.execute(
        f"SELECT epoch, next_seq, {LESSON} FROM sessions WHERE session_id = ?",  # noqa: S608 - constant
        (write.session_id,),
    ).fetchone()
    if row is None:
        raise NotFound("session.unknown", "There is no such session.")
    if row["epoch"] != write.epoch:
        raise StorageError(
            "storage.fenced", f"Session {write.session_id} was taken over (epoch {row['epoch']}, not {write.epoch})."
        )
    after = write.first_seq + len(write.events)
    if row["next_seq"] >= after and _same_events(db, write):
        return
    if row["next_seq"] != write.first_seq:
        raise StorageError(
            "storage.conflict",
            f"Session {write.session_id} is at event {row['next_seq']}, the write starts at {write.first_seq}.",
        )
    db.executemany(
        "INSERT INTO events (session_id, seq, epoch, at_ms, body) VALUES (?, ?, ?, ?, ?)",
        [
            (write.session_id, write.first_seq + offset, write.epoch, event.at_ms, event.body)
            for offset, event in enumerate(write.events)
        ],
    )
    db.execute("UPDATE sessions SET next_seq = ? WHERE session_id = ?", (after, write.session_id))
    for minute in write.minutes:
        db.execute(
            "INSERT INTO minutes (session_id, minute, body) VALUES (?, ?, ?)",
            (write.session_id, minute.minute, minute.body),
        )
        for start_ms, end_ms in minute.credited:
            credit(db, tuple(row)[2:], write.session_id, minute.minute, start_ms, end_ms)
    for leaf in write.leaves:
        db.execute(
            "INSERT INTO leaves (session_id, leaf_seq, kind, at_ms, body, first_minute, n_minutes) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (write.session_id, leaf.leaf_seq, leaf.kind, leaf.at_ms, leaf.body, leaf.first_minute, leaf.n_minutes),
        )
        db.execute(
            "UPDATE minutes SET leaf_seq = ? WHERE session_id = ? AND minute >= ? AND minute < ?",
            (leaf.leaf_seq, write.session_id, leaf.first_minute, leaf.first_minute + leaf.n_minutes),
        )
    if write.closed_ms is not None:
        db.execute(
            "UPDATE sessions SET state = 'closed', closed_ms = ?, owed = ? WHERE session_id = ?",
            (write.closed_ms, write.owed or "", write.session_id),
        )
        if write.leniency is not None:
            used = write.leniency
            db.execute(
                "UPDATE sessions SET leniency_debt_ms = ?, leniency_calls = ?, leniency_failures = ?, "
                "leniency_liveness = ? WHERE session_id = ?",
                (used.debt_ms, used.calls, used.failures, used.liveness_failed, write.session_id),
            )
        if write.case is not None:
            session_case(db, write.case)


def _same_events(db: sqlite3.Connection, write: Append) -> bool:
    stored = db.execute(
        "SELECT at_ms, body FROM events WHERE session_id = ? AND seq >= ? AND seq < ? ORDER BY seq",
        (write.session_id, write.first_seq, write.first_seq + len(write.events)),
    ).fetchall()
    return [(row["at_ms"], bytes(row["body"])) for row in stored] == [(e.at_ms, e.body) for e in write.events]
