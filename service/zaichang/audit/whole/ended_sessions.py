"""Sessions that have ended, kept for the changes of credit that may follow: the newest in memory, the rest on disk.

A year's log has millions of sessions, and few of them are changed later. Beyond ``IN_MEMORY`` they move to a temporary
SQLite file, which SQLite deletes when it is closed. So the memory of a scan does not grow with the log.
"""

from __future__ import annotations

import sqlite3
import struct
from dataclasses import dataclass
from typing import Final

IN_MEMORY: Final = 20_000
_FORM: Final = struct.Struct(">IQQqqqB32s")


@dataclass(slots=True, kw_only=True)
class Ended:
    """The state of a session after its end.

    Attributes:
        seq: Number of its last leaf.
        digest: Leaf hash of that leaf.
        at_ms: Its date.
        started_ms: When the session began.
        start: Index of its first leaf.
        final: Index of its final leaf.
        counted_ms: The time that counts, with all later changes.
        voided: Whether it counts for nothing.
    """

    seq: int
    digest: bytes
    at_ms: int
    started_ms: int
    start: int
    final: int
    counted_ms: int
    voided: bool = False


class EndedSessions:
    """The store. Use ``close`` when it is done with."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        """Begin empty.

        Args:
            in_memory: Sessions kept in memory before they move to disk.
        """
        self._limit = in_memory
        self._new: dict[str, Ended] = {}
        self._changed: dict[str, Ended] = {}
        self._disk: sqlite3.Connection | None = None

    def add(self, sid: str, ended: Ended) -> list[str]:
        """Keep a session that ended; return sessions that turn out to be here twice."""
        self._new[sid] = ended
        return self._spill() if len(self._new) > self._limit else []

    def get(self, sid: str) -> Ended | None:
        """Return a session, None if it has not ended. The caller may change it and hand it to ``change``."""
        found = self._new.get(sid) or self._changed.get(sid)
        if found is not None or self._disk is None:
            return found
        row = self._disk.execute("SELECT state FROM ended WHERE sid = ?", (sid,)).fetchone()
        return None if row is None else _unpacked(row[0])

    def change(self, sid: str, ended: Ended) -> None:
        """Keep the changed state of a session that had ended."""
        (self._new if sid in self._new else self._changed)[sid] = ended
        if self._disk is not None and len(self._changed) > self._limit:
            with self._disk:
                rows = [(sid, _packed(entry)) for sid, entry in self._changed.items()]
                self._disk.executemany("INSERT OR REPLACE INTO ended VALUES (?, ?)", rows)
            self._changed.clear()

    def recent(self, sid: str) -> bool:
        """Whether a session ended that has not moved to disk; those on disk are compared when others follow them."""
        return sid in self._new

    def close(self) -> list[str]:
        """Delete the temporary file; return sessions that turn out to be here twice."""
        if self._disk is None:
            return []
        twins = self._spill()
        self._disk.close()
        return twins

    def _spill(self) -> list[str]:
        if self._disk is None:
            self._disk = sqlite3.connect("")
            self._disk.execute("PRAGMA synchronous = OFF")
            self._disk.execute("CREATE TABLE ended (sid TEXT PRIMARY KEY, state BLOB) WITHOUT ROWID")
        rows = [(sid, _packed(entry)) for sid, entry in sorted(self._new.items())]
        self._new = {}
        with self._disk:
            added = self._disk.executemany("INSERT OR IGNORE INTO ended VALUES (?, ?)", rows).rowcount
        if added == len(rows):
            return []
        found = self._disk.execute
        return [s for s, state in rows if found("SELECT state FROM ended WHERE sid = ?", (s,)).fetchone()[0] != state]


def _packed(ended: Ended) -> bytes:
    numbers = (ended.seq, ended.at_ms, ended.started_ms, ended.start, ended.final, ended.counted_ms)
    return _FORM.pack(*numbers, ended.voided, ended.digest)


def _unpacked(state: bytes) -> Ended:
    seq, at_ms, started_ms, start, final, counted_ms, voided, digest = _FORM.unpack(state)
    return Ended(
        seq=seq,
        at_ms=at_ms,
        started_ms=started_ms,
        start=start,
        final=final,
        counted_ms=counted_ms,
        voided=bool(voided),
        digest=digest,
    )
