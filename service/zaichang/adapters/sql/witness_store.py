"""A witness's memory: one row for each log. It changes by compare-and-set and is durable before the answer is sent."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

from zaichang.core.errors import StorageError
from zaichang.tlog.witness import NOTHING, Seen

_SCHEMA = "CREATE TABLE IF NOT EXISTS seen (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL) STRICT"


class WitnessStore:
    """The witness's memory in one SQLite file. Threads take turns, so one may close it while another still answers.

    Args:
        path: The file; it is created where it does not exist.

    Raises:
        StorageError: ``witness.store`` if the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        """Open the file."""
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise StorageError("witness.store", f"The witness's memory cannot be opened ({error}).") from error
        try:
            self._db.execute("PRAGMA journal_mode=TRUNCATE")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute(_SCHEMA)
        except sqlite3.Error as error:
            self._db.close()
            raise StorageError("witness.store", f"The witness's memory cannot be opened ({error}).") from error

    def load(self, origin: str) -> Seen:
        """Return the last cosigned state of a log; ``NOTHING`` for a new log."""
        try:
            with self._lock:
                row = self._db.execute("SELECT size, root FROM seen WHERE origin = ?", (origin,)).fetchone()
        except sqlite3.Error as error:
            raise StorageError("witness.store", f"The witness's memory cannot be read ({error}).") from error
        return NOTHING if row is None else Seen(size=row[0], root=row[1])

    def advance(self, origin: str, before: Seen, after: Seen) -> bool:
        """Replace the remembered state of a log if it is still ``before``; return whether it was.

        Args:
            origin: The log.
            before: The expected state.
            after: The new state.

        Raises:
            StorageError: ``witness.store``: it is unknown whether the state was stored, so nothing may be signed.
        """
        sql = (
            "INSERT INTO seen VALUES (?1, ?2, ?3) ON CONFLICT (origin) DO UPDATE SET size = ?2, root = ?3 "
            "WHERE size = ?4 AND root = ?5"
        )
        values = (origin, after.size, after.root, before.size, before.root)
        try:
            with self._lock:
                self._db.execute("BEGIN IMMEDIATE")
                known = self._db.execute("SELECT 1 FROM seen WHERE origin = ?", (origin,)).fetchone()
                fits = known is not None or before == NOTHING
                changed = self._db.execute(sql, values).rowcount if fits else 0
                self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise StorageError("witness.store", f"The witness's memory cannot be written ({error}).") from error
        return changed == 1

    def close(self) -> None:
        """Close the file; later calls raise ``StorageError``."""
        with self._lock:
            self._db.close()
