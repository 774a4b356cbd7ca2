"""Pictures kept for review: encrypted with the learner's key before they reach the blob store."""

from __future__ import annotations

from zaichang.ports.blobs import Blobs
from zaichang.ports.encryption import LearnerKey
from zaichang.ports.purposes import Purpose


def keep_capture(blobs: Blobs, key: LearnerKey, session_id: str, capture_id: str, picture: bytes) -> bytes:
    """Encrypt and keep a picture durably; return the bytes that are kept. Blocks: call it in a thread.

    Raises:
        StorageError: The blob store's own.
    """
    encrypted = key.encrypt(Purpose.CAPTURE, f"{session_id}/{capture_id}", picture)
    blobs.put(session_id, capture_id, encrypted)
    return encrypted


def kept_capture(blobs: Blobs, key: LearnerKey, session_id: str, capture_id: str) -> bytes:
    """Return a kept picture. Blocks: call it in a thread.

    Raises:
        NotFound: ``capture.unknown`` where it is not kept (any more).
        StorageError: ``storage.sealed_damaged`` where it was changed; or the blob store's own error.
    """
    return key.decrypt(Purpose.CAPTURE, f"{session_id}/{capture_id}", blobs.get(session_id, capture_id))
