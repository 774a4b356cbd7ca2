"""Rates by course and month: outliers, and small counts that are held back."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from zaichang.core.civil import parse_moment
from zaichang.hours.monitoring.series import FEW, LEARNERS_MIN, RATES, Rate, cells_of, months_of
from zaichang.ports.hours.figures import CourseCounts

PLAIN = CourseCounts(
    institution_id="i1", course_id="c", learners=50, sessions=200, without_face=10, minutes=9_000, refused=450,
    no_face=90, appealed=10, revoked=0, begun=150, completed=100,
)  # fmt: skip


def course(number: int, **changes: int) -> CourseCounts:
    return replace(PLAIN, course_id=f"c{number}", **changes)


def test_the_months_are_chinas_and_leave_no_moment_out() -> None:
    months = months_of(2026)
    assert [name for name, _, _ in months] == [f"2026-{month:02}" for month in range(1, 13)]
    assert months[0][1] == parse_moment("2026-01-01").ms and months[11][2] == parse_moment("2027-01-01").ms
    assert all(before[2] == after[1] for before, after in pairwise(months))


def test_rates_are_shares_in_basis_points() -> None:
    [cell] = cells_of("2026-03", [PLAIN])
    assert (cell.month, cell.institution, cell.course, cell.learners, cell.sessions) == ("2026-03", "i1", "c", 50, 200)
    shares = {name: rate.share_bp for name, rate in cell.rates.items()}
    assert shares == {
        "completion": 6_667, "refusal": 500, "no_face": 100, "without_face": 500, "appeal": 500, "revocation": 0,
    }  # fmt: skip
    assert set(shares) == set(RATES)


def test_a_course_of_few_learners_shows_nothing_and_moves_no_other() -> None:
    small = course(9, learners=LEARNERS_MIN - 1, refused=9_000)
    courses = [course(number) for number in range(5)]
    with_it, without = cells_of("m", [*courses, small]), cells_of("m", courses)
    assert with_it[:5] == without
    assert (with_it[5].learners, with_it[5].sessions) == (None, None)
    assert set(with_it[5].rates.values()) == {Rate(None, None)}
    [shown] = cells_of("m", [course(9, learners=LEARNERS_MIN)])
    assert shown.learners == LEARNERS_MIN


@pytest.mark.parametrize(
    ("found", "few"), [(0, False), (1, True), (FEW, True), (FEW + 1, False), (195, False), (196, True), (200, False)]
)
def test_few_cases_are_held_back_on_both_sides(found: int, few: bool) -> None:
    [cell] = cells_of("m", [course(1, appealed=found)])
    rate = cell.rates["appeal"]
    assert (rate.few, rate.share_bp is None, rate.cases) == (few, few, 200)


def test_a_rate_without_a_case() -> None:
    [cell] = cells_of("m", [course(1, minutes=0, refused=0, no_face=0)])
    assert cell.rates["refusal"] == Rate(0, None)


def test_an_outlier_is_named_with_its_side_and_does_not_taint_the_others() -> None:
    courses = [course(number, refused=440 + number) for number in range(8)]
    cells = cells_of("m", [*courses, course(8, refused=3_000), course(9, completed=6)])
    assert {cell.course: rate.outlier for cell in cells for rate in cell.rates.values() if rate.outlier} == {
        "c8": "high", "c9": "low",
    }  # fmt: skip
    assert cells[8].rates["refusal"].outlier == "high" and cells[9].rates["completion"].outlier == "low"


def test_what_varies_everywhere_is_no_outlier() -> None:
    spread = [course(number, refused=200 + 250 * number) for number in range(10)]
    assert all(not cell.rates["refusal"].outlier for cell in cells_of("m", spread))


def test_little_is_not_compared() -> None:
    three = [*[course(number) for number in range(2)], course(3, refused=9_000)]
    assert all(rate.standard_errors is None for cell in cells_of("m", three) for rate in cell.rates.values())
    few_sessions = [*[course(number) for number in range(5)], course(6, sessions=29, appealed=20)]
    cells = cells_of("m", few_sessions)
    assert cells[5].rates["appeal"].standard_errors is None and cells[0].rates["appeal"].standard_errors is not None
    assert cells[5].rates["refusal"].standard_errors is not None
