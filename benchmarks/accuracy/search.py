"""1:N search: time and memory of the exact index as it grows, on made-up vectors of the embedder's size.

Run: ``.venv/bin/python -m benchmarks.accuracy.search``
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks import report
from zaichang.biometric.duplicates import TemplateIndex
from zaichang.biometric.template import Template

EMBEDDER = "00" * 8
SIZES = (1_000, 10_000, 100_000)
NOTES = (
    "Random unit vectors of 128 floats, one a account; CPU time of the calling process (every thread of BLAS counts).",
    "A session probe is eight captures of one person, searched at once.",
)


def rows(count: int, seed: int = 1) -> np.ndarray:
    """Return ``(count, 128)`` random unit vectors."""
    vectors = np.random.default_rng(seed).normal(size=(count, 128)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def cpu_ms(work: object, runs: int) -> float:
    """Return the median CPU milliseconds of a call."""
    taken = []
    for _ in range(runs):
        start = time.process_time()
        work()  # type: ignore[operator]  # a callable without arguments
        taken.append(1000 * (time.process_time() - start))
    return round(statistics.median(taken), 3)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--json", type=Path, default=None, help="the JSON file")
    arguments = parser.parse_args()
    table: list[dict[str, report.Cell]] = []
    for size in SIZES:
        vectors = rows(size)
        start = time.process_time()
        index = TemplateIndex(
            EMBEDDER, ((f"a{at}", Template(embedder=EMBEDDER, vectors=vectors[at : at + 1])) for at in range(size))
        )
        built = time.process_time() - start
        probe, session = vectors[0], rows(8, 2)

        def come_and_go(index: TemplateIndex = index, vector: np.ndarray = session[:1]) -> None:
            index.add("newcomer", Template(embedder=EMBEDDER, vectors=vector))
            index.remove("newcomer")

        table.append(
            {
                "vectors": size,
                "memory_mb": round(index._matrix.nbytes / 1e6, 1),
                "build_cpu_s": round(built, 2),
                "search_1_cpu_ms": cpu_ms(lambda index=index, probe=probe: index.search(probe), arguments.runs),
                "search_8_cpu_ms": cpu_ms(lambda index=index, probe=session: index.search(probe), arguments.runs),
                "add_and_remove_cpu_ms": cpu_ms(come_and_go, arguments.runs),
            }
        )
    report.publish("accuracy.search", table, notes=NOTES, destination=arguments.json)


if __name__ == "__main__":
    main()
