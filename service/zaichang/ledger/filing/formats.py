"""How amounts and days are written for a platform."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from zaichang.core.civil import AHEAD_MS, date_text
from zaichang.ledger.statement import shown

AMOUNTS: Final = ("tenths", "hundredths", "exact")
"""Styles of an amount: rounded down to a tenth or a hundredth, or an exact fraction."""
DAYS: Final = ("day", "day_compact")
"""Styles of a day: ``2026-01-31`` or ``20260131``."""
_HOUR_MS: Final = 3_600_000


def amount_text(amount: Fraction, style: str) -> str:
    """Return an amount in one of the styles."""
    if style == "exact":
        return str(amount)
    if style == "tenths":
        return shown(amount)
    hundredths = amount.numerator * 100 // amount.denominator
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def day_text(at_ms: int, style: str, ahead_h: int) -> str:
    """Return the day of a moment in a zone, without a time: a time could be shifted into the day before.

    Args:
        at_ms: The moment.
        style: One of ``DAYS``.
        ahead_h: Hours that the platform's clocks are ahead of UTC.
    """
    text = date_text(at_ms - AHEAD_MS + ahead_h * _HOUR_MS)
    return text.replace("-", "") if style == "day_compact" else text
