"""The builtin faces: public-domain portraits of two people with their landmarks (faces/SOURCES.md)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray

from zaichang.core.errors import ConfigError

Image = NDArray[np.uint8]
"""Pictures are ``(height, width, 3)`` BGR, 0..255."""
Floats = NDArray[np.float32]
Point = tuple[float, float]

BUILTIN = "builtin:"
NAMES = ("astronaut", "officer", "colleague")


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmarks:
    """Five points in pixels of the portrait; right and left are the person's own.

    Attributes:
        right_eye: Middle of the right eye (on the left in the picture).
        left_eye: Middle of the left eye.
        nose: Tip of the nose.
        right_mouth: Corner of the mouth.
        left_mouth: Corner of the mouth.
    """

    right_eye: Point
    left_eye: Point
    nose: Point
    right_mouth: Point
    left_mouth: Point

    @property
    def eye_distance_px(self) -> float:
        """Distance between the eyes."""
        return float(np.hypot(self.left_eye[0] - self.right_eye[0], self.left_eye[1] - self.right_eye[1]))

    @property
    def middle(self) -> Point:
        """Middle of the face: between the eyes and the nose."""
        eyes_x = (self.right_eye[0] + self.left_eye[0]) / 2
        eyes_y = (self.right_eye[1] + self.left_eye[1]) / 2
        return (eyes_x + self.nose[0]) / 2, (eyes_y + self.nose[1]) / 2

    def points(self) -> Floats:
        """Return the points as an array ``(5, 2)``."""
        return np.array([self.right_eye, self.left_eye, self.nose, self.right_mouth, self.left_mouth], dtype=np.float32)


_LANDMARKS = {
    "astronaut": Landmarks(
        right_eye=(200.1, 101.8),
        left_eye=(247.2, 102.6),
        nose=(220.3, 124.7),
        right_mouth=(198.9, 143.2),
        left_mouth=(239.8, 143.9),
    ),
    "officer": Landmarks(
        right_eye=(227.8, 193.7),
        left_eye=(307.9, 195.5),
        nose=(266.9, 240.1),
        right_mouth=(229.2, 267.6),
        left_mouth=(302.1, 269.9),
    ),
}
_LANDMARKS["colleague"] = _LANDMARKS["astronaut"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A portrait and its landmarks."""

    name: str
    image: Image
    landmarks: Landmarks


def is_builtin(source: str) -> bool:
    """Whether the source names a builtin face."""
    return source.startswith(BUILTIN)


@cache
def builtin_face(source: str) -> Face:
    """Return the face that ``builtin:NAME`` names; its image must not be written to.

    Raises:
        ConfigError: ``scenario.invalid`` where there is no such face.
    """
    name = source.removeprefix(BUILTIN)
    if name not in NAMES:
        known = ", ".join(BUILTIN + each for each in NAMES)
        raise ConfigError("scenario.invalid", f"There is no builtin face {source!r}; there are {known}.")
    data = files("zaichang_simulation.camera").joinpath(f"faces/{name}.jpg").read_bytes()
    image = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ConfigError("scenario.unreadable", f"The builtin face {source} is damaged in this installation.")
    image.setflags(write=False)
    return Face(name=name, image=np.asarray(image, dtype=np.uint8), landmarks=_LANDMARKS[name])
