"""Lines to sums, sums to missing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from zaichang.hours.packs import load_rules
from zaichang.ledger.lines import Line
from zaichang.ledger.rules import Measure
from zaichang.ledger.tally import least_more, missing_of, tally

CQ, SC, CME = (load_rules(name) for name in ("cq-pharmacist-2025", "sc-cme-2025", "cq-cme-2017"))
LINES = [
    Line("a", "study", "professional", "hour", 45, 45, 45, recognised=True),
    Line("b", "paper", "professional", "hour", 10, 10, reported=True),
    Line("c", "study", "public", "hour", 90, 90, 45, pending=45),
    Line("d", "credit", "public", "credit", 5, 5, hours=3, post=True, reported=True, recognised=True),
    Line("e", "credit", "", "credit", 2, 2, hours=4),
]


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (Measure.TOTAL, 20), (Measure.PROFESSIONAL, 11), (Measure.PUBLIC, 7), (Measure.CREDITS, 7), (Measure.POST, 5),
        (Measure.HOURS, 20), (Measure.PROFESSIONAL_HOURS, 11), (Measure.PUBLIC_HOURS, 2), (Measure.TOTAL_HOURS, 13),
    ],
)  # fmt: skip
def test_each_measure(measure: Measure, expected: int) -> None:
    assert tally(LINES).of(measure) == expected


def test_the_other_sums() -> None:
    found = tally(LINES)
    assert (found.pending, found.reported, found.recognised, found.public_hours, found.hours) == (1, 10, 6, 3, 7)
    assert tally([]).of(Measure.TOTAL) == 0


def sums(professional: int, public: int) -> dict[Measure, Fraction]:
    return {
        Measure.TOTAL: Fraction(professional + public),
        Measure.PROFESSIONAL: Fraction(professional),
        Measure.PUBLIC: Fraction(public),
    }


@pytest.mark.parametrize(
    ("professional", "public", "required", "own"),
    [(60, 30, (0, 0), (0, 0)), (50, 60, (0, 10), (0, 70)), (40, 44, (6, 20), (6, 48)), (10, 5, (75, 50), (75, 50)),
     (120, 60, (0, 0), (0, 0)), (0, 0, (90, 60), (90, 60))],
)  # fmt: skip
def test_two_thirds_of_the_required_and_of_one_s_own(
    professional: int, public: int, required: tuple[int, int], own: tuple[int, int]
) -> None:
    for reading, expected in (("required", required), ("own_total", own)):
        rules = replace(CQ, readings=replace(CQ.readings, two_thirds_of=reading))
        missing = missing_of(rules, sums(professional, public))
        assert (missing["total"], missing["professional"]) == expected
        assert least_more(rules, missing) == max(expected)


def test_needs_of_two_categories_add_up() -> None:
    article = load_rules("article-001")
    assert least_more(article, missing_of(article, sums(15, 12))) == 5
    assert least_more(article, missing_of(article, sums(15, 5))) == 10
    assert least_more(article, missing_of(article, sums(29, 0))) == 10


def test_one_need_and_needs_of_two_units() -> None:
    assert least_more(SC, missing_of(SC, {Measure.CREDITS: Fraction(20)})) == 5
    missing = missing_of(CME, dict.fromkeys(CME.measures, Fraction(0)))
    assert (missing, least_more(CME, missing)) == ({"credits": 25, "hours": 80, "post": 15}, None)
