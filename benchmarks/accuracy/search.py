"""1:N search: time and memory of the exact index as it grows, on made-up vectors of the embedder's size.

Run: ``.venv/bin/python -m benchmarks.accuracy.search``
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import report
from zaichang.biometric.duplicates import TemplateIndex
from zaichang.biometric.template import Template

EMBEDDER = "00" * 8
SIZES = (1_000, 10_000, 100_000)
NOTES = (
    "Random unit vectors of 128 floats, one an account. CPU: mean, every thread of BLAS counts, also while it waits.",
    "Wall: the least.",
    "A session probe is eight captures of one person, searched at once.",
)


def rows(count: int, seed: int = 1) -> np.ndarray:
    """Return ``(count, 128)`` random unit vectors."""
    vectors = np.random.default_rng(seed).normal(size=(count, 128)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def call_ms(work: Callable[[], object], runs: int) -> tuple[float, float]:
    """Return mean CPU and least wall milliseconds of a call.

    The mean, as the processor time of other threads (of BLAS) comes in steps that are longer than a call.
    """
    walls, cpu = [], time.process_time()
    for _ in range(runs):
        start = time.perf_counter()
        work()
        walls.append(1000 * (time.perf_counter() - start))
    return round(1000 * (time.process_time() - cpu) / runs, 3), round(min(walls), 3)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
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

        row: dict[str, report.Cell] = {"vectors": size, "memory_mb": round(index._matrix.nbytes / 1e6, 1)}
        row["build_cpu_s"] = round(built, 2)
        for name, work in (
            ("search_1", partial(index.search, probe)),
            ("search_8", partial(index.search, session)),
            ("add_and_remove", come_and_go),
        ):
            row[f"{name}_cpu_ms"], row[f"{name}_wall_ms"] = call_ms(work, arguments.runs)
        table.append(row)
    report.publish("accuracy.search", table, notes=NOTES, destination=arguments.json)


if __name__ == "__main__":
    main()
