"""The geometry of one frame of an active liveness challenge: the mesh, two colours, and hindrances."""

from __future__ import annotations

from dataclasses import dataclass, field

from zaichang.biometric.challenge import Mesh
from zaichang.core.reasons import ReasonCode

Colour = tuple[float, float, float]
"""Mean red, green and blue, each 0..255."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Geometry:
    """The geometry of one frame. In memory only: a mesh is biometric data and is never stored.

    Attributes:
        mesh: ``(468, 3)`` of the only near face in frame pixels, its lids as the eye network sees them; or None.
        reasons: Problems, worst first: of the frame (no face, several, covered) or of the face.
        face_rgb: Mean colour of cheeks and brow, 0..255; None without a face.
        room_rgb: Mean colour of the frame's upper corners, which the face does not reach; None without a picture.
        models: Digest of the models and thresholds that produced this.
    """

    mesh: Mesh | None = field(default=None, repr=False)
    reasons: tuple[ReasonCode, ...] = ()
    face_rgb: Colour | None = None
    room_rgb: Colour | None = None
    models: str = ""


def not_seen() -> Geometry:
    """Return the geometry of a frame that was dropped or timed out."""
    return Geometry(reasons=(ReasonCode.NOT_ANALYSED,))
