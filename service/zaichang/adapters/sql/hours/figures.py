"""Counts by institution and course in SQLite: the ``CourseFigures`` port."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.core.ids import CourseId, InstitutionId
from zaichang.ports.hours.figures import CourseCounts

_IN: Final = "s.state = 'closed' AND s.opened_ms >= ? AND s.opened_ms < ? GROUP BY s.institution_id, s.course_id"
_SESSIONS: Final = (
    "SELECT s.institution_id, s.course_id, count(DISTINCT s.learner_id) AS learners, count(*) AS sessions, "  # noqa: S608
    "sum(CASE WHEN s.route = 'challenge' THEN 1 ELSE 0 END) AS without_face, "
    "sum(CASE WHEN EXISTS (SELECT 1 FROM appeals a WHERE a.session_id = s.session_id) THEN 1 ELSE 0 END) AS appealed, "
    "sum(CASE WHEN EXISTS (SELECT 1 FROM amendments r WHERE r.session_id = s.session_id AND r.delta_ms < 0) "
    f"THEN 1 ELSE 0 END) AS revoked FROM sessions s WHERE {_IN}"
)
# A minute's body is canonical JSON, so a field stands in it in one form alone.
_MINUTES: Final = (
    "SELECT s.institution_id, s.course_id, count(*) AS minutes, "  # noqa: S608 - constants
    'sum(CASE WHEN instr(m.body, CAST(\'"verdict":"F"\' AS BLOB)) > 0 THEN 1 ELSE 0 END) AS refused, '
    "sum(CASE WHEN instr(m.body, CAST('\"NO_FACE\"' AS BLOB)) > 0 THEN 1 ELSE 0 END) AS no_face "
    f"FROM minutes m JOIN sessions s ON s.session_id = m.session_id WHERE {_IN}"
)
_LESSONS: Final = (
    "SELECT p.institution_id, p.course_id, count(*) AS begun, sum(CASE WHEN 100 * (SELECT COALESCE("
    "sum(f.verified_ms), 0) FROM sessions t JOIN hour_facts f ON f.session_id = t.session_id "
    "WHERE t.institution_id = p.institution_id AND t.learner_id = p.learner_id AND t.course_id = p.course_id "
    "AND t.lesson_id = p.lesson_id AND t.period = p.period) >= 95 * l.duration_ms THEN 1 ELSE 0 END) AS completed "
    "FROM (SELECT DISTINCT institution_id, learner_id, course_id, lesson_id, period FROM sessions "
    "WHERE state = 'closed' AND opened_ms >= ? AND opened_ms < ?) p JOIN lessons l "
    "ON l.institution_id = p.institution_id AND l.course_id = p.course_id AND l.lesson_id = p.lesson_id "
    "GROUP BY p.institution_id, p.course_id"
)
_COUNTED: Final = (
    "learners",
    "sessions",
    "without_face",
    "minutes",
    "refused",
    "no_face",
    "appealed",
    "revoked",
    "begun",
    "completed",
)


class CourseFigureRows:
    """The part of the store that the authority's figures read."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def course_counts(self, from_ms: int, to_ms: int) -> Sequence[CourseCounts]:
        """See the port."""
        found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(_COUNTED, 0))
        for sql in (_SESSIONS, _MINUTES, _LESSONS):
            for row in await self._count(sql, (from_ms, to_ms)):
                values = dict(row)
                place = (values.pop("institution_id"), values.pop("course_id"))
                found[place].update(values)
        return [
            CourseCounts(institution_id=InstitutionId(institution), course_id=CourseId(course), **counts)
            for (institution, course), counts in sorted(found.items())
        ]

    async def _count(self, sql: str, span: tuple[int, int]) -> list[sqlite3.Row]:
        return await self._db.read(lambda db: db.execute(sql, span).fetchall())
