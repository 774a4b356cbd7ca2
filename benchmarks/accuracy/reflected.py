"""Reflected light on made-up colour traces: no recording of a face before a coloured screen exists here.

Run: ``.venv/bin/python -m benchmarks.accuracy.reflected``
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks import report
from zaichang.biometric.reflected_light import Colour, LightLimits, judge_light

Floats = npt.NDArray[np.float64]
PALETTE = np.array([(255, 60, 60), (60, 255, 60), (60, 60, 255), (255, 255, 60), (60, 255, 255), (255, 60, 255)], float)
HOLD_FRAMES = 4
TRIES = 2_000
FACE, WALL = np.array([170.0, 120.0, 100.0]), np.array([110.0, 115.0, 120.0])
NOTES = (
    "SIMULATED: colours of a face and a wall behind it (an eighth of the light), drifting exposure, balance, noise.",
    "strength: the part that the screen adds to the light in the room. A print reflects light as a face does.",
)


def sequence(rng: np.random.Generator, steps: int) -> Floats:
    """Return ``steps`` colours, none twice in a row, each held for some frames."""
    picks = [int(rng.integers(len(PALETTE)))]
    while len(picks) < steps:
        pick = int(rng.integers(len(PALETTE)))
        picks += [pick] if pick != picks[-1] else []
    return np.asarray(np.repeat(PALETTE[picks], HOLD_FRAMES, axis=0), dtype=np.float64)


def filmed(rng: np.random.Generator, shown: Floats, strength: float) -> tuple[Floats, Floats]:
    """Return the camera's colours of face and wall, up to three frames late."""
    count, lag = len(shown), int(rng.integers(0, 4))
    late = np.concatenate([np.repeat(shown[:1], lag, axis=0), shown[: count - lag]]) / 255
    steps = rng.normal(0, 0.02, (count, 1)) + rng.normal(0, 0.004, (count, 3))
    drift = np.exp(np.cumsum(steps, axis=0))
    face = FACE * (1 + strength * late) + rng.normal(0, 0.4, (count, 3))
    wall = WALL * (1 + strength / 8 * late) + rng.normal(0, 0.3, (count, 3))
    return np.clip(face * drift, 0, 255), np.clip(wall * drift, 0, 255)


def centi(colours: Floats) -> list[Colour]:
    """Return colours in hundredths of a grey level."""
    return [(red, green, blue) for red, green, blue in np.rint(100 * colours).astype(int).tolist()]


def passed(steps: int, strength: float, tries: int, *, wrong: bool = False, seed: int = 0) -> dict[str, report.Cell]:
    """Return one row; ``wrong`` films an answer to another sequence."""
    rng = np.random.default_rng(seed)
    # As many as were drawn are judged, also fewer than the service accepts: that is why it does not.
    limits = LightLimits(changes=steps - 1)
    count = 0
    for _ in range(tries):
        shown = sequence(rng, steps)
        face, wall = filmed(rng, sequence(rng, steps) if wrong else shown, strength)
        count += judge_light(centi(shown), centi(face), centi(wall), limits).passed
    what = "no light" if strength == 0 else "another sequence" if wrong else "face"
    return {"stream": what, "colours": steps, "strength_pct": 100 * strength, "tries": tries, "passed": count}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=None, help="the JSON file")
    arguments = parser.parse_args()
    rows = [passed(20, strength, TRIES) for strength in (0.005, 0.01, 0.02, 0.03, 0.08)]
    rows += [passed(steps, 0.08, TRIES, wrong=True) for steps in (12, 17, 20)]
    rows += [passed(20, 0.0, TRIES)]
    report.publish("accuracy.reflected", rows, notes=NOTES, destination=arguments.json)


if __name__ == "__main__":
    main()
