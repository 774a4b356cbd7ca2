"""The ``Vision`` port without models, for commands that analyse no picture."""

from __future__ import annotations

from collections.abc import Sequence

from zaichang.biometric.frame_geometry import Geometry
from zaichang.core.assessment import FrameAssessment
from zaichang.core.errors import ModelError
from zaichang.core.frames import Frame, PhotoResult
from zaichang.vision.catalog import Role, load_catalog


class NoVision:
    """A ``Vision`` that knows the id of the service's embedder, and refuses each picture."""

    @property
    def embedder_id(self) -> str:
        """Return the id of the embedder in the catalogue; see the port."""
        return load_catalog().require(Role.EMBEDDER).derived_sha256[:16]

    async def analyse(self, frames: Sequence[Frame]) -> list[FrameAssessment]:
        """Refuse."""
        raise _unavailable()

    async def geometry(self, frame: bytes, deadline_ms_from_now: int) -> Geometry:
        """Refuse."""
        raise _unavailable()

    async def enrol(self, image: bytes) -> PhotoResult:
        """Refuse."""
        raise _unavailable()

    def capacity(self) -> int:
        """Return 0."""
        return 0

    async def close(self) -> None:
        """Do nothing."""


def _unavailable() -> ModelError:
    return ModelError("models.not_loaded", "This command does not load the models.")
