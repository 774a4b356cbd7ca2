"""Year windows: the calendar year, and a year that begins on 1 November."""

from __future__ import annotations

from zaichang.core.civil import Date, start_ms
from zaichang.hours.packs import load_rules
from zaichang.ledger.window import FAR_MS, label_of, window_of

CQ, CME = load_rules("cq-pharmacist-2025"), load_rules("cq-cme-2017")


def test_the_calendar_year() -> None:
    year = window_of(CQ, 2026)
    assert (year.from_ms, year.to_ms) == (start_ms(Date(2026, 1, 1)), start_ms(Date(2027, 1, 1)))
    assert (year.audit_ms, year.stated) == (FAR_MS, True)
    assert label_of(CQ, year.from_ms) == label_of(CQ, year.to_ms - 1) == 2026
    assert label_of(CQ, year.from_ms - 1) == 2025


def test_the_year_from_november_is_named_after_its_end() -> None:
    year = window_of(CME, 2027, 5, stated=False)
    assert (year.from_ms, year.to_ms) == (start_ms(Date(2026, 11, 1)), start_ms(Date(2027, 11, 1)))
    assert year.audit_ms == start_ms(Date(2027, 12, 1))
    assert (year.until_ms, year.stated) == (5, False)
    assert label_of(CME, year.from_ms) == label_of(CME, year.to_ms - 1) == 2027
    assert (label_of(CME, year.from_ms - 1), label_of(CME, year.to_ms)) == (2026, 2028)
