"""One picture encoded, cropped or resized again is a copy; another moment of the same face is none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from zaichang.vision.near_copy import ALIKE, Box, FineStructure, alike

Picture = NDArray[np.uint8]
BOX: Box = (150, 90, 160, 200)
SIZE = (480, 360)


def skin(seed: int) -> NDArray[np.float32]:
    """Return a texture with structure of all sizes, as skin, hair and eyes have it."""
    rng = np.random.default_rng(seed)
    grey = np.full(SIZE[::-1], 120, np.float32)
    for sigma_px, strength in ((1.5, 160), (3, 250), (8, 200), (25, 300)):
        noise = rng.normal(size=SIZE[::-1]).astype(np.float32)
        grey += np.asarray(cv2.GaussianBlur(noise, (0, 0), sigma_px), np.float32) * strength * sigma_px / 3
    return grey


def taken(grey: NDArray[np.float32], seed: int, noise: float = 5.0) -> Picture:
    """Return the picture of a camera with noise."""
    seen = grey + np.random.default_rng(seed).normal(scale=noise, size=grey.shape)
    return np.repeat(np.clip(seen, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def sent(picture: Picture, quality_pct: int = 85) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality_pct])[1].tobytes()


def moved(grey: NDArray[np.float32], by_px: float, turned_deg: float) -> NDArray[np.float32]:
    """Return the scene after a living head has moved: its parts do not move alike."""
    rows, columns = np.mgrid[0 : SIZE[1], 0 : SIZE[0]].astype(np.float32)
    bend = by_px * np.sin(columns / 35) + turned_deg * np.cos(rows / 27)
    return np.asarray(cv2.remap(grey, columns + bend, rows + bend / 2, cv2.INTER_CUBIC), np.float32)


ORIGINAL = taken(skin(1), 2)


@pytest.mark.parametrize("quality_pct", [50, 75, 95])
def test_a_picture_encoded_again_is_a_copy(quality_pct: int) -> None:
    assert FineStructure().same_picture(sent(ORIGINAL), BOX, sent(ORIGINAL, quality_pct), (151, 91, 158, 199))


@pytest.mark.parametrize("crop_px", [4, 14])
@pytest.mark.parametrize("back", [False, True])
def test_a_picture_cropped_is_a_copy_scaled_back_or_not(crop_px: int, back: bool) -> None:
    cut = np.ascontiguousarray(ORIGINAL[crop_px:, crop_px:])
    box: Box = (BOX[0] - crop_px, BOX[1] - crop_px, BOX[2], BOX[3])
    if back:
        across, down = SIZE[0] / cut.shape[1], SIZE[1] / cut.shape[0]
        box = (int(box[0] * across), int(box[1] * down), int(box[2] * across), int(box[3] * down))
        cut = np.asarray(cv2.resize(cut, SIZE, interpolation=cv2.INTER_CUBIC), np.uint8)
    assert FineStructure().same_picture(sent(ORIGINAL), BOX, sent(cut), box)


def test_a_smaller_size_is_a_copy() -> None:
    small = np.asarray(cv2.resize(ORIGINAL, None, fx=0.75, fy=0.75, interpolation=cv2.INTER_AREA), np.uint8)
    assert FineStructure().same_picture(sent(ORIGINAL), BOX, sent(small), (112, 67, 121, 150))


@pytest.mark.parametrize(("by_px", "turned_deg"), [(0.6, 0.5), (2.0, 1.0)])
def test_another_moment_of_the_same_face_is_no_copy(by_px: float, turned_deg: float) -> None:
    later = taken(moved(skin(1), by_px, turned_deg), 3)
    assert not FineStructure().same_picture(sent(ORIGINAL), BOX, sent(later), BOX)


def test_another_face_an_even_wall_and_a_damaged_picture_are_no_copies() -> None:
    pixels = FineStructure()
    flat = np.full((*SIZE[::-1], 3), 90, np.uint8)
    assert not pixels.same_picture(sent(ORIGINAL), BOX, sent(taken(skin(9), 2)), BOX)
    assert not pixels.same_picture(sent(ORIGINAL), BOX, sent(flat), BOX)
    assert not pixels.same_picture(sent(flat), BOX, sent(flat), BOX)
    assert not pixels.same_picture(sent(ORIGINAL), BOX, b"\xff\xd8\xff", BOX)


def test_a_face_too_small_or_outside_of_the_picture_is_not_compared() -> None:
    grey = np.asarray(ORIGINAL[:, :, 0], np.float32)
    assert alike(grey, BOX, grey, (150, 90, 12, 200)) == -1.0
    assert alike(grey, BOX, grey, (475, 355, 40, 50)) < ALIKE
    assert alike(grey, (0, 0, 160, 16), grey, BOX) < ALIKE


def test_a_face_that_opencv_cannot_compare_is_no_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> float:
        raise cv2.error("no such size")

    monkeypatch.setattr("zaichang.vision.near_copy.alike", fails)
    assert not FineStructure().same_picture(sent(ORIGINAL), BOX, sent(ORIGINAL), BOX)
