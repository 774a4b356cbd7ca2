"""Measurements of a face mesh for an active challenge; ``biometric.movement`` judges them.

A flat picture or a screen can be rotated, bent, tilted and shifted, but two views of a plane always differ by a
homography (Hartley & Zisserman, 2nd ed., 13.1). A head does not: when it turns, the nose moves against the eyes and
the mouth. So the plane through eyes, brows and mouth is fitted between the views, and the nose's movement beyond it is
the *parallax*. The mesh itself follows parallax: of a picture that is turned by 30 degrees it reports about 3. Where a
strongly turned or bent picture does reach the limit, its face is *foreshortened* far more than such a turn explains.
A replayed clip of a real head shows both correctly, but cannot know the order and its moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from zaichang.biometric.movement import (
    Action,
    Face,
    Judgement,
    MovementLimits,
    Outcome,
    eyes_open_bp,
    judge_movement,
    reference_of,
)
from zaichang.biometric.pose import pose_from_mesh
from zaichang.core.units import BP_ONE as BP
from zaichang.core.units import to_bp

Mesh = NDArray[np.float64]
Points = NDArray[np.float64]

# Points that lie nearly in one plane and hardly move with expression: eye corners, brow ends, the bridge between the
# eyes, and cheeks beside the nose; then the nose, which stands out of it.
_PLANE: Final = np.array([33, 133, 362, 263, 70, 107, 336, 300, 116, 345, 50, 280, 61, 291, 205, 425])
_NOSE: Final = np.array([1, 4, 5, 19, 195])
_EYES: Final = ((33, 133, (160, 158), (144, 153)), (362, 263, (385, 387), (380, 373)))
_MOUTH: Final = (61, 291, 13, 14)


_CLAMP: Final = 1_000_000
"""Bound of all measurements; a real face stays far below it."""


def eye_opening(mesh: Mesh) -> float:
    """Return height over width of the eyes, the mean of both: about 0.3 open, below 0.15 closed."""
    ratios = []
    for inner, outer, upper, lower in _EYES:
        width = float(np.linalg.norm(mesh[inner, :2] - mesh[outer, :2]))
        height = float(np.linalg.norm(mesh[list(upper), :2] - mesh[list(lower), :2], axis=1).mean())
        ratios.append(height / max(width, 1e-6))
    return float(np.mean(ratios))


def eyes_open(reference: Mesh, open_eye: float, mesh: Mesh) -> float:
    """Return how far the eyes are open against the person's own open eye: 1 as at rest, 0 shut.

    A flat picture that is nodded lowers the eyes as it lowers the face, and one that comes back from a turn widens
    both. The part that the face's own foreshortening explains is not counted as a blink.

    Args:
        reference: ``(468, 3)`` at rest.
        open_eye: ``eye_opening`` at rest.
        mesh: ``(468, 3)``.
    """
    open_eye_bp = _whole(BP * open_eye)
    return eyes_open_bp(measure(reference), open_eye_bp, measure(mesh)) / BP


def mouth_opening(mesh: Mesh) -> float:
    """Return the distance of the inner lips over the mouth's width."""
    right, left, upper, lower = _MOUTH
    width = float(np.linalg.norm(mesh[right, :2] - mesh[left, :2]))
    return float(np.linalg.norm(mesh[upper, :2] - mesh[lower, :2])) / max(width, 1e-6)


def fit_homography(source: Points, target: Points) -> NDArray[np.float64]:
    """Return the ``(3, 3)`` homography that best takes ``source`` to ``target`` (normalised DLT, Hartley 1997).

    Args:
        source: ``(n, 2)``, n >= 4, not on one line.
        target: ``(n, 2)``.

    Raises:
        ValueError: Where there are too few points or they coincide.
    """
    if source.shape != target.shape or source.ndim != 2 or len(source) < 4:
        raise ValueError(f"a homography needs two equal (n, 2) arrays, n >= 4, got {source.shape}, {target.shape}")
    (a, to_a), (b, to_b) = _conditioned(source), _conditioned(target)
    zero, one = np.zeros(len(a)), np.ones(len(a))
    x, y, u, v = a[:, 0], a[:, 1], b[:, 0], b[:, 1]
    rows_u = np.stack([x, y, one, zero, zero, zero, -u * x, -u * y, -u], axis=1)
    rows_v = np.stack([zero, zero, zero, x, y, one, -v * x, -v * y, -v], axis=1)
    solution = np.linalg.svd(np.concatenate([rows_u, rows_v]))[2][-1].reshape(3, 3)
    result: NDArray[np.float64] = np.linalg.inv(to_b) @ solution @ to_a
    return result


def _conditioned(points: Points) -> tuple[Points, NDArray[np.float64]]:
    """Shift to the mean and scale to mean distance sqrt(2), which makes the fit well-conditioned."""
    mean = points.mean(axis=0)
    distance = float(np.linalg.norm(points - mean, axis=1).mean())
    if not np.isfinite(distance) or distance < 1e-6:
        raise ValueError("points coincide or are not finite")
    scale = np.sqrt(2) / distance
    matrix = np.array([[scale, 0, -scale * mean[0]], [0, scale, -scale * mean[1]], [0, 0, 1]])
    return (points - mean) * scale, matrix


def parallax(reference: Mesh, moved: Mesh) -> tuple[float, float]:
    """Return how far the nose moved beyond the face plane, (sideways, down) in eye distances of the reference.

    Sideways is positive for a head that turned to its left, down positive for one that lowered.

    Args:
        reference: ``(468, 3)``, about frontal.
        moved: ``(468, 3)``.

    Raises:
        ValueError: As ``fit_homography``.
    """
    homography = fit_homography(reference[_PLANE, :2], moved[_PLANE, :2])
    nose = np.hstack([reference[_NOSE, :2], np.ones((len(_NOSE), 1))]) @ homography.T
    beyond = (moved[_NOSE, :2] - nose[:, :2] / nose[:, 2:]).mean(axis=0)
    across = moved[263, :2] - moved[33, :2]
    size = float(np.linalg.norm(reference[263, :2] - reference[33, :2]))
    angle = np.arctan2(across[1], across[0])
    sideways = beyond[0] * np.cos(angle) + beyond[1] * np.sin(angle)
    down = -beyond[0] * np.sin(angle) + beyond[1] * np.cos(angle)
    return float(sideways) / max(size, 1e-6), float(down) / max(size, 1e-6)


def face_shape(mesh: Mesh) -> float:
    """Return the eye distance over the distance from the eyes to the mouth."""
    width = float(np.linalg.norm(mesh[263, :2] - mesh[33, :2]))
    eyes, mouth = mesh[[33, 263], :2].mean(axis=0), mesh[[61, 291], :2].mean(axis=0)
    return width / max(float(np.linalg.norm(mouth - eyes)), 1e-6)


def measure(mesh: Mesh, reference: Mesh | None = None, unit: float = 1.0) -> Face:
    """Return a mesh's measurements as integers.

    Args:
        mesh: ``(468, 3)``.
        reference: The resting frame that parallax is measured against; None: it is given as 0.
        unit: ``face_shape`` that counts as 1, so that no proportion of the person's own face need be kept.

    Raises:
        ValueError: As ``fit_homography``, or where the mesh is not finite.
    """
    if not np.isfinite(mesh).all():
        raise ValueError("a mesh must be finite")
    pose = pose_from_mesh(mesh)
    sideways, down = parallax(reference, mesh) if reference is not None else (0.0, 0.0)
    if not np.isfinite((sideways, down)).all():
        raise ValueError("the nose cannot be compared with the plane")
    return Face(
        yaw_cdeg=_whole(100 * pose.yaw_deg),
        pitch_cdeg=_whole(100 * pose.pitch_deg),
        eye_bp=_whole(BP * eye_opening(mesh)),
        mouth_bp=_whole(BP * mouth_opening(mesh)),
        shape_bp=max(1, _whole(BP * face_shape(mesh) / max(unit, 1e-6))),
        sideways_bp=to_bp(sideways),
        down_bp=to_bp(down),
    )


def _whole(value: float) -> int:
    return round(min(max(value, -_CLAMP), _CLAMP))


def judge(
    action: Action, before: Sequence[Mesh], after: Sequence[Mesh], limits: MovementLimits | None = None
) -> Judgement:
    """Judge one movement at once, from meshes.

    Args:
        action: The ordered action.
        before: Meshes of at least ``agree_frames`` frames before the order, the head at rest.
        after: Meshes of the frames after it, in order.
        limits: By default ``MovementLimits()``.
    """
    try:
        rest = [measure(mesh) for mesh in before]
        reference = before[reference_of(rest)] if rest else None
        return judge_movement(action, rest, [measure(mesh, reference) for mesh in after], limits)
    except ValueError:
        return Judgement(outcome=Outcome.UNUSABLE, onset=None, parallax_bp=0)
