"""A photo held in the hand before one's own face: the print attack as people do it.

What `recapture.paper` leaves out and prints shown to a webcam have: the sitter cut out before a pale wall, as on
identity photos; a small sheet; the living body behind it, whose shoulders go on below the sheet; the hands that hold
it, fingers before the sheet and arms beside it; and, as counter-examples, hands and pale walls without any sheet.

Pictures are float32 ``(height, width, 3)``, blue-green-red, 0..255.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .camera import Bytes, Floats, Grain, chance, jpeg, saturate, side_light, soften, tone
from .recapture import SKIN_TONES_BGR, Box, Medium, as_light, glare, place

Layer = tuple[Floats, Floats]
"""Colour ``(height, width, 3)`` and how much it covers ``(height, width)``, 0..1."""
Point = npt.NDArray[np.float64]
Person = tuple[Bytes, Box]
"""A decoded picture and the face box in it."""
CUT_PX = 96


def sitter(picture: Bytes, box: Box) -> Floats:
    """How much of each pixel ``(height, width)`` belongs to the sitter: colours grown from the face box (GrabCut)."""
    height, width = picture.shape[:2]
    scale = CUT_PX / max(height, width)
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    x, y, box_w, box_h = (v * scale for v in box)
    guess = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    middle = int(x + box_w / 2)
    for sure, grow in ((cv2.GC_PR_FGD, 1.0), (cv2.GC_FGD, 0.6)):
        head = (max(1, int(0.78 * box_w * grow)), max(1, int(0.85 * box_h * grow)))
        cv2.ellipse(guess, (middle, int(y + 0.42 * box_h)), head, 0, 0, 360, int(sure), -1)
        trunk = (max(1, int(1.6 * box_w * grow)), max(1, int(1.5 * box_h * grow)))
        cv2.ellipse(guess, (middle, int(y + 2.55 * box_h)), trunk, 0, 0, 360, int(sure), -1)
    if (guess == cv2.GC_BGD).any() and (guess == cv2.GC_FGD).any():
        models = np.zeros((1, 65), np.float64), np.zeros((1, 65), np.float64)
        cv2.setRNGSeed(1)
        cv2.grabCut(small, guess, (0, 0, 0, 0), *models, 2, cv2.GC_INIT_WITH_MASK)
    cover = ((guess == cv2.GC_FGD) | (guess == cv2.GC_PR_FGD)).astype(np.float32)
    cover = np.asarray(cv2.GaussianBlur(cover, (0, 0), 0.9), np.float32)
    return np.asarray(cv2.resize(cover, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def before_wall(rng: np.random.Generator, picture: Bytes, box: Box) -> Floats:
    """The sitter before a plain, mostly pale wall."""
    cover = sitter(picture, box)[..., None]
    level = rng.uniform(150, 252) if chance(rng, 0.8) else rng.uniform(40, 160)
    wall = np.full(picture.shape, level, np.float32) * np.exp(rng.normal(0, 0.06, 3)).astype(np.float32)
    wall = side_light(rng, wall, 0.06)
    return np.asarray(wall + (picture - wall) * cover, dtype=np.float32)


def around_face(picture: Floats, box: Box, face_px: float, goal: Point, size: tuple[int, int]) -> tuple[Floats, Box]:
    """Put a person into a frame of ``size`` (width, height), the face at ``goal`` and ``face_px`` wide.

    The part that the picture does not reach is filled with itself, out of focus.
    """
    scale = face_px / box[2]
    shift = goal - scale * np.array([box[0] + box[2] / 2, box[1] + box[3] / 2])
    warp = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    out = cv2.warpAffine(picture, warp, size, flags=way, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(np.ones(picture.shape[:2], np.float32), warp, size, flags=cv2.INTER_NEAREST)
    if inside.min() < 1:
        seam = max(2.0, 0.12 * face_px)
        inner = np.asarray(cv2.erode(inside, np.ones((3, 3)), iterations=int(seam)), np.float32)
        rows, columns = picture.shape[0] // 8, picture.shape[1] // 8
        inner_picture = picture[rows : picture.shape[0] - rows, columns : picture.shape[1] - columns]
        wide = soften(np.asarray(cv2.resize(inner_picture, size), np.float32), 0.15 * size[0])
        cover = soften(inner, seam / 2)[..., None]
        out = wide + (out - wide) * cover
    face = (box[0] * scale + shift[0], box[1] * scale + shift[1], box[2] * scale, box[3] * scale)
    return np.asarray(out, dtype=np.float32), face


def _limb(layer: Layer, start: Point, end: Point, thick: float, tone: Point) -> None:
    """Draw a finger or an arm: a capsule, darker towards its edges."""
    colour, cover = layer
    height, width = cover.shape
    reach = int(thick) + 2
    low = np.maximum(np.floor(np.minimum(start, end)).astype(int) - reach, 0)
    high = np.minimum(np.ceil(np.maximum(start, end)).astype(int) + reach, (width, height))
    if (high <= low).any():
        return
    x = np.arange(low[0], high[0], dtype=np.float32)[None, :] - np.float32(start[0])
    y = np.arange(low[1], high[1], dtype=np.float32)[:, None] - np.float32(start[1])
    along = end - start
    part = np.clip((x * along[0] + y * along[1]) / max(1e-6, float(along @ along)), 0, 1)
    away = np.sqrt((x - part * along[0]) ** 2 + (y - part * along[1]) ** 2) / np.float32(thick)
    shape = np.clip((1 - away) * thick / 1.5, 0, 1)[..., None].astype(np.float32)
    # Round, lit from above-left a little.
    shade = 0.62 + 0.42 * np.sqrt(np.clip(1 - away**2, 0, 1)) - 0.06 * (x + y) / thick * (away < 1)
    spot = np.clip(shade, 0.4, 1.15)[..., None] * tone
    window = (slice(low[1], high[1]), slice(low[0], high[0]))
    colour[window] += (spot.astype(np.float32) - colour[window]) * shape
    cover[window] = np.maximum(cover[window], shape[..., 0])


def hand(rng: np.random.Generator, front: Layer, behind: Layer, grip: Point, inward: Point, finger: float) -> None:
    """Draw a hand that grips an edge.

    Args:
        rng: Where chance comes from.
        front: Layer before the sheet.
        behind: Layer behind it.
        grip: Where the edge is gripped, in pixels.
        inward: Unit vector from the edge into the sheet.
        finger: Half a finger's thickness in pixels.
    """
    tone = np.array(SKIN_TONES_BGR[int(rng.integers(3 if chance(rng, 0.8) else 5))]) * rng.uniform(0.75, 1.25)
    across = np.array([-inward[1], inward[0]])
    palm = grip - inward * finger * rng.uniform(1.5, 4.0) + across * finger * rng.normal(0, 1)
    down = np.array([rng.normal(0, 0.5), 1.0])
    elbow = palm - inward * finger * rng.uniform(2, 12) + down * finger * rng.uniform(8, 20)
    sleeve = rng.uniform(10, 230, 3) if chance(rng, 0.5) else tone
    _limb(behind, palm + (elbow - palm) * 0.45, elbow, finger * rng.uniform(2.2, 3.6), sleeve)
    _limb(behind, palm, palm + (elbow - palm) * 0.5, finger * rng.uniform(1.7, 2.4), tone * 0.95)
    _limb(behind, palm - across * finger * 1.2, palm + across * finger * 1.2, finger * rng.uniform(1.8, 2.6), tone)
    thumb_front = chance(rng, 0.6)
    for layer, count in ((behind, 4), (front, 1)) if thumb_front else ((behind, 1), (front, int(rng.integers(2, 5)))):
        lean = rng.normal(0, 0.35)
        for number in range(count):
            side = across * finger * (1.75 * (number - (count - 1) / 2) + rng.normal(0, 0.15))
            reach = finger * max(0.6, rng.normal(2.2 if layer is front else 1.5, 0.9) - 0.5 * abs(number - 1))
            way = inward + across * (lean + rng.normal(0, 0.06))
            knuckle = palm + side * rng.uniform(0.8, 1.0)
            tip = grip + side + way * reach
            thick = finger * rng.uniform(0.85, 1.1) * (1.1 if count == 1 else 0.95)
            _limb(layer, knuckle, tip, thick, tone * rng.uniform(0.93, 1.07))


def _empty(height: int, width: int) -> Layer:
    return np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.float32)


def _over(below: Floats, layer: Layer) -> Floats:
    cover = layer[1][..., None]
    return np.asarray(below + (layer[0] - below) * cover, dtype=np.float32)


def in_hands(rng: np.random.Generator, shown: Floats, box: Box) -> Medium:
    """Hold a sheet in one or two hands."""
    height, width = shown.shape[:2]
    pad = int(0.7 * max(height, width))
    size = (height + 2 * pad, width + 2 * pad)
    front, behind = _empty(*size), _empty(*size)
    finger = rng.uniform(0.04, 0.085) * width
    low, left, right = np.array([0.0, -1.0]), np.array([1.0, 0.0]), np.array([-1.0, 0.0])
    sides = {"low": low, "left": left, "right": right}
    names = [("low",), ("left", "right"), ("right",), ("left",), ("low", "low")][
        int(rng.choice(5, p=(0.3, 0.35, 0.15, 0.15, 0.05)))
    ]
    for name in names:
        place_at = {
            "low": np.array([rng.uniform(0.1, 0.9) * width, height]),
            "left": np.array([0.0, rng.uniform(0.3, 1.0) * height]),
            "right": np.array([width, rng.uniform(0.3, 1.0) * height]),
        }[name]
        angle = rng.normal(0, 0.35)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        hand(rng, front, behind, place_at + pad, turn @ sides[name], finger)
    sheet = np.zeros(size, np.float32)
    sheet[pad : pad + height, pad : pad + width] = 1
    surface = _over(np.zeros((*size, 3), np.float32), behind)
    surface[pad : pad + height, pad : pad + width] = shown
    shadow = soften(front[1], max(1.0, 0.6 * finger)) * np.float32(rng.uniform(0.1, 0.5))
    surface = _over(surface * (1 - shadow[..., None]), front)
    mask = np.maximum(np.maximum(sheet, behind[1]), front[1])
    return Medium(
        surface=surface,
        mask=np.asarray(mask, np.float32),
        box_px=(box[0] + pad, box[1] + pad, box[2], box[3]),
    )


def photo_print(rng: np.random.Generator, content: Floats) -> Floats:
    """Photo paper: neutral white, blacks that rise a little, no dots that a webcam could see."""
    white = rng.uniform(205, 252) * np.exp(rng.normal(0, 0.02, 3))
    ink = rng.uniform(5, 45)
    out = np.clip(saturate(content, rng.uniform(0.6, 1.1)) / 255, 0, 1) ** np.float32(rng.uniform(0.8, 1.2))
    return np.asarray(ink + out * (white - ink).astype(np.float32), dtype=np.float32)


def bent(rng: np.random.Generator, shown: Floats) -> Floats:
    """Light on a sheet that is bent about one axis: a broad ramp or fold, at times a sheen."""
    height, width = shown.shape[:2]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    angle = rng.uniform(0, np.pi)
    along = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
    gain = 1 + rng.normal(0, 0.08) * along + rng.normal(0, 0.07) * np.cos(np.pi * (along - rng.uniform(-1, 1)))
    out = shown * gain[..., None]
    if chance(rng, 0.35):
        ridge = np.exp(-(((along - rng.uniform(-1, 1)) / rng.uniform(0.1, 0.5)) ** 2))
        out = out + (ridge * rng.uniform(10, 110))[..., None]
    return np.asarray(out, dtype=np.float32)


def held_print(rng: np.random.Generator, person: Person, behind: Person, size: tuple[int, int]) -> tuple[Floats, Box]:
    """A print of ``person`` held before ``behind``.

    Args:
        rng: Where chance comes from.
        person: Who is on the print.
        behind: Whose body and room are behind it.
        size: Width and height of the frame.

    Returns:
        The frame's light and the printed face's box in it.
    """
    width, height = size
    shown = before_wall(rng, *person) if chance(rng, 0.6) else as_light(person[0])
    if chance(rng, 0.5):
        shown = as_light(jpeg(rng, shown))
    x, y, box_w, box_h = person[1]
    face_px = float(np.clip(np.exp(rng.normal(np.log(0.25), 0.3)), 0.12, 0.55)) * min(size)
    reach = np.array([rng.uniform(0.2, 0.9), rng.uniform(0.2, 0.75), rng.uniform(0.2, 0.9), rng.uniform(0.1, 1.0)])
    left, top, right, bottom = reach * (box_w, box_h, box_w, box_h)
    x0, y0 = max(0, int(x - left)), max(0, int(y - top))
    shown = shown[y0 : int(y + box_h + bottom), x0 : int(x + box_w + right)]
    scale = 1.1 * face_px / box_w
    shown = np.asarray(cv2.resize(shown, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.float32)
    box = ((x - x0) * scale, (y - y0) * scale, box_w * scale, box_h * scale)
    shown = bent(rng, photo_print(rng, shown))
    if chance(rng, 0.5):
        edge = int(rng.uniform(0.01, 0.09) * shown.shape[1])
        white = tuple(float(v) for v in rng.uniform(190, 252, 3))
        shown = np.asarray(cv2.copyMakeBorder(shown, *(edge,) * 4, cv2.BORDER_CONSTANT, value=white), np.float32)
        box = (box[0] + edge, box[1] + edge, box[2], box[3])
    goal = np.array([rng.normal(0.5, 0.08) * width, rng.normal(0.47, 0.08) * height])
    own_px = face_px * float(np.exp(rng.normal(0.05, 0.3)))
    own = before_wall(rng, *behind) if chance(rng, 0.4) else as_light(behind[0])
    offset = rng.normal(0, 0.35, 2) * own_px - np.array([0, 0.1 * own_px])
    room, _ = around_face(own, behind[1], own_px, goal + offset, size)
    if chance(rng, 0.3):
        shown = glare(rng, shown, room)
    return place(rng, in_hands(rng, shown, box), room, face_px, goal)


def plain_wall(rng: np.random.Generator, person: Person, size: tuple[int, int]) -> tuple[Floats, Box]:
    """The counter-example: the person in the room, before a plain wall at times, with hands in view at times."""
    width, height = size
    face_px = float(np.clip(np.exp(rng.normal(np.log(0.27), 0.3)), 0.12, 0.6)) * min(size)
    goal = np.array([rng.normal(0.5, 0.08) * width, rng.normal(0.47, 0.08) * height])
    own = before_wall(rng, *person) if chance(rng, 0.5) else as_light(person[0])
    light, box = around_face(own, person[1], face_px, goal, size)
    if chance(rng, 0.2):
        front, behind = _empty(height, width), _empty(height, width)
        side = 1 if chance(rng, 0.5) else -1
        grip = goal + np.array([side * rng.uniform(0.6, 1.2), rng.uniform(0, 1.2)]) * face_px
        hand(rng, front, behind, grip, np.array([-float(side), 0.0]), rng.uniform(0.07, 0.12) * face_px)
        light = _over(_over(light, behind), front)
    return light, box


def plain_camera(rng: np.random.Generator, light: Floats, grain: Grain) -> Bytes:
    """A webcam in a lit room: the teacher knows a held print by its edges and hands, which blur and bad light hide."""
    out = light
    if chance(rng, 0.3):
        out = np.asarray(cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.3, 1.0))), dtype=np.float32)
    if chance(rng, 0.7):
        out = tone(rng, out, 0.5)
    if chance(rng, 0.5):  # burnt highlights, hard contrast, cold white
        level = float(rng.uniform(1.0, 1.5))
        steep = float(rng.uniform(1.0, 1.4))
        tint = np.exp(rng.normal(0, 0.03, 3)) * (1.03, 1.0, 0.98) * (level * steep)
        out = np.asarray(out * tint.astype(np.float32) - np.float32(110 * (steep - 1)), dtype=np.float32)
    out = np.asarray(np.clip(out, 0, 255), dtype=np.float32)
    if chance(rng, 0.4):  # halos
        soft = cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.8, 1.5)))
        out = np.asarray(out + (out - soft) * rng.uniform(0.2, 1.0), dtype=np.float32)
    if chance(rng, 0.4):
        out = grain.add(rng, out)
    return jpeg(rng, out) if chance(rng, 0.85) else np.clip(out, 0, 255).astype(np.uint8)
