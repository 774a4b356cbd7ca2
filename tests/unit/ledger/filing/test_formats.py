"""Amounts are rounded down, days belong to the platform's zone."""

from __future__ import annotations

from fractions import Fraction

import pytest

from zaichang.core.civil import Date, start_ms
from zaichang.ledger.filing.formats import amount_text, day_text


@pytest.mark.parametrize(
    ("style", "text"), [("tenths", "2.6"), ("hundredths", "2.66"), ("exact", "8/3")]
)  # fmt: skip
def test_an_amount_is_never_rounded_up(style: str, text: str) -> None:
    assert amount_text(Fraction(8, 3), style) == text


def test_hundredths_have_two_digits() -> None:
    assert amount_text(Fraction(201, 100), "hundredths") == "2.01"


def test_a_day_is_the_platform_s() -> None:
    midnight = start_ms(Date(2026, 3, 1))
    assert day_text(midnight, "day", 8) == "2026-03-01"
    assert day_text(midnight - 1, "day", 8) == "2026-02-28"
    assert day_text(midnight, "day_compact", 0) == "20260228"
