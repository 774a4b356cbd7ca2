"""Recapture simulation: the effects of a screen or a print on a picture that is shown to a camera.

Optics behind it: a screen emits through a pixel grid whose beat with the sensor's grid is moire, refreshes in bands,
clips and tints (gamut), mirrors the room (glare) and ends in a bezel. A print reflects: blacks rise, colours shrink
(gamut), halftone dots show, paper bends and shades, hands hold it and its border shows.

Pictures are float32 ``(height, width, 3)``, blue-green-red, 0..255.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .camera import Bytes, Floats, chance, saturate, side_light, soften

Box = tuple[float, float, float, float]
SKIN_TONES_BGR = ((140, 170, 215), (105, 140, 195), (75, 105, 160), (50, 70, 110), (35, 45, 75))


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """A flat thing that shows a picture.

    Attributes:
        surface: What the camera would see of it, square on.
        mask: 0..1 ``(height, width)``: where it is opaque (fingers and rounded corners included).
        box_px: The face box on the surface.
        has_pixels: It is a screen, whose pixels may beat with the sensor's.
    """

    surface: Floats
    mask: Floats
    box_px: Box
    has_pixels: bool = False


def moire(rng: np.random.Generator, height: int, width: int) -> Floats:
    """Beat of a pixel grid with the sensor: a gain ``(height, width, 3)`` around 1.

    The beat's period is 2.2 to 40 px and drifts over the picture as perspective does; each colour has its own phase.
    """
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    bend = rng.normal(0, 6e-4, 3).astype(np.float32)
    warped_x = x + bend[0] * x * y + bend[1] * x * x
    warped_y = y + bend[2] * x * y
    gain = np.ones((height, width, 3), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        period = float(np.exp(rng.uniform(np.log(2.2), np.log(40))))
        angle = rng.uniform(0, np.pi)
        depth = rng.uniform(0.01, 0.13)
        pitch = 2 * np.pi / period
        phase = warped_x * np.float32(pitch * np.cos(angle)) + warped_y * np.float32(pitch * np.sin(angle))
        shift = rng.uniform(0, 2 * np.pi) + rng.uniform(0, 1) * np.array([0.0, 2.1, 4.2])
        cosine, sine = np.cos(phase), np.sin(phase)
        for channel in range(3):
            gain[..., channel] += np.float32(depth * np.cos(shift[channel])) * cosine
            gain[..., channel] -= np.float32(depth * np.sin(shift[channel])) * sine
    return gain


def pixel_grid(rng: np.random.Generator, height: int, width: int) -> Floats:
    """Visible pixel grid and sub-pixel stripes of a screen close to the camera: a gain around 1."""
    period = rng.uniform(2.0, 5.0)
    depth = rng.uniform(0.03, 0.25)
    x = np.arange(width, dtype=np.float32)[None, :, None]
    y = np.arange(height, dtype=np.float32)[:, None, None]
    stripes = np.cos(2 * np.pi * (x / period + np.array([0.0, 1 / 3, 2 / 3], np.float32)))
    rows = np.cos(2 * np.pi * y / period)
    return np.asarray(1 + depth * (0.6 * stripes + 0.4 * rows), dtype=np.float32)


def raster(rng: np.random.Generator, warp: npt.NDArray[np.float64], scale: float, height: int, width: int) -> Floats:
    """A screen's pixels as the sensor samples them: a gain ``(height, width, 3)`` around 1.

    The grid is evaluated at the sensor's own pixels, through the warp, without smoothing: structure finer than the
    sensor folds back as moire whose fringes bend with the perspective, as it does in a camera.

    Args:
        rng: Where chance comes from.
        warp: Surface to frame, ``(3, 3)``.
        scale: Frame pixels for one surface pixel.
        height: Of the frame.
        width: Of the frame.
    """
    back = np.linalg.inv(warp).astype(np.float32)
    x, y = np.arange(width, dtype=np.float32)[None, :], np.arange(height, dtype=np.float32)[:, None]
    below = back[2, 0] * x + back[2, 1] * y + back[2, 2]
    pitch = np.float32(2 * np.pi * scale / np.exp(rng.uniform(np.log(0.45), np.log(4.5))))
    across = (back[0, 0] * x + back[0, 1] * y + back[0, 2]) / below * pitch
    down = (back[1, 0] * x + back[1, 1] * y + back[1, 2]) / below * pitch
    depth, share = rng.uniform(0.03, 0.35), rng.uniform(0.2, 0.8)
    rows = np.float32(depth * (1 - share)) * np.cos(down)
    stripe = rng.choice([0.0, 2.1, -2.1])  # the order of the sub-pixels; 0: all colours in one place
    every_other = chance(rng, 0.5)  # a mosaic sensor has fewer blue and red pixels than green ones
    gain = np.empty((height, width, 3), np.float32)
    for channel in range(3):
        gain[..., channel] = 1 + rows + np.float32(depth * share) * np.cos(across + np.float32(stripe * channel))
        if every_other and channel != 1:
            coarse = gain[::2, ::2, channel]
            gain[..., channel] = coarse.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    return gain


def bands(rng: np.random.Generator, height: int) -> Floats:
    """Refresh bands of a screen under a rolling shutter: a gain ``(height, 1, 1)`` around 1."""
    period = rng.uniform(0.15, 1.2) * height
    wave = np.cos(2 * np.pi * np.arange(height) / period + rng.uniform(0, 6.3))
    return np.asarray(1 + rng.uniform(0.02, 0.15) * wave, dtype=np.float32)[:, None, None]


def emit(rng: np.random.Generator, content: Floats) -> Floats:
    """Show a picture on a screen."""
    height, width = content.shape[:2]
    out = content
    if chance(rng, 0.5):  # the grid of the screen itself, before any beat
        shrink = rng.uniform(0.35, 0.9)
        small = cv2.resize(out, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        out = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    contrast = rng.uniform(0.85, 1.5)
    level = rng.uniform(0.65, 1.45)
    tint = np.exp(rng.normal(0, 0.1, 3)) * np.array([rng.uniform(0.8, 1.25), 1.0, rng.uniform(0.85, 1.1)])
    black = rng.uniform(0, 35)
    gain, lift = contrast * level * tint, 128 * (1 - contrast) * level * tint
    out = np.clip(out * gain.astype(np.float32) + lift.astype(np.float32), 0, 255)
    if chance(rng, 0.5):
        curve = (255 * np.linspace(0, 1, 256) ** rng.uniform(0.65, 1.5)).astype(np.float32)
        out = np.asarray(cv2.LUT(out.astype(np.uint8), curve), dtype=np.float32)
    out = out * np.float32(1 - black / 255) + np.float32(black)
    if chance(rng, 0.4):
        out = out * moire(rng, height, width)
    if chance(rng, 0.2):
        out = out * pixel_grid(rng, height, width)
    if chance(rng, 0.3):
        out = out * bands(rng, height)
    return np.asarray(out, dtype=np.float32)


def halftone(rng: np.random.Generator, height: int, width: int) -> Floats:
    """Rosette of a press or ink-jet: a gain ``(height, width, 3)``, one screen angle for each ink."""
    period = rng.uniform(1.8, 4.5)
    depth = rng.uniform(0.04, 0.25)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    gain = np.ones((height, width, 3), np.float32)
    for channel, degrees in enumerate(rng.permutation([15.0, 45.0, 75.0])):
        angle = np.deg2rad(degrees)
        along, across = (np.float32(2 * np.pi / period * part) for part in (np.cos(angle), np.sin(angle)))
        dots = np.cos(x * along + y * across) * np.cos(y * along - x * across)
        gain[..., channel] += np.float32(depth) * dots
    return gain


def print_out(rng: np.random.Generator, content: Floats) -> Floats:
    """Show a picture on paper."""
    height, width = content.shape[:2]
    paper = np.array([rng.uniform(185, 250), rng.uniform(190, 250), rng.uniform(190, 252)])
    ink = rng.uniform(10, 70)
    saturation = rng.uniform(0.45, 1.15)
    if chance(rng, 0.08):  # a black-and-white print
        saturation = 0.0
    out = saturate(content, saturation) * np.float32(1 / 255)
    if chance(rng, 0.4):
        small = cv2.resize(out, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        out = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    if chance(rng, 0.4):
        out = out * halftone(rng, height, width)
    out = np.clip(out, 0, 1) ** np.float32(rng.uniform(0.8, 1.25))
    out = np.asarray(np.float32(ink) + out * (paper - ink).astype(np.float32), dtype=np.float32)
    return side_light(rng, out, 0.12) if chance(rng, 0.7) else out


def glare(rng: np.random.Generator, surface: Floats, room: Floats) -> Floats:
    """Mirror a lamp, or the room itself, in the surface."""
    height, width = surface.shape[:2]
    out = surface
    if chance(rng, 0.6):
        centre = rng.uniform(0, 1, 2) * (height, width)
        spread = rng.uniform(0.05, 0.5, 2) * (height, width)
        rows, columns = np.arange(height)[:, None] - centre[0], np.arange(width)[None, :] - centre[1]
        lobe = np.exp(-((rows / spread[0]) ** 2)) * np.exp(-((columns / spread[1]) ** 2))
        out = out + (lobe * rng.uniform(15, 160)).astype(np.float32)[..., None]
    if chance(rng, 0.5):
        mirrored = soften(np.asarray(cv2.resize(room, (width, height)), np.float32), rng.uniform(1, 8))[:, ::-1]
        out = out + mirrored * np.float32(rng.uniform(0.02, 0.15))
    return np.asarray(out, dtype=np.float32)


def _framed(content: Floats, box_px: Box, sides: tuple[int, int, int, int], colour: Floats) -> tuple[Floats, Box]:
    """Add borders (top, bottom, left, right, px) of one colour."""
    top, bottom, left, right = sides
    value = tuple(float(v) for v in colour)
    out = cv2.copyMakeBorder(content, top, bottom, left, right, cv2.BORDER_CONSTANT, value=value)
    return np.asarray(out, dtype=np.float32), (box_px[0] + left, box_px[1] + top, box_px[2], box_px[3])


def _rounded(height: int, width: int, radius: int) -> Floats:
    mask = np.zeros((height, width), np.float32)
    if radius <= 0:
        mask[:] = 1
        return mask
    cv2.rectangle(mask, (radius, 0), (width - radius - 1, height - 1), 1.0, -1)
    cv2.rectangle(mask, (0, radius), (width - 1, height - radius - 1), 1.0, -1)
    for corner_x in (radius, width - radius - 1):
        for corner_y in (radius, height - radius - 1):
            cv2.circle(mask, (corner_x, corner_y), radius, 1.0, -1)
    return mask


def hold(rng: np.random.Generator, medium: Medium) -> Medium:
    """Lay fingers or a thumb over one edge of a hand-held thing."""
    height, width = medium.mask.shape
    pad = max(4, int(0.12 * min(height, width)))
    surface = cv2.copyMakeBorder(medium.surface, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    mask = cv2.copyMakeBorder(medium.mask, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=0.0)
    tone = np.array(SKIN_TONES_BGR[int(rng.integers(len(SKIN_TONES_BGR)))]) * rng.uniform(0.75, 1.2)
    fingers = np.zeros(mask.shape, np.float32)
    for _ in range(int(rng.integers(1, 5))):
        side = int(rng.integers(4))
        along = rng.uniform(0.1, 0.95)
        thick = int(max(3, rng.uniform(0.05, 0.11) * min(height, width)))
        reach = rng.uniform(0.03, 0.16) * min(height, width)
        edge = {0: (along * width, height), 1: (along * width, 0), 2: (0, along * height), 3: (width, along * height)}
        inward = {0: (rng.normal(0, 0.4), -1), 1: (rng.normal(0, 0.4), 1), 2: (1, rng.normal(0, 0.4)), 3: (-1, 0.2)}
        x, y = edge[side]
        dx, dy = inward[side]
        start = (int(x + pad - dx * 2 * pad), int(y + pad - dy * 2 * pad))
        end = (int(x + pad + dx * reach), int(y + pad + dy * reach))
        cv2.line(fingers, start, end, 1.0, 2 * thick)
    soft = soften(fingers, max(1.0, pad / 10))
    shade = (soft * (0.75 + 0.35 * soften(fingers, pad / 2.5)))[..., None]
    surface = surface * (1 - soft[..., None]) + shade * tone.astype(np.float32)
    return Medium(
        surface=np.asarray(surface, dtype=np.float32),
        mask=np.asarray(np.maximum(mask, soft), dtype=np.float32),
        box_px=(medium.box_px[0] + pad, medium.box_px[1] + pad, medium.box_px[2], medium.box_px[3]),
        has_pixels=medium.has_pixels,
    )


def phone(rng: np.random.Generator, content: Floats, box_px: Box, room: Floats) -> Medium:
    """A phone or tablet: thin dark (at times white) bezel, letterbox bars, rounded corners, a hand."""
    shown = emit(rng, content)
    height, width = shown.shape[:2]
    dark = np.array([rng.uniform(2, 28)] * 3, np.float32)
    if chance(rng, 0.7):  # the picture does not fill the screen
        bar = int(rng.uniform(0.02, 0.5) * height)
        other = int(rng.uniform(0.02, 0.5) * height)
        page = dark if chance(rng, 0.75) else np.array([rng.uniform(200, 255)] * 3, np.float32)
        shown, box_px = _framed(shown, box_px, (bar, other, 0, 0), page)
    shown = glare(rng, shown, room) if chance(rng, 0.6) else shown
    thin = int(max(2, rng.uniform(0.01, 0.09) * width))
    thick = int(max(2, rng.uniform(0.01, 0.16) * width))
    body = dark if chance(rng, 0.8) else np.array(rng.uniform(120, 245, 3), np.float32)
    shown, box_px = _framed(shown, box_px, (thick, thick, thin, thin), body)
    radius = int(rng.uniform(0, 0.12) * min(shown.shape[:2]))
    mask = _rounded(shown.shape[0], shown.shape[1], radius)
    medium = Medium(surface=shown, mask=mask, box_px=box_px, has_pixels=True)
    return hold(rng, medium) if chance(rng, 0.6) else medium


def monitor(rng: np.random.Generator, content: Floats, box_px: Box, room: Floats) -> Medium:
    """A laptop or desk monitor: a window on a desktop, a bezel that may be out of view."""
    shown = emit(rng, content)
    height, width = shown.shape[:2]
    if chance(rng, 0.5):
        page = np.array(rng.uniform(10, 255, 3), np.float32) if chance(rng, 0.5) else np.full(3, 235.0, np.float32)
        sides = tuple(int(v * s) for v, s in zip(rng.uniform(0, 0.5, 4), (height, height, width, width), strict=True))
        shown, box_px = _framed(shown, box_px, (sides[0], sides[1], sides[2], sides[3]), page)
    shown = glare(rng, shown, room) if chance(rng, 0.5) else shown
    edge = int(max(2, rng.uniform(0.01, 0.07) * shown.shape[1]))
    body = np.array([rng.uniform(5, 60)] * 3, np.float32) if chance(rng, 0.8) else np.full(3, 190.0, np.float32)
    shown, box_px = _framed(shown, box_px, (edge, edge * int(rng.integers(1, 3)), edge, edge), body)
    return Medium(surface=shown, mask=np.ones(shown.shape[:2], np.float32), box_px=box_px, has_pixels=True)


def paper(rng: np.random.Generator, content: Floats, box_px: Box, room: Floats) -> Medium:
    """A print: white border or none, bent, held."""
    shown = print_out(rng, content)
    if chance(rng, 0.65):
        border = rng.uniform(0.0, 0.14, 4) * min(shown.shape[:2])
        white = np.array(rng.uniform(190, 250, 3), np.float32)
        sides = (int(border[0]), int(border[1]), int(border[2]), int(border[3]))
        shown, box_px = _framed(shown, box_px, sides, white)
    if chance(rng, 0.3):  # glossy
        shown = glare(rng, shown, room)
    if chance(rng, 0.5):  # bent: one broad shadow across
        across = np.linspace(-1, 1, shown.shape[1], dtype=np.float32)
        fold = 1 + rng.normal(0, 0.15) * np.cos(np.pi * (across - rng.uniform(-1, 1)) * rng.uniform(0.3, 1.0))
        shown = np.asarray(shown * fold[None, :, None], dtype=np.float32)
    medium = Medium(surface=shown, mask=np.ones(shown.shape[:2], np.float32), box_px=box_px)
    return hold(rng, medium) if chance(rng, 0.6) else medium


MEDIA = {"print": paper, "replay_phone": phone, "replay_screen": monitor}


def place(
    rng: np.random.Generator,
    medium: Medium,
    room: Floats,
    face_side: float,
    goal_px: npt.NDArray[np.float64] | None = None,
) -> tuple[Floats, Box]:
    """Hold the medium before the camera.

    Args:
        rng: Where chance comes from.
        medium: The thing.
        room: The background, of the frame's size.
        face_side: Width of the face box in the frame, in pixels.
        goal_px: Where the face's middle goes; near the middle of the frame where it is not said.

    Returns:
        The frame's light and the face box in it.
    """
    height, width = room.shape[:2]
    x, y, box_w, box_h = medium.box_px
    scale = face_side / box_w
    angle = np.deg2rad(rng.normal(0, 5))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) * scale
    face = np.array([x + box_w / 2, y + box_h / 2])
    goal = goal_px if goal_px is not None else rng.normal(0.5, (0.1, 0.08)) * (width, height)
    sheet_h, sheet_w = medium.mask.shape
    corners = np.array([[0, 0], [sheet_w, 0], [sheet_w, sheet_h], [0, sheet_h]], np.float64)
    seen = (corners - face) @ turn.T
    seen *= 1 + rng.normal(0, 0.06, (1, 2))
    tilt = rng.normal(0, 1.2e-4, 2) * 640 / max(width, height)
    seen = seen / (1 + seen @ tilt)[:, None] + goal
    warp = np.asarray(cv2.getPerspectiveTransform(corners.astype(np.float32), seen.astype(np.float32)), np.float64)
    shown = cv2.warpPerspective(medium.surface, warp, (width, height), flags=cv2.INTER_AREA)
    if medium.has_pixels and chance(rng, 0.55):
        shown = shown * raster(rng, warp, scale, height, width)
    mask = cv2.warpPerspective(medium.mask, warp, (width, height))[..., None]
    if chance(rng, 0.3):
        room = room * (1 - 0.3 * soften(np.asarray(mask[..., 0], np.float32), 6)[..., None])
    light = room + (shown - room) * mask
    box_corners = np.array([[x, y], [x + box_w, y], [x + box_w, y + box_h], [x, y + box_h]], np.float32)
    mapped = cv2.perspectiveTransform(box_corners[None], warp)[0]
    low, high = mapped.min(axis=0), mapped.max(axis=0)
    return np.asarray(light, dtype=np.float32), (
        float(low[0]),
        float(low[1]),
        float(high[0] - low[0]),
        float(high[1] - low[1]),
    )


def as_light(picture: Bytes) -> Floats:
    """A decoded picture as light."""
    return picture.astype(np.float32)
