"""Test pictures: a webcam clip of a moving head (scikit-image's public-domain astronaut) and a silent lesson."""

from __future__ import annotations

import wave
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

WIDTH_PX, HEIGHT_PX, FPS = 640, 480, 10

Frame = NDArray[np.uint8]

HEAD = f"YUV4MPEG2 W{WIDTH_PX} H{HEIGHT_PX} F{FPS}:1 Ip A1:1 C420mpeg2\n".encode()
MARK = b"FRAME\n"
FRAME_BYTES = WIDTH_PX * HEIGHT_PX * 3 // 2
NOISE_BYTES = WIDTH_PX * 6
"""Six rows of brightness at the upper edge."""


def portrait() -> Frame:
    """Return the enrolment photo, (512, 512, 3) RGB."""
    return np.asarray(data.astronaut(), dtype=np.uint8)  # type: ignore[no-untyped-call]  # scikit-image has no types here


def head_frames(seconds: int, seed: int = 1) -> list[Frame]:
    """Return RGB frames of a head that sways, nods and comes nearer, with a sensor's noise; loops without a jump."""
    photo = portrait()
    rng = np.random.default_rng(seed)
    count = seconds * FPS
    frames = []
    for i in range(count):
        turn = 2 * np.pi * i / count
        scale = 0.95 + 0.05 * np.sin(turn)
        matrix = cv2.getRotationMatrix2D((224.0, 110.0), 4 * float(np.sin(2 * turn)), float(scale) * 1.1)
        matrix[:, 2] += (320 - 224 + 14 * np.sin(turn), 215 - 110 + 8 * np.cos(3 * turn))
        frame = cv2.warpAffine(photo, matrix, (WIDTH_PX, HEIGHT_PX), borderMode=cv2.BORDER_REPLICATE)
        noise = np.asarray(rng.normal(0, 3, frame.shape), dtype=np.int16)
        frames.append(np.clip(np.asarray(frame, dtype=np.int16) + noise, 0, 255).astype(np.uint8))
    return frames


def empty_frames(seconds: int, seed: int = 2) -> list[Frame]:
    """Return RGB frames of a room without anybody."""
    rng = np.random.default_rng(seed)
    wall = np.linspace(120, 180, WIDTH_PX, dtype=np.float32)[None, :, None].repeat(HEIGHT_PX, 0).repeat(3, 2)
    return [np.clip(wall + rng.normal(0, 4, wall.shape), 0, 255).astype(np.uint8) for _ in range(seconds * FPS)]


def y4m(frames: list[Frame]) -> bytes:
    """Return the frames as a y4m file, which Chromium takes for a webcam."""
    parts = [HEAD]
    for frame in frames:
        parts += [MARK, cv2.cvtColor(frame, cv2.COLOR_RGB2YUV_I420).tobytes()]
    return b"".join(parts)


def corner_offsets(size: int) -> list[int]:
    """Return where each frame's first rows lie in a y4m file of this size."""
    step = len(MARK) + FRAME_BYTES
    return [len(HEAD) + i * step + len(MARK) for i in range((size - len(HEAD)) // step)]


def write_lesson(path: Path, seconds: int) -> None:
    """Write a silent lesson that any browser plays, of exactly this length."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(8_000)
        out.writeframes(b"\x80" * 8_000 * seconds)
