from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from zaichang.biometric.pose import MESH_POINTS
from zaichang.vision.detector import Detection
from zaichang.vision.mesh import INPUT_PX, MeshNetwork

SIDE = 1.5 * 80


class Recorded:
    """A network that keeps its input and answers with fixed points of the crop."""

    def __init__(self) -> None:
        self.seen: list[NDArray[Any]] = []
        grid = np.linspace(0, INPUT_PX, MESH_POINTS, dtype=np.float32)
        self.points = np.stack([grid, grid[::-1], grid / 4], axis=1)

    def run(self, value: NDArray[Any]) -> list[NDArray[Any]]:
        self.seen.append(value.copy())
        return [self.points.reshape(1, 1, 1, -1), np.array([[[[2.0]]]], np.float32)]


def face(x: float, y: float, angle_deg: float) -> Detection:
    """An 80x60 face box around a centre, the eyes' line turned."""
    angle = np.radians(angle_deg)
    eyes = np.array([[-15.0, -10.0], [15.0, -10.0]])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points = np.zeros((5, 2))
    points[:2] = eyes @ turn + (x, y)
    return Detection(box_px=np.array([x - 30, y - 40, 60.0, 80.0]), points_px=points, score=0.9)


def reference_matrix(x: float, y: float, angle_deg: float) -> NDArray[np.float64]:
    scale = INPUT_PX / SIDE
    matrix = cv2.getRotationMatrix2D((x, y), angle_deg, scale)
    matrix[:, 2] += INPUT_PX / 2 - np.array([x, y])
    return np.asarray(matrix, dtype=np.float64)


@pytest.mark.parametrize(("x", "y"), [(160.0, 120.0), (5.0, 8.0), (318.5, 236.25), (160.0, 3.0)])
@pytest.mark.parametrize("angle", [0.0, 17.0, -40.0, 90.0, 180.0])
def test_the_crop_is_what_one_warp_of_the_whole_frame_gives(x: float, y: float, angle: float) -> None:
    rng = np.random.default_rng(3)
    frame = cv2.GaussianBlur(rng.integers(0, 256, (240, 320, 3), dtype=np.uint8), (5, 5), 0)
    network = Recorded()
    MeshNetwork(network).run(np.asarray(frame, dtype=np.uint8), face(x, y, angle))
    expected = cv2.warpAffine(frame, reference_matrix(x, y, angle), (INPUT_PX, INPUT_PX), flags=cv2.INTER_LINEAR)
    difference = np.abs(network.seen[0][0] * 255 - expected[:, :, ::-1])
    assert network.seen[0].shape == (1, INPUT_PX, INPUT_PX, 3)
    # Up to 1/32 pixel of rounding inside OpenCV's warp.
    assert np.percentile(difference, 99) <= 4
    assert difference.mean() < 0.5
    assert network.seen[0].max() > 0.3


@pytest.mark.parametrize("angle", [0.0, 30.0, -90.0])
def test_points_go_back_to_where_the_crop_took_them_from(angle: float) -> None:
    network = Recorded()
    mesh = MeshNetwork(network).run(np.zeros((240, 320, 3), np.uint8), face(100.0, 90.0, angle))
    matrix = reference_matrix(100.0, 90.0, angle)
    again = mesh.points_px[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    assert np.allclose(again, network.points[:, :2], atol=1e-6)
    assert np.allclose(mesh.points_px[:, 2], network.points[:, 2] * SIDE / INPUT_PX)
    assert mesh.presence == pytest.approx(1 / (1 + np.exp(-2)))


def test_a_face_wholly_outside_gives_a_black_crop() -> None:
    network = Recorded()
    MeshNetwork(network).run(np.full((240, 320, 3), 200, np.uint8), face(-900.0, 50.0, 0.0))
    assert network.seen[0].shape == (1, INPUT_PX, INPUT_PX, 3)
    assert not network.seen[0].any()
