"""What a user would install instead, doing the same work on the same picture. Each runs on one thread.

dlib and mediapipe stand behind the ``Network`` contract that our own models have (``benchmarks/engines``).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnx

from benchmarks import report
from benchmarks.engines.dlib_faces import DlibFaces
from benchmarks.engines.mediapipe_mesh import MediapipeMesh, Timing
from zaichang.vision.cache import ModelCache
from zaichang.vision.catalog import Role, load_catalog
from zaichang.vision.runtime import Network

Work = Callable[[], object]


def opencv_zoo(jpeg: bytes) -> Work:
    """Return decode + FaceDetectorYN (640x480, its usual setting) + FaceRecognizerSF on the same model files."""
    cache, catalog = ModelCache(), load_catalog()
    embedder_file = str(cache.path(catalog.require(Role.EMBEDDER)))
    detector_file = np.frombuffer(with_maps(cache.read(catalog.require(Role.DETECTOR)) or b""), np.uint8)
    cv2.setNumThreads(1)
    detector = cv2.FaceDetectorYN.create("onnx", detector_file, np.zeros(0, np.uint8), (640, 480), 0.6)
    recogniser = cv2.FaceRecognizerSF.create(embedder_file, "")

    def work() -> object:
        picture = np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR))
        faces = detector.detect(picture)[1]
        return recogniser.feature(recogniser.alignCrop(picture, faces[0]))

    return work


def with_maps(detector: bytes) -> bytes:
    """Return our detector file with floats in and the twelve maps out, as OpenCV's FaceDetectorYN wants it."""
    model = onnx.load_from_string(detector)
    graph, value = model.graph, onnx.helper.make_tensor_value_info
    maps = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in (8, 16, 32)]
    ends = [at for at, node in enumerate(graph.node) if node.output[0] in maps]
    kept = [node for node in list(graph.node)[: max(ends) + 1] if node.op_type != "Cast"]
    for field, new in (
        (graph.node, kept),
        (graph.input, [value("input", onnx.TensorProto.FLOAT, [1, 3, None, None])]),
        (graph.output, [value(name, onnx.TensorProto.FLOAT, [1, None, None]) for name in maps]),
    ):
        del field[:]
        field.extend(new)
    return bytes(model.SerializeToString())


def face_recognition(jpeg: bytes) -> Work:
    """Return decode + HOG + 68 points + ResNet, the default of the package face-recognition 1.3.0."""
    network: Network = DlibFaces()

    def work() -> object:
        picture = np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR))
        return network.run(picture)

    return work


def check(*, dlib: bool, mediapipe: Path | None) -> None:
    """Load what was asked for once, before minutes go into measuring the rest.

    Raises:
        ModelError: ``models.not_loadable``.
    """
    if dlib:
        DlibFaces()
    if mediapipe is not None:
        MediapipeMesh(mediapipe).close()


def mediapipe_mesh(python: Path, jpeg: bytes, runs: int) -> list[tuple[str, list[float], list[float]]]:
    """Run mediapipe's FaceMesh: (name, wall seconds, CPU seconds) per way of using it.

    Decoding and mesh are timed inside the child; "with the pipe" adds what sending and waiting cost both processes.
    """
    encoded = np.frombuffer(jpeg, np.uint8)
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR))
    rows = []
    for name, tracking in (("tracking", True), ("each frame anew", False)):
        with MediapipeMesh(python, tracking=tracking) as mesh:
            mesh_alone = timings(mesh, decoded, runs)
            whole = timings(mesh, encoded, runs)
        rows += [
            (name, [each.wall_s for each in whole], [each.cpu_s for each in whole]),
            (f"{name}, with the pipe", [each.whole_wall_s for each in whole], [each.whole_cpu_s for each in whole]),
            (f"{name}, picture decoded", [each.wall_s for each in mesh_alone], [each.cpu_s for each in mesh_alone]),
        ]
    return rows


def in_turns(frame: Work, python: Path, jpeg: bytes, runs: int) -> list[dict[str, report.Cell]]:
    """Return CPU milliseconds of a frame and of FaceMesh, in turns: each finds the caches as the other left them."""
    encoded = np.frombuffer(jpeg, np.uint8)
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR))
    names = ("tracking", "tracking, picture decoded", "each frame anew", "each frame anew, picture decoded")
    frames: list[float] = []
    others: list[list[float]] = [[] for _ in names]
    with MediapipeMesh(python, tracking=True) as tracking, MediapipeMesh(python) as anew:
        for _ in range(runs):
            ways = ((tracking, encoded), (tracking, decoded), (anew, encoded), (anew, decoded))
            for taken, (mesh, value) in zip(others, ways, strict=True):
                frames += measured(frame, 1, unmeasured=0)[1]
                taken += [each.cpu_s for each in timings(mesh, value, 1, unmeasured=0)]
    ours_ms = 1000 * statistics.median(frames)
    rows: list[dict[str, report.Cell]] = [{"what": "presence frame", "cpu_ms": round(ours_ms, 3), "presence_is": 1.0}]
    for name, taken in zip(names, others, strict=True):
        theirs_ms = 1000 * statistics.median(taken)
        rows.append(
            {
                "what": f"mediapipe FaceMesh ({name})",
                "cpu_ms": round(theirs_ms, 3),
                "presence_is": round(ours_ms / theirs_ms, 2),
            }
        )
    return rows


def timings(mesh: MediapipeMesh, value: npt.NDArray[np.uint8], runs: int, unmeasured: int = 10) -> list[Timing]:
    """Return the time of each run after some unmeasured ones; every run must find the face.

    Raises:
        SystemExit: Where a face is missed.
    """
    taken = []
    for count in range(runs + unmeasured):
        if len(mesh.run(value)[0]) != 1:
            raise SystemExit("mediapipe finds no face in the picture that is measured")
        if count >= unmeasured and mesh.timing is not None:
            taken.append(mesh.timing)
    return taken


def measured(work: Work, runs: int, unmeasured: int = 5) -> tuple[list[float], list[float]]:
    """Return wall and CPU seconds of each run after some unmeasured ones; CPU counts all threads."""
    for _ in range(unmeasured):
        work()
    walls, cpus = [], []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return walls, cpus
