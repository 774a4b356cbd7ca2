"""Does it pay to run several faces at once? CPU time a face of embedder and PAD network by batch, on one thread.

Run: ``.venv/bin/python -m benchmarks.throughput.batches``
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks import report
from zaichang.vision.catalog import Role
from zaichang.vision.runtime import load_models

BATCHES = (1, 2, 4, 8)
SHAPES = {Role.EMBEDDER: (3, 112, 112), Role.PAD: (6, 80, 80)}
NOTES = (
    "Batches take turns, so that noise hits all alike; median of the rounds. factor: CPU time a face, batch 1 is 1.",
    "The mesh is absent: LiteRT's interpreter has a fixed batch of one.",
)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--json", type=Path, default=None, help="the JSON file")
    arguments = parser.parse_args()
    models = load_models()
    rng = np.random.default_rng(0)
    rows: list[dict[str, report.Cell]] = []
    for role, shape in SHAPES.items():
        network = models.network(role)
        if network is None:
            continue
        inputs = {batch: rng.uniform(0, 255, (batch, *shape)).astype(np.float32) for batch in BATCHES}
        taken: dict[int, list[float]] = {batch: [] for batch in BATCHES}
        for number in range(arguments.rounds + 2):
            for batch, value in inputs.items():
                start = time.thread_time()
                network.run(value)
                if number >= 2:
                    taken[batch].append((time.thread_time() - start) / batch)
        single = statistics.median(taken[1])
        for batch, times in taken.items():
            face_s = statistics.median(times)
            rows.append(
                {
                    "role": role.value,
                    "batch": batch,
                    "cpu_ms_a_face": round(1000 * face_s, 2),
                    "factor": round(face_s / single, 2),
                }
            )
    report.publish("throughput.batches", rows, notes=NOTES, destination=arguments.json)


if __name__ == "__main__":
    main()
