"""Minutes, leaves, captures and picture fingerprints in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from zaichang.adapters.sql.database import Database, ReadDatabase
from zaichang.core.enums import LeafKind, stored
from zaichang.core.errors import StorageError
from zaichang.core.ids import CaptureId, InstitutionId, LearnerId, SessionId
from zaichang.ports.records import CaptureRow, StoredLeaf, StoredMinute

_LEAF = "leaf_seq, kind, at_ms, body, first_minute, n_minutes, entry_index"


class Records:
    """The part of the store that is derived from the events."""

    def __init__(self, database: Database | ReadDatabase) -> None:
        """Use ``database``, which the caller closes."""
        self._db = database

    async def session_ids(self, after: str, below: str, limit: int) -> Sequence[tuple[SessionId, str]]:
        """See the port."""
        rows = await self._all(
            "SELECT session_id, institution_id FROM sessions WHERE session_id > ? AND session_id < ? "
            "ORDER BY session_id LIMIT ?",
            (after, below, limit),
        )
        return [(row["session_id"], row["institution_id"]) for row in rows]

    async def minutes(self, session_id: SessionId) -> Sequence[StoredMinute]:
        """See the port."""
        rows = await self._all(
            "SELECT minute, body, leaf_seq, delivered FROM minutes WHERE session_id = ? ORDER BY minute", (session_id,)
        )
        return [_minute(row) for row in rows]

    async def leaves(self, session_id: SessionId) -> Sequence[StoredLeaf]:
        """See the port."""
        sql = f"SELECT {_LEAF} FROM leaves WHERE session_id = ? ORDER BY leaf_seq"  # noqa: S608 - constant columns
        return [_leaf(dict(row)) for row in await self._all(sql, (session_id,))]

    async def note_anchored(self, session_id: SessionId, leaf_seq: int, entry_index: int) -> None:
        """See the port."""

        def operation(db: sqlite3.Connection) -> None:
            changed = db.execute(
                "UPDATE leaves SET entry_index = ?1 WHERE session_id = ?2 AND leaf_seq = ?3 "
                "AND (entry_index IS NULL OR entry_index = ?1)",
                (entry_index, session_id, leaf_seq),
            )
            if changed.rowcount != 1:
                raise StorageError(
                    "storage.conflict", f"Leaf {leaf_seq} of session {session_id} is at another index already."
                )

        await self._db.write(operation)

    async def unanchored(self) -> Sequence[tuple[SessionId, StoredLeaf]]:
        """See the port."""
        sql = (
            f"SELECT session_id, {_LEAF} FROM leaves WHERE entry_index IS NULL "  # noqa: S608 - constant columns
            "ORDER BY session_id, leaf_seq"
        )
        found = []
        for row in await self._all(sql, ()):
            values = dict(row)
            found.append((SessionId(values.pop("session_id")), _leaf(values)))
        return found

    async def unpublished(self) -> Sequence[tuple[SessionId, StoredMinute]]:
        """See the port."""
        rows = await self._all(
            "SELECT m.session_id, m.minute, m.body, m.leaf_seq, m.delivered FROM minutes m "
            "JOIN leaves l ON l.session_id = m.session_id AND l.leaf_seq = m.leaf_seq "
            "WHERE m.delivered = 0 AND l.entry_index IS NOT NULL ORDER BY m.session_id, m.minute",
            (),
        )
        return [(row["session_id"], _minute(row)) for row in rows]

    async def note_published(self, session_id: SessionId, minutes: Sequence[int]) -> None:
        """See the port."""
        values = [(session_id, minute) for minute in minutes]
        await self._db.write(
            lambda db: (
                db.executemany("UPDATE minutes SET delivered = 1 WHERE session_id = ? AND minute = ?", values).rowcount
            )
        )

    async def unpublished_ends(self) -> Sequence[SessionId]:
        """See the port."""
        rows = await self._all(
            "SELECT s.session_id FROM sessions s JOIN leaves l ON l.session_id = s.session_id "
            "WHERE s.end_published = 0 AND l.kind = ? AND l.entry_index IS NOT NULL "
            "AND EXISTS (SELECT 1 FROM events e WHERE e.session_id = s.session_id) ORDER BY s.session_id",
            (LeafKind.FINAL,),
        )
        return [SessionId(row["session_id"]) for row in rows]

    async def note_end_published(self, session_id: SessionId) -> None:
        """See the port."""
        sql = "UPDATE sessions SET end_published = 1 WHERE session_id = ?"
        await self._db.write(lambda db: db.execute(sql, (session_id,)).rowcount)

    async def add_capture(
        self, session_id: SessionId, capture_id: CaptureId, at_ms: int, size: int, keep_days: int | None = None
    ) -> None:
        """See the port."""
        await self._db.write(
            lambda db: (
                db.execute(
                    "INSERT OR IGNORE INTO captures (session_id, capture_id, at_ms, size, keep_days) "
                    "VALUES (?, ?, ?, ?, ?)",
                    (session_id, capture_id, at_ms, size, keep_days),
                ).rowcount
            )
        )

    async def captures(self, session_id: SessionId) -> Sequence[CaptureRow]:
        """See the port."""
        rows = await self._all("SELECT * FROM captures WHERE session_id = ? ORDER BY at_ms", (session_id,))
        return [CaptureRow(**dict(row)) for row in rows]

    async def captures_due(self, now_ms: int, days: int, limit: int) -> Sequence[CaptureRow]:
        """See the port."""
        rows = await self._all(
            "SELECT * FROM captures WHERE deleted_ms IS NULL AND at_ms + COALESCE(keep_days, ?) * 86400000 < ? "
            "ORDER BY at_ms LIMIT ?",
            (days, now_ms, limit),
        )
        return [CaptureRow(**dict(row)) for row in rows]

    async def captures_of_learner(self, institution_id: InstitutionId, learner_id: LearnerId) -> Sequence[CaptureRow]:
        """Return every kept picture of a learner (erasure)."""
        rows = await self._all(
            "SELECT c.* FROM captures c JOIN sessions s ON s.session_id = c.session_id "
            "WHERE s.institution_id = ? AND s.learner_id = ? AND c.deleted_ms IS NULL",
            (institution_id, learner_id),
        )
        return [CaptureRow(**dict(row)) for row in rows]

    async def note_capture_deleted(self, session_id: SessionId, capture_id: CaptureId, at_ms: int) -> None:
        """See the port."""
        await self._db.write(
            lambda db: (
                db.execute(
                    "UPDATE captures SET deleted_ms = ? WHERE session_id = ? AND capture_id = ?",
                    (at_ms, session_id, capture_id),
                ).rowcount
            )
        )

    async def add_picture(self, content: str, phash: str, session_id: SessionId, capture_id: CaptureId) -> None:
        """See the port."""
        await self._db.write(
            lambda db: (
                db.execute(
                    "INSERT OR IGNORE INTO pictures (content, phash, session_id, capture_id) VALUES (?, ?, ?, ?)",
                    (content, phash, session_id, capture_id),
                ).rowcount
            )
        )

    async def seen_elsewhere(self, content: str, session_id: SessionId) -> bool:
        """See the port."""
        rows = await self._all(
            "SELECT 1 FROM pictures WHERE content = ? AND session_id <> ? LIMIT 1", (content, session_id)
        )
        return bool(rows)

    async def _all(self, sql: str, arguments: tuple[object, ...]) -> list[sqlite3.Row]:
        return await self._db.read(lambda db: db.execute(sql, arguments).fetchall())


def _leaf(values: dict[str, Any]) -> StoredLeaf:
    return StoredLeaf(**{**values, "kind": stored(LeafKind, values["kind"], "leaves.kind")})


def _minute(row: sqlite3.Row) -> StoredMinute:
    return StoredMinute(
        minute=row["minute"], body=bytes(row["body"]), leaf_seq=row["leaf_seq"], published=bool(row["delivered"])
    )
