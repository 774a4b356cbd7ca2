"""Whether two pictures are one picture of a camera: the fine structure of the face, pixel by pixel.

A copy that was encoded again, cropped or resized keeps the fine structure of the skin, and its noise. Two pictures of
one person differ in both, however still the person sits: a living head moves by parts of a pixel, and a sensor has
noise. So the second face is laid over the first (scale by steps, place by correlation, the rest by ECC: Evangelidis and
Psarakis, 2008), and their band of 1 to 4 pixels is correlated. docs/accuracy.md has the error rates.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from zaichang.core.errors import UnreadableInput
from zaichang.vision.decode import SESSION_LIMITS, decode

ALIKE: Final = 0.993
"""Least correlation of a copy, chosen by the people of one half (docs/accuracy.md)."""
HOPELESS: Final = 0.75
"""Below this after the first placing no copy comes out."""
FACE_PX: Final = 128
"""Width of a face for the placing."""
AROUND_PX: Final = 24
"""How far the second face may lie from the first one's place, at that width."""
INNER: Final = 0.08
"""Share of a face's box that is left out at each side: hair and background."""
SCALES: Final = (0.94, 0.96, 0.98, 1.0, 1.02, 1.04, 1.06)
"""Of the second face, since boxes are found to a few per cent."""
ECC_STEPS: Final = 40
ECC_LEAST_GAIN: Final = 1e-6
BORDER_PX: Final = 8
FINE_PX: Final = 1.0
COARSE_PX: Final = 4.0

Box = tuple[int, int, int, int]
Grey = NDArray[np.float32]
Affine = NDArray[np.float64]


class FineStructure:
    """The ``PixelComparison`` port, by OpenCV. It holds nothing, so several threads may use one."""

    def same_picture(self, first: bytes, first_box: Box, second: bytes, second_box: Box) -> bool:
        """See the port; a picture that cannot be read, or a face that OpenCV cannot compare, is no copy."""
        try:
            pictures = [_grey(decode(data, SESSION_LIMITS)) for data in (first, second)]
            return alike(pictures[0], first_box, pictures[1], second_box) >= ALIKE
        except (UnreadableInput, cv2.error):
            return False


def alike(first: Grey, first_box: Box, second: Grey, second_box: Box) -> float:
    """Return the correlation of the faces' fine structure, at most 1; -1 where they cannot be compared.

    Args:
        first: ``(h, w)`` grey values.
        first_box: Its face.
        second: Another picture, of any size.
        second_box: Its face.
    """
    if min(*first_box[2:], *second_box[2:]) < 2 * BORDER_PX:
        return -1.0
    placed = _place(first, first_box, second, second_box)
    return -1.0 if placed is None else _compare(first, second, second_box, placed)


def _grey(pixels: NDArray[np.uint8]) -> Grey:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), dtype=np.float32)


def _fine(grey: Grey) -> Grey:
    band = cv2.GaussianBlur(grey, (0, 0), FINE_PX) - cv2.GaussianBlur(grey, (0, 0), COARSE_PX)
    return np.asarray(band, dtype=np.float32)


def _scaled(grey: Grey, matrix: Affine, size: tuple[int, int]) -> Grey:
    warped = cv2.warpAffine(grey, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, dtype=np.float32)


def _place(first: Grey, first_box: Box, second: Grey, second_box: Box) -> Affine | None:
    """Return the map from the second picture's pixels to the first one's; None where nothing fits."""
    x, y, width, height = first_box
    scale = FACE_PX / width
    onto = np.array([[scale, 0, AROUND_PX - scale * x], [0, scale, AROUND_PX - scale * y]])
    around = _fine(_scaled(first, onto, (FACE_PX + 2 * AROUND_PX, round(height * scale) + 2 * AROUND_PX)))
    best, shift, face, taken = -1.0, (0, 0), around, onto
    for factor in SCALES:
        candidate, out_of = _face(second, second_box, factor)
        if candidate.shape[0] > around.shape[0] or candidate.shape[1] > around.shape[1]:
            continue
        _, value, _, place = cv2.minMaxLoc(cv2.matchTemplate(around, candidate, cv2.TM_CCOEFF_NORMED))
        if value > best:
            best, shift, face, taken = value, (int(place[0]), int(place[1])), candidate, out_of
    if best < HOPELESS:
        return None
    warp = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], dtype=np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, ECC_STEPS, ECC_LEAST_GAIN)
    try:
        _, warp = cv2.findTransformECC(face, around, warp, cv2.MOTION_AFFINE, stop, None, 3)  # type: ignore[call-overload]  # OpenCV's stubs ask for a mask
    except cv2.error:
        return None  # it did not converge: no copy
    return _after(_inverse(onto), _after(np.asarray(warp, dtype=np.float64), taken))


def _face(picture: Grey, box: Box, factor: float) -> tuple[Grey, Affine]:
    """Return the inner face at a width of ``FACE_PX * factor``, and the map from the picture to it."""
    x, y, width, height = box
    scale = FACE_PX * factor / width
    left, top = int(INNER * FACE_PX * factor), int(INNER * height * scale)
    size = (int(FACE_PX * factor) - 2 * left, round(height * scale) - 2 * top)
    matrix = np.array([[scale, 0, -scale * x - left], [0, scale, -scale * y - top]])
    wide = matrix + np.array([[0, 0, BORDER_PX], [0, 0, BORDER_PX]])
    fine = _fine(_scaled(picture, wide, (size[0] + 2 * BORDER_PX, size[1] + 2 * BORDER_PX)))
    return np.ascontiguousarray(fine[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]), matrix


def _compare(first: Grey, second: Grey, box: Box, placed: Affine) -> float:
    """Return the correlation of the fine structures at the second picture's own size."""
    x, y, width, height = box
    left, top = max(BORDER_PX, x + width // 10), max(BORDER_PX, y + height // 10)
    right = min(second.shape[1] - BORDER_PX, x + width - width // 10)
    bottom = min(second.shape[0] - BORDER_PX, y + height - height // 10)
    if right - left < BORDER_PX or bottom - top < BORDER_PX:
        return -1.0
    face = second[top - BORDER_PX : bottom + BORDER_PX, left - BORDER_PX : right + BORDER_PX]
    corner = np.array([[1.0, 0, left - BORDER_PX], [0, 1.0, top - BORDER_PX]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    size = (face.shape[1], face.shape[0])
    laid = cv2.warpAffine(first, _after(placed, corner), size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    bands = [_fine(each)[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX] for each in (face, np.asarray(laid, np.float32))]
    one, other = (band - band.mean() for band in bands)
    strength = float(np.sqrt(np.square(one).sum() * np.square(other).sum()))
    return float((one * other).sum()) / strength if strength > 0 else -1.0


def _after(second: Affine, first: Affine) -> Affine:
    """Return the map that is ``first``, then ``second``."""
    last = np.array([[0.0, 0, 1]])
    return np.asarray((np.vstack([second, last]) @ np.vstack([first, last]))[:2])


def _inverse(matrix: Affine) -> Affine:
    return np.asarray(cv2.invertAffineTransform(matrix), dtype=np.float64)
