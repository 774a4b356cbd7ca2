from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.heads import head, seen
from zaichang.biometric.alignment import (
    ALIGNED_PX,
    TEMPLATE_PX,
    alignment_matrix,
    points_from_mesh,
    similarity_transform,
)


def apply_transform(matrix: np.ndarray, points_px: np.ndarray) -> np.ndarray:
    """Return ``(n, 2)`` points mapped by a ``(2, 3)`` matrix."""
    return points_px @ matrix[:, :2].T + matrix[:, 2]


@given(angle=st.floats(-3.1, 3.1), scale=st.floats(0.05, 20), x=st.floats(-2000, 2000), y=st.floats(-2000, 2000))
def test_any_rotation_scale_and_shift_is_undone(angle: float, scale: float, x: float, y: float) -> None:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = TEMPLATE_PX @ turn.T + (x, y)
    matrix = alignment_matrix(moved)
    assert np.allclose(apply_transform(matrix, moved), TEMPLATE_PX, atol=1e-5)


def test_the_fit_is_the_least_squares_one() -> None:
    rng = np.random.default_rng(4)
    points = TEMPLATE_PX * 2 + rng.normal(scale=3, size=(5, 2))
    best = alignment_matrix(points)

    def error(matrix: np.ndarray) -> float:
        return float(np.square(apply_transform(matrix, points) - TEMPLATE_PX).sum())

    for _ in range(50):
        a, b = rng.normal(scale=0.01, size=2)
        change = np.array([[a, -b, rng.normal(scale=0.3)], [b, a, rng.normal(scale=0.3)]])
        assert error(best) <= error(best + change) + 1e-9


def test_a_mirrored_face_is_not_flipped_into_place() -> None:
    mirrored = TEMPLATE_PX * (-1, 1) + (ALIGNED_PX, 0)
    assert np.abs(apply_transform(alignment_matrix(mirrored), mirrored) - TEMPLATE_PX).max() > 10


def test_points_that_coincide_or_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="coincide"):
        alignment_matrix(np.zeros((5, 2)))
    with pytest.raises(ValueError, match="coincide"):
        alignment_matrix(np.full((5, 2), np.nan))
    with pytest.raises(ValueError, match="equal"):
        similarity_transform(np.zeros((4, 2)), TEMPLATE_PX)


def test_the_five_points_of_a_mesh_stand_where_the_template_has_them_and_follow_the_head() -> None:
    mesh = seen(head())
    points = points_from_mesh(mesh)
    right, left, nose, mouth_right, mouth_left = points
    assert right[0] < nose[0] < left[0]
    assert mouth_right[0] < nose[0] < mouth_left[0]
    assert max(right[1], left[1]) < nose[1] < min(mouth_right[1], mouth_left[1])
    assert points_from_mesh(mesh + np.array([5, -7, 3])) == pytest.approx(points + np.array([5, -7]))
    # A blink moves the lids, not the eye.
    assert points_from_mesh(seen(head(eyes=0.2)))[:2] == pytest.approx(points[:2], abs=1.0)
