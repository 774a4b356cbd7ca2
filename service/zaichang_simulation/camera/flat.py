"""Flat pictures that a person moves: a printed face worn as a mask, a recording turned by a hand."""

from __future__ import annotations

import cv2
import numpy as np

from zaichang_simulation.camera.faces import Floats, Image
from zaichang_simulation.camera.head import EYE_DISTANCE, Pose
from zaichang_simulation.camera.picture import clip, room
from zaichang_simulation.camera.rig import NOD_DEG
from zaichang_simulation.camera.rig import TURN_DEG as HEAD_TURN_DEG
from zaichang_simulation.camera.shown import TURN_DEG, paper, tipped

_HALF_WIDTH, _HALF_HEIGHT = 1.05, 1.45
"""Half the mask's width and height, in eye distances."""


def turned_by_hand(picture: Image, turned: tuple[float, float]) -> Image:
    """Return the picture turned and tipped as a whole, over a room.

    Args:
        picture: Its picture.
        turned: How far about its upright and its level axis, each -1..1.
    """
    height, width = picture.shape[:2]
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width / 2, height / 2)
    return _laid(picture, corners, turned, (width / 2, height / 2), room(width, height), np.ones((height, width)))


def masked(wearer: Image, printed: Image, pose: Pose, turned: tuple[float, float]) -> Image:
    """Return the wearer's picture with the printed face before it.

    Args:
        wearer: The picture of the person who wears the mask.
        printed: The printed person at rest, in a picture of the same size.
        pose: Of the wearer's head, for the mask's place.
        turned: How far the head is turned and raised, each -1..1, as ``rig.Act`` has it.
    """
    height, width = wearer.shape[:2]
    unit_px = EYE_DISTANCE * width
    middle = (0.5 * width, 0.45 * height + 0.12 * unit_px)
    half = (_HALF_WIDTH * unit_px, _HALF_HEIGHT * unit_px)
    left, top = round(middle[0] - half[0]), round(middle[1] - half[1])
    right, bottom = round(middle[0] + half[0]), round(middle[1] + half[1])
    sheet = clip(paper(printed))[max(0, top) : bottom, max(0, left) : right]
    oval = np.zeros(sheet.shape[:2], dtype=np.uint8)
    centre = (sheet.shape[1] // 2, sheet.shape[0] // 2)
    cv2.ellipse(oval, centre, (centre[0] - 1, centre[1] - 1), 0, 0, 360, 255, -1)
    yaw = (turned[0] * HEAD_TURN_DEG + pose.yaw_deg) / TURN_DEG
    pitch = (turned[1] * NOD_DEG + pose.pitch_deg) / TURN_DEG
    place = (middle[0] + pose.right * unit_px, middle[1] + pose.down * unit_px)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half * pose.scale
    return _laid(sheet, corners, (yaw, pitch), place, wearer, oval / 255.0)


def _laid(
    sheet: Image,
    corners: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    turned: tuple[float, float],
    middle: tuple[float, float],
    behind: Image,
    opaque: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> Image:
    """Lay a flat sheet, seen in perspective, over the picture behind it."""
    height, width = behind.shape[:2]
    placed = tipped(corners, turned, 1.4 * width) + np.array(middle)
    ends = np.array([[0, 0], [sheet.shape[1], 0], [sheet.shape[1], sheet.shape[0]], [0, sheet.shape[0]]])
    matrix = cv2.getPerspectiveTransform(ends.astype(np.float32), placed.astype(np.float32))
    laid = cv2.warpPerspective(sheet, matrix, (width, height), flags=cv2.INTER_AREA).astype(np.float32)
    weight = cv2.warpPerspective(opaque.astype(np.float32), matrix, (width, height))[..., None]
    mixed: Floats = np.asarray(laid * weight + behind.astype(np.float32) * (1 - weight), dtype=np.float32)
    return clip(mixed)
