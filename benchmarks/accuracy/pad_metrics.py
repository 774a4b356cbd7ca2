"""Error rates of presentation-attack detection (terms of ISO/IEC 30107-3), with exact 95 % intervals.

A frame's score is its bona fide probability; it passes where the score reaches the threshold.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of errors.

    Attributes:
        errors: How many.
        trials: Out of how many, 1 or more.
    """

    errors: int
    trials: int

    @property
    def value(self) -> float:
        """The share, 0..1."""
        return self.errors / self.trials

    def interval(self) -> tuple[float, float]:
        """Clopper-Pearson 95 % interval: exact, and honest about few trials (0 of 3 reaches up to 71 %)."""
        low = 0.0 if self.errors == 0 else _solve(lambda p: 1 - _at_most(self.errors - 1, self.trials, p), 0.025)
        high = 1.0 if self.errors == self.trials else _solve(lambda p: -_at_most(self.errors, self.trials, p), -0.025)
        return low, high


def _at_most(most: int, trials: int, p: float) -> float:
    """Chance of at most ``most`` errors in ``trials`` when each has chance ``p``."""
    if p <= 0:
        return 1.0
    if p >= 1:
        return 1.0 if most >= trials else 0.0
    return math.fsum(
        math.exp(
            math.lgamma(trials + 1)
            - math.lgamma(k + 1)
            - math.lgamma(trials - k + 1)
            + k * math.log(p)
            + (trials - k) * math.log1p(-p)
        )
        for k in range(most + 1)
    )


def _solve(rising: Callable[[float], float], goal: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < goal else (low, middle)
    return (low + high) / 2


def rejected(scores: Scores, threshold: float) -> Rate:
    """BPCER when ``scores`` are bona fide ones."""
    return Rate(errors=int((scores < threshold).sum()), trials=len(scores))


def accepted(scores: Scores, threshold: float) -> Rate:
    """APCER when ``scores`` are those of one attack species."""
    return Rate(errors=int((scores >= threshold).sum()), trials=len(scores))


def equal_error(genuine: Scores, attack: Scores) -> tuple[float, float]:
    """Equal error rate and its threshold, over all attacks together.

    Returns:
        The larger of both rates where they are closest (never flatters), and the threshold.
    """
    thresholds = np.unique(np.concatenate((genuine, attack, [np.inf])))
    missed = 1 - np.searchsorted(np.sort(attack), thresholds, side="left") / len(attack)
    refused = np.searchsorted(np.sort(genuine), thresholds, side="left") / len(genuine)
    best = int(np.argmin(np.abs(missed - refused)))
    return float(max(missed[best], refused[best])), float(thresholds[best])


def strictest_threshold(genuine: Scores, bpcer_limit: float) -> float:
    """The highest threshold that refuses no more than ``bpcer_limit`` (0..1) of the bona fide scores."""
    ordered = np.sort(genuine)
    return float(ordered[min(len(ordered) - 1, int(bpcer_limit * len(ordered)))])


def passes_k_of_n(passed: Sequence[bool], k: int, n: int) -> float:
    """Chance that n captures drawn from one presentation, without putting back, hold k or more that pass.

    Args:
        passed: One entry for each frame of the presentation.
        k: Passes needed.
        n: Captures drawn; fewer frames than this make the answer NaN.
    """
    total, good = len(passed), sum(passed)
    if total < n:
        return math.nan
    return sum(
        math.comb(good, hits) * math.comb(total - good, n - hits) for hits in range(k, min(n, good) + 1)
    ) / math.comb(total, n)
