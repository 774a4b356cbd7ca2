"""Credited media in SQLite: each part of a lesson once for each learner, time line and period (I2)."""

from __future__ import annotations

import sqlite3
from typing import Final

from zaichang.core.errors import StorageError
from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.core.periods import ONCE, around
from zaichang.session.playhead import IntervalSet, difference, normalise

LESSON: Final = "institution_id, learner_id, course_id, lesson_id, timeline, period"
"""The columns of a session that say to whom and for which lesson and period it credits."""
_SAME: Final = "institution_id = ? AND learner_id = ? AND course_id = ? AND lesson_id = ? AND timeline = ?"
_ON: Final = "course_id = :course AND lesson_id = :lesson AND timeline = :timeline"
_LEARNER: Final = "FROM learners l JOIN {} WHERE l.institution_id = :institution AND l.learner_id = :learner"
_ACCOUNTS: Final = "SELECT :learner UNION SELECT o.learner_id " + _LEARNER.format(
    "learners o ON o.institution_id = l.institution_id AND o.person = l.person AND o.person <> ''"
)
"""The learner's account, and those of the same person in the institution."""
_TOMBSTONES: Final = "SELECT t.start_ms, t.end_ms " + _LEARNER.format(
    "tombstones t ON t.institution_id = l.institution_id AND t.mark IN (l.mark, l.person)"
)
_EARNED: Final = (
    f"SELECT start_ms, end_ms FROM credits WHERE institution_id = :institution AND learner_id IN ({_ACCOUNTS}) "  # noqa: S608
    f"AND {_ON} AND {{period}} UNION ALL {_TOMBSTONES} AND {_ON} AND {{period}}"
)
"""All that the person earned of a lesson, also before an erasure."""


def credited(db: sqlite3.Connection, where: tuple[str, ...]) -> IntervalSet:
    """Return the media that is credited in a period, and in periods that overlap it.

    Media that the same person earned counts, under another pseudonym or before an erasure.

    Args:
        db: A connection.
        where: The values of ``LESSON``.
    """
    sql, arguments = _earned(where)
    return normalise((row[0], row[1]) for row in db.execute(sql, arguments))


def credit(
    db: sqlite3.Connection, where: tuple[str, ...], session_id: str, minute: int, start_ms: int, end_ms: int
) -> None:
    """Credit a part of a lesson.

    Args:
        db: The writer's connection, within a transaction.
        where: The values of ``LESSON``.
        session_id: The session that earned it.
        minute: Its minute.
        start_ms: First position.
        end_ms: End of the part.

    Raises:
        StorageError: ``storage.double_credit`` where any of it is credited in the period.
    """
    earned, arguments = _earned(where)
    sql = f"SELECT 1 FROM ({earned}) WHERE start_ms < :end AND end_ms > :start"  # noqa: S608 - constants
    if db.execute(sql, {**arguments, "start": start_ms, "end": end_ms}).fetchone():
        raise StorageError(
            "storage.double_credit",
            f"Session {session_id} would credit [{start_ms}, {end_ms}) of the lesson a second time (I2).",
        )
    _insert(db, where, session_id, minute, start_ms, end_ms)


def _insert(
    db: sqlite3.Connection, where: tuple[str, ...], session_id: str, minute: int, start_ms: int, end_ms: int
) -> None:
    db.execute(
        f"INSERT INTO credits ({LESSON}, start_ms, end_ms, session_id, minute) "  # noqa: S608 - constant
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*where, start_ms, end_ms, session_id, minute),
    )


def bury(db: sqlite3.Connection, institution_id: InstitutionId, learner_id: LearnerId, mark: str) -> None:
    """Keep the positions that a learner earned under a keyed digest, without sessions and times.

    Args:
        db: The writer's connection, within the erasure's transaction.
        institution_id: The learner's institution.
        learner_id: The learner.
        mark: The digest; what it holds already stays.
    """
    lessons: dict[tuple[str, ...], list[tuple[int, int]]] = {}
    columns = "course_id, lesson_id, timeline, period, start_ms, end_ms"
    for sql, name in (
        (f"SELECT {columns} FROM credits WHERE institution_id = ? AND learner_id = ?", learner_id),  # noqa: S608
        (f"SELECT {columns} FROM tombstones WHERE institution_id = ? AND mark = ?", mark),  # noqa: S608
    ):
        for row in db.execute(sql, (institution_id, name)):
            lessons.setdefault(tuple(row)[:4], []).append((row["start_ms"], row["end_ms"]))
    db.execute("DELETE FROM tombstones WHERE institution_id = ? AND mark = ?", (institution_id, mark))
    db.executemany(
        f"INSERT INTO tombstones (institution_id, mark, {columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        [(institution_id, mark, *lesson, *part) for lesson, parts in lessons.items() for part in normalise(parts)],
    )


def of_session(db: sqlite3.Connection, session_id: str) -> dict[int, IntervalSet]:
    """Return the media that a session credited and that still counts, by minute."""
    where = f"USING ({LESSON}) WHERE s.session_id = ?1 AND c.session_id = ?1 ORDER BY c.minute, c.start_ms"
    sql = f"SELECT c.minute, c.start_ms, c.end_ms FROM sessions s JOIN credits c {where}"  # noqa: S608 - constants
    found: dict[int, list[tuple[int, int]]] = {}
    for minute, start_ms, end_ms in db.execute(sql, (session_id,)):
        found.setdefault(minute, []).append((start_ms, end_ms))
    return {minute: normalise(parts) for minute, parts in found.items()}


def take_back(
    db: sqlite3.Connection, where: tuple[str, ...], session_id: str, minute: int, revoked: IntervalSet
) -> None:
    """Free media that a session's minute credited, so that it can be earned again.

    Args:
        db: The writer's connection, within a transaction.
        where: The values of ``LESSON``.
        session_id: The session.
        minute: The minute.
        revoked: The media, all of it credited by this minute.

    Raises:
        StorageError: ``storage.conflict`` where some of it does not count any more.
    """
    standing = of_session(db, session_id).get(minute, ())
    if difference(revoked, standing):
        raise StorageError("storage.conflict", "Another decision about this session came in between.", "Look again.")
    own = f"{_SAME} AND period = ? AND session_id = ? AND minute = ?"
    db.execute(f"DELETE FROM credits WHERE {own}", (*where, session_id, minute))  # noqa: S608 - constants
    for start_ms, end_ms in difference(standing, revoked):
        # It counted before, so it is no new credit, even where another account of the person holds it, too.
        _insert(db, where, session_id, minute, start_ms, end_ms)


def _earned(where: tuple[str, ...]) -> tuple[str, dict[str, object]]:
    """Return the query for all that a person earned of a lesson in periods that overlap, and its arguments."""
    institution, learner, course, lesson, timeline, period = where
    arguments: dict[str, object] = {
        "institution": institution, "learner": learner, "course": course, "lesson": lesson, "timeline": timeline
    }  # fmt: skip
    if period in (ONCE, ""):
        return _EARNED.format(period="1"), arguments
    arguments["after"], arguments["before"] = around(period)
    overlapping = f"(period IN ('{ONCE}', '') OR (period > :after AND period < :before))"
    return _EARNED.format(period=overlapping), arguments
