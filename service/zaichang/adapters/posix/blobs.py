"""Encrypted pictures as files: ``captures/<session>/<capture>``; what is inside only the learner's key opens."""

from __future__ import annotations

from zaichang.adapters.keys.vault import LearnerKey
from zaichang.adapters.posix.folder import PRIVATE_DIR_MODE, DataFolder, storage_error, sync_dir, write_durably
from zaichang.core.errors import NotFound
from zaichang.core.ids import check_id

_KIND = "capture"


class Blobs:
    """Pictures of captures, sealed before they touch the disk. All methods block: call them in a thread."""

    def __init__(self, folder: DataFolder) -> None:
        """Use the captures folder of ``folder``."""
        self._root = folder.captures

    def put(self, key: LearnerKey, session_id: str, capture_id: str, picture: bytes) -> int:
        """Seal and keep a picture durably; return its size on disk.

        Raises:
            StorageError: ``storage.disk_full``, ``storage.not_writable`` or ``storage.io``.
        """
        path = self._root / check_id(session_id, "session_id") / check_id(capture_id, "capture_id")
        sealed = key.seal(_KIND, f"{session_id}/{capture_id}", picture)
        try:
            if not path.parent.exists():
                path.parent.mkdir(mode=PRIVATE_DIR_MODE)
                sync_dir(self._root)
            write_durably(path, sealed)
        except OSError as error:
            raise storage_error(error, path) from error
        return len(sealed)

    def get(self, key: LearnerKey, session_id: str, capture_id: str) -> bytes:
        """Return a picture.

        Raises:
            NotFound: ``capture.unknown`` where there is none (any more).
            StorageError: ``storage.sealed_damaged`` where it was changed.
        """
        path = self._root / check_id(session_id, "session_id") / check_id(capture_id, "capture_id")
        try:
            sealed = path.read_bytes()
        except FileNotFoundError:
            raise NotFound("capture.unknown", "This picture is not kept (any more).") from None
        except OSError as error:
            raise storage_error(error, path) from error
        return key.open(_KIND, f"{session_id}/{capture_id}", sealed)

    def delete(self, session_id: str, capture_id: str) -> None:
        """Remove a picture; harmless where it is gone."""
        path = self._root / check_id(session_id, "session_id") / check_id(capture_id, "capture_id")
        try:
            path.unlink(missing_ok=True)
            if path.parent.exists() and not any(path.parent.iterdir()):
                path.parent.rmdir()
        except OSError as error:
            raise storage_error(error, path) from error
