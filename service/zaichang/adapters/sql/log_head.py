"""The log's head and submission keys in one SQLite file.

The file uses a rollback journal (TRUNCATE) with synchronous=FULL. SQLite then fsyncs the truncated journal too, so a
power
cut cannot undo a committed transaction. The WAL bug of older SQLite versions does not occur without a WAL.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from zaichang.core.errors import FatalLogError, StorageError
from zaichang.ports.log.store import Head, Submission, SubmissionKey

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCHEMA = """
CREATE TABLE IF NOT EXISTS head (origin TEXT PRIMARY KEY, note BLOB NOT NULL, at_ms INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS submission (
  origin TEXT NOT NULL, sid TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, leaf_hash BLOB NOT NULL,
  PRIMARY KEY (origin, sid, seq)
) STRICT, WITHOUT ROWID;
"""


class SqliteHeadStore:
    """A ``HeadStore`` in a SQLite file; only one thread may use it at a time.

    Args:
        path: The file; it is created where it does not exist.
        busy_ms: Longest wait for another process's transaction, in milliseconds.

    Raises:
        StorageError: ``log.head`` if the file cannot be used.
    """

    def __init__(self, path: Path, busy_ms: int = 5_000) -> None:
        """Open the file and set its durability."""
        try:
            self._db = sqlite3.connect(path, timeout=busy_ms / 1000, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise StorageError("log.head", f"The log's head cannot be opened ({error}).") from error
        try:
            self._db.execute("PRAGMA journal_mode=TRUNCATE")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error as error:
            self._db.close()
            raise StorageError("log.head", f"The log's head cannot be used ({error}).") from error

    def load(self, origin: str) -> Head | None:
        """Return the log's head, or None for a new log."""
        try:
            row = self._db.execute("SELECT note, at_ms FROM head WHERE origin = ?", (origin,)).fetchone()
        except sqlite3.Error as error:
            raise StorageError("log.head", f"The log's head cannot be read ({error}).") from error
        return None if row is None else Head(note=row[0], at_ms=row[1])

    def swap(self, origin: str, old: bytes | None, new: Head, submissions: Sequence[Submission]) -> bool:
        """Replace the head if its note is still ``old``, and record the submissions, in one transaction.

        Args:
            origin: The log.
            old: The note that the head must still have; None for a new log.
            new: The new head.
            submissions: The submissions of the batch, with their keys.

        Raises:
            FatalLogError: ``log.head_unknown`` if the database failed: it is unknown whether the head was replaced.
        """
        try:
            with self._transaction():
                if old is None:
                    changed = self._db.execute(
                        "INSERT INTO head VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (origin, new.note, new.at_ms)
                    ).rowcount
                else:
                    changed = self._db.execute(
                        "UPDATE head SET note = ?, at_ms = ? WHERE origin = ? AND note = ?",
                        (new.note, new.at_ms, origin, old),
                    ).rowcount
                if changed == 1:
                    self._db.executemany(
                        "INSERT INTO submission VALUES (?, ?, ?, ?, ?)",
                        [(origin, *entry.key, entry.index, entry.leaf_hash) for entry in submissions],
                    )
        except sqlite3.Error as error:
            raise FatalLogError(
                "log.head_unknown", f"The log's head could not be replaced ({error}); its state is unknown."
            ) from error
        return changed == 1

    def find(self, origin: str, keys: Iterable[SubmissionKey]) -> Mapping[SubmissionKey, Submission]:
        """Return those of the keys that were submitted before."""
        found: dict[SubmissionKey, Submission] = {}
        query = "SELECT idx, leaf_hash FROM submission WHERE origin = ? AND sid = ? AND seq = ?"
        try:
            for key in keys:
                row = self._db.execute(query, (origin, *key)).fetchone()
                if row is not None:
                    found[key] = Submission(key=key, index=row[0], leaf_hash=row[1])
        except sqlite3.Error as error:
            raise StorageError("log.head", f"The submission keys cannot be read ({error}).") from error
        return found

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
