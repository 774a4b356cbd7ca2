"""The analysis of frames, in this process or on other hosts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from zaichang.biometric.frame_geometry import Geometry
from zaichang.core.assessment import FrameAssessment
from zaichang.core.frames import Frame, PhotoResult


class Vision(Protocol):
    """Analyses frames. A frame always gets an answer; a missing result never counts as a pass."""

    @property
    def embedder_id(self) -> str:
        """16 hex digits of the embedder, with which references are compared; empty where any reference fits.

        Cost: memory.
        """

    async def analyse(self, frames: Sequence[Frame]) -> list[FrameAssessment]:
        """Return one assessment per frame, in order; tens of milliseconds each. Never raises for a frame.

        Cost: trip.
        """

    async def geometry(self, frame: bytes, deadline_ms_from_now: int) -> Geometry:
        """Return the geometry of one frame; ``not_seen()`` where there was no time for it. Never raises for a frame.

        Cost: trip.
        """

    async def enrol(self, image: bytes) -> PhotoResult:
        """Make a reference from a photo.

        Cost: trip.

        Raises:
            UnreadableInput: ``frame.unreadable``, ``frame.too_large``.
            ModelError: ``vision.busy`` where there is no capacity.
        """

    def capacity(self) -> int:
        """Return how many more frames would be taken now; 0 means slow down. Cost: memory."""

    async def close(self) -> None:
        """Stop: frames not yet started are answered ``not_analysed()``. Cost: memory."""
