"""Encrypted pictures: files, or objects of an S3-like store."""

from __future__ import annotations

from typing import Protocol

from zaichang.core.ids import CaptureId, SessionId


class Blobs(Protocol):
    """Keeps encrypted pictures by session and capture. All methods block: call them in a thread."""

    def put(self, session_id: SessionId, capture_id: CaptureId, encrypted: bytes) -> None:
        """Keep a picture durably; a repeat replaces it.

        Cost: commit.

        Raises:
            StorageError: ``storage.disk_full``, ``storage.not_writable`` or ``storage.io``.
        """

    def get(self, session_id: SessionId, capture_id: CaptureId) -> bytes:
        """Return a picture as it was put.

        Cost: read.

        Raises:
            NotFound: ``capture.unknown`` where it is not kept (any more).
            StorageError: ``storage.io``.
        """

    def delete(self, session_id: SessionId, capture_id: CaptureId) -> None:
        """Remove a picture durably; harmless where it is gone. Cost: commit."""
