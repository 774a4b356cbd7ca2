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


def file_frames(path: Path, seconds: int) -> list[Frame]:
    """Return the first seconds of a video file as RGB frames of the webcam's size, borders filled up."""
    video = cv2.VideoCapture(str(path))
    step = max(1, round(video.get(cv2.CAP_PROP_FPS) / FPS))
    frames: list[Frame] = []
    for number in range(seconds * FPS * step):
        there, bgr = video.read()
        if not there:
            break
        if number % step == 0:
            scale = min(WIDTH_PX / bgr.shape[1], HEIGHT_PX / bgr.shape[0])
            small = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            canvas = np.full((HEIGHT_PX, WIDTH_PX, 3), 90, dtype=np.uint8)
            top, left = (HEIGHT_PX - small.shape[0]) // 2, (WIDTH_PX - small.shape[1]) // 2
            canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
            frames.append(np.asarray(cv2.cvtColor(canvas, cv2.COLOR_BGR2RGB), dtype=np.uint8))
    video.release()
    if not frames:
        raise ValueError(f"{path.name} holds no frames")
    return frames


def y4m(frames: list[Frame]) -> bytes:
    """Return the frames as a y4m file, which Chromium takes for a webcam."""
    parts = [HEAD]
    for frame in frames:
        parts += [MARK, cv2.cvtColor(frame, cv2.COLOR_RGB2YUV_I420).tobytes()]
    return b"".join(parts)


def mjpeg(frames: list[Frame]) -> bytes:
    """Return the frames as a motion JPEG file, which Chromium also takes for a webcam."""
    return b"".join(cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))[1].tobytes() for frame in frames)


def jpeg_of(clip: bytes, number: int) -> bytes:
    """Return a frame of a y4m file as a JPEG."""
    at = corner_offsets(len(clip))[number]
    planes = np.frombuffer(clip, np.uint8, FRAME_BYTES, at).reshape(HEIGHT_PX * 3 // 2, WIDTH_PX)
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420), [cv2.IMWRITE_JPEG_QUALITY, 95])
    return jpeg.tobytes()


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
