"""A monitor that fills the frame, seen so close that little or nothing of its edge is in view; and people as close.

What `recapture.monitor` draws as random ripples follows here from optics: sub-pixels of a width and an order, at the
pitch at which the sensor sees them through perspective and a lens that bends lines, weakened by defocus and by the
sensor's own pixels, sampled through its colour mosaic. Most are therefore nearly without moire, and the rest is a
screen's white, its curve, uneven light from behind, what it mirrors, refresh bands, and a face brighter than the room.

The ranges are a ``Make``. ``TRAINED`` is trained on; ``OTHER`` (other pitches, sub-pixels, curves, whites, mirrors,
bands and camera) is what a recipe is judged on, with people held out.

Pictures are float32 ``(height, width, 3)``, blue-green-red, 0..255.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .camera import Bytes, Floats, Grain, chance, jpeg, photograph, saturate, side_light, soften
from .held import Person, around_face
from .recapture import Box, as_light

Range = tuple[float, float]
SIZES_PX = (*((640, 480),) * 5, (480, 360), (480, 640), (800, 600), (960, 540))
SENSOR_BLUR_PX = 0.35
"""What a sensor pixel and a good lens blur, as a Gaussian."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """Kinds of screen, and of camera before them.

    Attributes:
        pitches_px: Frame pixels that one screen pixel takes up; ranges, each as likely as the other.
        orders: Where blue, green and red lie within a screen pixel, 0..1.
        turned: Sub-pixels lie above each other rather than side by side.
        lit: Part of its third that a sub-pixel lights up.
        curves: Exponents of a screen's curve after the camera's; ranges, each as likely as the other.
        white: Logarithms of the gain of blue over green, and of red over green.
        black: Grey that a black screen gives off.
        level: Brightest white in the frame, before it clips; 255 is where it begins to.
        mirrored: Draws what the screen mirrors.
        uneven: Draws the light from behind, a gain ``(height, width)``.
        banded: Draws refresh bands, a gain ``(height,)``.
        camera: Takes the frame.
    """

    pitches_px: tuple[Range, ...]
    orders: tuple[tuple[float, float, float], ...]
    turned: bool
    lit: Range
    curves: tuple[Range, ...]
    white: tuple[Range, Range]
    black: Range
    level: Range
    mirrored: Callable[[np.random.Generator, int, int], Floats]
    uneven: Callable[[np.random.Generator, int, int], Floats]
    banded: Callable[[np.random.Generator, int], Floats]
    camera: Callable[[np.random.Generator, Floats, Grain], Bytes]


def _among(rng: np.random.Generator, ranges: tuple[Range, ...]) -> float:
    return float(rng.uniform(*ranges[int(rng.integers(len(ranges)))]))


def sub_pixels(rng: np.random.Generator, make: Make, back: npt.NDArray[np.float64], pitch_px: float, blur_px: float,
               size: tuple[int, int]) -> Floats:  # fmt: skip
    """What the sub-pixels do to an even picture, sampled at the sensor's pixels: a gain ``(height, width, 3)``.

    Args:
        rng: Where chance comes from.
        make: The kind of screen.
        back: Frame to screen, ``(3, 3)``, in frame pixels that were not tilted.
        pitch_px: Frame pixels that a screen pixel takes up.
        blur_px: Defocus, as a Gaussian.
        size: Width and height of the frame.
    """
    width, height = size
    x = np.arange(width, dtype=np.float32)[None, :]
    y = np.arange(height, dtype=np.float32)[:, None]
    away = ((x - width / 2) ** 2 + (y - height / 2) ** 2) * np.float32(rng.normal(0, 0.04) / (width * width))
    x, y = x + (x - width / 2) * away, y + (y - height / 2) * away
    to = back.astype(np.float32)
    below = (to[2, 0] * x + to[2, 1] * y + to[2, 2]) * np.float32(pitch_px)
    across = (to[0, 0] * x + to[0, 1] * y + to[0, 2]) / below
    down = (to[1, 0] * x + to[1, 1] * y + to[1, 2]) / below
    if make.turned:
        across, down = down, across
    sigma = float(np.hypot(blur_px, SENSOR_BLUR_PX)) / pitch_px

    def ripple(place: Floats, lit: float) -> Floats:
        """Two harmonics of a bar as wide as ``lit`` of its period, as the sensor gets them."""
        part = [2 * float(np.sinc(k * lit) * np.exp(-2 * (np.pi * k * sigma) ** 2)) for k in (1, 2)]
        wave = np.cos(np.float32(2 * np.pi) * place)
        return np.asarray(1 + part[0] * wave + part[1] * (2 * wave * wave - 1), dtype=np.float32)

    rows = ripple(down, float(rng.uniform(0.75, 0.95)))
    order, lit = make.orders[int(rng.integers(len(make.orders)))], float(rng.uniform(*make.lit)) / 3
    mosaic = chance(rng, 0.7)
    gain = np.empty((height, width, 3), np.float32)
    for channel in range(3):
        seen = np.asarray(rows * ripple(across - np.float32(order[channel]), lit), dtype=np.float32)
        if mosaic and channel != 1:  # a colour sensor has blue and red on every other row and column alone
            first = channel // 2
            coarse = np.ascontiguousarray(seen[first::2, first::2])
            seen = np.asarray(cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)
        gain[..., channel] = np.maximum(seen, 0)
    return gain


def lamps(rng: np.random.Generator, height: int, width: int) -> Floats:
    """Soft lamps, and a veil over all, in a dark or bright room."""
    out = np.full((height, width, 3), rng.uniform(0, 28), np.float32)
    for _ in range(int(rng.integers(0, 3))):
        centre, reach = rng.uniform(0, 1, 2) * (height, width), rng.uniform(0.04, 0.6, 2) * (height, width)
        rows, columns = np.arange(height)[:, None] - centre[0], np.arange(width)[None, :] - centre[1]
        lobe = np.exp(-((rows / reach[0]) ** 2)) * np.exp(-((columns / reach[1]) ** 2))
        out += (lobe * rng.uniform(10, 130)).astype(np.float32)[..., None] * np.float32(np.exp(rng.normal(0, 0.1, 3)))
    return out


def window(rng: np.random.Generator, height: int, width: int) -> Floats:
    """A window with bars, sharp or not, and a veil that is stronger on one side."""
    left_veil, right_veil = rng.uniform(0, 24, 2)
    veil = np.linspace(left_veil, right_veil, width, dtype=np.float32)
    out = np.tile(veil[None, :, None], (height, 1, 3))
    if chance(rng, 0.6):
        pane = np.zeros((height, width), np.float32)
        side = int(rng.uniform(0.08, 0.3) * width)
        left, top = int(rng.uniform(-0.1, 0.9) * width), int(rng.uniform(-0.1, 0.7) * height)
        for row in range(2):
            for column in range(2):
                corner = (left + int(1.15 * column * side), top + int(1.3 * row * side))
                cv2.rectangle(pane, corner, (corner[0] + side, corner[1] + int(1.2 * side)), 1.0, -1)
        lean = cv2.getRotationMatrix2D((left, top), float(rng.normal(0, 12)), 1.0)
        pane = np.asarray(cv2.warpAffine(pane, lean, (width, height)), np.float32)
        out += soften(pane, float(rng.uniform(1, 9)))[..., None] * np.float32(rng.uniform(15, 110))
    return out


def gradual(rng: np.random.Generator, height: int, width: int) -> Floats:
    """Light from behind that changes gradually, and with the angle of sight."""
    coarse = rng.normal(1, rng.uniform(0.01, 0.12), (3, 3)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def corners(rng: np.random.Generator, height: int, width: int) -> Floats:
    """A screen that is darker towards its rim and leaks light at a corner."""
    x, y = np.linspace(-1, 1, width, dtype=np.float32)[None, :], np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    corner = rng.choice([-1, 1], 2)
    leak = np.exp(-((x - corner[0]) ** 2 + (y - corner[1]) ** 2) / rng.uniform(0.05, 0.5))
    return np.asarray(1 - rng.uniform(0, 0.25) * (x * x + y * y) / 2 + rng.uniform(0, 0.15) * leak, dtype=np.float32)


def waves(rng: np.random.Generator, height: int) -> Floats:
    """Refresh bands without an edge."""
    place = np.arange(height) / (rng.uniform(0.12, 1.3) * height)
    return np.asarray(1 + rng.uniform(0.02, 0.14) * np.cos(2 * np.pi * place + rng.uniform(0, 6.3)), dtype=np.float32)


def bars(rng: np.random.Generator, height: int) -> Floats:
    """Refresh bands of a backlight that is switched: dark and bright rows with an edge between."""
    place = (np.arange(height) / (rng.uniform(0.1, 0.6) * height) + rng.uniform(0, 1)) % 1
    edge = 1 / (1 + np.exp((np.abs(place - 0.5) - rng.uniform(0.12, 0.4)) * 40))
    return np.asarray(1 - rng.uniform(0.04, 0.2) * edge, dtype=np.float32)


def plain_phone(rng: np.random.Generator, light: Floats, grain: Grain) -> Bytes:
    """Another camera than `camera.photograph`: a phone's hard curve, lively colours, noise taken out, edges drawn."""
    out = np.clip(light, 0, 255) / np.float32(255)
    steep = np.float32(rng.uniform(0.0, 0.5))
    out = (out + steep * out * (1 - out) * (2 * out - 1)) * np.float32(255)
    out = saturate(np.asarray(out, np.float32), float(rng.uniform(0.9, 1.3)))
    out = out * np.exp(rng.normal(0, 0.05, 3)).astype(np.float32)
    if chance(rng, 0.6):
        out = grain.add(rng, out)
        out = np.asarray(cv2.medianBlur(np.clip(out, 0, 255).astype(np.uint8), 3), np.float32)
    soft = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.8, 2.0)))
    return jpeg(rng, np.asarray(out + (out - soft) * rng.uniform(0.0, 0.9), np.float32))


STRIPES = ((5 / 6, 1 / 2, 1 / 6), (1 / 6, 1 / 2, 5 / 6))
TRAINED = Make(
    pitches_px=((0.25, 0.6), (0.25, 0.6), (0.6, 0.9), (1.15, 2.6)),
    orders=STRIPES,
    turned=False,
    lit=(0.6, 0.95),
    curves=((0.75, 1.0), (1.25, 1.6)),
    white=((-0.02, 0.2), (-0.16, 0.04)),
    black=(2, 45),
    level=(185, 380),
    mirrored=lamps,
    uneven=gradual,
    banded=waves,
    camera=photograph,
)
OTHER = Make(
    pitches_px=((0.3, 0.5), (0.4, 0.7), (0.9, 1.15), (2.6, 4.0)),
    orders=(*STRIPES, (0.0, 1 / 2, 1 / 2), (1 / 3, 1 / 3, 1 / 3)),
    turned=True,
    lit=(0.75, 1.0),
    curves=((0.6, 0.75), (1.0, 1.25)),
    white=((0.05, 0.3), (-0.25, -0.05)),
    black=(0, 60),
    level=(170, 400),
    mirrored=window,
    uneven=corners,
    banded=bars,
    camera=plain_phone,
)


def close_up(rng: np.random.Generator, person: Person, size: tuple[int, int], margin_px: int = 0) -> tuple[Floats, Box]:
    """A person whose face takes up a large part of a frame of ``size``, which goes on for a margin on each side."""
    width, height = size
    wide, high = width + 2 * margin_px, height + 2 * margin_px
    picture, (x, y, box_w, box_h) = as_light(person[0]), person[1]
    if chance(rng, 0.4):
        picture = as_light(jpeg(rng, picture))
    # As large as the whole frame needs: a portrait within a frame is what `recapture` draws.
    fills = max(wide / picture.shape[1], high / picture.shape[0]) * rng.uniform(1.0, 1.4)
    scale = min(float(fills), 0.8 * min(size) / box_w)
    goal = []
    for middle, length, side in ((x + box_w / 2, picture.shape[1], wide), (y + box_h / 2, picture.shape[0], high)):
        wanted = rng.normal(0.5, 0.06) * side
        least, most = side - (length - middle) * scale, middle * scale  # where the picture reaches both borders
        goal.append(min(max(wanted, least), most) if least <= most else wanted)
    return around_face(picture, person[1], box_w * scale, np.array(goal), (wide, high))


def shown_on(rng: np.random.Generator, make: Make, content: Floats) -> Floats:
    """A picture on the screen: its resolution, curve, white and black, before any pixel of it is seen."""
    height, width = content.shape[:2]
    out = content
    if chance(rng, 0.5):  # a small picture, enlarged
        shrink = rng.uniform(0.35, 0.95)
        small = cv2.resize(out, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        way = cv2.INTER_CUBIC if chance(rng, 0.6) else cv2.INTER_LINEAR
        out = np.asarray(cv2.resize(small, (width, height), interpolation=way), dtype=np.float32)
    out = (np.clip(out, 0, 255) / np.float32(255)) ** np.float32(_among(rng, make.curves))
    blue, red = (np.exp(rng.uniform(*bounds)) for bounds in make.white)
    white = np.array([blue, 1.0, red]) / max(blue, 1.0) * np.exp(rng.uniform(*np.log(make.level)))
    black = rng.uniform(*make.black) * np.array([rng.uniform(1.0, 1.4), 1.0, rng.uniform(0.8, 1.0)])
    out = saturate(np.asarray(out, np.float32), float(rng.uniform(0.7, 1.25)))
    return np.asarray(out * white.astype(np.float32) + black.astype(np.float32), dtype=np.float32)


def _warp(rng: np.random.Generator, size: tuple[int, int], margin_px: int) -> npt.NDArray[np.float64]:
    """Screen (the frame and a margin) to frame: turned and tilted a little."""
    width, height = size
    whole = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64) * (width + 2 * margin_px, height + 2 * margin_px)
    middle = whole.mean(axis=0)
    angle = rng.normal(0, 0.04)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    seen = (whole - middle) @ turn.T
    seen = seen / (1 + seen @ (rng.normal(0, 0.09, 2) / max(size)))[:, None] + (width / 2, height / 2)
    return np.asarray(cv2.getPerspectiveTransform(whole.astype(np.float32), seen.astype(np.float32)), np.float64)


def screen(rng: np.random.Generator, make: Make, person: Person, room: Floats) -> tuple[Floats, Box]:
    """A portrait that fills a monitor that fills the frame; at times a strip of its edge and the room.

    Args:
        rng: Where chance comes from.
        make: The kind of screen and camera.
        person: Whose portrait.
        room: The room behind the screen, of the frame's size.

    Returns:
        The frame's light and the face box in it.
    """
    height, width = room.shape[:2]
    margin = int(0.12 * max(width, height))
    content, box = close_up(rng, person, (width, height), margin)
    light = shown_on(rng, make, content)
    warp = _warp(rng, (width, height), margin)
    blur = float(rng.uniform(0.0, 0.6)) if chance(rng, 0.55) else float(rng.uniform(0.6, 2.2))
    light = np.asarray(cv2.warpPerspective(light, warp, (width, height), borderMode=cv2.BORDER_REPLICATE), np.float32)
    light = np.asarray(light * make.uneven(rng, height, width)[..., None], np.float32)
    if chance(rng, 0.35):
        light = np.asarray(light * make.banded(rng, height)[:, None, None], np.float32)
    light = np.asarray(cv2.GaussianBlur(light, (0, 0), max(0.15, blur)), np.float32)
    back = np.asarray(np.linalg.inv(warp), np.float64)
    gain = sub_pixels(rng, make, back, _among(rng, make.pitches_px), blur, (width, height))
    light = np.asarray(light * gain, np.float32)
    if chance(rng, 0.6):
        light = np.asarray(light + make.mirrored(rng, height, width), np.float32)
    if chance(rng, 0.3):
        light = _edge(rng, light, room)
    points = np.array([[[box[0], box[1]], [box[0] + box[2], box[1]], [box[0], box[1] + box[3]]]], np.float32)
    mapped = cv2.perspectiveTransform(points, warp)[0]
    (left, top), right, bottom = mapped[0], mapped[1][0], mapped[2][1]
    return np.asarray(light, np.float32), (float(left), float(top), float(right - left), float(bottom - top))


def _edge(rng: np.random.Generator, light: Floats, room: Floats) -> Floats:
    """Let one or two sides of the screen end just inside the frame: a bezel, then the room."""
    out = light.copy()
    bezel = np.array([rng.uniform(3, 60)] * 3, np.float32)
    for turns in rng.permutation(4)[: int(rng.integers(1, 3))]:
        view, behind = np.rot90(out, turns), np.rot90(room, turns)
        strip = int(rng.uniform(0.0, 0.05) * view.shape[0])
        thick = int(rng.uniform(0.01, 0.05) * view.shape[0]) + 1
        view[:strip] = behind[:strip] * np.float32(rng.uniform(0.2, 0.8))
        view[strip : strip + thick] = bezel
    return out


def near_person(rng: np.random.Generator, person: Person, room: Floats) -> tuple[Floats, Box]:
    """The counter-example: the person as close, at times brighter than the room, lit by a cold screen, or burnt out."""
    height, width = room.shape[:2]
    light, box = close_up(rng, person, (width, height))
    if chance(rng, 0.5):
        light = side_light(rng, light, 0.15)
    if chance(rng, 0.35):  # the lamp, or the screen that is studied at, is before the face
        front = np.zeros((height, width), np.float32)
        middle = (int(box[0] + box[2] / 2), int(box[1] + 0.6 * box[3]))
        cv2.ellipse(front, middle, (int(0.8 * box[2]), int(1.0 * box[3])), 0, 0, 360, 1.0, -1)
        front = soften(front, max(1.0, 0.2 * box[2]))[..., None]
        cold = np.exp(np.array([rng.uniform(-0.05, 0.15), 0.0, rng.uniform(-0.12, 0.05)])) * rng.uniform(1.0, 1.6)
        around = np.float32(rng.uniform(0.25, 0.9))
        light = light * (around + (cold.astype(np.float32) - around) * front)
    if chance(rng, 0.35):  # over-exposed
        light = light * np.float32(np.exp(rng.uniform(np.log(1.15), np.log(1.9))))
    return np.asarray(light, np.float32), box
