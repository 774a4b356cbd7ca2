"""Make one training frame: a base picture, perhaps shown on a medium, in a room, seen by a webcam.

A frame is a function of (base picture, seed) alone, so any frame can be made again and looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from zaichang.biometric.pad_crop import PAD_FACTORS, pad_input

from .camera import Bytes, Floats, Grain, back_light, chance, jpeg, photograph, side_light, soften, webp
from .held import held_print, plain_camera, plain_wall
from .recapture import MEDIA, Box, as_light, place
from .screens import SIZES_PX, Make, near_person, screen

Treatment = Literal["as_is", "print", "replay_phone", "replay_screen"]

NARROW_PX = 400
FRAME_SIZES_PX = (
    *((640, 480),) * 4,
    (480, 360),
    (320, 240),
    (480, 640),
    (720, 540),
    (640, 360),
    (960, 720),
    (1280, 720),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A picture to start from.

    Attributes:
        picture: Decoded.
        box_px: Face box in it.
    """

    picture: Bytes
    box_px: Box


def make_frame(
    rng: np.random.Generator, base: Base, rooms: list[Bytes], treatment: Treatment, grain: Grain
) -> tuple[Bytes, Box]:
    """Make one frame.

    Args:
        rng: Where chance comes from.
        base: The person.
        rooms: Pictures to cut backgrounds from.
        treatment: ``as_is``, or the medium that shows the picture.
        grain: Sensor noise.

    Returns:
        The frame (uint8, BGR) and the face box in it, jittered as detectors jitter.
    """
    if treatment == "as_is":
        light, box = _as_is(rng, base)
    else:
        light, box = _recaptured(rng, base, rooms, treatment)
    if chance(rng, 0.5):
        light, box = light[:, ::-1], (light.shape[1] - box[0] - box[2], box[1], box[2], box[3])
    if chance(rng, 0.3):
        light, box = _tight(rng, light, box)
    if chance(rng, 0.15):
        light = back_light(rng, light, box)
    frame = photograph(rng, np.ascontiguousarray(light), grain)
    if chance(rng, 0.25):
        frame, box = _passed_on(rng, frame, box)
    return frame, _jitter(rng, box)


def make_held_frame(rng: np.random.Generator, base: Base, behind: Base | None, grain: Grain) -> tuple[Bytes, Box]:
    """Make one frame of a person whose print is held before another person, or who sits in the room.

    Args:
        rng: Where chance comes from.
        base: The person.
        behind: Whose body is behind the print; None for the person without any print.
        grain: Sensor noise.

    Returns:
        As ``make_frame``.
    """
    size = FRAME_SIZES_PX[int(rng.integers(len(FRAME_SIZES_PX)))]
    person = (base.picture, base.box_px)
    if behind is None:
        light, box = plain_wall(rng, person, size)
    else:
        light, box = held_print(rng, person, (behind.picture, behind.box_px), size)
    if chance(rng, 0.5):
        light, box = light[:, ::-1], (light.shape[1] - box[0] - box[2], box[1], box[2], box[3])
    light = np.ascontiguousarray(light)
    frame = plain_camera(rng, light, grain) if chance(rng, 0.8) else photograph(rng, light, grain)
    if chance(rng, 0.2):
        frame, box = _passed_on(rng, frame, box)
    return frame, _jitter(rng, box)


def make_close_frame(
    rng: np.random.Generator, base: Base, rooms: list[Bytes], grain: Grain, make: Make, *, is_shown: bool
) -> tuple[Bytes, Box]:
    """Make one frame of a person close to the camera, or of a monitor that shows the person as close.

    Args:
        rng: Where chance comes from.
        base: The person.
        rooms: Pictures to cut backgrounds from.
        grain: Sensor noise.
        make: Kinds of screen, and the camera.
        is_shown: On a monitor.

    Returns:
        As ``make_frame``.
    """
    room = _room(rng, rooms, *SIZES_PX[int(rng.integers(len(SIZES_PX)))])
    person = (base.picture, base.box_px)
    light, box = screen(rng, make, person, room) if is_shown else near_person(rng, person, room)
    if chance(rng, 0.5):
        light, box = light[:, ::-1], (light.shape[1] - box[0] - box[2], box[1], box[2], box[3])
    frame = make.camera(rng, np.ascontiguousarray(light), grain)
    if chance(rng, 0.2):
        frame, box = _passed_on(rng, frame, box)
    return frame, _jitter(rng, box)


def views(frame: Bytes, box: Box) -> Bytes:
    """The network's input for a frame, as bytes ``(6, 80, 80)``."""
    return pad_input(frame, box).astype(np.uint8)


def _passed_on(rng: np.random.Generator, frame: Bytes, box: Box) -> tuple[Bytes, Box]:
    """A frame that was scaled and compressed once more on its way, as calls, galleries and galleries of calls do."""
    smallest = 48 / min(box[2], box[3])
    scale = float(np.clip(np.exp(rng.uniform(np.log(0.35), np.log(1.3))), min(1.0, smallest), 1.3))
    way = cv2.INTER_AREA if chance(rng, 0.5) else cv2.INTER_LINEAR
    frame = np.asarray(cv2.resize(frame, None, fx=scale, fy=scale, interpolation=way), dtype=np.uint8)
    frame = webp(rng, frame) if chance(rng, 0.25) else jpeg(rng, frame.astype(np.float32))
    return frame, (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)


def _as_is(rng: np.random.Generator, base: Base) -> tuple[Floats, Box]:
    """The picture itself, at times scaled, turned, cut or re-lit: never shown on anything."""
    light = as_light(base.picture)
    light, box = _turned(rng, light, base.box_px) if chance(rng, 0.4) else (light, base.box_px)
    if chance(rng, 0.4):
        light, box = _widened(light, box)
    if chance(rng, 0.5):
        face_px = float(np.exp(rng.uniform(np.log(56), np.log(320))))
        scale = float(np.clip(face_px / box[2], 0.3, 3.0))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        light = np.asarray(cv2.resize(light, None, fx=scale, fy=scale, interpolation=way), dtype=np.float32)
        light, box = _capped(light, (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale))
    if chance(rng, 0.25):
        light, box = _cut(rng, light, box, smallest=0.4)
    if chance(rng, 0.3):
        light = side_light(rng, light, 0.15)
    return light, box


def _recaptured(rng: np.random.Generator, base: Base, rooms: list[Bytes], treatment: Treatment) -> tuple[Floats, Box]:
    width, height = FRAME_SIZES_PX[int(rng.integers(len(FRAME_SIZES_PX)))]
    room = _room(rng, rooms, width, height)
    close = chance(
        rng, 0.2 if treatment == "replay_phone" else 0.45
    )  # the medium fills the frame, its edges out of view
    content, box = as_light(base.picture), base.box_px
    if chance(rng, 0.4):  # the shown picture was compressed before
        content = as_light(jpeg(rng, content))
    if not close:
        content, box = _cut(rng, content, box, smallest=0.1)
    # Work at the resolution at which the camera will see it, so that grid and dots keep their size.
    share = rng.uniform(0.3, 0.8) if close else np.exp(rng.normal(np.log(0.24), 0.35))
    face_px = float(np.clip(share * min(width, height), 44, 0.8 * min(width, height)))
    scale = float(np.clip(1.1 * face_px / box[2], 0.2, 4.0))
    content = np.asarray(cv2.resize(content, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR), np.float32)
    scaled = (box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale)
    content, box = _capped(content, scaled, longest_px=max(900, max(width, height)))
    medium = MEDIA[treatment](rng, content, box, room)
    return place(rng, medium, room, face_px)


def _capped(light: Floats, box: Box, longest_px: int = 900) -> tuple[Floats, Box]:
    """Cut a picture that grew too large, about the face."""
    height, width = light.shape[:2]
    if max(height, width) <= longest_px:
        return light, box
    left = int(np.clip(box[0] + box[2] / 2 - longest_px / 2, 0, max(0, width - longest_px)))
    top = int(np.clip(box[1] + box[3] / 2 - longest_px / 2, 0, max(0, height - longest_px)))
    return light[top : top + longest_px, left : left + longest_px], (box[0] - left, box[1] - top, box[2], box[3])


def _cut(rng: np.random.Generator, light: Floats, box: Box, *, smallest: float) -> tuple[Floats, Box]:
    """Keep the face and a random margin (from ``smallest`` face sides up) on each side."""
    height, width = light.shape[:2]
    x, y, box_w, box_h = box
    left, top, right, bottom = rng.uniform(smallest, 2.0, 4) * (box_w, box_h, box_w, box_h)
    x0, y0 = max(0, int(x - left)), max(0, int(y - top))
    x1, y1 = min(width, int(x + box_w + right)), min(height, int(y + box_h + bottom))
    return light[y0:y1, x0:x1], (x - x0, y - y0, box_w, box_h)


def _tight(rng: np.random.Generator, light: Floats, box: Box) -> tuple[Floats, Box]:
    """A picture cropped hard about the face, as some cameras and callers send."""
    height, width = light.shape[:2]
    x, y, box_w, box_h = box
    left, top, right, bottom = rng.uniform(-0.08, 0.5, 4) * (box_w, box_h, box_w, box_h)
    x0, y0 = max(0, int(x - left)), max(0, int(y - top))
    x1, y1 = min(width, int(x + box_w + right)), min(height, int(y + box_h + bottom))
    if x1 - x0 < 24 or y1 - y0 < 24:
        return light, box
    return light[y0:y1, x0:x1], (x - x0, y - y0, box_w, box_h)


def _turned(rng: np.random.Generator, light: Floats, box: Box) -> tuple[Floats, Box]:
    """Turn about the face by a few degrees, the border mirrored."""
    height, width = light.shape[:2]
    centre = (box[0] + box[2] / 2, box[1] + box[3] / 2)
    turn = cv2.getRotationMatrix2D(centre, float(rng.normal(0, 5)), 1.0)
    out = cv2.warpAffine(light, turn, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(out, dtype=np.float32), box


def _widened(light: Floats, box: Box) -> tuple[Floats, Box]:
    """Give a narrow portrait the surroundings that the far view has in a webcam frame: its own, out of focus."""
    height, width = light.shape[:2]
    across = min(width, max(0, int((PAD_FACTORS[1] * box[2] - width) / 2)))
    down = min(height, max(0, int((PAD_FACTORS[1] * box[3] - height) / 2)))
    if width > NARROW_PX or across + down == 0:
        return light, box
    size = (width + 2 * across, height + 2 * down)
    inner = light[height // 8 : height - height // 8, width // 8 : width - width // 8]  # without turned corners
    around = soften(np.asarray(cv2.resize(inner, size), dtype=np.float32), 9)
    seam = width // 8
    mask = np.zeros((size[1], size[0]), np.float32)
    mask[down + seam : down + height - seam, across + seam : across + width - seam] = 1
    mask = soften(mask, seam / 2)[..., None]
    sharp = cv2.copyMakeBorder(light, down, down, across, across, cv2.BORDER_REPLICATE)
    out = around + (sharp - around) * mask
    return np.asarray(out, dtype=np.float32), (box[0] + across, box[1] + down, box[2], box[3])


def _room(rng: np.random.Generator, rooms: list[Bytes], width: int, height: int) -> Floats:
    """A background: a piece of another picture, sharp or soft, or a plain wall with a gradient."""
    if chance(rng, 0.2):
        wall = np.full((height, width, 3), rng.uniform(20, 240, 3), np.float32)
        return side_light(rng, wall, 0.25)
    other = rooms[int(rng.integers(len(rooms)))]
    part = rng.uniform(0.35, 1.0)
    cut_h, cut_w = max(16, int(other.shape[0] * part)), max(16, int(other.shape[1] * part))
    top = int(rng.integers(0, other.shape[0] - cut_h + 1))
    left = int(rng.integers(0, other.shape[1] - cut_w + 1))
    piece = cv2.resize(other[top : top + cut_h, left : left + cut_w], (width, height)).astype(np.float32)
    if chance(rng, 0.5):
        piece = soften(piece, rng.uniform(1, 12))
    return np.asarray(piece * np.float32(rng.uniform(0.3, 1.1)), dtype=np.float32)


def _jitter(rng: np.random.Generator, box: Box) -> Box:
    """Shift and scale a box as different detectors and input sizes do."""
    x, y, box_w, box_h = box
    grow_w, grow_h = np.exp(rng.normal(0, 0.06, 2))
    centre_x = x + box_w / 2 + rng.normal(0, 0.025) * box_w
    centre_y = y + box_h / 2 + rng.normal(0, 0.025) * box_h
    new_w, new_h = max(2.0, box_w * grow_w), max(2.0, box_h * grow_h)
    return centre_x - new_w / 2, centre_y - new_h / 2, new_w, new_h
