"""Attack detection in bad light and through poor sensors: the measured clips and stills, made worse.

    PYTHONPATH=service:models/training python -m benchmarks.accuracy.pad_sensor --cache FOLDER

The darkening and the noise are drawn, not filmed; the people, the clips and the attacks are those of `make bench-pad`,
NUAA excepted, and were not seen in training. The difference to the first row is the result.
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from pad_training.frames import views
from pad_training.media import NUAA_SOURCE, FaceFinder, Picture, fetch_detector, frames_of, read_shots, shared_folder

from benchmarks import report
from benchmarks.accuracy.pad import OPERATING_THRESHOLD, SHIPPED, onnx_runner
from benchmarks.accuracy.pad_samples import GENUINE, find_face

LONG_SIDE_PX = 640
QUALITY_PCT = 80
CLIP_EVERY = 30
SEED = 20261122


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """A camera's shortcomings: brightness kept, noise in grey levels, long side, blur."""

    name: str
    gain: float = 1.0
    noise: float = 0.0
    long_side_px: int = LONG_SIDE_PX
    blur_px: float = 0.0


SENSORS = (
    Sensor(name="640 px"),
    Sensor(name="half the light, noise 4", gain=0.5, noise=4),
    Sensor(name="a third of the light, noise 7", gain=0.35, noise=7),
    Sensor(name="noise 6", noise=6),
    Sensor(name="320 px, blurred, noise 6", noise=6, long_side_px=320, blur_px=0.7),
    Sensor(name="too bright, noise 2", gain=1.6, noise=2),
)


def seen_by(sensor: Sensor, picture: Picture, random: np.random.Generator) -> Picture:
    """Return the picture as that camera would have sent it, JPEG and all."""
    scale = min(1.0, sensor.long_side_px / max(picture.shape[:2]))
    smaller = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    value = np.asarray(smaller, dtype=np.float64)
    if sensor.blur_px:
        value = np.asarray(cv2.GaussianBlur(value, (0, 0), sensor.blur_px), dtype=np.float64)
    value = np.clip(value * sensor.gain + random.normal(0, sensor.noise, value.shape), 0, 255)
    coded = cv2.imencode(".jpg", value.astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, QUALITY_PCT])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="folder for the detector's file")
    parser.add_argument("--weights", type=Path, default=SHIPPED)
    wanted = parser.parse_args()
    shared, random = shared_folder(report.ROOT), np.random.default_rng(SEED)
    finder, run = FaceFinder(fetch_detector(wanted.cache)), onnx_runner(wanted.weights)
    scores: dict[tuple[str, bool], list[float]] = {}
    for shot in read_shots(shared):
        if shot.use != "measure" or shot.source == NUAA_SOURCE:
            continue
        for _, picture in frames_of(shared / "media" / "dev" / shot.path, is_clip=shot.is_clip, every=CLIP_EVERY):
            for sensor in SENSORS:
                seen = seen_by(sensor, picture, random)
                box = find_face(finder, seen)
                if box is not None:
                    kept = scores.setdefault((sensor.name, shot.species == GENUINE), [])
                    kept.append(float(run(views(seen, box)[None])[0]))
    rows: list[dict[str, report.Cell]] = []
    for sensor in SENSORS:
        live, attack = (np.array(scores.get((sensor.name, genuine), [])) for genuine in (True, False))
        rows.append(
            {
                "camera": sensor.name,
                "genuine_frames": len(live),
                "BPCER_%": round(100 * float((live < OPERATING_THRESHOLD).mean()), 1),
                "genuine_5th_percentile": round(float(np.quantile(live, 0.05)), 2),
                "attack_frames": len(attack),
                "APCER_%": round(100 * float((attack >= OPERATING_THRESHOLD).mean()), 1),
            }
        )
    digest = hashlib.sha256(wanted.weights.read_bytes()).hexdigest()
    notes = ("Light and noise are drawn over the frames; every 30th frame of a clip.",)
    report.publish("accuracy.pad_sensor", rows, parameters={"weights_sha256": digest}, notes=notes)


if __name__ == "__main__":
    main()
