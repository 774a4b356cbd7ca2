"""Credited media in SQLite: each part of a lesson once for each learner, time line and period (I2)."""

from __future__ import annotations

import sqlite3
from typing import Final

from zaichang.core.errors import StorageError
from zaichang.core.periods import ONCE, around
from zaichang.session.playhead import IntervalSet, difference, normalise

LESSON: Final = "institution_id, learner_id, course_id, lesson_id, timeline, period"
"""The columns of a session that say to whom and for which lesson and period it credits."""
_SAME: Final = "institution_id = ? AND learner_id = ? AND course_id = ? AND lesson_id = ? AND timeline = ?"


def credited(db: sqlite3.Connection, where: tuple[str, ...]) -> IntervalSet:
    """Return the media that is credited in a period, and in periods that overlap it.

    Args:
        db: A connection.
        where: The values of ``LESSON``.
    """
    condition, arguments = _overlapping(where[5])
    sql = f"SELECT start_ms, end_ms FROM credits WHERE {_SAME} AND {condition}"  # noqa: S608 - constants
    return normalise((row[0], row[1]) for row in db.execute(sql, (*where[:5], *arguments)))


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
    condition, arguments = _overlapping(where[5])
    sql = f"SELECT 1 FROM credits WHERE {_SAME} AND start_ms < ? AND end_ms > ? AND {condition}"  # noqa: S608 - constants
    if db.execute(sql, (*where[:5], end_ms, start_ms, *arguments)).fetchone():
        raise StorageError(
            "storage.double_credit",
            f"Session {session_id} would credit [{start_ms}, {end_ms}) of the lesson a second time (I2).",
        )
    db.execute(
        f"INSERT INTO credits ({LESSON}, start_ms, end_ms, session_id, minute) "  # noqa: S608 - constant
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*where, start_ms, end_ms, session_id, minute),
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
        credit(db, where, session_id, minute, start_ms, end_ms)


def _overlapping(period: str) -> tuple[str, tuple[str, ...]]:
    """Return the condition for rows whose period overlaps ``period``, and its arguments."""
    if period in (ONCE, ""):
        return "1", ()
    return f"(period IN ('{ONCE}', '') OR (period > ? AND period < ?))", around(period)
