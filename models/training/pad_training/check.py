"""What the recipe says of its own networks, on frames that it may look at and that are never reported.

Two tables: people of LFW whom neither network saw, as they are and on simulated media (how near the student is to its
teacher; the media are simulated, so the error rates there say little about real ones), and NUAA's *training* frames,
scored by the network that saw no NUAA. Choices between recipes are made on these, never on the measuring part.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from .calibrate import Scores, equal_error_threshold, operating_point, scores_of
from .export import load_weights
from .frames import views
from .media import FaceFinder, fetch_detector, frames_of, read_shots, shared_folder
from .network import PadNetwork
from .shards import TREATMENTS, load
from .teacher import live_probability

CHECKOUT = Path(__file__).resolve().parents[3]


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


def simulated_table(network: PadNetwork, held_out: Path, threshold: float) -> list[str]:
    """Student beside teacher on people never trained on, by simulated medium."""
    frames = load([held_out])
    teacher = live_probability(torch.from_numpy(frames.teacher)).double().numpy()
    student = scores_of(network, frames.views)
    plain = frames.treatment == 0
    gap = np.abs(student - teacher)
    lines = [f"  mean |student - teacher| {gap.mean():.4f}, as they are {gap[plain].mean():.4f}"]
    for number, name in enumerate(TREATMENTS[1:], start=1):
        shown = frames.treatment == number
        for who, scores, point in (("student", student, threshold), ("teacher", teacher, 0.5)):
            lines.append(f"  {name:13} {who}  {error_rates(scores[plain], scores[shown], point)}")
    return lines


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="folder with the networks and shards")
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    held_out = wanted.cache / "held_out.npz"
    for name in ("shipped", "left_out"):
        network = load_weights(wanted.cache / f"{name}.pt")
        threshold = operating_point(network, held_out)
        print(f"{name} at {threshold}: people held out, simulated media")
        print("\n".join(simulated_table(network, held_out, threshold)))
    crops, live = labelled_views(shared_folder(CHECKOUT), FaceFinder(fetch_detector(wanted.cache)))
    scores = scores_of(network, crops)
    print("left_out: NUAA's training frames\n  print         " + error_rates(scores[live], scores[~live], threshold))


if __name__ == "__main__":
    main()
