"""Injection indicators: false ones on genuine clips, found ones on frozen, looped and re-submitted pictures.

Run: ``.venv/bin/python -m benchmarks.accuracy.injection``
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks import report
from benchmarks.accuracy.cohorts import media_folder
from zaichang.biometric.injection import Indicator, repetitions, sensor_noise
from zaichang.core.assessment import FrameAssessment
from zaichang.vision.decode import FILE_LIMITS
from zaichang.vision.pipeline import Analyser, AnalyserConfig
from zaichang.vision.runtime import load_models
from zaichang.vision.video import VIDEO_SUFFIXES, sampled_frames

Picture = npt.NDArray[np.uint8]
EVERY = 25
NOTES = (
    "Captures are about a second apart in these short clips; in a session they lie tens of seconds apart.",
    "noise: between neighbouring frames; clips here were compressed by others, a webcam's own JPEG keeps more.",
)


def grey(frame: Picture) -> Picture:
    """Return grey values."""
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def jpeg_again(frame: Picture, rng: np.random.Generator) -> Picture:
    """Change the low bits and compress: what a script would do to a still before sending it again."""
    noisy = np.clip(frame.astype(np.int16) + rng.integers(-1, 2, frame.shape), 0, 255).astype(np.uint8)
    data = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=None, help="where the JSON goes")
    arguments = parser.parse_args()
    analyser = Analyser(load_models(), AnalyserConfig(limits=FILE_LIMITS))
    rng = np.random.default_rng(0)
    rows: list[dict[str, report.Cell]] = []
    for path in sorted(media_folder().joinpath("video").rglob("*")):
        if path.suffix not in VIDEO_SUFFIXES:
            continue
        frames, noise, before = [], [], None
        for index, frame in sampled_frames(path, 1):
            if index % EVERY == 1 and before is not None:
                noise.append(sensor_noise(grey(before), grey(frame)))
            if index % EVERY == 0:
                frames.append(frame)
            before = frame
        seen = [analyser.assess_pixels(frame) for frame in frames]
        half = max(4, len(seen) // 2)
        again = [analyser.assess_pixels(jpeg_again(frame, rng)) for frame in frames[:half]]

        def count(captures: list[FrameAssessment], wanted: set[Indicator], start: int = 0) -> int:
            return len({f.frame for f in repetitions(captures) if f.indicator in wanted and f.frame >= start})

        copies = {Indicator.NEAR_COPY, Indicator.SAME_PIXELS, Indicator.LOOP}
        rows.append(
            {
                "clip": path.stem,
                "captures": len(seen),
                "false_copies": count(seen, copies),
                "frozen": half,
                "frozen_found": count([*seen, *[seen[-1]] * half], {Indicator.SAME_PIXELS}, len(seen)),
                "resent": half,
                "resent_found": count([*seen, *again[:half]], copies, len(seen)),
                "loop_found": bool(count([*seen, *again], {Indicator.LOOP}, len(seen))),
                "noise_median": round(float(np.median(noise)), 2),
                "noise_least": round(float(np.min(noise)), 2),
            }
        )
    report.publish("accuracy.injection", rows, notes=NOTES, destination=arguments.json)


if __name__ == "__main__":
    main()
