"""One SQLite file with a single writer thread, group commit, and a reader that cannot write.

SQLite 3.7.0 to 3.51.2 can corrupt a WAL that two connections checkpoint at the same moment. So only the writer
checkpoints (``wal_autocheckpoint = 0``), and the reader's connection is opened read-only (docs/adr/0005).

``write`` returns once the transaction with the operation is durable (``synchronous = FULL``). Operations that wait at
the
same moment share one commit. Each has its own savepoint, so a failing operation does not undo the others.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from zaichang.adapters.sql.schema import migrate
from zaichang.core.errors import StorageError, ZaichangError

T = TypeVar("T")
Operation = Callable[[sqlite3.Connection], T]

GROUP_MAX: Final = 256
CHECKPOINT_COMMITS: Final = 1_000
"""Commits after which the writer moves the WAL into the database file."""
_BUSY_TIMEOUT_S: Final = 5.0


def _truncate_marker(_: sqlite3.Connection) -> None:
    """Tell the writer to empty the WAL between two commits."""


class Database:
    """The connections to one database file; ``close`` must be called."""

    def __init__(self, path: Path, *, inline: bool = False) -> None:
        """Open, check and migrate the file, and start the writer.

        Args:
            path: The database file; it is created where it does not exist.
            inline: Use no threads: every operation runs and commits in the calling thread (for simulations).

        Raises:
            StorageError: ``storage.corrupt``, ``storage.not_writable``, ``storage.disk_full``, ``storage.too_new``.
        """
        self._path = path
        self._queue: queue.SimpleQueue[tuple[Operation[Any], Future[Any]] | None] = queue.SimpleQueue()
        self._closed = False
        self._writer = _open_writer(path)
        self._reader: sqlite3.Connection | None = None
        self._inline = inline
        if inline:
            return
        self._readers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="zaichang-reader")
        self._thread = threading.Thread(target=self._run, name="zaichang-writer", daemon=True)
        self._thread.start()

    def submit(self, operation: Operation[T]) -> Future[T]:
        """Queue an operation for the writer; the future resolves after the durable commit."""
        future: Future[T] = Future()
        if self._closed:
            future.set_exception(StorageError("storage.closed", "The database is closed."))
        elif self._inline:
            self._commit([(operation, future)])
        else:
            self._queue.put((operation, future))
        return future

    async def write(self, operation: Operation[T]) -> T:
        """Run an operation in the writer, and return its result after the durable commit.

        Raises:
            StorageError: The database refuses; the operation changed nothing.
            ZaichangError: An error that the operation itself raised.
        """
        future = self.submit(operation)
        return future.result() if self._inline else await asyncio.wrap_future(future)

    async def read(self, operation: Operation[T]) -> T:
        """Run ``operation`` on the read-only connection."""
        if self._closed:
            raise StorageError("storage.closed", "The database is closed.")
        if self._inline:
            return self._read(operation)
        return await asyncio.wrap_future(self._readers.submit(self._read, operation))

    async def truncate_wal(self) -> None:
        """Move the WAL into the database file and overwrite it, after the operations that are queued now."""
        if self._inline:
            self._checkpoint("TRUNCATE")
            return
        done: Future[Any] = Future()
        self._queue.put((_truncate_marker, done))
        await asyncio.wrap_future(done)

    def close(self) -> None:
        """Finish the queued operations, checkpoint, and close."""
        if self._closed:
            return
        self._closed = True
        if self._inline:
            self._close_reader()
        else:
            self._queue.put(None)
            self._thread.join()
            self._readers.submit(self._close_reader).result()
            self._readers.shutdown()
        # Closing last, so that only the writer can be the connection that checkpoints on close.
        with suppress(sqlite3.Error):
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._writer.close()

    def _read(self, operation: Operation[T]) -> T:
        try:
            if self._reader is None:
                self._reader = open_reader(self._path)
            return operation(self._reader)
        except sqlite3.Error as error:
            raise database_error(error, self._path) from error

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def _run(self) -> None:
        commits = 0
        while True:
            item = self._queue.get()
            if item is None:
                return
            batch = [item]
            while len(batch) < GROUP_MAX:
                try:
                    extra = self._queue.get_nowait()
                except queue.Empty:
                    break
                if extra is None:
                    self._queue.put(None)
                    break
                batch.append(extra)
            # A caller that was cancelled while it waited wants nothing any more; from here on it cannot be cancelled.
            wanted = [pair for pair in batch if pair[1].set_running_or_notify_cancel()]
            truncations = [future for operation, future in wanted if operation is _truncate_marker]
            self._commit([pair for pair in wanted if pair[0] is not _truncate_marker])
            commits += 1
            if truncations:
                self._checkpoint("TRUNCATE")
            elif commits % CHECKPOINT_COMMITS == 0:
                self._checkpoint("PASSIVE")
            for future in truncations:
                future.set_result(None)

    def _checkpoint(self, mode: str) -> None:
        with suppress(sqlite3.Error):
            self._writer.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()

    def _commit(self, batch: list[tuple[Operation[Any], Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        failed: list[tuple[Future[Any], BaseException]] = []
        writer = self._writer
        try:
            writer.execute("BEGIN IMMEDIATE")
            for operation, future in batch:
                writer.execute("SAVEPOINT one")
                try:
                    done.append((future, operation(writer)))
                except Exception as error:
                    if not writer.in_transaction:  # SQLite gave up the whole transaction (disk full, I/O error)
                        raise
                    writer.execute("ROLLBACK TO one")
                    failed.append((future, self._translate(error)))
                writer.execute("RELEASE one")
            writer.execute("COMMIT")
        except Exception as error:
            with suppress(sqlite3.Error):
                if writer.in_transaction:
                    writer.execute("ROLLBACK")
            answer = self._translate(error)
            for _, future in batch:
                future.set_exception(answer)
            return
        for future, value in done:
            future.set_result(value)
        for future, problem in failed:
            future.set_exception(problem)

    def _translate(self, error: Exception) -> Exception:
        if isinstance(error, sqlite3.Error) and not isinstance(error, ZaichangError):
            return database_error(error, self._path)
        return error


class ReadDatabase:
    """A database that another process may be writing. It only reads, in the calling thread."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            StorageError: ``storage.missing`` where there is no file; ``storage.corrupt``, ``storage.not_writable``.
        """
        if not path.is_file():
            raise StorageError("storage.missing", f"There is no database {path}.", "Name the data folder with --data.")
        self._path = path
        try:
            self._reader = open_reader(path)
        except sqlite3.Error as error:
            raise database_error(error, path) from error

    async def read(self, operation: Operation[T]) -> T:
        """See ``Database``."""
        try:
            return operation(self._reader)
        except sqlite3.Error as error:
            raise database_error(error, self._path) from error

    async def write(self, operation: Operation[T]) -> T:
        """Refuse."""
        raise StorageError("storage.read_only", "This command only reads the data folder.")

    async def truncate_wal(self) -> None:
        """Refuse."""
        raise StorageError("storage.read_only", "This command only reads the data folder.")

    def close(self) -> None:
        """Close the file."""
        self._reader.close()


def database_error(error: sqlite3.Error, path: Path) -> StorageError:
    """Return an SQLite error as an error with a stable code.

    Args:
        error: SQLite's error.
        path: The database file, for the message.
    """
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith("SQLITE_FULL"):
        return StorageError(
            "storage.disk_full",
            f"There is no room left for {path}.",
            "Free some space; nothing unacknowledged is kept.",
        )
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return StorageError(
            "storage.corrupt",
            f"{path} is damaged or is not a Zaichang database.",
            "Restore it from a backup (docs/operations.md); the service does not start on a damaged record.",
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return StorageError(
            "storage.not_writable",
            f"{path} cannot be opened for writing.",
            "Give this user write permission, or choose another folder with --data.",
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StorageError("storage.locked", f"Another program holds {path}.", "Stop it, or try again.")
    if name.startswith("SQLITE_CONSTRAINT"):
        return StorageError(
            "storage.constraint", f"{path} refused a row that breaks a rule ({name}).", "What it points at must exist."
        )
    return StorageError("storage.io", f"{path}: {name or type(error).__name__}.", "Check the disk.")


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that can neither write nor checkpoint; ``replay`` uses it beside a running service."""
    reader = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        timeout=_BUSY_TIMEOUT_S,
        check_same_thread=False,
    )
    reader.row_factory = sqlite3.Row
    reader.execute("PRAGMA query_only = ON")
    reader.execute("PRAGMA wal_autocheckpoint = 0")
    return reader


def _open_writer(path: Path) -> sqlite3.Connection:
    try:
        writer = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_TIMEOUT_S, check_same_thread=False)
    except sqlite3.Error as error:
        raise database_error(error, path) from error
    try:
        writer.row_factory = sqlite3.Row
        writer.execute("PRAGMA journal_mode = WAL").fetchall()
        writer.execute("PRAGMA synchronous = FULL")
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute("PRAGMA foreign_keys = ON")
        # Erasure must reach the bytes: freed pages are overwritten.
        writer.execute("PRAGMA secure_delete = ON")
        if writer.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("quick_check")
        migrate(writer, path)
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.Error as error:
        writer.close()
        if getattr(error, "sqlite_errorname", None) is None:
            raise StorageError(
                "storage.corrupt",
                f"{path} is damaged: its own check failed.",
                "Restore it from a backup (docs/operations.md).",
            ) from error
        raise database_error(error, path) from error
    except StorageError:
        writer.close()
        raise
    path.chmod(0o600)
    return writer
