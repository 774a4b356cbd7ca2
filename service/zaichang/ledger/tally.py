"""Lines to sums, sums to missing: exact fractions, decided on the exact sums and never on the shown ones."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from zaichang.ledger.facts import Amount
from zaichang.ledger.lines import Line
from zaichang.ledger.rules import HourRules, Measure

ZERO = Fraction(0)
_COMMON = (Measure.TOTAL, Measure.CREDITS, Measure.TOTAL_HOURS)
"""Measures that hold all others of their unit."""


class Tally(NamedTuple):
    """The sums of a year.

    Attributes:
        main: ``(unit, category)`` to amount in units.
        hours: Hours beside credits.
        public_hours: Those of them that are 公需.
        post: Credits of the post.
        pending: Amount that waits.
        reported: Amount reported and not recognised.
        recognised: Amount recognised.
    """

    main: dict[tuple[str, str], Fraction]
    hours: Fraction
    public_hours: Fraction
    post: Fraction
    pending: Fraction
    reported: Fraction
    recognised: Fraction

    def of(self, measure: Measure) -> Fraction:
        """Return one sum."""
        unit, category = _PARTS[measure]
        if measure is Measure.POST:
            return self.post
        parts = [
            amount for (its_unit, its), amount in self.main.items() if unit in ("", its_unit) and category in ("", its)
        ]
        if measure is Measure.HOURS:
            parts.append(self.hours)
        return sum(parts[1:], parts[0]) if parts else ZERO


_PARTS: dict[Measure, tuple[str, str]] = {
    Measure.TOTAL: ("", ""),
    Measure.PROFESSIONAL: ("", "professional"),
    Measure.PUBLIC: ("", "public"),
    Measure.CREDITS: ("credit", ""),
    Measure.HOURS: ("hour", ""),
    Measure.POST: ("credit", ""),
    Measure.PROFESSIONAL_HOURS: ("hour", "professional"),
    Measure.PUBLIC_HOURS: ("hour", "public"),
    Measure.TOTAL_HOURS: ("hour", ""),
}


def tally(lines: Iterable[Line]) -> Tally:
    """Sum the lines; study adds up in its own parts first, which are integers."""
    sums: dict[tuple[str, Amount], dict[str, Amount]] = {}
    within: dict[str, Amount] = {}
    unit_before, parts_before = "", None
    hours: Amount = 0
    public: Amount = 0
    post: Amount = 0
    pending = reported = recognised = ZERO
    for _, _, category, unit, _, counted, parts, _, more, is_post, _, is_reported, is_recognised, waiting in lines:
        # Lines of study share one object each for unit and parts, so most find their sums without a look-up.
        if parts is not parts_before or unit is not unit_before:
            unit_before, parts_before = unit, parts
            within = sums.setdefault((unit, parts), {})
        if category in within:
            within[category] += counted
        else:
            within[category] = counted
        if more:
            hours += more
            if category == "public":
                public += more
        if is_post:
            post += counted
        if waiting:
            pending += Fraction(waiting) / parts
        if is_recognised:
            recognised += Fraction(counted) / parts
        elif is_reported:
            reported += Fraction(counted) / parts
    main: dict[tuple[str, str], Fraction] = {}
    for (unit, parts), amounts in sums.items():
        for category, amount in amounts.items():
            whole = Fraction(amount, parts)
            main[unit, category] = main[unit, category] + whole if (unit, category) in main else whole
    return Tally(main, Fraction(hours), Fraction(public), Fraction(post), pending, reported, recognised)


def missing_of(rules: HourRules, sums: dict[Measure, Fraction]) -> dict[str, Fraction]:
    """Return the missing amount of each need.

    Under the reading ``own_total`` a share goes over the learner's own total as it will be: to find what lacks, the
    other hours are taken as they are, and hours of the needed kind are added until both rules hold.
    """
    missing: dict[str, Fraction] = {}
    for need in rules.needs:
        lacks = need.at_least - sums[need.measure]
        if need.share is not None and rules.readings.two_thirds_of == "own_total":
            others = sums[Measure.TOTAL] - sums[need.measure]
            lacks = max(lacks, others * need.share / (1 - need.share) - sums[need.measure])
        missing[need.measure] = lacks if lacks > 0 else ZERO
    return missing


def least_more(rules: HourRules, missing: dict[str, Fraction]) -> Fraction | None:
    """Return the least further study that fulfils all needs, where they share one unit; else None.

    Hours of one category count for the total too, so the total's gap and the sum of the categories' gaps overlap.
    """
    commons = [missing[name] for name in missing if name in _COMMON]
    parts = sum((lacks for name, lacks in missing.items() if name not in _COMMON), ZERO)
    if any(need.measure is Measure.HOURS for need in rules.needs):
        return None
    return max([*commons, parts])
