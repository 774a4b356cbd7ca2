"""A log in a folder, for readers: the ``public`` folder and the ``vkey`` file beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from zaichang.adapters.posix.log_store import PUBLIC, read_if_present
from zaichang.audit.history import HISTORY, MAX_HISTORY_BYTES
from zaichang.audit.whole.stamps import TIMESTAMPS
from zaichang.core.errors import StorageError
from zaichang.tlog.tiles import CHECKPOINT_PATH, MAX_ENTRY_BYTES, WIDTH

VKEY: Final = "vkey"
MAX_OBJECT_BYTES: Final = WIDTH * (MAX_ENTRY_BYTES + 2)


class PosixPublishedLog:
    """A ``PublishedLog`` in a folder.

    Args:
        root: The log's folder.
        name: The log's name in messages; None takes the folder's name.
    """

    def __init__(self, root: Path, name: str | None = None) -> None:
        """Store the folder; it need not exist."""
        self._root = root
        self._name = name or root.name

    @property
    def name(self) -> str:
        """See ``PublishedLog``."""
        return self._name

    def get(self, path: str) -> bytes | None:
        """Return a file of the ``public`` folder, or None.

        Raises:
            StorageError: ``log.io``.
        """
        return read_if_present(self._root / PUBLIC / path)

    def verifier_key(self) -> str | None:
        """Return the first line of ``vkey``, or None where there is none.

        Raises:
            StorageError: ``log.io``.
        """
        data = read_if_present(self._root / VKEY)
        lines = (data or b"").decode("ascii", "replace").split()
        return lines[0] if lines else None


class FolderSource:
    """The source of a copy: a log's folder, or its ``public`` folder, on a disk or a network share."""

    def __init__(self, root: Path) -> None:
        """Find the checkpoint."""
        self._root = next((p for p in (root / PUBLIC, root) if (p / CHECKPOINT_PATH).is_file()), root)

    def get(self, name: str) -> bytes | None:
        """Return a published object's bytes, or None if there is none.

        Raises:
            StorageError: ``mirror.source`` if it cannot be read or is longer than any object of a log.
        """
        path = self._root / name
        try:
            if not path.is_file():
                return None
            if path.stat().st_size > (MAX_HISTORY_BYTES if name in (HISTORY, TIMESTAMPS) else MAX_OBJECT_BYTES):
                raise StorageError("mirror.source", f"{name} is longer than any object of a log.")
            return path.read_bytes()
        except OSError as error:
            raise StorageError("mirror.source", f"{name} cannot be read ({error.strerror}).") from error
