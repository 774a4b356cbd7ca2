from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from zaichang.biometric.challenge import eye_opening, eyes_open, measure
from zaichang.biometric.movement import foreshortening_cdeg
from zaichang.biometric.pose import MESH_POINTS, pose_from_mesh
from zaichang.vision.catalog import Role
from zaichang.vision.iris import CONTOUR_POINTS, INPUT_PX, LIDS, EyeNetwork
from zaichang.vision.pipeline import Analyser, AnalyserConfig
from zaichang.vision.runtime import Models, load_models
from zaichang_simulation.camera.rig import Act, Rig

CORNERS = (33, 133, 362, 263)


class Recorded:
    """A network that keeps its inputs and answers with one fixed eye: its outer corner left, the upper lid above."""

    def __init__(self, upper: float = 20.0, lower: float = 44.0, width: float = 30.0) -> None:
        self.seen: list[NDArray[Any]] = []
        points = np.full((CONTOUR_POINTS, 3), 99.0, np.float32)
        across = 32 - width / 2 + width * np.linspace(0, 1, 9)
        points[:9, 0], points[9:16, 0] = across, across[1:8]
        points[:9, 1], points[9:16, 1] = lower, upper
        points[[0, 8], 1] = 32
        self.points = points

    def run(self, value: NDArray[Any]) -> list[NDArray[Any]]:
        self.seen.append(value.copy())
        return [self.points.reshape(1, -1), np.zeros((1, 15), np.float32)]


def made_up(angle_deg: float = 0.0) -> NDArray[np.float64]:
    """Return a mesh of which only the corners of the eyes are placed: 40 px wide, about (160, 120)."""
    mesh = np.zeros((MESH_POINTS, 3))
    turn = np.radians(angle_deg)
    for index, x in zip(CORNERS, (-70, -30, 30, 70), strict=True):
        mesh[index] = (160 + x * np.cos(turn), 120 + x * np.sin(turn), 7)
    return mesh


@pytest.mark.parametrize("angle", [0.0, 25.0, -60.0])
def test_lids_take_the_form_that_the_network_sees_between_corners_that_stay(angle: float) -> None:
    mesh = made_up(angle)
    better = EyeNetwork(Recorded()).refined(np.zeros((240, 320, 3), np.uint8), mesh)
    assert np.allclose(better[list(CORNERS)], mesh[list(CORNERS)])
    lids = sorted({index for each in LIDS for index in each} - set(CORNERS))
    others = [index for index in range(MESH_POINTS) if index not in lids]
    assert np.array_equal(better[others], mesh[others])
    assert np.array_equal(better[:, 2], mesh[:, 2])
    # 24 px over 30 px of the network's eye.
    assert eye_opening(better) == pytest.approx(0.8)
    back = np.radians(-angle)
    level = (better[:, :2] - (160, 120)) @ np.array([[np.cos(back), np.sin(back)], [-np.sin(back), np.cos(back)]])
    assert (level[[159, 386], 1] < -1).all()
    assert (level[[145, 374], 1] > 1).all()
    # Point by point from the outer corner to the inner one, on either side.
    assert (np.diff(level[list(LIDS[0][:9]), 0]) > 0).all()
    assert (np.diff(level[list(LIDS[1][:9]), 0]) < 0).all()


def test_each_crop_is_the_eye_with_its_outer_corner_on_the_left() -> None:
    frame = np.zeros((240, 320, 3), np.uint8)
    cv2.circle(frame, (90, 120), 6, (0, 0, 255), -1)  # the right eye's outer corner, red
    cv2.circle(frame, (230, 120), 6, (255, 0, 0), -1)  # the left eye's, blue
    network = Recorded()
    EyeNetwork(network).refined(frame, made_up())
    right, left = (crop[0] for crop in network.seen)
    assert right.shape == left.shape == (INPUT_PX, INPUT_PX, 3)
    # The corners are 40 px of 2.3 times 40 px apart.
    corner = round(INPUT_PX / 2 - INPUT_PX / 2.3 / 2)
    assert right[32, corner].tolist() == pytest.approx([1, 0, 0])
    assert left[32, corner].tolist() == pytest.approx([0, 0, 1])
    assert not right[:, 36:].any()
    assert not left[:, 36:].any()


def test_an_eye_without_width_keeps_the_lids_of_the_mesh() -> None:
    network = Recorded()
    network.points[:] = 5
    mesh = made_up()
    mesh[159] = (110, 115, 0)
    assert np.array_equal(EyeNetwork(network).refined(np.zeros((240, 320, 3), np.uint8), mesh), mesh)
    EyeNetwork(Recorded()).refined(np.zeros((240, 320, 3), np.uint8), np.zeros((MESH_POINTS, 3)))


def test_the_look_of_a_challenge_has_the_lids_of_the_eye_network_and_everything_else_of_the_mesh(
    analyser: Analyser, portrait: NDArray[np.uint8]
) -> None:
    without = Analyser(load_models(roles=frozenset(Role) - {Role.IRIS}), AnalyserConfig(limits=analyser.config.limits))
    seen, plain = analyser.geometry_of(portrait), without.geometry_of(portrait)
    assert seen.mesh is not None
    assert plain.mesh is not None
    changed = np.flatnonzero(np.abs(seen.mesh - plain.mesh).max(axis=1) > 1e-9)
    assert set(changed.tolist()) == {index for each in LIDS for index in each} - set(CORNERS)
    assert pose_from_mesh(seen.mesh) == pose_from_mesh(plain.mesh)
    assert seen.models != plain.models


def test_drawn_shut_eyes_are_seen_as_shut_and_a_nodded_picture_is_not(
    analyser: Analyser, models: Models, portrait: NDArray[np.uint8]
) -> None:
    rest = analyser.geometry_of(portrait).mesh
    assert rest is not None
    network = models.network(Role.IRIS)
    assert network is not None
    # Where the network sees the lids of the open eye is where they are: within a few pixels of the mesh's.
    assert np.abs(EyeNetwork(network).refined(portrait, rest) - rest).max() < 3
    shut = analyser.geometry_of(Rig(portrait, rest).draw(Act(closed=1.0))).mesh
    assert shut is not None
    assert eyes_open(rest, eye_opening(rest), shut) < 0.6
    height, width = portrait.shape[:2]
    low = cv2.resize(portrait, (width, round(height * 0.62)), interpolation=cv2.INTER_AREA)
    nodded = np.full_like(portrait, 110)
    nodded[90 : 90 + len(low)] = low
    flat = analyser.geometry_of(nodded).mesh
    assert flat is not None
    assert foreshortening_cdeg(measure(rest).shape_bp, measure(flat).shape_bp)[1] > 3_000
    assert eyes_open(rest, eye_opening(rest), flat) > 0.8
