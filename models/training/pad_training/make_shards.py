"""Command: make the training shards that are not there yet."""

from __future__ import annotations

import argparse
import logging
import time
from pathlib import Path

import cv2

from .media import FaceFinder, fetch_detector, shared_folder
from .shards import CLOSE_SHARD, CLOSE_SHARDS, HELD_OUT, HELD_OUT_CLOSE, ShardMaker, is_held_out, load_bases, save

CHECKOUT = Path(__file__).resolve().parents[3]
SEED = 20261122
log = logging.getLogger(__name__)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True, help="folder for shards, outside the checkout")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=CLOSE_SHARD + CLOSE_SHARDS, help="shards of 1000 frames")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=SEED)
    wanted = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    cv2.setNumThreads(1)
    shared = shared_folder(CHECKOUT)
    wanted.cache.mkdir(parents=True, exist_ok=True)
    names = [(n, wanted.cache / f"shard_{n:03d}.npz") for n in range(wanted.first, wanted.first + wanted.count)]
    if wanted.first == 0:
        names.append((HELD_OUT, wanted.cache / "held_out.npz"))
        names.append((HELD_OUT_CLOSE, wanted.cache / "held_out_close.npz"))
    missing = [(number, path) for number, path in names if not path.exists()]
    if not missing:
        log.info("all %d shards are there", len(names))
        return
    bases = load_bases(shared, FaceFinder(fetch_detector(wanted.cache)))
    log.info("%d base pictures", len(bases))
    trained = [base for base in bases if not is_held_out(base)]
    held_out = [base for base in bases if is_held_out(base)]
    training = ShardMaker(trained, seed=wanted.seed, threads=wanted.threads)
    checking = ShardMaker(held_out, seed=wanted.seed, threads=wanted.threads, pools=("lfw",))
    for number, path in missing:
        began = time.monotonic()
        maker = checking if number >= HELD_OUT else training
        save(maker.make(number), path)
        log.info("shard %d: %.0f s", number, time.monotonic() - began)


if __name__ == "__main__":
    main()
