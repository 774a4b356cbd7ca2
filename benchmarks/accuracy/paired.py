"""Two ways of comparing on the same pairs: is the new one better in every cohort, and how sure is that?

A way that moves all similarities up misses fewer people at an old threshold and lets more strangers in, so each is
measured at the threshold that it needs itself for one FMR, and by how far its two distributions lie apart.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks import report
from benchmarks.accuracy.rates import Comparisons, Floats, Pairs, interval, threshold_at

FMR_POINTS = (1e-3, 1e-4, 1e-5)
NOTES = (
    "FNMR in per cent at the threshold that each way needs itself; the change with its 95 % interval over persons.",
    "apart: distance of the two means in pooled standard deviations (d'); stranger: standard deviations from the mean",
    "stranger to the threshold at FMR 0.1 % of the strictest cohort, the same threshold for all cohorts.",
)


def rows(old: Mapping[str, Comparisons], new: Mapping[str, Comparisons]) -> list[dict[str, report.Cell]]:
    """Return a row per cohort.

    Args:
        old: Every cohort's comparisons, before.
        new: The same pairs, after.
    """
    strict = [max(strictest(each)) for each in (old, new)]
    found: list[dict[str, report.Cell]] = []
    for name in new:
        before, after = old[name], new[name]
        row: dict[str, report.Cell] = {"cohort": name, "persons": after.persons}
        row["apart_old"], row["apart_new"] = (round(apart(each), 2) for each in (before, after))
        row["stranger_old"], row["stranger_new"] = (
            round((threshold - float(each.impostor.similarity.mean())) / float(each.impostor.similarity.std()), 2)
            for each, threshold in zip((before, after), strict, strict=True)
        )
        for point in FMR_POINTS:
            wrong = []
            for each in (before, after):
                own = threshold_at(each.impostor, point)
                if own is not None:
                    wrong.append(each.genuine.similarity < own)
            if len(wrong) < 2:
                continue
            change = wrong[1].astype(float) - wrong[0]
            row[f"old@{point:.0e}"], row[f"new@{point:.0e}"] = (round(100 * float(each.mean()), 2) for each in wrong)
            row[f"change@{point:.0e}"] = _change(after.genuine, change, after.persons)
        found.append(row)
    return found


def strictest(found: Mapping[str, Comparisons]) -> list[float]:
    """Return the thresholds that the cohorts ask for at FMR 0.1 %, where they have pairs enough."""
    return [threshold for each in found.values() if (threshold := threshold_at(each.impostor, 1e-3)) is not None]


def apart(found: Comparisons) -> float:
    """Return the distance of both means in pooled standard deviations (d')."""
    same, other = found.genuine.similarity, found.impostor.similarity
    return float((same.mean() - other.mean()) / np.sqrt((same.var() + other.var()) / 2))


def _change(genuine: Pairs, change: Floats, persons: int) -> str:
    if not change.any():
        return "none"
    low, high = interval(genuine, change, persons)
    return f"{100 * change.mean():.2f} ({100 * low:.2f} to {100 * high:.2f})"
