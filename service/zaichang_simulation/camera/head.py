"""Moves a portrait as a head moves: shift, tilt, nod and turn with parallax, blinks, a quiet background.

The head is an ellipsoid in front of a background that stays; a pixel's depth on it says how far it moves when the head
turns, so that a turned head differs from a shifted picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from zaichang_simulation.camera.faces import Face, Floats, Image

EYE_DISTANCE = 0.105
"""Distance between the eyes, as a fraction of the frame's width: a face about 150 px wide of 640."""
_HEAD_HALF_WIDTH = 1.25
_HEAD_HALF_HEIGHT = 1.75
_FADE = 1.9
_REACH = 1.001 * _FADE
"""How far from its middle a head moves the picture, in its half axes; a little more, for the rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """Where the head is; lengths in eye distances, angles in degrees.

    Attributes:
        right: Moved to the right in the picture.
        down: Moved down.
        scale: Nearer above 1.
        roll_deg: Tilted clockwise in the picture.
        yaw_deg: Turned to its own left.
        pitch_deg: Raised.
        closed: How far the eyes are closed, 0..1.
        talk: How far the mouth is open, 0..1.
    """

    right: float = 0.0
    down: float = 0.0
    scale: float = 1.0
    roll_deg: float = 0.0
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    closed: float = 0.0
    talk: float = 0.0


def pose_at(seed: int, time_s: float, motion: float) -> Pose:
    """Return how someone who watches a lesson holds the head at a moment; a function of its arguments alone."""
    generator = np.random.default_rng(seed)
    phases = generator.uniform(0, 2 * np.pi, size=(6, 3))
    periods_s = np.array([3.1, 8.7, 31.0]) * generator.uniform(0.8, 1.25, size=(6, 3))
    waves = np.sin(2 * np.pi * time_s / periods_s + phases) @ np.array([0.25, 0.45, 0.6])
    right, down, nearer, roll, yaw, pitch = (float(wave) * motion for wave in waves)
    return Pose(
        right=0.16 * right,
        down=0.10 * down,
        scale=1.0 + 0.04 * nearer,
        roll_deg=2.5 * roll,
        yaw_deg=6.0 * yaw,
        pitch_deg=4.0 * pitch,
        closed=_blink(seed, time_s) if motion else 0.0,
    )


def _blink(seed: int, time_s: float) -> float:
    """Blinks of about 0.2 s, one in each slot of 4 s, at a random moment of it."""
    slot = int(time_s // 4)
    start_s = slot * 4 + float(np.random.default_rng((seed, slot)).uniform(0.1, 3.6))
    inside = (time_s - start_s) / 0.2
    return float(np.sin(np.pi * inside)) if 0 <= inside <= 1 else 0.0


class Head:
    """Draws one face at one picture size."""

    def __init__(self, face: Face, width_px: int, height_px: int, *, nearer: float = 1.0) -> None:
        """Prepare the grids that do not depend on the pose; ``nearer`` enlarges the head in a narrow frame."""
        self._image = face.image
        marks = face.landmarks
        self._source_unit_px = marks.eye_distance_px
        self._source_middle = marks.middle
        self._unit_px = EYE_DISTANCE * width_px * nearer
        self._eyes = tuple(
            ((x - marks.middle[0]) / self._source_unit_px, (y - marks.middle[1]) / self._source_unit_px)
            for x, y in (marks.right_eye, marks.left_eye)
        )
        columns = (np.arange(width_px, dtype=np.float32) - 0.5 * width_px) / self._unit_px
        rows = (np.arange(height_px, dtype=np.float32) - 0.45 * height_px) / self._unit_px
        self._columns, self._rows = columns, rows
        self._u, self._v = np.meshgrid(columns, rows)
        self._around = self._taken(self._u, self._v)

    def draw(self, pose: Pose) -> Image:
        """Return the picture, ``(height, width, 3)`` BGR."""
        drawn = self._around.copy()
        place = self._reached(pose)
        u, v = self._u[place], self._v[place]
        if not u.size:
            return drawn
        x, y = _unmoved(u, v, pose)
        inside = np.minimum(np.hypot(x / _HEAD_HALF_WIDTH, y / _HEAD_HALF_HEIGHT), _FADE)
        source_u, source_v = _unturned(x, y, pose)
        if pose.closed:
            source_v = source_v - self._lids(source_u, source_v, pose.closed)
        fade = np.clip((_FADE - inside) / (_FADE - 1), 0, 1)
        weight = fade * fade * (3 - 2 * fade)
        drawn[place] = self._taken(u + weight * (source_u - u), v + weight * (source_v - v))
        return drawn

    def _taken(self, u: Floats, v: Floats) -> Image:
        """Return the portrait's pixels at the given points."""
        map_x = self._source_middle[0] + self._source_unit_px * u
        map_y = self._source_middle[1] + self._source_unit_px * v
        taken = cv2.remap(
            self._image,
            map_x.astype(np.float32),
            map_y.astype(np.float32),
            cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(taken, dtype=np.uint8)

    def _reached(self, pose: Pose) -> tuple[slice, slice]:
        """Return the rows and columns that the head may reach; all others show the background, which stays."""
        reach, angle = _REACH * pose.scale, np.deg2rad(pose.roll_deg)
        cos, sin = np.cos(angle), np.sin(angle)
        right = reach * np.hypot(_HEAD_HALF_WIDTH * cos, _HEAD_HALF_HEIGHT * sin)
        down = reach * np.hypot(_HEAD_HALF_WIDTH * sin, _HEAD_HALF_HEIGHT * cos)
        first, end = np.searchsorted(self._rows, (pose.down - down, pose.down + down))
        left, beyond = np.searchsorted(self._columns, (pose.right - right, pose.right + right))
        return slice(int(first), int(end)), slice(int(left), int(beyond))

    def _lids(self, u: Floats, v: Floats, closed: float) -> Floats:
        shift = np.zeros_like(u)
        for eye_u, eye_v in self._eyes:
            away = ((u - eye_u) / 0.32) ** 2 + ((v - eye_v) / 0.19) ** 2
            shift += np.where(away < 1, 0.2 * closed * (1 - away), 0).astype(np.float32)
        return shift


def _unmoved(u: Floats, v: Floats, pose: Pose) -> tuple[Floats, Floats]:
    """Undo shift, tilt and scale."""
    angle = np.deg2rad(pose.roll_deg)
    cos, sin = np.float32(np.cos(angle) / pose.scale), np.float32(np.sin(angle) / pose.scale)
    u, v = u - np.float32(pose.right), v - np.float32(pose.down)
    return cos * u + sin * v, cos * v - sin * u


def _unturned(x: Floats, y: Floats, pose: Pose) -> tuple[Floats, Floats]:
    """Undo yaw and pitch on the ellipsoid: which point of the frontal face is seen at ``(x, y)``."""
    depth = _HEAD_HALF_WIDTH * np.sqrt(np.clip(1 - (x / _HEAD_HALF_WIDTH) ** 2 - (y / _HEAD_HALF_HEIGHT) ** 2, 0, None))
    yaw, pitch = np.deg2rad(pose.yaw_deg), np.deg2rad(pose.pitch_deg)
    u = (x - depth * np.float32(np.sin(yaw))) / np.float32(max(0.4, np.cos(yaw)))
    v = (y + depth * np.float32(np.sin(pitch))) / np.float32(max(0.4, np.cos(pitch)))
    return u.astype(np.float32), v.astype(np.float32)
