"""Ways of cutting a face out for the embedder, on the same pairs (docs/adr/0027): alignments, scales, turns, light.

Run: ``.venv/bin/python -m benchmarks.accuracy.alignments`` (nine minutes of CPU time; embeddings stay in memory)
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks import report
from benchmarks.accuracy.backends import read_picture
from benchmarks.accuracy.cohorts import cohorts
from benchmarks.accuracy.paired import apart, strictest
from benchmarks.accuracy.rates import Comparisons, Floats, as_percent, compare, fnmr, threshold_at
from zaichang.biometric.alignment import ALIGNED_PX, alignment_matrix, points_from_mesh
from zaichang.vision.crop import warped
from zaichang.vision.decode import FILE_LIMITS
from zaichang.vision.pipeline import Analyser, AnalyserConfig, order_faces
from zaichang.vision.runtime import load_models

Picture = npt.NDArray[np.uint8]
WAYS: Mapping[str, tuple[str, ...]] = {
    "detector's points": ("detector",),
    "mesh's points": ("mesh",),
    "mean of the points": ("middle",),
    "mean of both embeddings": ("detector", "mesh"),
    "crops of 94, 100, 106 %": ("detector", "smaller", "larger"),
    "turned by -4, 0, 4 degrees": ("detector", "left", "right"),
    "all seven": ("detector", "mesh", "middle", "smaller", "larger", "left", "right"),
    "grey added": ("detector", "grey"),
    "equalised light added": ("detector", "equalised"),
}
NOTES = (
    "Mirror-averaged, reference and capture alike. own: FNMR in per cent at the threshold it needs on LFW all.",
    "strict: FNMR at the highest threshold that a cohort asks for at FMR 0.1 %. apart: change of d' against the first.",
)


def crops(analyser: Analyser, picture: Picture) -> dict[str, Picture]:
    """Return every crop of the main face, ``(112, 112, 3)`` BGR each."""
    height, width = picture.shape[:2]
    face = order_faces(analyser._detector.detect(picture, careful=True), width, height)[0]
    by_mesh = points_from_mesh(analyser._mesh.run(picture, face).points_px)
    own = alignment_matrix(face.points_px)

    def cut(matrix: Floats) -> Picture:
        return np.asarray(cv2.cvtColor(warped(picture, matrix, ALIGNED_PX), cv2.COLOR_BGRA2BGR), dtype=np.uint8)

    plain = cut(own)
    grey = cv2.cvtColor(cv2.cvtColor(plain, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    light = cv2.cvtColor(plain, cv2.COLOR_BGR2YCrCb)
    light[..., 0] = cv2.createCLAHE(2.0, (4, 4)).apply(light[..., 0])
    return {
        "detector": plain,
        "mesh": cut(alignment_matrix(by_mesh)),
        "middle": cut(alignment_matrix((face.points_px + by_mesh) / 2)),
        "larger": cut(_moved(own, 1.06, 0)),
        "smaller": cut(_moved(own, 0.94, 0)),
        "left": cut(_moved(own, 1, 4)),
        "right": cut(_moved(own, 1, -4)),
        "grey": np.asarray(grey, dtype=np.uint8),
        "equalised": np.asarray(cv2.cvtColor(light, cv2.COLOR_YCrCb2BGR), dtype=np.uint8),
    }


def _moved(matrix: Floats, scale: float, turn_deg: float) -> Floats:
    """Scale and turn an alignment about the middle of the face."""
    cos, sin = scale * math.cos(math.radians(turn_deg)), scale * math.sin(math.radians(turn_deg))
    x, y = 56.0, 72.0
    change = np.array([[cos, -sin, x - cos * x + sin * y], [sin, cos, y - sin * x - cos * y]])
    return np.asarray(change @ np.vstack([matrix, [0, 0, 1]]), dtype=np.float64)


def embedded(analyser: Analyser, picture: Picture) -> dict[str, Floats]:
    """Return per crop the mean of its embedding and its mirror image's, length 1."""
    found = {}
    for name, crop in crops(analyser, picture).items():
        both = analyser._embedder.embed(crop) + analyser._embedder.embed(np.ascontiguousarray(crop[:, ::-1]))
        found[name] = (both / np.linalg.norm(both)).astype(np.float64)
    return found


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=None, help="the JSON file")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    analyser = Analyser(load_models(), AnalyserConfig(limits=FILE_LIMITS))
    every = list(cohorts())
    known = {
        path: embedded(analyser, read_picture(path)) for path in {shot.path for each in every for shot in each.shots}
    }
    rows: list[dict[str, report.Cell]] = []
    first: dict[str, Comparisons] = {}
    for way, names in WAYS.items():
        found = {}
        for cohort in every:
            vectors = [sum((known[shot.path][name] for name in names), np.zeros(1)) for shot in cohort.shots]
            lengths = [vector / np.linalg.norm(vector) for vector in vectors]
            found[cohort.name] = compare(cohort, [np.stack([vector, vector]) for vector in lengths])
        first = first or found
        strict, lfw = max(strictest(found)), found["LFW all"]
        row: dict[str, report.Cell] = {"way": way, "strict_thr": round(strict, 3)}
        for point in (1e-3, 1e-4, 1e-5):
            row[f"own@{point:.0e}"] = as_percent(fnmr(lfw.genuine, threshold_at(lfw.impostor, point) or math.nan))
        for name in ("LFW pairs", "face-api"):
            row[f"strict {name}"] = as_percent(fnmr(found[name].genuine, strict))
        change = [apart(found[name]) - apart(first[name]) for name in found]
        row["apart_least"], row["apart_most"] = round(min(change), 2), round(max(change), 2)
        rows.append(row)
    report.publish("accuracy.alignments", rows, notes=NOTES, destination=arguments.json)


if __name__ == "__main__":
    main()
