"""What the recipe says of its own network, on frames that it may look at and that are never reported.

Three tables: people of LFW whom it never saw, as they are and on simulated media (how near the pupil is to its teacher;
the media are simulated, so the error rates there say little about real ones); these people close to the camera and on
monitors of other makes than training shows; and NUAA's *training* frames, which the network never saw either, as they
are, through a poor sensor and over-exposed. Choices between recipes are made on these, never on the measuring part.
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
BPCER_LIMIT = 0.05
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
    strict = float((attack >= np.quantile(genuine, BPCER_LIMIT, method="lower")).mean())
    return (
        f"EER {100 * eer:5.2f} (at {even:.3f})  BPCER {100 * bpcer:5.2f}  APCER {100 * apcer:5.2f}"
        f"  at BPCER {100 * BPCER_LIMIT:.0f}: APCER {100 * strict:5.2f}"
    )


def too_bright(crops: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Over-exposed by 1.3 to 1.9, and clipped; the noise of a good camera."""
    gain = np.exp(rng.uniform(np.log(1.3), np.log(1.9), (len(crops), 1, 1, 1)))
    bright = crops * gain + rng.normal(0, 2, crops.shape)
    return np.asarray(np.clip(np.rint(bright), 0, 255), dtype=np.uint8)


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
    frames = load([wanted.cache / "held_out_close.npz"])
    plain = frames.treatment == 0
    bright = too_bright(frames.views, np.random.default_rng(SEED))
    print("people held out, close to the camera and on monitors of other makes")
    for name, part in (("as they are", frames.views), ("over-exposed", bright)):
        for who, run in runs.items():
            said = run(part)
            print(f"  {name:13} {who:8} {error_rates(said[plain], said[~plain], 0.5)}")
    crops, live = labelled_views(shared, FaceFinder(fetch_detector(wanted.cache)))
    generator = torch.Generator().manual_seed(SEED)
    poor = poor_sensor(torch.from_numpy(crops).float(), 1.0, generator).numpy().astype(np.uint8)
    print("NUAA's training frames, prints, never seen in training")
    bright = too_bright(crops, np.random.default_rng(SEED))
    for name, shown in (("as they are", crops), ("poor sensor", poor), ("over-exposed", bright)):
        for who, run in runs.items():
            said = run(shown)
            print(f"  {name:13} {who:8} {error_rates(said[live], said[~live], 0.5)}")


if __name__ == "__main__":
    main()
