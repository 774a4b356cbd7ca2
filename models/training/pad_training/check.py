"""What the recipe says of its own network, on frames that it may look at and that are never reported.

Two tables: people of LFW whom it never saw, as they are and on simulated media (how near the pupil is to its teacher;
the media are simulated, so the error rates there say little about real ones), and NUAA's *training* frames, which the
network never saw either, as they are and through a poor sensor. Choices between recipes are made on these, never on
the measuring part.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import torch

from .calibrate import Scores, equal_error_threshold
from .export import INPUT
from .frames import views
from .looks import poor_sensor
from .media import FaceFinder, fetch_detector, frames_of, read_shots, shared_folder
from .shards import TREATMENTS, load
from .teacher import Teacher, live_probability

CHECKOUT = Path(__file__).resolve().parents[3]
SEED = 20261127
Run = Callable[[npt.NDArray[np.uint8]], Scores]


def labelled_views(shared: Path, finder: FaceFinder) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Crops ``(n, 6, 80, 80)`` of the labelled training frames, unchanged, and which of them are bona fide."""
    crops, live = [], []
    for shot in read_shots(shared):
        if shot.use != "labelled":
            continue
        for _, picture in frames_of(shared / "media" / "dev" / shot.path, is_clip=False, every=1):
            box = finder.largest(picture)
            if box is not None:
                crops.append(views(picture, box))
                live.append(shot.species == "genuine")
    return np.stack(crops), np.array(live)


def error_rates(genuine: Scores, attack: Scores, threshold: float) -> str:
    """Equal error, then BPCER and APCER at a threshold, in per cent."""
    even = equal_error_threshold(genuine, attack)
    eer = max(float((genuine < even).mean()), float((attack >= even).mean()))
    bpcer, apcer = float((genuine < threshold).mean()), float((attack >= threshold).mean())
    return f"EER {100 * eer:5.2f} (at {even:.3f})  BPCER {100 * bpcer:5.2f}  APCER {100 * apcer:5.2f}"


def pupil(model: Path) -> Run:
    """The exported file, in ONNX Runtime."""
    session = ort.InferenceSession(model.read_bytes(), providers=["CPUExecutionProvider"])

    def run(crops: npt.NDArray[np.uint8]) -> Scores:
        parts = [
            session.run(None, {INPUT: crops[at : at + 64].astype(np.float32)})[0] for at in range(0, len(crops), 64)
        ]
        return np.asarray(np.concatenate(parts).ravel(), dtype=np.float64)

    return run


def master(weights: Path) -> Run:
    """The teacher."""
    teacher = Teacher(weights)

    def run(crops: npt.NDArray[np.uint8]) -> Scores:
        parts = [
            live_probability(teacher.logits(torch.from_numpy(crops[at : at + 64]).float()))
            for at in range(0, len(crops), 64)
        ]
        return np.asarray(torch.cat(parts).double().numpy(), dtype=np.float64)

    return run


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="the exported file")
    parser.add_argument("--cache", type=Path, required=True, help="folder with held_out.npz")
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    shared = shared_folder(CHECKOUT)
    runs = {"pupil": pupil(wanted.model), "teacher": master(shared / "weights")}
    frames = load([wanted.cache / "held_out.npz"])
    plain = frames.treatment == 0
    scores = {who: run(frames.views) for who, run in runs.items()}
    gap = np.abs(scores["pupil"] - scores["teacher"])
    print(f"people held out: mean |pupil - teacher| {gap.mean():.4f}, as they are {gap[plain].mean():.4f}")
    for number, medium in enumerate(TREATMENTS[1:], start=1):
        for who, said in scores.items():
            print(f"  {medium:13} {who:8} {error_rates(said[plain], said[frames.treatment == number], 0.5)}")
    crops, live = labelled_views(shared, FaceFinder(fetch_detector(wanted.cache)))
    generator = torch.Generator().manual_seed(SEED)
    poor = poor_sensor(torch.from_numpy(crops).float(), 1.0, generator).numpy().astype(np.uint8)
    print("NUAA's training frames, prints, never seen in training")
    for name, shown in (("as they are", crops), ("poor sensor", poor)):
        for who, run in runs.items():
            said = run(shown)
            print(f"  {name:13} {who:8} {error_rates(said[live], said[~live], 0.5)}")


if __name__ == "__main__":
    main()
