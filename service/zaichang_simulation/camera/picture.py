"""Transforms of a finished picture, sensor noise, an empty room."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from zaichang_simulation.camera.faces import Image
from zaichang_simulation.format import camera as say


def clip(values: NDArray[Any]) -> Image:
    """Return the values as a picture, clamped to 0..255."""
    return np.asarray(np.clip(values, 0, 255), dtype=np.uint8)


def cover(image: Image, width_px: int, height_px: int) -> Image:
    """Scale and crop so that the picture fills the frame."""
    height, width = image.shape[:2]
    factor = max(width_px / width, height_px / height)
    scaled = cv2.resize(
        image,
        (max(width_px, round(width * factor)), max(height_px, round(height * factor))),
        interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC,
    )
    top, left = (scaled.shape[0] - height_px) // 2, (scaled.shape[1] - width_px) // 2
    return np.ascontiguousarray(scaled[top : top + height_px, left : left + width_px], dtype=np.uint8)


def warp(image: Image, matrix: NDArray[Any]) -> Image:
    """Apply an affine map; the mirrored edge fills the parts from outside."""
    height, width = image.shape[:2]
    return np.asarray(
        cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101),
        dtype=np.uint8,
    )


def _scaled(image: Image, factor: float) -> Image:
    """Enlarge or shrink about the middle; a shrunk one stands in its own colours, without a second, mirrored face."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 0, factor)
    if factor >= 1:
        return warp(image, matrix)
    coarse = cv2.resize(image, (4, 3), interpolation=cv2.INTER_AREA)
    around = warp(
        np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8), matrix
    )
    return np.asarray(
        cv2.warpAffine(
            image, matrix, (width, height), dst=around, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT
        ),
        dtype=np.uint8,
    )


def apply(image: Image, transform: say.Transform, seed: tuple[int, ...]) -> Image:
    """Return the picture with one transform applied; ``seed`` is of this picture alone."""
    height, width = image.shape[:2]
    match transform:
        case say.Brightness(gain=gain, offset=offset, gamma=gamma):
            levels = np.clip((np.arange(256) * gain + offset) / 255, 0, 1) ** gamma * 255
            return np.asarray(cv2.LUT(image, levels.astype(np.uint8)), dtype=np.uint8)
        case say.Tint(red=red, green=green, blue=blue):
            return clip(image * np.array([blue, green, red], dtype=np.float32))
        case say.Backlight(strength=strength):
            return _backlight(image, strength)
        case say.Blur(sigma_px=sigma_px):
            return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), dtype=np.uint8) if sigma_px else image
        case say.MotionBlur(length_px=length_px, angle_deg=angle_deg):
            return _motion_blur(image, length_px, angle_deg)
        case say.Noise(sigma=sigma):
            return noisy(image, sigma, seed)
        case say.Occlude(region=None):
            x0, y0 = round(transform.x * width), round(transform.y * height)
            x1, y1 = x0 + round(transform.width * width), y0 + round(transform.height * height)
            covered = image.copy()
            cv2.rectangle(covered, (x0, y0), (x1 - 1, y1 - 1), (transform.blue, transform.green, transform.red), -1)
            return covered
        case say.Scale(factor=factor):
            return _scaled(image, factor)
        case say.Shift(x=x, y=y):
            return warp(image, np.array([[1.0, 0, x * width], [0, 1.0, y * height]]))
        case say.Rotate(angle_deg=angle_deg):
            return warp(image, cv2.getRotationMatrix2D((width / 2, height / 2), -angle_deg, 1.0))
        case say.Mirror():
            return np.ascontiguousarray(image[:, ::-1])
        case say.Compress(quality_pct=quality_pct):
            _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality_pct])
            return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)
        case say.Pixelate(width_px=width_px):
            small = cv2.resize(image, (width_px, max(1, width_px * height // width)), interpolation=cv2.INTER_AREA)
            return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
        case say.Turn() | say.Glasses() | say.Occlude():
            return image


def _backlight(image: Image, strength: float) -> Image:
    """A window: bright towards the border; the exposure that follows darkens the middle."""
    height, width = image.shape[:2]
    rows = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    away = np.clip((np.hypot(columns / 0.75, (rows + 0.05) / 0.95) - 0.55) / 0.5, 0, 1)[..., None]
    dark = image.astype(np.float32) * (1 - 0.75 * strength)
    return clip(dark * (1 - away) + (dark + 235 * strength) * away)


def _motion_blur(image: Image, length_px: int, angle_deg: float) -> Image:
    size = length_px | 1
    kernel = np.zeros((size, size), dtype=np.float32)
    kernel[size // 2] = 1
    kernel = np.asarray(
        cv2.warpAffine(kernel, cv2.getRotationMatrix2D((size / 2 - 0.5, size / 2 - 0.5), angle_deg, 1), (size, size)),
        dtype=np.float32,
    )
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), dtype=np.uint8)


def noisy(image: Image, sigma: float, seed: tuple[int, ...]) -> Image:
    """Add Gaussian noise: one drawn tile, laid at a place that the seed chooses, so that no two pictures are equal."""
    if not sigma:
        return image
    generator = np.random.default_rng(seed)
    tile = generator.standard_normal((97, 89, 3), dtype=np.float32)
    height, width = image.shape[:2]
    repeats = (height // 97 + 2, width // 89 + 2, 1)
    top, left = int(generator.integers(97)), int(generator.integers(89))
    field = np.tile(sigma * tile, repeats)[top : top + height, left : left + width]
    noised = np.asarray(cv2.add(image, field, dtype=cv2.CV_32F), dtype=np.float32)
    return np.clip(np.rint(noised, out=noised), 0, 255, out=noised).astype(np.uint8)


def room(width_px: int, height_px: int) -> Image:
    """An empty room: wall, window, shelf, the back of a chair."""
    rows = np.linspace(0, 1, height_px, dtype=np.float32)[:, None, None]
    wall = np.array([196, 205, 210], dtype=np.float32) - 40 * rows
    image = clip(np.broadcast_to(wall, (height_px, width_px, 3)).copy())

    def box(x0: float, y0: float, x1: float, y1: float, colour: tuple[int, int, int]) -> None:
        start = (round(x0 * width_px), round(y0 * height_px))
        cv2.rectangle(image, start, (round(x1 * width_px), round(y1 * height_px)), colour, -1)

    box(0.06, 0.08, 0.28, 0.55, (240, 236, 225))
    box(0.165, 0.08, 0.175, 0.55, (150, 150, 150))
    box(0.66, 0.2, 0.97, 0.23, (70, 105, 140))
    for index, colour in enumerate(((60, 60, 150), (120, 90, 40), (60, 120, 70), (40, 120, 170), (90, 60, 110))):
        box(0.68 + 0.05 * index, 0.06 + 0.012 * index, 0.72 + 0.05 * index, 0.2, colour)
    box(0.38, 0.62, 0.62, 1.0, (62, 58, 55))
    box(0.0, 0.93, 1.0, 1.0, (80, 110, 150))
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 1.2), dtype=np.uint8)
