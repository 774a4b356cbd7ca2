"""Pictures kept for review: encrypted with the learner's key before they reach the blob store."""

from __future__ import annotations

from zaichang.core.ids import CaptureId, SessionId
from zaichang.ports.blobs import Blobs
from zaichang.ports.encryption import LearnerKey
from zaichang.ports.purposes import Purpose


def keep_capture(blobs: Blobs, key: LearnerKey, session_id: SessionId, capture_id: CaptureId, picture: bytes) -> bytes:
    """Encrypt a picture and store it durably. Blocks: call it in a thread.

    Args:
        blobs: The blob store.
        key: The learner's data key.
        session_id: The session.
        capture_id: The capture.
        picture: The encoded picture.

    Returns:
        The stored, encrypted bytes.

    Raises:
        StorageError: From the blob store.
    """
    encrypted = key.encrypt(Purpose.CAPTURE, f"{session_id}/{capture_id}", picture)
    blobs.put(session_id, capture_id, encrypted)
    return encrypted


def kept_capture(blobs: Blobs, key: LearnerKey, session_id: SessionId, capture_id: CaptureId) -> bytes:
    """Return a stored picture, decrypted. Blocks: call it in a thread.

    Args:
        blobs: The blob store.
        key: The learner's data key.
        session_id: The session.
        capture_id: The capture.

    Raises:
        NotFound: ``capture.unknown`` where the picture was never stored or is deleted.
        StorageError: ``storage.sealed_damaged`` where it was changed; or the blob store's own error.
    """
    return key.decrypt(Purpose.CAPTURE, f"{session_id}/{capture_id}", blobs.get(session_id, capture_id))
