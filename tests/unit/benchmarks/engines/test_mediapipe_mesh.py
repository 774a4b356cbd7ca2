"""mediapipe behind the ``Network`` contract: the pipe and its errors with a stand-in, mediapipe itself where it is."""

from __future__ import annotations

import os
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.engines import mediapipe_child, mediapipe_mesh
from benchmarks.engines.mediapipe_mesh import MediapipeMesh
from benchmarks.throughput import competitors
from zaichang.core.errors import ModelError
from zaichang.vision.runtime import Network

PYTHON = Path(sys.executable)
ROOT = Path(__file__).parents[4]
REAL = Path(os.environ.get("ZAICHANG_MEDIAPIPE_PYTHON") or ROOT / ".venv-mediapipe/bin/python")

LOAD = f"""
import importlib.util, os, struct, sys, time, types
spec = importlib.util.spec_from_file_location("child", {str(mediapipe_child.__file__)!r})
child = importlib.util.module_from_spec(spec)
spec.loader.exec_module(child)
"""
# What the child's own main() runs, with a package in mediapipe's place: the first pixel decides what FaceMesh does.
STAND_IN = """
class FaceMesh:
    def __init__(self, static_image_mode, max_num_faces):
        self.depth = 0.5 if static_image_mode else 0.25
        assert max_num_faces == 1
    def process(self, rgb):
        red = rgb[0, 0, 0]
        if red == 1:
            raise RuntimeError("graph has errors " + "x" * 9000)
        if red == 2:
            os._exit(3)
        if red == 3:
            time.sleep(100_000)
        if red == 4:
            return types.SimpleNamespace(multi_face_landmarks=None)
        if red == 5:
            until = time.process_time() + 0.05
            while time.process_time() < until:
                pass
        print("python prints here")
        os.write(1, b"native code prints here, " + bytes(3000))
        point = types.SimpleNamespace(x=0.5, y=0.25, z=self.depth)
        return types.SimpleNamespace(multi_face_landmarks=[types.SimpleNamespace(landmark=[point] * 468)])

mediapipe = types.ModuleType("mediapipe")
mediapipe.__version__ = "0.0.1"
mediapipe.solutions = types.SimpleNamespace(face_mesh=types.SimpleNamespace(FaceMesh=FaceMesh))
sys.modules["mediapipe"] = mediapipe
child.main()
"""
READY = "child.reply(sys.stdout.buffer, child.OK, b'{}')\n"
Start = Callable[..., MediapipeMesh]
PATIENCE_S = 300.0
"""A guard against hanging: a machine that does much else takes long to start a process."""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a child from source text; it is closed after the test."""
    opened: list[MediapipeMesh] = []

    def make(
        source: str, *, tracking: bool = False, run_s: float = PATIENCE_S, start_s: float = PATIENCE_S
    ) -> MediapipeMesh:
        script = tmp_path / "child.py"
        script.write_text(LOAD + source)
        mesh = MediapipeMesh(PYTHON, tracking=tracking, child=script, run_s=run_s, start_s=start_s)
        opened.append(mesh)
        return mesh

    yield make
    for mesh in opened:
        mesh.close()


def picture(red: int = 0, height: int = 480, width: int = 640) -> NDArray[np.uint8]:
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 2] = red
    return pixels


@pytest.mark.parametrize(("tracking", "depth_px"), [(False, 320.0), (True, 160.0)])
def test_points_come_back_in_picture_pixels(start: Start, tracking: bool, depth_px: float) -> None:
    network: Network = start(STAND_IN, tracking=tracking)
    (points,) = network.run(picture())
    assert points.shape == (1, 468, 3) and points.dtype == np.float32
    assert points[0].tolist() == [[320.0, 120.0, depth_px]] * 468
    # A view whose bytes do not lie in a row, of another size, through the same child.
    (points,) = network.run(picture(0, 100, 400)[:, ::2])
    assert points[0, 0].tolist() == [100.0, 25.0, depth_px * 200 / 640]


def test_an_encoded_picture_is_decoded_in_the_child(start: Start) -> None:
    mesh = start(STAND_IN)
    encoded = cv2.imencode(".png", picture(0, 60, 80))[1]
    assert mesh.run(np.asarray(encoded, np.uint8).ravel())[0][0, 0].tolist() == [40.0, 15.0, 40.0]
    with pytest.raises(ValueError, match="cannot be decoded"):
        mesh.run(np.frombuffer(b"no picture", np.uint8))


def test_no_face_is_no_row_and_a_refused_picture_costs_only_itself(start: Start) -> None:
    mesh = start(STAND_IN)
    assert mesh.run(picture(4))[0].shape == (0, 468, 3)
    with pytest.raises(ValueError, match="graph has errors") as caught:
        mesh.run(picture(1))
    assert len(str(caught.value)) < 2_100
    assert mesh.run(picture())[0].shape == (1, 468, 3)


def test_the_work_is_timed_inside_and_the_pipe_beside_it(start: Start) -> None:
    mesh = start(STAND_IN)
    assert mesh.timing is None
    mesh.run(picture(5))
    busy = mesh.timing
    assert busy is not None and 0.05 <= busy.cpu_s < 5
    assert busy.wall_s > 0.01
    assert busy.whole_cpu_s > busy.cpu_s and busy.whole_wall_s > busy.wall_s
    mesh.run(picture())
    assert mesh.timing is not None and mesh.timing.cpu_s < 0.05


def test_the_child_says_what_it_runs(start: Start) -> None:
    about = start(STAND_IN).about
    assert about["mediapipe"] == "0.0.1" and about["numpy"] == np.__version__


def test_the_benchmark_measures_it_in_three_ways(monkeypatch: pytest.MonkeyPatch, start: Start) -> None:
    def pretend(python: Path, *, tracking: bool = False) -> MediapipeMesh:
        return start(STAND_IN, tracking=tracking)

    monkeypatch.setattr(competitors, "MediapipeMesh", pretend)
    jpeg = cv2.imencode(".jpg", picture())[1].tobytes()
    rows = {name: (walls, cpus) for name, walls, cpus in competitors.mediapipe_mesh(PYTHON, jpeg, 5)}
    assert list(rows) == [
        *("tracking", "tracking, with the pipe", "tracking, picture decoded"),
        *("each frame anew", "each frame anew, with the pipe", "each frame anew, picture decoded"),
    ]
    assert all(len(walls) == len(cpus) == 5 and min(walls) > 0 for walls, cpus in rows.values())
    for mode in ("tracking", "each frame anew"):
        assert all(a > b for a, b in zip(rows[f"{mode}, with the pipe"][0], rows[mode][0], strict=True))
    ours, *theirs = competitors.in_turns(lambda: sum(range(500_000)), PYTHON, jpeg, 5)
    assert [row["what"] for row in theirs] == [f"mediapipe FaceMesh ({name})" for name in rows if "pipe" not in name]
    for row in theirs:
        assert row["presence_is"] == pytest.approx(ours["cpu_ms"] / row["cpu_ms"], rel=0.1, abs=0.02)
    with pytest.raises(SystemExit, match="finds no face"):
        competitors.timings(start(STAND_IN), picture(4), 1)


def test_no_interpreter(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"models\.not_loadable.*none cannot be started: No such file.*make compare"):
        MediapipeMesh(tmp_path / "none")


def test_an_interpreter_without_mediapipe(start: Start) -> None:
    with pytest.raises(ModelError, match=r"models\.not_loadable.*ModuleNotFoundError.*make compare"):
        start("sys.modules['mediapipe'] = None\nchild.main()\n")


def test_a_release_without_face_mesh(start: Start) -> None:
    """Releases after 0.10.21 import, and have neither ``solutions`` nor models."""
    with pytest.raises(ModelError, match=r"AttributeError.*'solutions'"):
        start("sys.modules['mediapipe'] = types.ModuleType('mediapipe')\nchild.main()\n")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("sys.exit('libGL.so.1 is missing')", "the child has ended. Its last line: libGL.so.1 is missing"),
        ("print('hello' * 100, flush=True)", "does not speak our protocol"),
        ("child.reply(sys.stdout.buffer, child.OK, b'not JSON')", "does not speak our protocol"),
        ("sys.stdout.buffer.write(child.REPLY.pack(child.MAGIC, 0, 0, 0, 0, 2**31))", "does not speak our protocol"),
    ],
)  # fmt: skip
def test_a_child_that_does_not_start(start: Start, source: str, says: str) -> None:
    with pytest.raises(ModelError, match=r"models\.not_loadable") as caught:
        start(source)
    assert says in str(caught.value)


def test_a_child_that_is_silent_is_ended(start: Start) -> None:
    begun = time.monotonic()
    with pytest.raises(ModelError, match="the child is silent"):
        start("time.sleep(100_000)", start_s=0.3)
    mesh = start(STAND_IN, run_s=0.3)
    with pytest.raises(ModelError, match="the child is silent"):
        mesh.run(picture(3))
    # One that does not read: the picture is larger than a pipe holds.
    mesh = start(READY + "time.sleep(100_000)\n", run_s=0.3)
    with pytest.raises(ModelError, match="the child is silent"):
        mesh.run(picture())
    with pytest.raises(ModelError, match="the child has ended"):
        mesh.run(picture())
    assert time.monotonic() - begun < PATIENCE_S


def test_a_child_that_ends_while_it_works(start: Start) -> None:
    mesh = start(STAND_IN)
    with pytest.raises(ModelError, match="the child has ended"):
        mesh.run(picture(2))
    mesh.close()


@pytest.mark.parametrize("payload", ["bytes(12)", "bytes(2 * 468 * 12)", "bytes(468 * 12 + 1)"])
def test_an_answer_that_is_no_mesh(start: Start, payload: str) -> None:
    mesh = start(READY + f"child.serve(lambda *_: {payload}, sys.stdin.buffer, sys.stdout.buffer)\n")
    with pytest.raises(ModelError, match="does not speak our protocol"):
        mesh.run(picture())


def test_what_is_no_picture_is_not_sent(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    mesh = start(STAND_IN)
    for shape, kind in (((4, 4), np.uint8), ((4, 4, 3), np.float64), ((0, 4, 3), np.uint8), ((0,), np.uint8)):
        with pytest.raises(ValueError, match="FaceMesh takes"):
            mesh.run(np.zeros(shape, kind))
    monkeypatch.setattr(mediapipe_mesh, "REQUEST_MAX_BYTES", 1_000)
    with pytest.raises(ValueError, match="larger than the 1000"):
        mesh.run(picture())
    monkeypatch.undo()
    assert mesh.run(picture())[0].shape == (1, 468, 3)


@pytest.mark.parametrize(
    "head",
    [
        (b"zmp0", 0, 0, 3), (mediapipe_child.MAGIC, 2, 2, 3),
        (mediapipe_child.MAGIC, 0, 0, mediapipe_child.REQUEST_MAX_BYTES + 1),
    ],
)  # fmt: skip
def test_the_child_refuses_requests_that_are_not_ours(start: Start, head: tuple[bytes, int, int, int]) -> None:
    mesh = start(STAND_IN)
    deadline = time.monotonic() + PATIENCE_S
    mesh._send(struct.pack("!4sIII", *head) + b"abc", deadline)
    status, *_, text = mesh._reply(deadline)
    assert status == mediapipe_child.FAILED and b"none of ours" in text
    assert mesh._child.wait(PATIENCE_S) == 0


def test_closing_ends_the_child(start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(mediapipe_mesh, "CLOSE_S", PATIENCE_S)
    with start(STAND_IN) as mesh:
        assert mesh._child.poll() is None
    assert mesh._child.poll() == 0
    mesh.close()
    # Files that get the numbers of the closed pipes must not get a picture.
    others = [(tmp_path / f"other-{count}").open("wb", buffering=0) for count in range(8)]
    with pytest.raises(ModelError, match="the child has ended"):
        mesh.run(picture())
    assert [file.tell() for file in others] == [0] * 8
    for file in others:
        file.close()
    monkeypatch.setattr(mediapipe_mesh, "CLOSE_S", 0.2)
    stubborn = start(READY + "time.sleep(100_000)\n")
    stubborn.close()
    assert stubborn._child.returncode == -9


@pytest.mark.skipif(not REAL.exists(), reason="mediapipe is not installed here: `make compare` installs it")
def test_mediapipe_itself_finds_the_mesh_that_we_find() -> None:
    from skimage import data

    from zaichang.vision.catalog import Role
    from zaichang.vision.detector import Detector
    from zaichang.vision.mesh import MeshNetwork
    from zaichang.vision.runtime import load_models

    portrait = np.asarray(data.astronaut()[:, :, ::-1]).copy()
    models = load_models(roles=frozenset({Role.DETECTOR, Role.MESH, Role.EMBEDDER}))
    detector, mesh = models.network(Role.DETECTOR), models.network(Role.MESH)
    assert detector is not None and mesh is not None
    ours = MeshNetwork(mesh).run(portrait, Detector(detector).detect(portrait)[0]).points_px
    with MediapipeMesh(REAL) as network:
        (theirs,) = network.run(portrait)
        assert network.about["mediapipe"] == "0.10.21"
        assert network.run(np.zeros_like(portrait))[0].shape == (0, 468, 3)
    face_px = float(np.ptp(ours[:, 0]))
    assert np.median(np.linalg.norm(theirs[0, :, :2] - ours[:, :2], axis=1)) < 0.03 * face_px
