"""Looks of captures in SQLite. One column holds place and pose of the face as a cell of a grid, for the index."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.core.ids import SessionId
from zaichang.ports.captures import APART_MS, MIDDLE_PERMILLE, POSE_CDEG, SIDE_PCT, Look

_COLUMNS: Final = (
    "session_id, capture_id, institution_id, learner_id, at_ms, cell, phash, left_px, top_px, width_px, height_px, "
    "x_permille, y_permille, width_permille, yaw_cdeg, pitch_cdeg, roll_cdeg, copy"
)
_AXIS: Final = 1 << 10
"""More cells than an axis has: a picture's side is 25 of them, a whole turn of the head 144."""
_MIDDLE: Final = _AXIS // 2
_CELLS: Final = 3**4
NEAR: Final = (
    f"SELECT {_COLUMNS} FROM looks WHERE cell IN ({', '.join('?' * _CELLS)}) AND at_ms >= ? "  # noqa: S608 - constant
    "AND (institution_id = ? OR ?) AND (session_id <> ? OR at_ms <= ?) "
    f"AND abs(x_permille - ?) <= {MIDDLE_PERMILLE} AND abs(y_permille - ?) <= {MIDDLE_PERMILLE} "
    f"AND 100 * abs(width_permille - ?) <= {SIDE_PCT} * ? AND abs(yaw_cdeg - ?) <= {POSE_CDEG} "
    f"AND abs(pitch_cdeg - ?) <= {POSE_CDEG} AND abs(roll_cdeg - ?) <= {POSE_CDEG} ORDER BY at_ms DESC LIMIT ?"
)

_STANDS: Final = (
    "EXISTS (SELECT 1 FROM sessions WHERE session_id = ? AND institution_id = ? AND learner_id = ? "
    "AND faces_erased = '') "
    "AND NOT EXISTS (SELECT 1 FROM captures WHERE session_id = ? AND capture_id = ? AND deleted_ms IS NOT NULL)"
)
"""Whether a capture may be remembered: an erasure, or its picture's end, may have come while it was searched."""


class LookRows:
    """The ``LookStore`` part of the store."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def looks_near(self, look: Look, since_ms: int, *, across: bool, limit: int) -> Sequence[Look]:
        """See the port."""
        arguments = (
            *(_cell(each) for each in _around(look)),
            *(since_ms, look.institution_id, across, look.session_id, look.at_ms - APART_MS),
            *(*look.place, look.width_permille, look.width_permille, *look.pose, limit),
        )
        return [_look(row) for row in await self._db.read(lambda db: db.execute(NEAR, arguments).fetchall())]

    async def add_look(self, look: Look, *, copy: bool, before_ms: int) -> None:
        """See the port."""
        values = (
            *(look.session_id, look.capture_id, look.institution_id, look.learner_id, look.at_ms),
            *(_cell(_axes(look)), f"{look.phash:016x}", *look.box, *look.place, look.width_permille, *look.pose, copy),
        )

        def operation(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM looks WHERE at_ms < ?", (before_ms,))
            places = ", ".join("?" * len(values))
            whose = (look.session_id, look.institution_id, look.learner_id, look.session_id, look.capture_id)
            sql = f"INSERT OR REPLACE INTO looks ({_COLUMNS}) SELECT {places} WHERE {_STANDS}"
            db.execute(sql, (*values, *whose))

        await self._db.write(operation)

    async def copies_of(self, session_id: SessionId) -> int:
        """See the port."""
        sql = "SELECT count(*) FROM looks WHERE session_id = ? AND copy"
        return int(await self._db.read(lambda db: db.execute(sql, (session_id,)).fetchone()[0]))

    async def forget_looks(self, before_ms: int) -> int:
        """See the port."""
        return await self._db.write(lambda db: db.execute("DELETE FROM looks WHERE at_ms < ?", (before_ms,)).rowcount)


def _axes(look: Look) -> tuple[int, ...]:
    """Return the cell of a look on each axis; looks that are near lie in the same one or the next."""
    places = (each // MIDDLE_PERMILLE for each in look.place)
    return (*places, *(each // POSE_CDEG for each in look.pose[:2]))


def _around(look: Look) -> Iterator[tuple[int, ...]]:
    return product(*((each - 1, each, each + 1) for each in _axes(look)))


def _cell(axes: tuple[int, ...]) -> int:
    number = 0
    for each in axes:
        number = number * _AXIS + min(max(each + _MIDDLE, 0), _AXIS - 1)
    return number


def _look(row: sqlite3.Row) -> Look:
    return Look(
        institution_id=row["institution_id"],
        learner_id=row["learner_id"],
        session_id=row["session_id"],
        capture_id=row["capture_id"],
        at_ms=row["at_ms"],
        phash=int(row["phash"], 16),
        box=(row["left_px"], row["top_px"], row["width_px"], row["height_px"]),
        place=(row["x_permille"], row["y_permille"]),
        width_permille=row["width_permille"],
        pose=(row["yaw_cdeg"], row["pitch_cdeg"], row["roll_cdeg"]),
    )
