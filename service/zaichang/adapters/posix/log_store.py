"""The log's tiles as plain files: any web server can serve the ``public`` folder.

Each write: temporary file, write, fsync, rename, fsync of the folder; new folders are fsynced into their parents.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

from zaichang.core.errors import FatalLogError, StorageError
from zaichang.tlog.checkpoint import parse_checkpoint, parse_size
from zaichang.tlog.note import parse_note
from zaichang.tlog.tiles import CHECKPOINT_PATH

PUBLIC: Final = "public"


class PosixLogStore:
    """A ``LogStore`` in a folder: ``public`` (to be served), ``staging`` and ``tmp``.

    Args:
        root: The log's folder; made if it is not there.

    Raises:
        StorageError: ``log.folder`` if the folder cannot be made.
    """

    def __init__(self, root: Path) -> None:
        """Make the folders, and delete the temporary files that a crash left."""
        self.public = root / PUBLIC
        self._staging = root / "staging"
        self._tmp = root / "tmp"
        self._lock = root / "publish.lock"
        # Two processes may write here at once: a leader that slept, and its successor. With equal temporary names one
        # would rename a file that the other wrote, so each process has its own.
        self._own = secrets.token_hex(8)
        self._written = 0
        try:
            shutil.rmtree(self._tmp, ignore_errors=True)
            for folder in (root, self.public, self._staging, self._tmp):
                self._make_folder(folder)
            self._lock.touch(mode=0o600)
        except OSError as error:
            raise StorageError(
                "log.folder", f"The log folder cannot be used ({error.strerror}).", "Check its owner and free space."
            ) from error

    def stage(self, name: str, data: bytes) -> None:
        """Store a batch before it is published; see the port."""
        self._write(self._staging / name, data)
        self._sync_folder(self._staging)

    def staged(self, name: str) -> bytes | None:
        """Return the data staged under ``name``, or None."""
        return read_if_present(self._staging / name)

    def clear_staging(self, size: int) -> None:
        """Delete everything staged for sizes up to ``size``; see the port."""
        for entry in self._staging.iterdir():
            staged = parse_size(entry.name.partition("-")[0])
            if staged is None or staged <= size:
                with suppress(OSError):
                    entry.unlink()

    def put(self, objects: Iterable[tuple[str, bytes]]) -> None:
        """Create files that never change; see the port."""
        touched: set[Path] = set()
        for name, data in objects:
            path = self.public / name
            if not path.parent.is_dir():
                try:
                    self._make_folder(path.parent)
                except OSError as error:
                    _refused("make a folder for tiles", error)
            present = read_if_present(path)
            if present is None:
                self._write(path, data)
            elif present == data:
                self._sync_file(path)
            else:
                raise FatalLogError("log.immutable", f"{name} exists with other bytes.", "Run zaichang log fsck.")
            touched.add(path.parent)
        for folder in touched:
            self._sync_folder(folder)

    def get(self, path: str) -> bytes | None:
        """Return a file's bytes, or None."""
        return read_if_present(self.public / path)

    def publish(self, note: bytes, size: int) -> None:
        """Replace the published checkpoint, unless a larger one is there: a delayed process must not undo it.

        Args:
            note: The signed checkpoint.
            size: Its size.
        """
        with self._lock.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            present = self.published()
            if present is not None and parse_checkpoint(parse_note(present).text).size > size:
                return
            self._write(self.public / CHECKPOINT_PATH, note)
            self._sync_folder(self.public)

    def published(self) -> bytes | None:
        """Return the published checkpoint, or None."""
        return read_if_present(self.public / CHECKPOINT_PATH)

    def discard(self, prefixes: Iterable[str]) -> None:
        """Delete folders of partial tiles."""
        for name in prefixes:
            shutil.rmtree(self.public / name, ignore_errors=True)

    def _write(self, path: Path, data: bytes) -> None:
        self._written += 1
        temporary = self._tmp / f"{self._own}-{self._written}-{path.name}"
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(descriptor, view) :]
                _fsync(descriptor)
            finally:
                os.close(descriptor)
            temporary.replace(path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            _refused("write a log file", error)

    def _make_folder(self, folder: Path) -> None:
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for made in reversed(missing):
            made.mkdir(exist_ok=True)
            self._sync_folder(made.parent)

    @staticmethod
    def _sync_file(path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _fsync(descriptor)
        finally:
            os.close(descriptor)

    @staticmethod
    def _sync_folder(folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _fsync(descriptor)
        finally:
            os.close(descriptor)


def read_if_present(path: Path) -> bytes | None:
    """Return a file's bytes, or None if there is none.

    Raises:
        StorageError: ``log.io``.
    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        _refused("read a log file", error)


def _fsync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise FatalLogError(
            "log.fsync",
            f"fsync failed ({error.strerror}): the content of the disk is unknown.",
            "Check the disk, then start again; the log repairs itself from its durable files.",
        ) from error


def _refused(what: str, error: OSError) -> NoReturn:
    raise StorageError("log.io", f"Could not {what} ({error.strerror}).", "Check free space and the disk.") from error
