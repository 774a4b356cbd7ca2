"""Find the operating point: the probability of a network that its exported file calls 0.5.

Measured where nothing is reported and nothing was trained on: people of LFW who were held out, as they are against
shown on the simulated media. The point is the equal-error threshold there.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from .export import load_network
from .network import PadNetwork
from .shards import load

Scores = npt.NDArray[np.float64]


def scores_of(network: PadNetwork, views: npt.NDArray[np.uint8]) -> Scores:
    """Live probabilities ``(n,)`` of crops ``(n, 6, 80, 80)``."""
    with torch.inference_mode():
        parts = [network(torch.from_numpy(views[at : at + 64]).float()) for at in range(0, len(views), 64)]
    return np.asarray(torch.cat(parts).double().numpy(), dtype=np.float64)


def equal_error_threshold(genuine: Scores, attack: Scores) -> float:
    """Middle, in log-odds, of the range of thresholds at which both error rates are closest."""
    cuts = np.unique(np.concatenate((genuine, attack)))
    refused = np.searchsorted(np.sort(genuine), cuts, side="left") / len(genuine)
    passed = 1 - np.searchsorted(np.sort(attack), cuts, side="left") / len(attack)
    best = int(np.argmin(np.abs(refused - passed)))
    odds = [np.log(p / (1 - p)) for p in np.clip((cuts[max(0, best - 1)], cuts[best]), 1e-6, 1 - 1e-6)]
    return float(1 / (1 + np.exp(-np.mean(odds))))


def operating_point(network: PadNetwork, held_out: Path) -> float:
    """The network's equal-error threshold on people held out, all simulated media together, to three places."""
    frames = load([held_out])
    scores = scores_of(network, frames.views)
    plain = frames.treatment == 0
    return round(equal_error_threshold(scores[plain], scores[~plain]), 3)


def main() -> None:
    """Run the command; prints the threshold alone, so that a shell can read it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="folder with both towers and held_out.npz")
    wanted = parser.parse_args()
    torch.set_num_threads(1)
    print(operating_point(load_network(wanted.cache), wanted.cache / "held_out.npz"))


if __name__ == "__main__":
    main()
