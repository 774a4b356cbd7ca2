"""An activity's own amount: the line that it alone would give in its year."""

from __future__ import annotations

from typing import Any

import pytest

from zaichang.core.civil import parse_moment
from zaichang.hours.activities.preview import Preview, preview
from zaichang.ledger.reasons import Why

RULES = "cq-pharmacist-2025"
PAPER = {"kind": "activity", "item": "paper", "role": "sole", "published": "2026-03-01", "evidence": ["copy"]}


def seen(entry: dict[str, Any], submitted: str = "2026-07-01T10:00:00", rules: str = RULES) -> Preview | None:
    return preview(rules, {"id": "activity/a", **entry}, submitted, parse_moment(submitted).ms)


@pytest.mark.parametrize(
    ("entry", "submitted", "year", "counted", "whys"),
    [
        (PAPER, "2026-07-01T10:00:00", 2026, 10, ()),
        (PAPER | {"role": "joint"}, "2026-07-01T10:00:00", 2026, 5, ()),
        (PAPER, "2027-01-01T00:00:00", 2026, 0, (Why.LATE,)),
        ({"kind": "activity", "item": "training", "days": [["2025-12-30", "9"]], "evidence": ["a"]},
         "2025-12-31T10:00:00", 2025, 8, (Why.CAP_DAY,)),
        ({"kind": "makeup", "for_year": "2025", "professional": "10"}, "2026-07-01T10:00:00", 2025, 10, ()),
    ],
)  # fmt: skip
def test_the_year_the_amount_and_why_it_is_less(
    entry: dict[str, Any], submitted: str, year: int, counted: int, whys: tuple[Why, ...]
) -> None:
    found = seen(entry, submitted)
    assert found is not None and (found.year, found.counted, found.whys) == (year, counted, whys)


def test_a_change_of_employer_moves_no_amount_and_a_certificate_names_its_year() -> None:
    assert seen({"kind": "move", "to_unit": "h", "date": "2026-03-01"}) is None
    found = seen({"kind": "year_certificate", "year": "2025", "issued": "2026-01-10"}, rules="cs-cme-2022")
    assert found is not None and (found.year, found.counted) == (2025, 60)
