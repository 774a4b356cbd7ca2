"""Find the operating point: the probability of the network that the exported file calls 0.5.

Measured where nothing is reported: the training frames of NUAA, as they are, scored by the network that never saw
NUAA. The point is the equal-error threshold there.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from .export import load_weights
from .frames import views
from .media import FaceFinder, fetch_detector, frames_of, read_shots, shared_folder

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


def equal_error_threshold(genuine: npt.NDArray[np.float64], attack: npt.NDArray[np.float64]) -> float:
    """Middle, in log-odds, of the range of thresholds at which both error rates are closest."""
    cuts = np.unique(np.concatenate((genuine, attack)))
    refused = np.searchsorted(np.sort(genuine), cuts, side="left") / len(genuine)
    passed = 1 - np.searchsorted(np.sort(attack), cuts, side="left") / len(attack)
    best = int(np.argmin(np.abs(refused - passed)))
    odds = [np.log(p / (1 - p)) for p in np.clip((cuts[max(0, best - 1)], cuts[best]), 1e-6, 1 - 1e-6)]
    return float(1 / (1 + np.exp(-np.mean(odds))))


def main() -> None:
    """Run the command; prints the threshold alone, so that a shell can read it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="the network that never saw NUAA (.pt)")
    parser.add_argument("--cache", type=Path, required=True)
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    crops, live = labelled_views(shared_folder(CHECKOUT), FaceFinder(fetch_detector(wanted.cache)))
    network = load_weights(wanted.weights)
    with torch.inference_mode():
        parts = [
            network(torch.from_numpy(crops[at : at + 64]).float()).probability() for at in range(0, len(crops), 64)
        ]
    scores = torch.cat(parts).double().numpy()
    print(f"{equal_error_threshold(scores[live], scores[~live]):.3f}")


if __name__ == "__main__":
    main()
