"""The crop that the presentation-attack network sees; training and service share this one definition.

The network looks at the face *and its surroundings* (a bezel, a paper edge, a hand), so the crop is the face box grown
by a factor. Near the border the factor is first reduced until the crop fits the picture, then the crop is shifted (not
cut) to stay inside: as the teacher network does, so that both see the same pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zaichang.core.errors import UnreadableInput

PAD_INPUT_PX = 80
"""Side of one network input, in pixels."""

PAD_FACTORS = (2.7, 4.0)
"""How far the face box is grown for the near and the far view, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CropWindow:
    """A window of whole pixels inside a picture; both corners belong to it.

    Attributes:
        left_px: First column, 0 or more.
        top_px: First row, 0 or more.
        right_px: Last column, less than the picture's width.
        bottom_px: Last row, less than the picture's height.
    """

    left_px: int
    top_px: int
    right_px: int
    bottom_px: int


def pad_window(box_px: tuple[float, float, float, float], factor: float, width_px: int, height_px: int) -> CropWindow:
    """Place the crop window for one face.

    Args:
        box_px: Face box ``(x, y, width, height)`` in pixels of the upright picture; may reach over the border.
        factor: How far to grow the box about its centre, more than 0; reduced where it would not fit.
        width_px: Width of the picture, 2 or more.
        height_px: Height of the picture, 2 or more.

    Returns:
        A window that lies wholly inside the picture.

    Raises:
        UnreadableInput: ``vision.pad_box`` when the box, the factor or the picture has no area.
    """
    x, y, box_w, box_h = box_px
    if not (box_w >= 1 and box_h >= 1 and factor > 0 and width_px >= 2 and height_px >= 2):
        raise UnreadableInput(
            "vision.pad_box",
            f"a face box of {box_w} x {box_h} px in a picture of {width_px} x {height_px} px has no area to crop.",
            "Pass the detector's box and the upright picture unchanged.",
        )
    factor = min((height_px - 1) / box_h, (width_px - 1) / box_w, factor)
    left, right = _span(x, box_w, factor, width_px)
    top, bottom = _span(y, box_h, factor, height_px)
    return CropWindow(left_px=left, top_px=top, right_px=right, bottom_px=bottom)


def _span(start: float, length: float, factor: float, limit_px: int) -> tuple[int, int]:
    """Grow one side of a box about its centre and shift it into ``[0, limit_px - 1]``; both ends inclusive."""
    centre, half = start + length / 2, length * factor / 2
    low, high = centre - half, centre + half
    if low < 0:
        low, high = 0.0, high - low
    if high > limit_px - 1:
        low, high = low - (high - limit_px + 1), float(limit_px - 1)
    return max(0, int(low)), min(limit_px - 1, int(high))


def resample(picture: npt.NDArray[np.uint8], window: CropWindow, size_px: int = PAD_INPUT_PX) -> npt.NDArray[np.uint8]:
    """Resample a window to a square, bilinear with half-pixel centres and no smoothing (as OpenCV's INTER_LINEAR).

    Args:
        picture: ``(height, width, 3)``, any channel order, 0..255.
        window: Where to look, inside the picture.
        size_px: Side of the result.

    Returns:
        ``(size_px, size_px, 3)``, 0..255, the channel order of the picture.
    """
    rows, next_rows, row_part = _taps(window.top_px, window.bottom_px, size_px)
    columns, next_columns, column_part = _taps(window.left_px, window.right_px, size_px)
    # Rows first, both neighbours at once: contiguous copies are far quicker than gathering pixel by pixel.
    strip = picture.take(np.concatenate((rows, next_rows)), axis=0)
    mixed = strip.take(columns, axis=1).astype(np.float32)
    right = strip.take(next_columns, axis=1).astype(np.float32)
    right -= mixed
    right *= column_part[None, :, None]
    mixed += right
    upper, lower = mixed[:size_px], mixed[size_px:]
    lower -= upper
    lower *= row_part[:, None, None]
    upper += lower
    return np.rint(upper).astype(np.uint8)


def _taps(
    low: int, high: int, size_px: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Source index, its neighbour and the neighbour's weight for each output sample along one axis."""
    length = high - low + 1
    at = np.clip((np.arange(size_px, dtype=np.float64) + 0.5) * (length / size_px) - 0.5, 0, length - 1)
    first = np.floor(at).astype(np.intp)
    return first + low, np.minimum(first + 1, length - 1) + low, (at - first).astype(np.float32)


def pad_input(picture_bgr: npt.NDArray[np.uint8], box_px: tuple[float, float, float, float]) -> npt.NDArray[np.float32]:
    """Build the network's input for one face.

    Args:
        picture_bgr: ``(height, width, 3)``, blue-green-red, 0..255, upright, at its own resolution (never enlarged).
        box_px: The detector's face box ``(x, y, width, height)``; may reach over the border.

    Returns:
        ``(6, 80, 80)`` float32, 0..255 (not normalised; the network does that): the near view's blue, green, red,
        then the far view's.

    Raises:
        UnreadableInput: ``vision.pad_picture`` or ``vision.pad_box`` when either is of the wrong shape.
    """
    if picture_bgr.ndim != 3 or picture_bgr.shape[2] != 3 or picture_bgr.dtype != np.uint8:
        raise UnreadableInput(
            "vision.pad_picture",
            f"expected a uint8 picture of shape (height, width, 3), got {picture_bgr.dtype} {picture_bgr.shape}",
        )
    height_px, width_px = picture_bgr.shape[:2]
    views = [
        resample(picture_bgr, pad_window(box_px, factor, width_px, height_px)).transpose(2, 0, 1)
        for factor in PAD_FACTORS
    ]
    return np.concatenate(views).astype(np.float32)
