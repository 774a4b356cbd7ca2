"""Reading sampled frames of a clip, for the command line and the benchmarks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from zaichang.core.errors import UnreadableInput
from zaichang.vision.decode import FILE_LIMITS

VIDEO_SUFFIXES: Final = frozenset({".mp4", ".webm", ".avi", ".mov", ".mkv", ".m4v"})
PICTURE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})


def sampled_frames(path: Path, every: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yield ``(index, frame)`` for every ``every``-th frame; frames between are skipped without colour conversion.

    Args:
        path: The clip.
        every: 1 is every frame.

    Raises:
        UnreadableInput: ``video.unreadable``, ``frame.too_large``.
    """
    if not path.is_file():
        # A pipe would be waited for, and OpenCV takes other paths than files for addresses and picture series.
        raise UnreadableInput("video.unreadable", f"{path} is not a file.")
    capture = cv2.VideoCapture(str(path))
    try:
        if not capture.isOpened():
            raise UnreadableInput("video.unreadable", f"{path} is not a video that can be read.")
        width, height = (int(capture.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        if width * height > FILE_LIMITS.max_pixels:
            raise UnreadableInput("frame.too_large", f"{path} has frames of {width}x{height}.", "Use a smaller clip.")
        index = 0
        while capture.grab():
            if index % every == 0:
                good, frame = capture.retrieve()
                if good:
                    yield index, np.asarray(frame, dtype=np.uint8)
            index += 1
        if index == 0:
            raise UnreadableInput("video.unreadable", f"{path} holds no frame that can be read.")
    finally:
        capture.release()
