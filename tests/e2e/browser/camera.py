"""The webcam of the browser tests."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from .clip import NOISE_BYTES, Frame, corner_offsets, empty_frames, file_frames, head_frames, jpeg_of, y4m


class Camera:
    """A webcam whose picture a test may change: the browser reads the file again and again.

    A real sensor never gives the same picture twice, and the service refuses one that it has seen before; so a corner
    of every frame gets new noise all the time, but for ``still``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._clips = {"person": y4m(head_frames(4)), "empty": y4m(empty_frames(4)), "still": y4m(head_frames(4)[:1])}
        self._lock = threading.Lock()
        self._shown = "person"
        self._ended = threading.Event()
        path.write_bytes(self._clips["person"])
        self._sensor = threading.Thread(target=self._flicker, daemon=True)
        self._sensor.start()

    def show(self, what: str) -> None:
        """Show ``person``, ``empty`` or ``still`` from the next frame on."""
        with self._lock, self.path.open("r+b") as file:
            file.write(self._clips[what])
            file.truncate()
            self._shown = what

    def learn(self, what: str, video: Path, seconds: int = 6) -> None:
        """Take a clip from a video file under a name."""
        self._clips[what] = y4m(file_frames(video, seconds))

    def add(self, what: str, frames: list[Frame]) -> None:
        """Take frames under a name."""
        self._clips[what] = y4m(frames)

    def picture(self, what: str, frame: int) -> bytes:
        """Return one frame of a clip as a JPEG."""
        return jpeg_of(self._clips[what], frame)

    def close(self) -> None:
        self._ended.set()
        self._sensor.join()

    def _flicker(self) -> None:
        while not self._ended.wait(0.2):
            with self._lock, self.path.open("r+b") as file:
                if self._shown == "still":
                    continue
                for at in corner_offsets(len(self._clips[self._shown])):
                    file.seek(at)
                    file.write(os.urandom(NOISE_BYTES))
