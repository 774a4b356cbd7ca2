from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from zaichang.vision.detector import Detector, DetectorConfig
from zaichang.vision.pipeline import Analyser
from zaichang.vision.runtime import Models

CELLS = {8: (0, 40), 16: (32 * 40, 20), 32: (32 * 40 + 16 * 20, 10)}
"""Where each stride's rows start, and cells a line, for a 320x240 frame (padded to 320x256)."""


class Scripted:
    """A network that names chosen cells as faces and keeps its inputs."""

    def __init__(self, *faces: tuple[int, int, int, float]) -> None:
        self.faces = faces
        self.seen: list[NDArray[Any]] = []

    def run(self, value: NDArray[Any]) -> list[NDArray[Any]]:
        self.seen.append(value.copy())
        cells = sum((value.shape[2] // stride) * (value.shape[3] // stride) for stride in CELLS)
        scores, rows = np.zeros((1, cells, 1), np.float32), np.zeros((1, cells, 14), np.float32)
        for stride, column, row, score in self.faces:
            start, width = CELLS[stride]
            at = start + row * width + column
            scores[0, at], rows[0, at, :2], rows[0, at, 4:] = score * score, 0.5, np.arange(10) / 10
            rows[0, at, 2:4] = np.log([3.0, 4.0])
        return [scores, rows]


@pytest.mark.parametrize(("stride", "column", "row"), [(8, 0, 0), (8, 39, 29), (16, 7, 3), (32, 9, 6)])
def test_a_cell_says_where_its_face_is(stride: int, column: int, row: int) -> None:
    [face] = Detector(Scripted((stride, column, row, 0.8))).detect(np.zeros((240, 320, 3), np.uint8))
    x, y = (column + 0.5) * stride, (row + 0.5) * stride
    width, height = 3 * stride, 4 * stride
    assert face.box_px == pytest.approx([x - width / 2, y - height / 2, width, height], rel=1e-6)
    assert face.score == pytest.approx(0.8)
    steps = np.arange(10).reshape(5, 2) / 10
    assert face.points_px == pytest.approx((steps + np.array([column, row])) * stride, rel=1e-6)


def test_a_larger_frame_is_scaled_down_and_its_faces_scaled_up() -> None:
    network = Scripted((16, 7, 3, 0.8))
    near = Detector(network).detect(np.zeros((240, 320, 3), np.uint8))[0]
    far = Detector(network).detect(np.zeros((480, 640, 3), np.uint8))[0]
    assert network.seen[0].shape == network.seen[1].shape == (1, 3, 256, 320)
    assert far.box_px == pytest.approx(near.box_px * 2)
    assert far.points_px == pytest.approx(near.points_px * 2)


def test_only_sure_faces_once_each_best_first() -> None:
    network = Scripted((8, 20, 10, 0.7), (8, 21, 10, 0.9), (32, 1, 1, 0.8), (32, 8, 6, 0.59))
    faces = Detector(network, DetectorConfig(min_score=0.6)).detect(np.zeros((240, 320, 3), np.uint8))
    assert [round(face.score, 2) for face in faces] == [0.9, 0.8]


def test_the_network_sees_the_picture_and_black_around_it() -> None:
    rng = np.random.default_rng(2)
    network = Scripted()
    detector = Detector(network)
    for height, width in ((240, 320), (100, 310), (240, 320), (40, 24)):
        frame = rng.integers(1, 256, (height, width, 3), dtype=np.uint8)
        assert detector.detect(frame) == []
        seen = network.seen[-1]
        assert (seen.dtype, seen.shape[2] % 32, seen.shape[3] % 32) == (np.uint8, 0, 0)
        assert np.array_equal(seen[0, :, :height, :width], frame.transpose(2, 0, 1))
        assert not seen[0, :, height:].any()
        assert not seen[0, :, :, width:].any()


def test_the_real_network_finds_the_face_at_its_place(models: Models, portrait: NDArray[np.uint8]) -> None:
    detector = Analyser(models)._detector
    for border in (0, 40, 200):
        frame = np.pad(portrait, ((border, 0), (2 * border, 0), (0, 0)), constant_values=90)
        [face] = detector.detect(frame)
        x, y, w, h = face.box_px - (2 * border, border, 0, 0)
        assert (x + w / 2, y + h / 2) == pytest.approx((223, 115), abs=15)
