"""The ``EvidenceFiles`` port on files: ``evidence/<activity>/<file>``."""

from __future__ import annotations

from zaichang.adapters.posix.blobs import PosixBlobs
from zaichang.adapters.posix.folder import DataFolder
from zaichang.core.errors import NotFound
from zaichang.core.ids import CaptureId, SessionId
from zaichang.ports.hours.activities import ActivityId, FileId


class PosixEvidenceFiles:
    """Encrypted files of activities, kept as captures are, in a folder of their own."""

    def __init__(self, folder: DataFolder) -> None:
        """Use the evidence folder of ``folder``."""
        self._blobs = PosixBlobs(folder, folder.evidence)

    def put(self, activity_id: ActivityId, file_id: FileId, encrypted: bytes) -> None:
        """See the port."""
        self._blobs.put(SessionId(activity_id), CaptureId(file_id), encrypted)

    def get(self, activity_id: ActivityId, file_id: FileId) -> bytes:
        """See the port."""
        try:
            return self._blobs.get(SessionId(activity_id), CaptureId(file_id))
        except NotFound:
            raise NotFound("activity.file_unknown", "This file is not kept (any more).") from None

    def delete(self, activity_id: ActivityId, file_id: FileId) -> None:
        """See the port."""
        self._blobs.delete(SessionId(activity_id), CaptureId(file_id))
