"""What a threshold is worth on people it was not chosen with: chosen on half of the persons, measured on the others.

Each round draws half of every cohort's persons, takes the strictest threshold that any cohort's half asks for at FMR
0.1 %, and measures the other halves at it. The default threshold was chosen with all cohorts in view, so its own row
of figures says too little; the spread over the rounds says how far a threshold carries.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from benchmarks import report
from benchmarks.accuracy.rates import Comparisons, Pairs, fmr, fnmr, threshold_at

ROUNDS = 100
FMR_WANTED = 1e-3
NOTES = (
    f"{ROUNDS} rounds: half of every cohort's persons choose (strictest cohort, FMR 0.1 %), the others are measured.",
    "Ranges are the 2.5th to the 97.5th percentile over the rounds. Halves overlap between rounds, so the mean is no",
    "better known than one split over all persons; the range is what a threshold from few people can do to others.",
)


def _part(pairs: Pairs, persons: npt.NDArray[np.bool_]) -> Pairs:
    """Return the pairs of which both persons belong to the part."""
    kept = persons[pairs.first] & persons[pairs.second]
    return Pairs(similarity=pairs.similarity[kept], first=pairs.first[kept], second=pairs.second[kept])


def _summary(values: list[float]) -> str:
    known = np.array([100 * value for value in values if not np.isnan(value)])
    if not known.size:
        return "-"
    low, high = np.percentile(known, (2.5, 97.5))
    return f"{known.mean():.3f} ({low:.2f}-{high:.2f})"


def rows(found: Mapping[str, Comparisons], seed: int = 0) -> list[dict[str, report.Cell]]:
    """Return a row per cohort.

    Args:
        found: Every cohort's comparisons, by one backend.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    thresholds: list[float] = []
    rates: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in found}
    for _ in range(ROUNDS):
        others: dict[str, npt.NDArray[np.bool_]] = {}
        asked: list[float] = []
        for name, each in found.items():
            chosen = np.zeros(each.persons, dtype=bool)
            chosen[rng.permutation(each.persons)[: each.persons // 2]] = True
            others[name] = ~chosen
            threshold = threshold_at(_part(each.impostor, chosen), FMR_WANTED)
            asked += [] if threshold is None else [threshold]
        thresholds.append(max(asked))
        for name, each in found.items():
            rates[name][0].append(fmr(_part(each.impostor, others[name]), thresholds[-1]))
            rates[name][1].append(fnmr(_part(each.genuine, others[name]), thresholds[-1]))
    low, high = np.percentile(thresholds, (2.5, 97.5))
    return [
        {
            "cohort": name,
            "persons_measured": (each.persons + 1) // 2,
            "threshold": f"{np.mean(thresholds):.3f} ({low:.3f}-{high:.3f})",
            "fmr_pct": _summary(rates[name][0]),
            "fnmr_pct": _summary(rates[name][1]),
        }
        for name, each in found.items()
    ]
