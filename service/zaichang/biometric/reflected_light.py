"""Reflected-light challenge: does the face take on the colours that the server had the screen show?

The server draws a random sequence of colours; a face before the screen reflects them within a frame or two, a wall
metres behind does not. A replayed or injected stream cannot know the sequence. A *print* held to the screen reflects
light as well, so this says nothing about prints: PAD and the active challenge do.

Auto-exposure and white balance change face and background alike, so what is compared is the colour of the face
*against* the background, as log ratios of channels (brightness falls out), and its steps rather than its level.

Off by default and never the only route: flashing colours are not for photosensitive people. Figures are simulated
(docs/accuracy.md); nothing should depend on it before real recordings were measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zaichang.core.units import to_bp

Colours = NDArray[np.float64]
_FLOOR = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LightLimits:
    """What counts.

    Attributes:
        correlation: Least correlation between shown and seen colour changes.
        max_lag: Frames that screen, camera and network may delay the answer.
        steps: Fewest colour changes: with 11, 3 % of wrong sequences pass by chance, with 19 none of 300 did.
    """

    correlation: float = 0.6
    max_lag: int = 3
    steps: int = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class LightResult:
    """What came of it.

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


def _chroma(colours: Colours) -> Colours:
    """Return log(R/G) and log(B/G) per frame: free of brightness."""
    logs = np.log(np.maximum(colours, _FLOOR))
    return np.stack([logs[:, 0] - logs[:, 1], logs[:, 2] - logs[:, 1]], axis=1)


def judge_light(shown: Colours, face: Colours, background: Colours, limits: LightLimits | None = None) -> LightResult:
    """Compare what was shown with what the face reflected.

    Args:
        shown: ``(n, 3)`` RGB 0..255 that the screen showed while each frame was taken, in the order of frames.
        face: ``(n, 3)`` mean RGB of the cheeks and forehead in each frame.
        background: ``(n, 3)`` mean RGB of what is far behind the face.
        limits: By default ``LightLimits()``.

    Raises:
        ValueError: Where the shapes differ.
    """
    limits = limits or LightLimits()
    if not shown.shape == face.shape == background.shape or shown.ndim != 2 or shown.shape[1] != 3:
        raise ValueError(f"three (n, 3) arrays are needed, got {shown.shape}, {face.shape}, {background.shape}")
    changes = int(np.any(np.diff(shown, axis=0) != 0, axis=1).sum())
    if changes < limits.steps or len(shown) < limits.max_lag + limits.steps or float(face.mean()) < 2 * _FLOOR:
        return LightResult(correlation_bp=0, lag=0, passed=False, usable=False)
    emitted = _chroma(shown + 32.0)
    seen = _chroma(face) - _chroma(background)
    best, best_lag = -1.0, 0
    for lag in range(limits.max_lag + 1):
        given, answer = emitted[: len(emitted) - lag], seen[lag:]
        value = _correlation(np.diff(_smoothed(given), axis=0), np.diff(_smoothed(answer), axis=0))
        if value > best:
            best, best_lag = value, lag
    return LightResult(correlation_bp=to_bp(best), lag=best_lag, passed=best >= limits.correlation, usable=True)


def _smoothed(values: Colours) -> Colours:
    """Average three frames: noise of single frames is larger than what a screen adds."""
    padded = np.concatenate([values[:1], values, values[-1:]])
    result: Colours = (padded[:-2] + padded[1:-1] + padded[2:]) / 3
    return result


def _correlation(first: Colours, second: Colours) -> float:
    """Return the mean Pearson correlation of the two channels; 0 where one does not vary."""
    values = []
    for channel in range(2):
        a, b = first[:, channel] - first[:, channel].mean(), second[:, channel] - second[:, channel].mean()
        scale = float(np.linalg.norm(a) * np.linalg.norm(b))
        values.append(float(a @ b) / scale if scale > 1e-9 else 0.0)
    return float(np.mean(values))
