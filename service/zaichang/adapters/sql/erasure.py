"""Erasing a learner from the data folder: rows, pictures, outbox lines; and holding back what the law wants kept.

What stays: the log (salted commitments that nothing can open any more), the session rows under an alias, and how much
was credited to nobody. The order makes a crash harmless: everything before the database's one transaction can be done
again, and the leaf that will tell of the erasure is on disk before it, without the pseudonym.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final

from zaichang.adapters.posix.blobs import Blobs
from zaichang.adapters.posix.folder import PRIVATE_DIR_MODE, DataFolder, storage_error, write_durably
from zaichang.adapters.sql.decisions import forget_in_review
from zaichang.adapters.sql.store import SqliteStore
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.core.ids import check_id

ALIAS_PREFIX: Final = "erased-"
_OWN: Final = "(SELECT session_id FROM sessions WHERE institution_id = ?1 AND learner_id = ?2)"


class Holds:
    """Legal holds: a learner under one is not erased."""

    def __init__(self, folder: DataFolder) -> None:
        """Use the data folder."""
        self._root = folder.root / "holds"

    def put(self, institution_id: str, learner_id: str, reason: str) -> None:
        """Hold a learner's data, for a reason (a word or a reference number)."""
        path = self._path(institution_id, learner_id)
        try:
            path.parent.mkdir(mode=PRIVATE_DIR_MODE, parents=True, exist_ok=True)
            write_durably(path, check_id(reason, "reason").encode("ascii") + b"\n")
        except OSError as error:
            raise storage_error(error, path) from error

    def release(self, institution_id: str, learner_id: str) -> None:
        """End a hold; harmless where there is none."""
        self._path(institution_id, learner_id).unlink(missing_ok=True)

    def check(self, institution_id: str, learner_id: str) -> None:
        """Refuse if there is a hold.

        Raises:
            NotAllowed: ``erase.hold``.
        """
        path = self._path(institution_id, learner_id)
        if path.is_file():
            reason = path.read_text(encoding="ascii").strip()
            raise NotAllowed("erase.hold", f"This learner's data is held ({reason}).", "Release the hold first.")

    def _path(self, institution_id: str, learner_id: str) -> Path:
        return self._root / check_id(institution_id, "institution") / check_id(learner_id, "learner")


class PendingLeaves:
    """Erasure leaves that the log does not hold yet."""

    def __init__(self, folder: DataFolder) -> None:
        """Use the data folder."""
        self._root = folder.root / "erasures"

    def put(self, institution_id: str, alias: str, leaf: bytes) -> None:
        """Keep a leaf durably."""
        path = self._root / institution_id / alias
        try:
            path.parent.mkdir(mode=PRIVATE_DIR_MODE, parents=True, exist_ok=True)
            write_durably(path, leaf)
        except OSError as error:
            raise storage_error(error, path) from error

    def all(self) -> list[tuple[str, str, bytes]]:
        """Return institution, alias and leaf of each."""
        found = sorted(path for path in self._root.glob("*/*") if path.is_file() and not path.name.startswith("."))
        return [(path.parent.name, path.name, path.read_bytes()) for path in found]

    def done(self, institution_id: str, alias: str) -> None:
        """Forget a leaf that is in the log, or whose erasure never came to pass."""
        (self._root / institution_id / alias).unlink(missing_ok=True)


async def sessions_to_erase(store: SqliteStore, institution_id: str, learner_id: str) -> int:
    """Return how many sessions a learner has.

    Raises:
        NotFound: ``learner.unknown``.
        NotAllowed: ``erase.open_session`` while one still runs.
    """

    def operation(db: sqlite3.Connection) -> tuple[bool, int, int]:
        where = (institution_id, learner_id)
        known = db.execute("SELECT 1 FROM learners WHERE institution_id = ? AND learner_id = ?", where).fetchone()
        count, closed = db.execute(
            "SELECT count(*), count(*) FILTER (WHERE state = 'closed') FROM sessions "
            "WHERE institution_id = ? AND learner_id = ?",
            where,
        ).fetchone()
        return known is not None, count, closed

    known, count, closed = await store._db.read(operation)
    if not known:
        raise NotFound("learner.unknown", "There is no such learner.")
    if closed != count:
        raise NotAllowed("erase.open_session", "A session of this learner still runs.", "Wait for its end.")
    return count


async def erase_pictures(store: SqliteStore, blobs: Blobs, institution_id: str, learner_id: str, at_ms: int) -> None:
    """Delete the learner's kept pictures."""
    for row in await store.captures_of_learner(institution_id, learner_id):
        blobs.delete(row.session_id, row.capture_id)
        await store.note_capture_deleted(row.session_id, row.capture_id, at_ms)


def mask_outbox(folder: DataFolder, institution_id: str, learner_id: str) -> None:
    """Overwrite the pseudonym in the outbox with as many dashes: no line moves, no consumer's position changes."""
    needle = f'"learner":"{learner_id}"'.encode("ascii")
    owner = f'"institution":"{institution_id}"'.encode("ascii")
    masked = f'"learner":"{"-" * len(learner_id)}"'.encode("ascii")
    for path in sorted(folder.outbox.glob("*.jsonl")):
        try:
            with path.open("r+b") as stream:
                position = 0
                for line in stream.readlines():
                    if needle in line and owner in line:
                        stream.seek(position)
                        stream.write(line.replace(needle, masked))
                    position += len(line)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise storage_error(error, path) from error


async def erase_rows(store: SqliteStore, institution_id: str, learner_id: str, alias: str, at_ms: int) -> None:
    """Destroy the learner's key, references, events and records in one transaction, and give the rest an alias.

    Pages that become free are overwritten (``secure_delete``), and the WAL is emptied afterwards.
    """

    def operation(db: sqlite3.Connection) -> None:
        where = (institution_id, learner_id)
        db.execute("PRAGMA defer_foreign_keys = ON")
        forget_in_review(db, *where)
        for table in ("events", "minutes", "captures", "pictures", "amendments", "appeals"):
            db.execute(f"DELETE FROM {table} WHERE session_id IN {_OWN}", where)  # noqa: S608 - constant names
        for table in ("credits", "enrolments", "allowances", "sightings"):
            db.execute(f"DELETE FROM {table} WHERE institution_id = ? AND learner_id = ?", where)  # noqa: S608
        db.execute(
            "UPDATE sessions SET learner_id = ?3, token_id = 'erased-' || session_id "
            "WHERE institution_id = ?1 AND learner_id = ?2",
            (*where, alias),
        )
        db.execute(
            "UPDATE learners SET learner_id = ?3, wrapped_key = NULL, erased_ms = ?4 "
            "WHERE institution_id = ?1 AND learner_id = ?2",
            (*where, alias, at_ms),
        )

    await store._db.write(operation)
    # The WAL holds older pages until it is emptied.
    await store._db.truncate_wal()


async def is_erased(store: SqliteStore, institution_id: str, alias: str) -> bool:
    """Whether an erasure under this alias came to pass."""

    def operation(db: sqlite3.Connection) -> bool:
        row = db.execute(
            "SELECT 1 FROM learners WHERE institution_id = ? AND learner_id = ? AND erased_ms IS NOT NULL",
            (institution_id, alias),
        ).fetchone()
        return row is not None

    return await store._db.read(operation)
