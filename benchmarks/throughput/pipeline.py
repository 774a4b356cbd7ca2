"""Speed of the pipeline: each stage, whole frames, memory, cold start; beside other engines.

Run: ``.venv/bin/python -m benchmarks.throughput.pipeline [--dlib] [--mediapipe]`` (both after ``make compare``)

Wall time needs a quiet machine; CPU time is what a frame costs and holds on a busy one. Both are printed.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from skimage import data

from benchmarks import report
from benchmarks.throughput import competitors
from zaichang.biometric.phash import perceptual_hash
from zaichang.biometric.pose import pose_from_mesh
from zaichang.biometric.template import decode_template
from zaichang.core.errors import ModelError
from zaichang.core.frames import IDENTITY, PRESENCE, Wanted
from zaichang.vision import decode as decoding
from zaichang.vision import pipeline as stages
from zaichang.vision.catalog import Role
from zaichang.vision.decode import SESSION_LIMITS, decode
from zaichang.vision.pipeline import Analyser
from zaichang.vision.runtime import Models, load_models

TURN_NOTES = ("Medians; presence_is: how many times as much the presence frame, which decodes, takes.",)
MEDIAPIPE_PYTHON = report.ROOT / ".venv-mediapipe" / "bin" / "python"
NOTES = (
    "One 640x480 JPEG of scikit-image's astronaut (55 kB); intra-op threads 1; CPU time counts every thread.",
    "network_share: the part of a frame's CPU time inside the networks; with_codec: with the JPEG decoder too.",
    "mediapipe: decoding and mesh, timed inside its process; beside it the mesh alone, and the pipe's cost.",
)


def picture() -> tuple[npt.NDArray[np.uint8], bytes]:
    """Return the test picture and its JPEG."""
    portrait = data.astronaut()  # type: ignore[no-untyped-call]  # scikit-image types only part of itself
    pixels = np.asarray(cv2.resize(portrait[:, :, ::-1], (640, 480)), dtype=np.uint8)
    return pixels, cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


def row(name: str, walls: list[float], cpus: list[float]) -> dict[str, report.Cell]:
    """Return a table row."""
    return {
        "what": name,
        "cpu_ms": round(1000 * statistics.median(cpus), 3),
        "wall_ms": round(1000 * statistics.median(walls), 3),
        "wall_min_ms": round(1000 * min(walls), 3),
        "frames_per_cpu_s": round(1 / max(statistics.median(cpus), 1e-9), 1),
    }


def stage_rows(models: Models, runs: int) -> list[dict[str, report.Cell]]:
    """Measure every stage and whole frames."""
    analyser = Analyser(models)
    pixels, jpeg = picture()
    face = analyser._detector.detect(pixels)[0]
    mesh = analyser._mesh.run(pixels, face)
    pose = pose_from_mesh(mesh.points_px)
    aligned = stages._align(pixels, face)
    template = decode_template(analyser.enrol(jpeg).template or b"")
    work: dict[str, Callable[[], object]] = {
        "decode": lambda: decode(jpeg, SESSION_LIMITS),
        "detect (presence)": lambda: analyser._detector.detect(pixels),
        "detect (identity)": lambda: analyser._detector.detect(pixels, careful=True),
        "mesh": lambda: analyser._mesh.run(pixels, face),
        "align": lambda: stages._align(pixels, face),
        "quality": lambda: analyser._quality(pixels, face, mesh, pose, aligned),
        "hashes": lambda: (perceptual_hash(stages._thumbnail(pixels)), stages._content(pixels)),
        "embed": lambda: analyser._embedder.embed(aligned),
    }
    pad = analyser._pad
    if pad is not None:
        work["pad"] = lambda: pad.live_probability(pixels, face)
    work["presence frame"] = lambda: analyser.assess(jpeg, want=PRESENCE)
    work["identity frame"] = lambda: analyser.assess(jpeg, want=IDENTITY, reference=template)
    rows = [row(name, *competitors.measured(each, runs)) for name, each in work.items()]
    for line, want in ((rows[-2], PRESENCE), (rows[-1], IDENTITY)):
        networks, codec = shares(models, jpeg, want, runs)
        line["network_share"], line["with_codec"] = round(networks, 3), round(networks + codec, 3)
    return rows


class Timed:
    """Adds up the CPU time spent in a function."""

    def __init__(self, work: Callable[..., Any]) -> None:
        """Wrap a function."""
        self._work, self.seconds = work, 0.0

    def __call__(self, *arguments: Any) -> Any:
        """Call and count."""
        start = time.thread_time()
        try:
            return self._work(*arguments)
        finally:
            self.seconds += time.thread_time() - start


def shares(models: Models, jpeg: bytes, want: Wanted, runs: int) -> tuple[float, float]:
    """Return the parts of a frame's CPU time that its networks and the JPEG decoder (libjpeg-turbo) take."""
    analyser = Analyser(models)
    template = decode_template(analyser.enrol(jpeg).template or b"")
    parts: list[Any] = [analyser._detector, analyser._mesh, analyser._embedder]
    parts += [analyser._pad] if analyser._pad is not None else []
    networks = [Timed(part._network.run) for part in parts]
    for part, timed in zip(parts, networks, strict=True):
        part._network = SimpleNamespace(run=timed)
    decoder: Callable[..., Any] = decoding._imdecode
    codec = Timed(decoder)
    monkey: Any = decoding
    monkey._imdecode = codec
    try:
        for _ in range(5):
            analyser.assess(jpeg, want=want, reference=template)
        for timed in (*networks, codec):
            timed.seconds = 0.0
        start = time.thread_time()
        for _ in range(runs):
            analyser.assess(jpeg, want=want, reference=template)
        whole = time.thread_time() - start
    finally:
        monkey._imdecode = decoder
    return sum(timed.seconds for timed in networks) / whole, codec.seconds / whole


# Memory by VmHWM (Linux): getrusage's maximum is inherited from the process that started this one.
_COLD = """
import time; start = time.perf_counter()
from zaichang.vision.pipeline import IDENTITY, Analyser
from zaichang.vision.runtime import load_models
imported = time.perf_counter()
models = load_models(); analyser = Analyser(models); loaded = time.perf_counter()
jpeg = open({path!r}, "rb").read()
analyser.assess(jpeg); first = time.perf_counter()
import re, threading
from zaichang.biometric.template import decode_template
reference = decode_template(analyser.enrol(jpeg).template)
peaks = []
for each in (analyser, Analyser(models)):
    work = threading.Thread(target=each.assess, args=(jpeg,), kwargs=dict(want=IDENTITY, reference=reference))
    work.start(); work.join()
    peaks.append(int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]) / 1024)
print(imported - start, loaded - imported, first - loaded, *peaks)
"""


def cold_start() -> dict[str, report.Cell]:
    """Measure a fresh process: import, load and check the models, first frame, memory."""
    with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
        file.write(picture()[1])
        file.flush()
        done = subprocess.run(
            [sys.executable, "-c", _COLD.format(path=file.name)], capture_output=True, text=True, check=True
        )
    imported, loaded, first, one, two = (float(value) for value in done.stdout.split())
    return {
        "import_s": round(imported, 2),
        "load_s": round(loaded, 2),
        "first_frame_s": round(first, 3),
        "memory_1_worker_mib": round(one),
        "memory_2_workers_mib": round(two),
    }


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--dlib", action="store_true", help="measure face-recognition's work (extra: compare)")
    parser.add_argument("--mediapipe", action="store_true", help="measure mediapipe's FaceMesh (extra: mediapipe)")
    parser.add_argument("--mediapipe-python", type=Path, default=MEDIAPIPE_PYTHON, help="the interpreter that has it")
    parser.add_argument("--json", type=Path, default=None, help="folder for the JSON files")
    arguments = parser.parse_args()
    try:
        run(arguments)
    except ModelError as error:
        raise SystemExit(str(error)) from error


def run(arguments: argparse.Namespace) -> None:
    """Measure.

    Raises:
        ModelError: A requested engine is not installed; raised before any measurement.
    """
    cv2.setNumThreads(1)
    models = load_models()
    competitors.check(dlib=arguments.dlib, mediapipe=arguments.mediapipe_python if arguments.mediapipe else None)
    rows = stage_rows(models, arguments.runs)
    jpeg = picture()[1]
    rows.append(row("OpenCV YN 640x480 + SF", *competitors.measured(competitors.opencv_zoo(jpeg), arguments.runs // 2)))
    if arguments.dlib:
        work = competitors.face_recognition(jpeg)
        rows.append(row("face-recognition (dlib)", *competitors.measured(work, max(arguments.runs // 5, 5))))
    if arguments.mediapipe:
        for name, walls, cpus in competitors.mediapipe_mesh(arguments.mediapipe_python, jpeg, arguments.runs):
            rows.append(row(f"mediapipe FaceMesh ({name})", walls, cpus))

    def place(name: str) -> Path | None:
        return arguments.json / f"{name}.json" if arguments.json else None

    roles = [role.value for role in Role if models.entry(role) is not None]
    report.publish("throughput.stages", rows, parameters={"roles": roles}, notes=NOTES, destination=place("stages"))
    if arguments.mediapipe:
        analyser = Analyser(models)
        turns = competitors.in_turns(
            lambda: analyser.assess(jpeg, want=PRESENCE), arguments.mediapipe_python, jpeg, arguments.runs
        )
        report.publish("throughput.turns", turns, notes=TURN_NOTES, destination=place("turns"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory of this process: {peak} MiB")
    report.publish("throughput.cold_start", [cold_start()], destination=place("cold_start"))


if __name__ == "__main__":
    main()
