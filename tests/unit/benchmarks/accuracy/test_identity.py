"""Rows of the identity benchmark that need no media."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy.identity import stranger_row
from benchmarks.accuracy.rates import Comparisons, Pairs


def pairs(values: list[float]) -> Pairs:
    nobody = np.zeros(len(values), np.int64)
    return Pairs(similarity=np.array(values), first=nobody, second=nobody + 1)


def test_the_most_alike_strangers_come_first() -> None:
    impostor = pairs([0.1, 0.65, -0.2, 0.6, 0.599, *[0.0] * 8])
    row = stranger_row("x", Comparisons(genuine=pairs([0.9]), impostor=impostor, persons=2, without_face=0))
    assert row == {"cohort": "x", "impostor": 13, "above_0.60": 2, "most": 0.65, "second": 0.6, "tenth": 0.0}
