"""What a webcam does to light: focus, motion, exposure, white balance, noise, sharpening, smoothing, JPEG.

Pictures here are float32 ``(height, width, 3)``, blue-green-red, 0..255, unless said otherwise.
Everything random comes from the generator that is passed in.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


def chance(rng: np.random.Generator, probability: float) -> bool:
    """True with this probability."""
    return bool(rng.random() < probability)


def blur(rng: np.random.Generator, picture: Floats, largest_sigma_px: float) -> Floats:
    """Defocus: a Gaussian of up to ``largest_sigma_px``."""
    sigma = float(rng.uniform(0.3, largest_sigma_px))
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), dtype=np.float32)


def soften(picture: Floats, sigma_px: float) -> Floats:
    """A wide Gaussian, made on a smaller picture where it is wide: the eye and the network cannot tell."""
    shrink = max(1, int(sigma_px / 2))
    if shrink == 1:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), dtype=np.float32)
    height, width = picture.shape[:2]
    size = (max(2, width // shrink), max(2, height // shrink))
    small = cv2.GaussianBlur(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), (0, 0), sigma_px / shrink)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def grey_of(picture: Floats) -> Floats:
    """Luminance ``(height, width, 1)``."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.float32)[..., None]


def saturate(picture: Floats, amount: float) -> Floats:
    """Scale colours about their luminance: 0 is grey, 1 leaves them."""
    grey = grey_of(picture)
    return np.asarray(grey + (picture - grey) * np.float32(amount), dtype=np.float32)


def _whole(point: npt.NDArray[np.float64]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def motion(rng: np.random.Generator, picture: Floats, longest_px: int) -> Floats:
    """Motion blur along a random direction."""
    length = int(rng.integers(2, longest_px + 1))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    middle = (length - 1) / 2
    reach = np.array([np.cos(angle), np.sin(angle)]) * middle
    start, end = middle - reach, middle + reach
    cv2.line(kernel, _whole(start), _whole(end), 1.0, 1)
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), dtype=np.float32)


def tone(rng: np.random.Generator, picture: Floats, strength: float) -> Floats:
    """Exposure, gamma, contrast, white balance and saturation, each up to ``strength`` (0..1) of its range."""
    gamma = float(np.exp(rng.normal(0, 0.25 * strength)))
    gain = rng.normal(1, 0.12 * strength) * np.exp(rng.normal(0, 0.06 * strength, 3))
    lift = rng.normal(0, 10 * strength)
    curve = 255 * np.linspace(0, 1, 256) ** gamma
    table = np.clip(curve[:, None] * gain[None, :] + lift, 0, 255).astype(np.float32)
    index = np.clip(picture, 0, 255).astype(np.uint8)
    out = np.asarray(cv2.LUT(index, table[:, None, :]), dtype=np.float32)
    return saturate(out, float(np.clip(rng.normal(1, 0.25 * strength), 0, 1.7)))


def side_light(rng: np.random.Generator, picture: Floats, strength: float) -> Floats:
    """A smooth gradient of brightness over the picture, and at times a warm or cold one."""
    height, width = picture.shape[:2]
    coarse = rng.normal(1, strength, (3, 3, 1)) * rng.normal(1, strength / 4, (1, 1, 3))
    field = cv2.resize(coarse.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(picture * field, dtype=np.float32)


class Grain:
    """Sensor noise cut from one large tile, which is far quicker than drawing it anew for each frame."""

    def __init__(self, seed: int, side_px: int = 1600) -> None:
        """Draw the tile."""
        rng = np.random.default_rng(seed)
        self._fine = rng.standard_normal((side_px, side_px), dtype=np.float32)
        coarse = rng.standard_normal((side_px // 2, side_px // 2), dtype=np.float32)
        self._coarse = np.asarray(cv2.resize(coarse, (side_px, side_px)), dtype=np.float32)

    def add(self, rng: np.random.Generator, picture: Floats) -> Floats:
        """Add luminance and some colour noise, stronger in the dark."""
        height, width = picture.shape[:2]
        tile = self._fine if chance(rng, 0.6) else self._coarse
        sigma = float(rng.gamma(1.2, 2.2))
        channels = []
        for channel in range(3):
            top = int(rng.integers(0, tile.shape[0] - height + 1))
            left = int(rng.integers(0, tile.shape[1] - width + 1))
            channels.append(tile[top : top + height, left : left + width])
            if channel == 0 and chance(rng, 0.4):
                channels = [channels[0]] * 3
                break
        noise = np.stack(channels, axis=-1) * sigma
        return np.asarray(picture + noise, dtype=np.float32)


def jpeg(rng: np.random.Generator, picture: Floats) -> Bytes:
    """Compress and decompress at a random quality."""
    quality = int(rng.integers(35, 98))
    done, data = cv2.imencode(".jpg", np.clip(picture, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise RuntimeError("OpenCV could not compress a picture that was made in memory")
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def webp(rng: np.random.Generator, picture: Bytes) -> Bytes:
    """Compress and decompress as WebP at a random quality."""
    done, data = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, int(rng.integers(30, 95))])
    if not done:
        raise RuntimeError("OpenCV could not compress a picture that was made in memory")
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def back_light(rng: np.random.Generator, picture: Floats, box_px: tuple[float, float, float, float]) -> Floats:
    """A window or lamp behind the person in the picture: bright around, dark in front, and a veil over all.

    Who is in front is guessed from the face box: an ellipse for the head, a wider one for the shoulders.
    """
    height, width = picture.shape[:2]
    x, y, box_w, box_h = box_px
    front = np.zeros((height, width), np.float32)
    middle = x + box_w / 2
    for centre_y, reach_x, reach_y in ((y + 0.45 * box_h, 0.75, 0.85), (y + 2.7 * box_h, 1.7, 1.6)):
        axes = (int(reach_x * box_w), int(reach_y * box_h))
        cv2.ellipse(front, (int(middle), int(centre_y)), axes, 0, 0, 360, 1.0, -1)
    front = soften(front, max(1.0, 0.12 * box_w))[..., None]
    lamp = np.clip(rng.normal(0.6, 0.6, (3, 3)), 0, 1.5).astype(np.float32)
    behind = np.asarray(cv2.resize(lamp, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)[..., None]
    bright = picture * (1 + behind * np.float32(rng.uniform(0.3, 2.5))) + behind * np.float32(rng.uniform(0, 110))
    dark = picture * np.float32(rng.uniform(0.35, 0.95))
    out = np.clip(bright * (1 - front) + dark * front, 0, 255)
    if chance(rng, 0.6):
        veil = soften(np.asarray(out, dtype=np.float32), max(2.0, 0.7 * box_w))
        out = out + (veil - 40) * np.float32(rng.uniform(0.03, 0.25))
    return np.asarray(out, dtype=np.float32)


def photograph(rng: np.random.Generator, light: Floats, grain: Grain) -> Bytes:
    """Turn what is before the lens into the frame that the browser sends."""
    out = light
    if chance(rng, 0.35):
        out = blur(rng, out, 1.6 if chance(rng, 0.8) else 3.0)
    if chance(rng, 0.08):
        out = motion(rng, out, 7)
    if chance(rng, 0.8):
        out = tone(rng, out, 1.0)
    if chance(rng, 0.15):  # exposure that the camera has not found yet, or cannot
        out = np.asarray(out * np.float32(np.exp(rng.uniform(np.log(0.3), np.log(2.2)))), dtype=np.float32)
    height, width = light.shape[:2]
    small = chance(rng, 0.15) and min(height, width) > 120
    if small:  # a sensor of few pixels, or a stream that was squeezed
        size = tuple(max(60, int(side * part)) for part in [rng.uniform(0.35, 0.8)] for side in (width, height))
        out = np.asarray(cv2.resize(out, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    if chance(rng, 0.25):
        soft = cv2.GaussianBlur(out, (0, 0), 1.2)
        out = np.asarray(out + (out - soft) * rng.uniform(0.2, 1.2), dtype=np.float32)
    if chance(rng, 0.75):
        out = grain.add(rng, out)
    if chance(rng, 0.08):  # a camera that flatters: skin smoothed, edges kept
        reach = float(rng.uniform(15, 45))
        out = np.asarray(cv2.bilateralFilter(np.clip(out, 0, 255), 5, reach, 3.0), dtype=np.float32)
    if small:
        out = np.asarray(cv2.resize(out, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    if chance(rng, 0.04):
        out = np.repeat(grey_of(out), 3, axis=2)
    if chance(rng, 0.85):
        return jpeg(rng, out)
    return np.clip(out, 0, 255).astype(np.uint8)
