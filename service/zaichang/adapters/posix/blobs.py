"""The ``Blobs`` port on files: ``captures/<session>/<capture>``."""

from __future__ import annotations

from pathlib import Path

from zaichang.adapters.posix.folder import PRIVATE_DIR_MODE, DataFolder, storage_error, sync_dir, write_durably
from zaichang.core.errors import NotFound
from zaichang.core.ids import CaptureId, SessionId, check_id


class PosixBlobs:
    """Encrypted pictures in the captures folder."""

    def __init__(self, folder: DataFolder, root: Path | None = None) -> None:
        """Use the captures folder of ``folder``, or another of its folders."""
        self._root = folder.captures if root is None else root

    def put(self, session_id: SessionId, capture_id: CaptureId, encrypted: bytes) -> None:
        """See the port."""
        path = self._path(session_id, capture_id)
        try:
            if not path.parent.exists():
                path.parent.mkdir(mode=PRIVATE_DIR_MODE)
                sync_dir(self._root)
            write_durably(path, encrypted)
        except OSError as error:
            raise storage_error(error, path) from error

    def get(self, session_id: SessionId, capture_id: CaptureId) -> bytes:
        """See the port."""
        path = self._path(session_id, capture_id)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise NotFound("capture.unknown", "This picture is not kept (any more).") from None
        except OSError as error:
            raise storage_error(error, path) from error

    def delete(self, session_id: SessionId, capture_id: CaptureId) -> None:
        """See the port."""
        path = self._path(session_id, capture_id)
        try:
            path.unlink(missing_ok=True)
            if path.parent.exists() and not any(path.parent.iterdir()):
                path.parent.rmdir()
        except OSError as error:
            raise storage_error(error, path) from error

    def _path(self, session_id: SessionId, capture_id: CaptureId) -> Path:
        return self._root / check_id(session_id, "session_id") / check_id(capture_id, "capture_id")
