"""Presentation attacks, drawn: a picture on paper or on a screen, held before a real camera.

These stand in for recaptured pictures where no real ones may be shipped. They are not PAD figures (docs/accuracy.md).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from zaichang_simulation.camera.faces import Floats, Image
from zaichang_simulation.camera.picture import clip, room
from zaichang_simulation.format.camera import Shown

TURN_DEG = 42.0
"""How far a person turns or tips a picture to pass a movement with it."""


def present(picture: Image, entry: Shown, time_s: float, seed: int, turned: tuple[float, float] = (0.0, 0.0)) -> Image:
    """Return the frame in which ``picture`` is shown on the entry's medium.

    Args:
        picture: Its picture.
        entry: How it is held.
        time_s: Since the scenario's start.
        seed: Of the trembling.
        turned: How far it is turned about its upright and its level axis, each -1..1.
    """
    height, width = picture.shape[:2]
    medium = paper(picture) if entry.medium == "print" else _screen(picture, entry.medium, time_s)
    border_px = {"print": round(0.03 * width), "phone": round(0.04 * width), "monitor": round(0.05 * width)}
    edge = (238, 240, 240) if entry.medium == "print" else (18, 18, 20)
    pad = border_px[entry.medium]
    framed = cv2.copyMakeBorder(clip(medium), pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=edge)
    frame = _place(clip(framed.astype(np.float32)), entry, time_s, seed, (width, height), turned)
    if entry.medium != "print":
        frame = _moire(frame, time_s)
    return clip(cv2.GaussianBlur(frame, (0, 0), 0.8))


def paper(picture: Image) -> Floats:
    """Ink on paper: less colour and contrast, printed dots."""
    values = picture.astype(np.float32)
    grey = values.mean(axis=2, keepdims=True)
    dull = 0.6 * values + 0.4 * grey
    dull = 45 + 0.72 * dull
    rows, columns = np.indices(picture.shape[:2], dtype=np.float32)
    dots = np.sin(1.6 * columns + 0.5 * rows) * np.sin(1.6 * rows - 0.5 * columns)
    return np.asarray(dull + 7 * dots[..., None], dtype=np.float32)


def _screen(picture: Image, medium: str, time_s: float) -> Floats:
    """A display: bluish, higher contrast, dark pixel grid, a refresh band."""
    values = (picture.astype(np.float32) / 255) ** 1.15 * 255
    values = values * np.array([1.12, 1.02, 0.94], dtype=np.float32) + 10
    pitch = 3 if medium == "monitor" else 2
    values[::pitch] *= 0.86
    values[:, ::pitch] *= 0.9
    height = picture.shape[0]
    band = 1 + 0.05 * np.sin(2 * np.pi * (np.arange(height, dtype=np.float32) / height * 1.5 - 0.7 * time_s))
    return np.asarray(values * band[:, None, None], dtype=np.float32)


def _moire(frame: Image, time_s: float) -> Image:
    rows, columns = np.indices(frame.shape[:2], dtype=np.float32)
    waves = [
        np.sin(0.31 * columns + 0.05 * rows + 0.8 * time_s),
        np.sin(0.28 * columns - 0.11 * rows + 1.9),
        np.sin(0.07 * columns + 0.33 * rows - 0.5 * time_s),
    ]
    pattern = 1 + 0.06 * np.stack(waves, axis=2)
    return clip(frame * pattern.astype(np.float32))


def _place(
    medium: Image, entry: Shown, time_s: float, seed: int, size: tuple[int, int], turned: tuple[float, float]
) -> Image:
    """Lay the medium into the room: its size, a trembling hand, glare."""
    width, height = size
    generator = np.random.default_rng(seed)
    phases = generator.uniform(0, 2 * np.pi, size=8)
    tremble = 0.012 * width * entry.hand * np.sin(time_s * np.array([2.1, 1.7, 2.6, 1.3, 0.9, 3.1, 1.1, 0.7]) + phases)
    half_width = entry.size * width / 2
    half_height = half_width * medium.shape[0] / medium.shape[1]
    middle = np.array([width / 2 + tremble[0] * 2, height / 2 + tremble[1] * 2])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (half_width, half_height)
    corners = tipped(corners, turned, 1.4 * width) + middle
    corners[:, 0] += tremble[[2, 3, 4, 5]]
    corners[:, 1] += tremble[[6, 7, 2, 3]] * 0.6
    source = np.array(
        [[0, 0], [medium.shape[1], 0], [medium.shape[1], medium.shape[0]], [0, medium.shape[0]]], dtype=np.float32
    )
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    mask = cv2.warpPerspective(np.full(medium.shape[:2], 255, dtype=np.uint8), matrix, size)
    laid = cv2.warpPerspective(medium, matrix, size, flags=cv2.INTER_AREA)
    frame = np.where(mask[..., None] > 127, laid, room(width, height)).astype(np.float32)
    glare = np.zeros((height, width), dtype=np.float32)
    at = (round(middle[0] + 0.25 * half_width), round(middle[1] - 0.45 * half_height))
    cv2.circle(glare, at, round(0.18 * half_width), 1.0, -1)
    glare = np.asarray(cv2.GaussianBlur(glare, (0, 0), 0.12 * half_width), dtype=np.float32)
    strength = 40 if entry.medium == "print" else 75
    return clip(frame + strength * glare[..., None])


def tipped(corners: NDArray[np.float64], turned: tuple[float, float], distance_px: float) -> NDArray[np.float64]:
    """Return the corners ``(4, 2)`` of a plane that was turned about its middle, seen from a distance."""
    yaw, pitch = np.radians(TURN_DEG * turned[0]), np.radians(TURN_DEG * turned[1])
    depth = -corners[:, 0] * np.sin(yaw) + corners[:, 1] * np.sin(pitch)
    flat = corners * (np.cos(yaw), np.cos(pitch))
    return np.asarray(flat / (1 + depth / distance_px)[:, None], dtype=np.float64)
