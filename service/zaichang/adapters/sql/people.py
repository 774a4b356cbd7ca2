"""Institutions, lessons, policies, learners and their references in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.core.enums import KeyRole
from zaichang.core.errors import NotAllowed, NotFound, StorageError
from zaichang.core.ids import CourseId, InstitutionId, LearnerId, LessonId
from zaichang.ports.records import Enrolment, Institution, Learner, Lesson
from zaichang.session.events import Question


class People:
    """The part of the store that changes rarely: institutions, lessons, policies, learners."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def put_institution(self, institution: Institution) -> None:
        """See the port."""
        i = institution
        await self._db.write(
            lambda db: (
                db.execute(
                    "INSERT INTO institutions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (institution_id) DO UPDATE SET "
                    "name_zh = excluded.name_zh, name_en = excluded.name_en, key_digest = excluded.key_digest, "
                    "staff_digest = excluded.staff_digest",
                    (i.institution_id, i.name_zh, i.name_en, i.key_digest, i.staff_digest, i.created_ms),
                ).rowcount
            )
        )

    async def institution(self, institution_id: InstitutionId) -> Institution:
        """See the port."""
        row = await self._one("SELECT * FROM institutions WHERE institution_id = ?", (institution_id,))
        if row is None:
            raise NotFound("institution.unknown", f"There is no institution {institution_id}.")
        return Institution(**dict(row))

    async def institutions(self) -> Sequence[Institution]:
        """See the port."""
        sql = "SELECT * FROM institutions ORDER BY institution_id"
        return [Institution(**dict(row)) for row in await self._db.read(lambda db: db.execute(sql).fetchall())]

    async def institution_of_key(self, digest: str) -> tuple[Institution, KeyRole] | None:
        """Return the institution whose key has this digest, with the key's role: ``platform`` or ``staff``."""
        row = await self._one(
            "SELECT * FROM institutions WHERE key_digest = ?1 OR staff_digest = ?1 LIMIT 1", (digest,)
        )
        if row is None:
            return None
        return Institution(**dict(row)), KeyRole.PLATFORM if row["key_digest"] == digest else KeyRole.STAFF

    async def put_policy(self, digest: str, name: str, body: bytes) -> None:
        """See the port."""
        await self._db.write(
            lambda db: db.execute("INSERT OR IGNORE INTO policies VALUES (?, ?, ?)", (digest, name, body)).rowcount
        )

    async def policy(self, digest: str) -> bytes:
        """See the port."""
        row = await self._one("SELECT body FROM policies WHERE digest = ?", (digest,))
        if row is None:
            raise NotFound("policy.unknown", f"No policy with digest {digest[:16]} is kept.")
        return bytes(row["body"])

    async def put_lesson(self, lesson: Lesson) -> None:
        """See the port."""
        values = (
            lesson.institution_id,
            lesson.course_id,
            lesson.lesson_id,
            lesson.title_zh,
            lesson.title_en,
            lesson.duration_ms,
            lesson.policy_digest,
            msgspec.json.encode(lesson.questions),
            lesson.version,
            lesson.timeline,
            lesson.live_from_ms,
            lesson.counts_again,
            lesson.category,
            lesson.course_version,
            lesson.appeals,
        )
        await self._db.write(
            lambda db: (
                db.execute(
                    "INSERT OR REPLACE INTO lessons (institution_id, course_id, lesson_id, title_zh, title_en, "
                    "duration_ms, policy_digest, questions, version, timeline, live_from_ms, counts_again, "
                    "category, course_version, appeals) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    values,
                ).rowcount
            )
        )

    async def lesson(self, institution_id: InstitutionId, course_id: CourseId, lesson_id: LessonId) -> Lesson:
        """See the port."""
        row = await self._one(
            "SELECT * FROM lessons WHERE institution_id = ? AND course_id = ? AND lesson_id = ?",
            (institution_id, course_id, lesson_id),
        )
        if row is None:
            raise NotFound("lesson.unknown", f"There is no lesson {lesson_id} in course {course_id}.")
        return _lesson(row)

    async def lessons(self, institution_id: InstitutionId) -> Sequence[Lesson]:
        """See the port."""
        sql = "SELECT * FROM lessons WHERE institution_id = ? ORDER BY course_id, lesson_id"
        rows = await self._db.read(lambda db: db.execute(sql, (institution_id,)).fetchall())
        return [_lesson(row) for row in rows]

    async def ensure_learner(self, learner: Learner) -> Learner:
        """See the port."""

        def operation(db: sqlite3.Connection) -> sqlite3.Row:
            db.execute(
                "INSERT OR IGNORE INTO learners (institution_id, learner_id, wrapped_key, created_ms, mark) "
                "VALUES (?, ?, ?, ?, ?)",
                (learner.institution_id, learner.learner_id, learner.wrapped_key, learner.created_ms, learner.mark),
            )
            row: sqlite3.Row = db.execute(
                "SELECT * FROM learners WHERE institution_id = ? AND learner_id = ?",
                (learner.institution_id, learner.learner_id),
            ).fetchone()
            return row

        return _learner(await self._db.write(operation))

    async def learner(self, institution_id: InstitutionId, learner_id: LearnerId) -> Learner:
        """See the port."""
        row = await self._one(
            "SELECT * FROM learners WHERE institution_id = ? AND learner_id = ?", (institution_id, learner_id)
        )
        if row is None:
            raise NotFound("learner.unknown", "There is no such learner.")
        return _learner(row)

    async def person_of(self, institution_id: InstitutionId, learner_id: LearnerId) -> str:
        """See the port."""
        sql = "SELECT person FROM learners WHERE institution_id = ? AND learner_id = ?"
        row = await self._one(sql, (institution_id, learner_id))
        return str(row["person"]) if row is not None else ""

    async def add_enrolment(self, institution_id: InstitutionId, learner_id: LearnerId, enrolment: Enrolment) -> None:
        """See the port."""

        def operation(db: sqlite3.Connection) -> None:
            where = (institution_id, learner_id)
            newest = db.execute(
                "SELECT max(version) FROM enrolments WHERE institution_id = ? AND learner_id = ?", where
            ).fetchone()[0]
            if enrolment.version != (newest or 0) + 1:
                raise StorageError(
                    "enrolment.raced", "Another enrolment of this learner came in between.", "Try again."
                )
            db.execute("DELETE FROM enrolments WHERE institution_id = ? AND learner_id = ?", where)
            db.execute(
                "INSERT INTO enrolments VALUES (?, ?, ?, ?, ?, ?)",
                (*where, enrolment.version, enrolment.at_ms, enrolment.models, enrolment.encrypted),
            )

        await self._db.write(operation)

    async def enrolment(self, institution_id: InstitutionId, learner_id: LearnerId) -> Enrolment | None:
        """See the port."""
        row = await self._one(
            'SELECT version, at_ms, models, "sealed" AS encrypted FROM enrolments '
            "WHERE institution_id = ? AND learner_id = ? ORDER BY version DESC LIMIT 1",
            (institution_id, learner_id),
        )
        return None if row is None else Enrolment(**dict(row))

    async def enrolments_of(
        self, institution_id: InstitutionId, since_ms: int = 0
    ) -> Sequence[tuple[Learner, Enrolment]]:
        """See the port."""
        sql = (
            "SELECT l.learner_id, l.wrapped_key, l.created_ms, e.version, e.at_ms, e.models, e.sealed "
            "FROM enrolments e JOIN learners l ON l.institution_id = e.institution_id AND l.learner_id = e.learner_id "
            "WHERE e.institution_id = ? AND e.at_ms >= ? AND l.wrapped_key IS NOT NULL "
            "ORDER BY l.learner_id, e.version"
        )
        rows = await self._db.read(lambda db: db.execute(sql, (institution_id, since_ms)).fetchall())
        return [
            (
                Learner(institution_id=institution_id, learner_id=row[0], wrapped_key=row[1], created_ms=row[2]),
                Enrolment(version=row[3], at_ms=row[4], models=row[5], encrypted=row[6]),
            )
            for row in rows
        ]

    async def _one(self, sql: str, arguments: Sequence[object]) -> sqlite3.Row | None:
        def operation(db: sqlite3.Connection) -> sqlite3.Row | None:
            row: sqlite3.Row | None = db.execute(sql, tuple(arguments)).fetchone()
            return row

        return await self._db.read(operation)


def _lesson(row: sqlite3.Row) -> Lesson:
    values = dict(row)
    values["questions"] = msgspec.json.decode(values["questions"], type=tuple[Question, ...])
    return Lesson(**values)


def check_known(db: sqlite3.Connection, institution_id: InstitutionId, learner_id: LearnerId) -> None:
    """Refuse, within a transaction, to write for a learner who is erased or unknown.

    Raises:
        NotAllowed: ``learner.erased``.
    """
    known = "SELECT 1 FROM learners WHERE institution_id = ? AND learner_id = ? AND erased_ms IS NULL"
    if db.execute(known, (institution_id, learner_id)).fetchone() is None:
        raise learner_erased()


def learner_erased() -> NotAllowed:
    """Return the refusal of all that concerns an erased learner."""
    return NotAllowed(
        "learner.erased", "This learner's data was erased.", "Enrol again under a new pseudonym to go on."
    )


def _learner(row: sqlite3.Row) -> Learner:
    if row["erased_ms"] is not None:
        raise learner_erased()
    return Learner(
        institution_id=row["institution_id"],
        learner_id=row["learner_id"],
        wrapped_key=row["wrapped_key"],
        created_ms=row["created_ms"],
        mark=row["mark"],
    )
