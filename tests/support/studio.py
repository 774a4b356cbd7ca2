"""A vision backend whose pictures are words: ``who=a pose=left`` is person a with the head turned to the left.

Words: ``who`` (a letter; its vector is the same in every picture but for ``drift``, in hundredths), ``pose`` (front,
left, right, up, and ``flat-`` before one for a picture that is turned), ``bad`` (a reason of the gate), ``pad`` (basis
points, ``none`` for no model), ``no`` (a reason why no mesh is seen).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from support.heads import head, seen
from support.study import FixedVision, good_frame
from zaichang.biometric.frame_geometry import Geometry
from zaichang.biometric.template import Template
from zaichang.core.assessment import FrameAssessment
from zaichang.core.frames import Frame, PhotoResult
from zaichang.core.reasons import ReasonCode

EMBEDDER = "5f" * 8
TURNS = {"front": (0, 0), "left": (28, 0), "right": (-28, 0), "up": (0, 20), "aside": (35, 0)}


def words(picture: bytes) -> dict[str, str]:
    return dict(part.split("=", 1) for part in picture.decode().split())


def vector(who: str, drift: int = 0) -> NDArray[np.float32]:
    """Return the person's vector, moved ``drift`` hundredths of a right angle towards another of theirs."""
    own, other = np.random.default_rng(ord(who)).normal(size=(2, 128))
    own /= np.linalg.norm(own)
    other -= (other @ own) * own
    angle = np.pi / 2 * drift / 100
    return np.asarray(np.cos(angle) * own + np.sin(angle) * other / np.linalg.norm(other), dtype=np.float32)


class Studio(FixedVision):
    """See the module."""

    def __init__(self, embedder_id: str = EMBEDDER) -> None:
        super().__init__()
        self.embedder_id = embedder_id

    async def analyse(self, frames: Sequence[Frame]) -> list[FrameAssessment]:
        self.seen += frames
        return [self._assessed(frame.data) for frame in frames]

    def _assessed(self, picture: bytes) -> FrameAssessment:
        found, said = good_frame(picture), words(picture).get("pad", "9900")
        if said == "noface":
            return replace(found, faces=())
        pad_bp = None if said == "none" else int(said)
        return replace(found, faces=(replace(found.faces[0], pad_bp=pad_bp),))

    async def enrol(self, image: bytes) -> PhotoResult:
        said = words(image)
        bad = ReasonCode(said["bad"]) if "bad" in said else None
        row = vector(said["who"], int(said.get("drift", 0)))
        template = Template(embedder=self.embedder_id, vectors=row[None], thresholds="t-1")
        return PhotoResult(
            template=None if bad else template.encode(),
            quality_bp=int(said.get("quality", 9_000)),
            reasons=(bad,) if bad else (),
            assessment=good_frame(image),
            thresholds="t-1",
        )

    async def geometry(self, frame: bytes, deadline_ms_from_now: int) -> Geometry:
        said = words(frame)
        if "no" in said:
            return Geometry(reasons=(ReasonCode(said["no"]),))
        flat = said["pose"].startswith("flat-")
        yaw, pitch = TURNS[said["pose"].removeprefix("flat-")]
        return Geometry(mesh=seen(head(), yaw, pitch, flat, noise=len(frame)))
