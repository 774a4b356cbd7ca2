"""Pictures and videos from files, opened once in a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from zaichang.core.errors import UnreadableInput
from zaichang_simulation.camera.faces import Image, builtin_face, is_builtin
from zaichang_simulation.camera.picture import apply
from zaichang_simulation.camera.texture import is_worn, wear
from zaichang_simulation.format.camera import Transform

FRAMES_MAX = 3000
"""Frames of a video that are used; further ones are never shown."""
REFERENCES_MAX = 40
"""Moments of a video that are tried as enrolment pictures."""
_SIDE_MAX_PX = 1280
_KEEP_PCT = 97


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """A file's pictures, kept compressed.

    Attributes:
        frames: JPEG bytes, one or more.
        fps: Pictures per second; 0 for a single picture.
    """

    frames: tuple[bytes, ...]
    fps: float

    def index_at(self, time_s: float, repeat: str) -> int:
        """Return which picture is shown ``time_s`` after the file's start."""
        count = len(self.frames)
        position = int(max(0.0, time_s) * self.fps)
        if repeat == "hold" or count == 1:
            return min(position, count - 1)
        if repeat == "loop":
            return position % count
        folded = position % (2 * count - 2)
        return folded if folded < count else 2 * count - 2 - folded

    def picture(self, index: int) -> Image:
        """Return a picture, BGR."""
        decoded = cv2.imdecode(np.frombuffer(self.frames[index], dtype=np.uint8), cv2.IMREAD_COLOR)
        return np.asarray(decoded, dtype=np.uint8)


class Library:
    """Finds files in the given folders, in this order, and keeps the opened ones."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        """Look in ``folders`` for relative paths."""
        self._folders = folders
        self._opened: dict[str, Footage] = {}

    def path(self, source: str) -> Path:
        """Return where a source's file is.

        Raises:
            UnreadableInput: ``scenario.media_absent``.
        """
        for folder in self._folders:
            candidate = folder / source
            if candidate.is_file():
                return candidate
        looked = ", ".join(str(folder) for folder in self._folders)
        raise UnreadableInput(
            "scenario.media_absent", f"There is no file {source!r} in {looked}.", "Give --media the folder it is in."
        )

    def open(self, source: str) -> Footage:
        """Return a file's footage.

        Raises:
            UnreadableInput: ``scenario.media_absent``, or ``scenario.media_unreadable`` for a file that is no picture.
        """
        if source not in self._opened:
            self._opened[source] = _read(self.path(source))
        return self._opened[source]

    def references(self, source: str, at_s: float, transforms: tuple[Transform, ...] = ()) -> list[bytes]:
        """Return enrolment pictures as JPEG, the wished one first, changed as the transforms say.

        A builtin portrait or a picture file is one; of a video, further moments follow, half a second apart, as someone
        whose photo is refused takes another.
        """
        if is_builtin(source):
            worn = tuple(each for each in transforms if is_worn(each))
            return [_changed(wear(builtin_face(source), worn).image, transforms)]
        footage = self.open(source)
        wished = footage.index_at(at_s, "hold")
        step = max(1, round(footage.fps / 2))
        others = [index for index in range(wished % step, len(footage.frames), step) if index != wished]
        indices = (wished, *others)[:REFERENCES_MAX]
        if not transforms:
            return [footage.frames[index] for index in indices]
        return [_changed(footage.picture(index), transforms) for index in indices]


def _changed(image: Image, transforms: tuple[Transform, ...]) -> bytes:
    for index, transform in enumerate(transforms):
        image = apply(image, transform, (0, index))
    return _jpeg(image)


def _jpeg(image: Image) -> bytes:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _KEEP_PCT])
    return data.tobytes()


def _shrunk(image: Image) -> Image:
    factor = _SIDE_MAX_PX / max(image.shape[:2])
    if factor >= 1:
        return image
    return np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _read(path: Path) -> Footage:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is not None:
        return Footage(frames=(_jpeg(_shrunk(np.asarray(picture, dtype=np.uint8))),), fps=0.0)
    video = cv2.VideoCapture(str(path))
    frames: list[bytes] = []
    try:
        fps = float(video.get(cv2.CAP_PROP_FPS))
        while len(frames) < FRAMES_MAX:
            more, frame = video.read()
            if not more:
                break
            frames.append(_jpeg(_shrunk(np.asarray(frame, dtype=np.uint8))))
    finally:
        video.release()
    if not frames:
        raise UnreadableInput("scenario.media_unreadable", f"{path} is neither a picture nor a video that can be read.")
    return Footage(frames=tuple(frames), fps=fps if 0.5 <= fps <= 240 else 25.0)
