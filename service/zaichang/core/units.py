"""Integer units.

Scores are basis points (``_bp``, 0..10000), times are milliseconds (``_ms``) since the Unix epoch
or since the lesson's start, lengths in pictures are pixels (``_px``), angles are hundredths of a degree (``_cdeg``).

Scores are quantised once, at the replay boundary (docs/architecture.md), so that a verdict can be recomputed exactly.
"""

from __future__ import annotations

BP_ONE = 10_000
"""One, in basis points."""

MINUTE_MS = 60_000
"""A study minute's length in ACTIVE server time."""

ROUND_MS = 900_000
"""The rounds of a log: leaves of sessions are dated to whole rounds, and are held back to their end."""


def to_bp(value: float) -> int:
    """Return a ratio in basis points, clamped to -10000..10000.

    NaN becomes -10000, the lowest value: a score that could not be computed must never look good.
    """
    if value != value:
        return -BP_ONE
    return round(max(-1.0, min(1.0, value)) * BP_ONE)


def to_cdeg(degrees: float) -> int:
    """Quantise an angle in degrees to hundredths of a degree; NaN becomes 18000 (turned right away)."""
    if degrees != degrees:
        return 18_000
    return round(degrees * 100)
