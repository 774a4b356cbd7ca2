"""The reflected-light challenge: does the face take on the ordered colours of the screen?

The server draws a random sequence of colours; a face before the screen reflects them within a frame or two, a wall
metres behind does not. A replayed or injected stream cannot know the sequence. A *print* held to the screen reflects
light as well, so this detects no prints: PAD and the active challenge do.

Auto-exposure and white balance change face and background alike, so the comparison uses the colour of the face
*against* the background, as log ratios of channels (brightness falls out), and its steps rather than its level.

Off by default and never the only route: flashing colours are not for photosensitive people. Figures are simulated
(docs/accuracy.md); nothing should depend on it before real recordings were measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from zaichang.core.units import to_bp

Colour = tuple[int, int, int]
"""Red, green and blue in hundredths of a grey level, 0..25500."""
_SCREEN_BLACK_CENTI = 3_200
"""The grey level at which a screen's black still shines, in hundredths.

A property of screens, not a limit: it belongs to the formula from shown colour to emitted light, and no
institution has a reason to choose it. A better figure needs a new version of this module.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LightLimits:
    """The limits. A session's limits are its policy's ``liveness_light_*`` fields, which describe each."""

    correlation_bp: int = 6_000
    lag_frames: int = 3
    changes: int = 16
    floor_centi: int = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class LightResult:
    """The result.

    Attributes:
        correlation_bp: Best correlation over the lags, -10000..10000.
        lag: The lag that gave it, in frames.
        passed: Whether it reached the limit.
        usable: Whether there were enough colour changes and enough light to judge.
    """

    correlation_bp: int
    lag: int
    passed: bool
    usable: bool


def judge_light(
    shown: Sequence[Colour], face: Sequence[Colour], background: Sequence[Colour], limits: LightLimits | None = None
) -> LightResult:
    """Compare the shown colours with the light that the face reflected.

    Args:
        shown: The colour that the screen showed while each frame was taken, in the order of frames.
        face: Mean colour of the cheeks and forehead in each frame.
        background: Mean colour of the room far behind the face.
        limits: By default ``LightLimits()``.

    Raises:
        ValueError: Where the lengths differ.
    """
    limits = limits or LightLimits()
    if not len(shown) == len(face) == len(background):
        raise ValueError(f"three colours a frame are needed, got {len(shown)}, {len(face)}, {len(background)}")
    changes = sum(before != after for before, after in pairwise(shown))
    dark = sum(sum(colour) for colour in face) < 2 * limits.floor_centi * 3 * len(face)
    if changes < limits.changes or len(shown) < limits.lag_frames + limits.changes or dark:
        return LightResult(correlation_bp=0, lag=0, passed=False, usable=False)
    emitted = _chroma([_lit(colour) for colour in shown], limits.floor_centi)
    seen = [
        [on_face - behind for on_face, behind in zip(one, other, strict=True)]
        for one, other in zip(_chroma(face, limits.floor_centi), _chroma(background, limits.floor_centi), strict=True)
    ]
    best_bp, best_lag = -20_000, 0
    for lag in range(limits.lag_frames + 1):
        value_bp = _correlation_bp([each[: len(each) - lag] for each in emitted], [each[lag:] for each in seen])
        if value_bp > best_bp:
            best_bp, best_lag = value_bp, lag
    return LightResult(correlation_bp=best_bp, lag=best_lag, passed=best_bp >= limits.correlation_bp, usable=True)


def _lit(colour: Colour) -> Colour:
    red, green, blue = colour
    return red + _SCREEN_BLACK_CENTI, green + _SCREEN_BLACK_CENTI, blue + _SCREEN_BLACK_CENTI


def _chroma(colours: Sequence[Colour], floor_centi: int) -> tuple[list[float], list[float]]:
    """Return log(R/G) and log(B/G) of each frame: free of brightness."""
    logs = [[math.log(max(channel, floor_centi)) for channel in colour] for colour in colours]
    return [red - green for red, green, _ in logs], [blue - green for _, green, blue in logs]


def _steps(values: Sequence[float]) -> list[float]:
    """Return the changes of the averages of three frames: noise of one frame is larger than the light of a screen."""
    padded = [values[0], *values, values[-1]]
    smooth = [math.fsum(padded[place : place + 3]) / 3 for place in range(len(values))]
    return [after - before for before, after in pairwise(smooth)]


def _correlation_bp(first: Sequence[Sequence[float]], second: Sequence[Sequence[float]]) -> int:
    """Return the mean Pearson correlation of the two channels; a channel that does not vary counts as 0."""
    return to_bp(sum(_pearson(_steps(one), _steps(other)) for one, other in zip(first, second, strict=True)) / 2)


def _pearson(one: Sequence[float], other: Sequence[float]) -> float:
    mean_one, mean_other = math.fsum(one) / len(one), math.fsum(other) / len(other)
    a, b = [value - mean_one for value in one], [value - mean_other for value in other]
    scale = math.sqrt(math.fsum(x * x for x in a) * math.fsum(y * y for y in b))
    return math.fsum(x * y for x, y in zip(a, b, strict=True)) / scale if scale > 1e-9 else 0.0
