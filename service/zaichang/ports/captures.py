"""Kept captures and the fingerprints of pictures. The pictures themselves are blobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from zaichang.ports.records import CaptureRow


class CaptureStore(Protocol):
    """Records which encrypted pictures are kept, and which pictures were seen."""

    async def add_capture(self, session_id: str, capture_id: str, at_ms: int, size: int) -> None:
        """Note that an encrypted picture was kept. Cost: commit."""

    async def captures(self, session_id: str) -> Sequence[CaptureRow]:
        """Return the session's pictures. Cost: read."""

    async def captures_before(self, at_ms: int, limit: int) -> Sequence[CaptureRow]:
        """Return pictures older than ``at_ms`` that are not deleted, the oldest first. Cost: read."""

    async def captures_of_learner(self, institution_id: str, learner_id: str) -> Sequence[CaptureRow]:
        """Return every kept picture of a learner (erasure). Cost: read."""

    async def note_capture_deleted(self, session_id: str, capture_id: str, at_ms: int) -> None:
        """Note that a picture is gone. Cost: commit."""

    async def add_picture(self, content: str, phash: str, session_id: str, capture_id: str) -> None:
        """Remember a picture's fingerprints (I7). Cost: commit."""

    async def seen_elsewhere(self, content: str, session_id: str) -> bool:
        """Return whether the very same picture came in another session of anyone's. Cost: read."""
