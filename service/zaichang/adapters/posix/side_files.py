"""Side files of a log that is a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from zaichang.adapters.posix.folder import PRIVATE_FILE_MODE, storage_error, write_durably
from zaichang.adapters.posix.log_store import PUBLIC
from zaichang.ports.log.side_files import SideFile

_SHOWN: Final = frozenset({SideFile.WITNESSED, SideFile.HISTORY, SideFile.TIMESTAMPS, SideFile.SM3_CHECKPOINT})
_PUBLIC_MODE: Final = 0o644


class PosixSideFiles:
    """``SideFiles`` in a log's folder: public ones in ``public``, the others beside it.

    Args:
        root: The log's folder.
    """

    def __init__(self, root: Path) -> None:
        """Remember the folder; it need not exist before something is written."""
        self._root = root

    def read(self, file: SideFile) -> bytes | None:
        """See ``SideFiles``."""
        path = self._path(file)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise storage_error(error, path) from error

    def replace(self, file: SideFile, data: bytes) -> None:
        """See ``SideFiles``."""
        path = self._path(file)
        try:
            write_durably(path, data, _PUBLIC_MODE if file in _SHOWN else PRIVATE_FILE_MODE)
        except OSError as error:
            raise storage_error(error, path) from error

    def append_line(self, file: SideFile, line: bytes) -> None:
        """See ``SideFiles``."""
        path = self._path(file)
        try:
            with path.open("ab") as stream:
                stream.write((b"\n" if stream.tell() else b"") + line)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise storage_error(error, path) from error

    def _path(self, file: SideFile) -> Path:
        return (self._root / PUBLIC if file in _SHOWN else self._root) / file.value
