"""dlib behind the ``Network`` contract: its calls with a stand-in, dlib itself where the extra is installed."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.accuracy.backends import Dlib
from benchmarks.engines.dlib_faces import DlibFaces
from zaichang.core.errors import ModelError
from zaichang.vision.runtime import Network

INSTALLED = importlib.util.find_spec("dlib") is not None and importlib.util.find_spec("face_recognition_models")
Asked = list[tuple[object, ...]]


class Box:
    def __init__(self, side: int) -> None:
        self.side = side

    def area(self) -> int:
        return self.side**2


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Stand in for dlib: a face is found once the picture is doubled ``value[0, 0, 0]`` times."""
    calls: Asked = []

    def detector(rgb: NDArray[np.uint8], times: int) -> list[Box]:
        calls.append(("detect", times, rgb[0, 0].tolist()))
        return [Box(3), Box(9), Box(5)] if times >= rgb[0, 0, 2] else []

    def loaded(name: str) -> Callable[[str], object]:
        def load(path: str) -> object:
            calls.append((name, path.rsplit("/", 1)[-1]))
            return points if name == "points" else network

        return load

    def points(rgb: NDArray[np.uint8], box: Box) -> str:
        return f"points of {box.side}"

    def describe(rgb: NDArray[np.uint8], shape: str, jitters: int) -> list[float]:
        calls.append(("embed", shape, jitters))
        return [0.5] * 128

    network = types.SimpleNamespace(compute_face_descriptor=describe)
    dlib = types.ModuleType("dlib")
    vars(dlib).update(
        __version__="20.0.1", get_frontal_face_detector=lambda: detector, shape_predictor=loaded("points"),
        face_recognition_model_v1=loaded("network"),
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "dlib", dlib)
    spec = importlib.machinery.ModuleSpec("face_recognition_models", None, origin="/packages/models/__init__.py")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    return calls


def picture(doubled: int) -> NDArray[np.uint8]:
    return np.full((4, 4, 3), (doubled, 20, 30), np.uint8)


def test_the_largest_face_with_one_jitter_as_face_recognition_does(asked: Asked) -> None:
    network: Network = DlibFaces()
    (vectors,) = network.run(picture(1))
    assert vectors.shape == (1, 128) and vectors.dtype == np.float64
    assert asked == [
        ("points", "shape_predictor_68_face_landmarks.dat"),
        ("network", "dlib_face_recognition_resnet_model_v1.dat"),
        ("detect", 1, [30, 20, 1]),
        ("embed", "points of 9", 1),
    ]
    assert network.run(picture(2))[0].shape == (0, 128)


def test_accuracy_asks_again_with_a_larger_picture(asked: Asked) -> None:
    backend = Dlib()
    assert backend.embed(picture(2)) is None
    found = backend.embed(picture(1))
    assert found is not None and found.shape == (2, 128)
    assert [call[1] for call in asked if call[0] == "detect"] == [0, 1, 0, 1]
    assert "20.0.1" in backend.version


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"models\.not_loadable.*zaichang\[compare\]"):
        DlibFaces()


def test_with_the_models_and_no_dlib(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(ModelError, match=r"models\.not_loadable: dlib cannot be loaded.*zaichang\[compare\]"):
        DlibFaces()


@pytest.mark.skipif(not INSTALLED, reason="the extra `compare` is not installed here: `make compare` installs it")
def test_dlib_itself_knows_a_face_again() -> None:
    from skimage import data

    portrait = np.asarray(data.astronaut()[:, :, ::-1]).copy()
    network = DlibFaces()
    first, second = network.run(portrait)[0], network.run(np.ascontiguousarray(portrait[:, ::-1]))[0]
    assert len(first) == len(second) == 1
    assert np.linalg.norm(first - second) < 0.6
    assert network.run(np.zeros_like(portrait))[0].shape == (0, 128)
