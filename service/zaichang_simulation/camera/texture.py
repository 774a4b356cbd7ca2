"""Changes to a builtin portrait that move with the head: glasses, masks and hands, another's face."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeGuard

import cv2
import numpy as np

from zaichang_simulation.camera.faces import Face, Floats, Image, Landmarks
from zaichang_simulation.format.camera import Glasses, Occlude, Transform


def is_worn(transform: Transform) -> TypeGuard[Glasses | Occlude]:
    """Whether a transform is drawn on the face itself."""
    return isinstance(transform, Glasses) or (isinstance(transform, Occlude) and transform.region is not None)


def wear(face: Face, transforms: tuple[Glasses | Occlude, ...]) -> Face:
    """Return the face with glasses and covered regions drawn on it."""
    image: Image = face.image.copy()
    for transform in transforms:
        if isinstance(transform, Glasses):
            _glasses(image, face.landmarks, transform.dark)
        elif transform.region is not None:
            _cover(image, face.landmarks, transform.region, (transform.blue, transform.green, transform.red))
    return replace(face, image=image)


def _glasses(image: Image, marks: Landmarks, dark: float) -> None:
    unit = marks.eye_distance_px
    radius = (round(0.36 * unit), round(0.27 * unit))
    thickness = max(2, round(0.05 * unit))
    lenses = image.copy()
    eyes = [(round(x), round(y + 0.03 * unit)) for x, y in (marks.right_eye, marks.left_eye)]
    for eye in eyes:
        cv2.ellipse(lenses, eye, radius, 0, 0, 360, (12, 12, 12), -1)
    cv2.addWeighted(lenses, dark, image, 1 - dark, 0, image)
    for eye in eyes:
        cv2.ellipse(image, eye, radius, 0, 0, 360, (25, 25, 30), thickness, cv2.LINE_AA)
    bridge_y = eyes[0][1] - round(0.06 * unit)
    cv2.line(
        image,
        (eyes[0][0] + radius[0], bridge_y),
        (eyes[1][0] - radius[0], bridge_y),
        (25, 25, 30),
        thickness,
        cv2.LINE_AA,
    )


def _cover(image: Image, marks: Landmarks, region: str, colour: tuple[int, int, int]) -> None:
    """Fill a region; its corners are in eye distances from the middle of the face: left, top, right, bottom."""
    unit = marks.eye_distance_px
    left, top, right, bottom = {
        "eyes": (-0.95, -0.55, 0.95, 0.0),
        "mouth": (-0.6, 0.45, 0.6, 1.0),
        "mask": (-1.0, 0.12, 1.0, 1.45),
        "left": (0.0, -1.3, 1.25, 1.5),
        "right": (-1.25, -1.3, 0.0, 1.5),
        "chin": (-0.7, 0.75, 0.7, 1.5),
        "forehead": (-1.0, -1.3, 1.0, -0.45),
        "face": (-1.1, -1.3, 1.1, 1.5),
    }[region]
    x, y = marks.middle
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) * unit + (x, y)
    middle = corners.mean(axis=0)
    axes = (round((right - left) / 2 * unit), round((bottom - top) / 2 * unit))
    if region in ("left", "right", "eyes", "forehead"):
        cv2.fillPoly(image, [np.round(corners).astype(np.int32)], colour, cv2.LINE_AA)
    else:
        cv2.ellipse(image, (round(middle[0]), round(middle[1])), axes, 0, 0, 360, colour, -1, cv2.LINE_AA)


def swap_face(body: Face, donor: Face) -> Face:
    """Lay the donor's inner face over the body's, matched in place, size and colour (as live face swaps do)."""
    matrix, _ = cv2.estimateAffinePartial2D(donor.landmarks.points(), body.landmarks.points())
    height, width = body.image.shape[:2]
    laid = cv2.warpAffine(
        donor.image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )
    unit = body.landmarks.eye_distance_px
    x, y = body.landmarks.middle
    mask = np.zeros((height, width), dtype=np.uint8)
    cv2.ellipse(mask, (round(x), round(y + 0.12 * unit)), (round(0.92 * unit), round(1.12 * unit)), 0, 0, 360, 255, -1)
    inside = mask > 0
    matched = _match_colour(laid.astype(np.float32), body.image.astype(np.float32), inside)
    soft = cv2.GaussianBlur(mask, (0, 0), 0.12 * unit).astype(np.float32)[..., None] / 255
    blended = matched * soft + body.image.astype(np.float32) * (1 - soft)
    return replace(body, name=f"{body.name}+{donor.name}", image=np.clip(blended, 0, 255).astype(np.uint8))


def _match_colour(image: Floats, like: Floats, inside: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Floats:
    source, target = image[inside], like[inside]
    spread = np.clip(target.std(axis=0) / np.maximum(source.std(axis=0), 1), 0.5, 1.5)
    return np.asarray((image - source.mean(axis=0)) * spread + target.mean(axis=0), dtype=np.float32)
