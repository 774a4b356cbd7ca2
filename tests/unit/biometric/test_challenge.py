from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zaichang.biometric.challenge import (
    Action,
    Outcome,
    eye_opening,
    fit_homography,
    foreshortening_deg,
    judge,
    mouth_opening,
    parallax,
)
from zaichang.biometric.pose import MESH_POINTS

# A made-up head in eye-distance units of 60 px: x to the picture's right, y down, z away; depth as in a real face.
_POINTS = {
    33: (-45, -20, 12), 133: (-15, -18, 6), 362: (15, -18, 6), 263: (45, -20, 12),
    70: (-48, -35, 14), 107: (-10, -38, 2), 336: (10, -38, 2), 300: (48, -35, 14),
    116: (-52, 10, 20), 345: (52, 10, 20), 50: (-35, 15, 8), 280: (35, 15, 8),
    61: (-25, 45, 8), 291: (25, 45, 8), 205: (-30, 28, 8), 425: (30, 28, 8),
    1: (0, 18, -25), 4: (0, 14, -28), 5: (0, 8, -25), 19: (0, 22, -20), 195: (0, 2, -20),
    160: (-36, -26, 9), 158: (-25, -26, 8), 144: (-36, -14, 9), 153: (-25, -14, 8),
    385: (25, -26, 8), 387: (36, -26, 9), 380: (25, -14, 8), 373: (36, -14, 9),
    13: (0, 44, 0), 14: (0, 45, 0), 234: (-70, 0, 50), 454: (70, 0, 50), 127: (-70, -20, 50), 356: (70, -20, 50),
    93: (-68, 20, 48), 323: (68, 20, 48), 10: (0, -90, 5), 151: (0, -75, 3), 9: (0, -55, 0),
    152: (0, 90, 5), 175: (0, 80, 3), 199: (0, 75, 0),
}  # fmt: skip


def head(eyes: float = 1.0, mouth: float = 0.0) -> np.ndarray:
    mesh = np.zeros((MESH_POINTS, 3))
    for index, point in _POINTS.items():
        mesh[index] = point
    for upper, lower in ((160, 144), (158, 153), (385, 380), (387, 373)):
        middle = (mesh[upper] + mesh[lower]) / 2
        mesh[upper], mesh[lower] = middle + (mesh[upper] - middle) * eyes, middle + (mesh[lower] - middle) * eyes
    mesh[14, 1] += 50 * mouth
    return mesh


def seen(mesh: np.ndarray, yaw: float = 0, pitch: float = 0, flat: bool = False, noise: int = 0) -> np.ndarray:
    """Turn and photograph; of a flat one only the picture turns, and its depth as the mesh sees it stays."""
    y, p = np.radians([yaw, pitch])
    about_y = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    turned = (mesh * (1, 1, 0) if flat else mesh) @ (about_y @ about_x).T
    picture = 700 * turned[:, :2] / (turned[:, 2:] + 700) + (320, 240)
    picture = picture + np.random.default_rng(noise).normal(scale=0.4, size=picture.shape)
    return np.hstack([picture, turned[:, 2:]])


REST = [seen(head(), noise=index) for index in range(3)]
TURNS = {Action.TURN_LEFT: (28, 0), Action.TURN_RIGHT: (-28, 0), Action.LOOK_UP: (0, 20), Action.LOOK_DOWN: (0, -20)}


def move(yaw: float, pitch: float, flat: bool = False) -> list[np.ndarray]:
    steps = (0.0, 0.3, 0.7, 1.0, 1.0)
    return [seen(head(), yaw * s, pitch * s, flat, noise=9 + index) for index, s in enumerate(steps)]


@pytest.mark.parametrize("action", list(TURNS))
def test_a_solid_head_that_does_what_was_asked_passes_and_nothing_else_does(action: Action) -> None:
    after = move(*TURNS[action])
    result = judge(action, REST, after)
    assert result.outcome is Outcome.PASSED
    assert result.onset in (1, 2)
    assert result.parallax_bp > 200
    for other in Action:
        if other is not action:
            assert judge(other, REST, after).outcome in (Outcome.WRONG_ACTION, Outcome.NO_RESPONSE)


@pytest.mark.parametrize("action", list(TURNS))
def test_a_plane_that_makes_the_same_turn_is_flat(action: Action) -> None:
    # The worst case for us: a mesh that believes the turn (its z follows) though only the picture turned.
    assert judge(action, REST, move(*TURNS[action], flat=True)).outcome is Outcome.FLAT


def test_blink_and_mouth() -> None:
    shut = [seen(head(eyes=e), noise=20 + index) for index, e in enumerate((1, 0.3, 1, 1))]
    opened = [seen(head(mouth=m), noise=30 + index) for index, m in enumerate((0, 0.2, 0.5, 0.5))]
    assert judge(Action.BLINK, REST, shut).outcome is Outcome.PASSED
    assert judge(Action.BLINK, REST, shut).onset == 1
    assert judge(Action.OPEN_MOUTH, REST, opened).outcome is Outcome.PASSED
    assert judge(Action.BLINK, REST, opened).outcome is Outcome.WRONG_ACTION
    assert judge(Action.OPEN_MOUTH, REST, shut).outcome is Outcome.WRONG_ACTION
    assert eye_opening(shut[1]) < 0.5 * eye_opening(shut[0])
    assert mouth_opening(opened[3]) > 0.3 > mouth_opening(opened[0])


def test_doing_it_before_the_order_does_not_count() -> None:
    early = [seen(head(mouth=0.5), noise=index) for index in range(3)]
    assert judge(Action.OPEN_MOUTH, early, early).outcome is Outcome.STARTED_EARLY


def test_no_movement_and_too_few_frames() -> None:
    assert judge(Action.TURN_LEFT, REST, move(0, 0)).outcome is Outcome.NO_RESPONSE
    assert judge(Action.TURN_LEFT, REST, move(28, 0)[:1]).outcome is Outcome.UNUSABLE
    assert judge(Action.TURN_LEFT, [np.zeros((468, 3))] * 3, move(28, 0)).outcome is Outcome.UNUSABLE


@settings(max_examples=60)
@given(values=st.lists(st.floats(-0.3, 0.3), min_size=8, max_size=8))
def test_any_homography_of_the_picture_shows_no_parallax(values: list[float]) -> None:
    """Rotating, tilting and shifting a still are homographies: none of them moves the nose beyond the plane."""
    matrix = np.eye(3) + np.array([*values[:2], 100 * values[2], *values[3:5], 100 * values[5], 0, 0, 0]).reshape(3, 3)
    matrix[2, :2] = np.array(values[6:]) / 700
    still = seen(head())
    mapped = np.hstack([still[:, :2], np.ones((MESH_POINTS, 1))]) @ matrix.T
    moved = np.hstack([mapped[:, :2] / mapped[:, 2:], still[:, 2:]])
    assert np.abs(parallax(still, moved)).max() < 1e-6
    solid = seen(head(), yaw=20)
    assert parallax(still, solid)[0] > 0.05


def test_foreshortening_of_a_plane_is_its_angle() -> None:
    frontal, turned = seen(head(), flat=True), seen(head(), yaw=50, flat=True)
    assert foreshortening_deg(frontal, turned)[0] == pytest.approx(50, abs=5)
    assert foreshortening_deg(frontal, seen(head(), pitch=40, flat=True))[1] == pytest.approx(40, abs=8)


def test_homographies_need_four_points_that_differ() -> None:
    with pytest.raises(ValueError, match="n >= 4"):
        fit_homography(np.zeros((3, 2)), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="coincide"):
        fit_homography(np.zeros((5, 2)), np.ones((5, 2)))
