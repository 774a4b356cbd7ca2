"""Shared options of ``zaichang file``."""

from __future__ import annotations

from argparse import ArgumentTypeError

import pytest

from zaichang.cli.filing.options import today, year_label
from zaichang.core.civil import is_day


def test_a_year_is_a_label_of_four_digits() -> None:
    assert year_label("2026") == 2026
    for wrong in ("26", "２０２６", "20x6", "-2026"):
        with pytest.raises(ArgumentTypeError):
            year_label(wrong)


def test_today_is_a_day() -> None:
    assert is_day(today())
