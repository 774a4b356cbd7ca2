"""Rates of each institution's course by month, outliers among them, and small counts held back. Pure.

A count of a few people can point at one of them, so:

1. A course and month with fewer than ``LEARNERS_MIN`` learners shows no figure.
2. A rate is shown as "few" where 1 to ``FEW`` cases, or all but so many, have the property.

Outliers are found before that, among the cells that are shown: a cell's rate is compared with the rate of all other
cells of its month, in standard errors of a share of so many cases. Cases of one session or learner hang together, so
the errors are widened by the dispersion that the month itself shows (a funnel plot with winsorised over-dispersion,
Spiegelhalter 2005). An outlier is a reason to ask, not a finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Final, NamedTuple

from zaichang.core.civil import Date, start_ms
from zaichang.ports.hours.figures import CourseCounts

LEARNERS_MIN: Final = 10
FEW: Final = 4
CASES_MIN: Final = 30
"""Least cases of a rate that is compared."""
OTHERS_MIN: Final = 3
"""Least other courses in a month to compare with."""
LIMIT_SE: Final = 3.0
_WINSOR: Final = 0.1

RATES: Final[dict[str, tuple[str, str]]] = {
    "completion": ("completed", "begun"),
    "refusal": ("refused", "minutes"),
    "no_face": ("no_face", "minutes"),
    "without_face": ("without_face", "sessions"),
    "appeal": ("appealed", "sessions"),
    "revocation": ("revoked", "sessions"),
}
"""Each rate: the count with the property, and the count of all cases."""


class Rate(NamedTuple):
    """One rate of a cell.

    Attributes:
        cases: All cases; None where the cell is too small to be shown.
        share_bp: Basis points, rounded; None where the cell is too small, has no case, or few have the property.
        few: Whether so few cases have the property, or lack it, that the rate is held back.
        standard_errors: How far it lies from the other courses of its month; None where it is not compared.
    """

    cases: int | None
    share_bp: int | None
    few: bool = False
    standard_errors: float | None = None

    @property
    def outlier(self) -> str:
        """``high``, ``low`` or empty."""
        if self.standard_errors is None or abs(self.standard_errors) < LIMIT_SE:
            return ""
        return "high" if self.standard_errors > 0 else "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One institution's course in one month.

    Attributes:
        month: ``YYYY-MM``, in China.
        institution: Its id.
        course: Its id.
        learners: How many; None where they are fewer than ``LEARNERS_MIN``.
        sessions: How many; None with them.
        rates: By name.
    """

    month: str
    institution: str
    course: str
    learners: int | None
    sessions: int | None
    rates: Mapping[str, Rate] = field(default_factory=dict)


def months_of(year: int) -> list[tuple[str, int, int]]:
    """Return the months of a calendar year in China: name, first moment, first moment after it."""
    begins = [start_ms(Date(year, month, 1)) for month in range(1, 13)] + [start_ms(Date(year + 1, 1, 1))]
    return [(f"{year:04}-{month:02}", begins[month - 1], begins[month]) for month in range(1, 13)]


def cells_of(month: str, counts: Sequence[CourseCounts]) -> list[Cell]:
    """Return the cells of one month, in the order of the counts."""
    shown = [each for each in counts if each.learners >= LEARNERS_MIN]
    errors = {name: _errors(shown, *parts) for name, parts in RATES.items()}
    return [_cell(month, each, {name: found.get(_place(each)) for name, found in errors.items()}) for each in counts]


def _place(counts: CourseCounts) -> tuple[str, str]:
    return counts.institution_id, counts.course_id


def _cell(month: str, counts: CourseCounts, errors: Mapping[str, float | None]) -> Cell:
    small = counts.learners < LEARNERS_MIN
    return Cell(
        month=month,
        institution=counts.institution_id,
        course=counts.course_id,
        learners=None if small else counts.learners,
        sessions=None if small else counts.sessions,
        rates={name: _rate(counts, *parts, small=small, errors=errors[name]) for name, parts in RATES.items()},
    )


def _rate(counts: CourseCounts, having: str, among: str, *, small: bool, errors: float | None) -> Rate:
    cases, found = getattr(counts, among), getattr(counts, having)
    if small:
        return Rate(None, None)
    if not cases:
        return Rate(0, None)
    if 0 < found <= FEW or 0 < cases - found <= FEW:
        return Rate(cases, None, few=True)
    return Rate(cases, (found * 20_000 + cases) // (2 * cases), standard_errors=errors)


def _errors(shown: Sequence[CourseCounts], having: str, among: str) -> dict[tuple[str, str], float]:
    """Return how many standard errors each rate lies from the other courses' one; few cases are not compared."""
    pairs = {_place(each): (getattr(each, having), getattr(each, among)) for each in shown}
    pairs = {place: pair for place, pair in pairs.items() if pair[1] >= CASES_MIN}
    if len(pairs) <= OTHERS_MIN:
        return {}
    all_found, all_cases = (sum(pair[part] for pair in pairs.values()) for part in (0, 1))
    scores: dict[tuple[str, str], float] = {}
    for place, (found, cases) in pairs.items():
        # One case more on either side: a rate that no other course has is not infinitely far from 0.
        usual = (all_found - found + 1) / (all_cases - cases + 2)
        scores[place] = (found / cases - usual) / sqrt(usual * (1 - usual) / cases)
    wide = sqrt(max(1.0, _dispersion(list(scores.values()))))
    return {place: score / wide for place, score in scores.items()}


def _dispersion(scores: list[float]) -> float:
    """Return the mean square of the scores, the outermost tenth on each side drawn in."""
    ordered = sorted(scores)
    cut = max(1, int(len(ordered) * _WINSOR))
    low, high = ordered[cut], ordered[-1 - cut]
    return sum(min(max(score, low), high) ** 2 for score in ordered) / len(ordered)
