"""What a user would install instead, doing the same work on the same picture. Each runs on one thread.

mediapipe 0.10.21 needs numpy 1 and Python up to 3.12, so it runs in its own interpreter (``--mediapipe-python``).
"""

from __future__ import annotations

import importlib
import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx

from benchmarks.accuracy.backends import dlib_models
from zaichang.vision.cache import ModelCache
from zaichang.vision.catalog import Role, load_catalog

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
    dlib: Any = importlib.import_module("dlib")
    points_file, network_file = dlib_models()
    detector = dlib.get_frontal_face_detector()
    points = dlib.shape_predictor(points_file)
    network = dlib.face_recognition_model_v1(network_file)

    def work() -> object:
        picture = np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR))
        rgb = np.ascontiguousarray(picture[:, :, ::-1])
        box = detector(rgb, 1)[0]
        return network.compute_face_descriptor(rgb, points(rgb, box), 1)

    return work


_MEDIAPIPE = """
import json, sys, time
import cv2, numpy as np, mediapipe as mp
cv2.setNumThreads(1)
jpeg = open(sys.argv[1], "rb").read()
rows = []
for name, static in (("tracking", False), ("each frame anew", True)):
    mesh = mp.solutions.face_mesh.FaceMesh(static_image_mode=static, max_num_faces=1)
    walls, cpus = [], []
    for count in range(int(sys.argv[2]) + 10):
        wall, cpu = time.perf_counter(), time.process_time()
        rgb = cv2.cvtColor(cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1), cv2.COLOR_BGR2RGB)
        assert mesh.process(rgb).multi_face_landmarks
        if count >= 10:
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
    rows.append([name, walls, cpus])
print(json.dumps(rows))
"""


def mediapipe_mesh(python: Path, picture: Path, runs: int) -> list[tuple[str, list[float], list[float]]]:
    """Run mediapipe's FaceMesh in its own interpreter: (name, wall seconds, CPU seconds) per mode."""
    done = subprocess.run(
        [str(python), "-c", _MEDIAPIPE, str(picture), str(runs)], capture_output=True, text=True, check=True
    )
    return [(row[0], row[1], row[2]) for row in json.loads(done.stdout.splitlines()[-1])]


def measured(work: Work, runs: int) -> tuple[list[float], list[float]]:
    """Return wall and CPU seconds of each run after five unmeasured ones; CPU counts all threads."""
    for _ in range(5):
        work()
    walls, cpus = [], []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return walls, cpus
