"""The data folder: all files of one service. Only one running service may use it at a time.

Layout::

    zaichang.sqlite3     events, sessions, learners (WAL mode)
    keys/                master key and launch-token key, mode 0600
    captures/            encrypted pictures, one folder per session
    evidence/            encrypted files of activities, one folder per activity
    outbox/              verified minutes as JSON lines, for the hour ledger
    log/                 tiles, entries and checkpoints, publishable as they are
"""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import Final

from zaichang.core.errors import StorageError

PRIVATE_DIR_MODE: Final = 0o700
PRIVATE_FILE_MODE: Final = 0o600


class DataFolder:
    """The paths inside the data folder, and the lock that keeps a second service out."""

    def __init__(self, root: Path) -> None:
        """Remember the root; nothing is touched until ``prepare`` or ``lock``."""
        self.root = root
        self.database = root / "zaichang.sqlite3"
        self.keys = root / "keys"
        self.captures = root / "captures"
        self.evidence = root / "evidence"
        self.outbox = root / "outbox"
        self.log = root / "log"
        self._lock_fd: int | None = None

    def prepare(self) -> None:
        """Create missing folders, and check that a durable write succeeds.

        Raises:
            StorageError: ``storage.not_writable``, ``storage.disk_full`` or ``storage.io``.
        """
        try:
            for folder in (self.root, self.keys, self.captures, self.evidence, self.outbox, self.log):
                folder.mkdir(mode=PRIVATE_DIR_MODE, parents=True, exist_ok=True)
            probe = self.root / ".probe"
            write_durably(probe, b"ok")
            probe.unlink()
        except OSError as error:
            raise storage_error(error, self.root) from error

    def lock(self) -> None:
        """Lock the folder for this process.

        Raises:
            StorageError: ``storage.locked`` where another service runs on it.
        """
        try:
            fd = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE_MODE)
        except OSError as error:
            raise storage_error(error, self.root) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            raise StorageError(
                "storage.locked",
                f"Another service is running on the data folder {self.root}.",
                "Stop it, or choose another folder with --data.",
            ) from None
        self._lock_fd = fd

    def unlock(self) -> None:
        """Release the lock; without one, nothing happens."""
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None


def storage_error(error: OSError, path: Path) -> StorageError:
    """Return an operating system's error as an error with a stable code.

    Args:
        error: The operating system's error.
        path: The file or folder that it concerns.
    """
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            "storage.disk_full",
            f"There is no room left for {path}.",
            "Free some space; nothing unacknowledged is kept.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
        return StorageError(
            "storage.not_writable",
            f"{path} cannot be written ({os.strerror(error.errno)}).",
            "Give this user write permission, or choose another folder with --data.",
        )
    return StorageError("storage.io", f"{path}: {error.strerror or type(error).__name__}.", "Check the disk.")


def sync_dir(folder: Path) -> None:
    """Make the file names in ``folder`` durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_durably(path: Path, data: bytes, mode: int = PRIVATE_FILE_MODE) -> None:
    """Write a file durably. After the call returns, the whole file survives a power loss.

    Args:
        path: The file.
        data: All of its bytes.
        mode: Its permissions.

    Raises:
        OSError: From the operating system; a half-written temporary file is removed.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(fd, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_dir(path.parent)
