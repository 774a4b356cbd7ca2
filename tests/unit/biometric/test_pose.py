from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaichang.biometric.alignment import TEMPLATE_PX
from zaichang.biometric.pose import MESH_POINTS, pose_from_five_points, pose_from_mesh


def head(seed: int = 0) -> np.ndarray:
    """A made-up mesh whose symmetric pairs and middle points lie as in a face that looks at the camera."""
    mesh = np.random.default_rng(seed).normal(size=(MESH_POINTS, 3))
    for index, (right, left) in enumerate(
        [(33, 263), (133, 362), (61, 291), (234, 454), (127, 356), (70, 300), (93, 323)]
    ):
        half, y, z = 20 + 5 * index, 10.0 * index, -3.0 * index
        mesh[right], mesh[left] = (-half, y, z), (half, y, z)
    for index, (top, bottom) in enumerate([(10, 152), (151, 175), (9, 199)]):
        mesh[top], mesh[bottom] = (0, -90 + 10 * index, -5), (0, 90 - 10 * index, -5)
    return mesh


def turned(mesh: np.ndarray, yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Turn a head (x right in the picture, y down, z away): yaw to its left, pitch up, roll to its right shoulder."""
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), np.sin(r), 0], [-np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return mesh @ (about_z @ about_y @ about_x).T


@given(yaw=st.floats(-70, 70))
def test_yaw_alone(yaw: float) -> None:
    pose = pose_from_mesh(turned(head(), yaw, 0, 0))
    assert pose.yaw_deg == pytest.approx(yaw, abs=0.1)
    assert abs(pose.pitch_deg - pose_from_mesh(head()).pitch_deg) < 1
    assert abs(pose.roll_deg) < 1


@given(pitch=st.floats(-60, 60))
def test_pitch_alone_is_positive_upwards(pitch: float) -> None:
    neutral = pose_from_mesh(head()).pitch_deg
    assert pose_from_mesh(turned(head(), 0, pitch, 0)).pitch_deg - neutral == pytest.approx(pitch, abs=0.1)


@given(roll=st.floats(-80, 80))
def test_roll_alone(roll: float) -> None:
    pose = pose_from_mesh(turned(head(), 0, 0, roll))
    assert pose.roll_deg == pytest.approx(roll, abs=0.1)
    assert abs(pose.yaw_deg) < 0.1


def test_a_left_turn_moves_the_nose_to_the_right_of_the_picture() -> None:
    nose = np.array([[0.0, 0.0, -30.0]])
    assert turned(nose, 30, 0, 0)[0, 0] > 0
    assert turned(nose, 0, 30, 0)[0, 1] < 0


def test_a_mesh_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="468"):
        pose_from_mesh(np.zeros((478, 3)))


def test_five_points_give_the_direction() -> None:
    frontal = pose_from_five_points(TEMPLATE_PX)
    assert abs(frontal.yaw_deg) < 5
    assert abs(frontal.roll_deg) < 1
    shifted = TEMPLATE_PX.copy()
    shifted[2, 0] += 10
    assert pose_from_five_points(shifted).yaw_deg > 15
    raised = TEMPLATE_PX.copy()
    raised[2, 1] -= 8
    assert pose_from_five_points(raised).pitch_deg > frontal.pitch_deg + 10
