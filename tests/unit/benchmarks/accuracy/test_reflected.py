"""Light that a face reflects passes, and other streams do not."""

from __future__ import annotations

import numpy as np

from benchmarks.accuracy import reflected


def test_light_that_a_face_reflects_passes_and_the_rest_does_not() -> None:
    assert reflected.passed(20, 0.08, 20)["passed"] == 20
    assert reflected.passed(20, 0.08, 20, wrong=True) == {
        "stream": "another sequence", "colours": 20, "strength_pct": 8.0, "tries": 20, "passed": 0,
    }  # fmt: skip
    assert reflected.passed(20, 0.0, 20)["passed"] == 0
    colours = reflected.sequence(np.random.default_rng(3), 12)
    assert len(colours) == 12 * reflected.HOLD_FRAMES
    assert int(np.any(np.diff(colours, axis=0) != 0, axis=1).sum()) == 11
