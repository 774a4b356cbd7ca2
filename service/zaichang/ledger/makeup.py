"""Make-up (补学): hours of one year go to the year before, as far as they are there and the gap needs them.

Where no fact of the giving year is known at all, the approved make-up itself is the fact: its amount stands.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from zaichang.ledger.facts import Amount, MakeUp
from zaichang.ledger.lines import Line
from zaichang.ledger.reasons import Why
from zaichang.ledger.rules import HourRules
from zaichang.ledger.tally import ZERO, least_more, missing_of, tally
from zaichang.ledger.window import Window, label_of


class Moved(NamedTuple):
    """What one make-up moves: ``(category, amount)``, in units."""

    fact: MakeUp
    amounts: tuple[tuple[str, Fraction], ...]
    whys: tuple[Why, ...]


def refused(fact: MakeUp, rules: HourRules, window: Window) -> tuple[Why, ...]:
    """Return why a make-up moves nothing; empty where it is in order."""
    if fact.has_evidence is False:
        return Why.EVIDENCE_MISSING, Why.NO_PROOF
    if fact.approved is False:
        return (Why.NOT_APPROVED,)
    if fact.decided_ms is not None:
        if label_of(rules, fact.decided_ms) > fact.for_year + 1:
            return Why.TOO_LATE, Why.LATE
        if fact.decided_ms >= window.known_ms:
            return (Why.PENDING,)
    return ()


def give(
    makeups: list[MakeUp],
    rules: HourRules,
    window: Window,
    lines: list[Line],
    gap: Callable[[], dict[str, Fraction]],
) -> tuple[list[Line], list[Moved]]:
    """Move hours of a year to the year before; returns the lines that remain, and the hours moved.

    Args:
        makeups: The make-ups for the year before, by key.
        rules: The hour rules.
        window: The year that gives.
        lines: Its lines.
        gap: Returns the missing amounts of the year before.
    """
    moved: list[Moved] = []
    missing: dict[str, Fraction] | None = None
    given_before = ZERO
    known = any(Why.OTHER_YEAR not in line.whys for line in lines)
    for fact in makeups:
        whys = refused(fact, rules, window)
        amounts: list[tuple[str, Fraction]] = []
        if not whys:
            missing = gap() if missing is None else missing
            for category, asked in fact.amounts:
                room = max(ZERO, _room(rules, missing, category) - given_before)
                taken = min(Fraction(asked), room)
                if known:
                    lines, taken = _take(lines, category, taken)
                given_before += taken
                amounts.append((category, taken))
        moved.append(Moved(fact, tuple(amounts), whys))
    return lines, moved


def _room(rules: HourRules, missing: dict[str, Fraction], category: str) -> Fraction:
    """Return how much of one category the gap needs: all of it for 专业, the total's gap for the rest."""
    if category == "professional":
        return least_more(rules, missing) or ZERO
    return missing.get("total", least_more(rules, missing) or ZERO)


def _take(lines: list[Line], category: str, wanted: Fraction) -> tuple[list[Line], Fraction]:
    """Take an amount from the lines of a category, in their order."""
    left = wanted
    kept: list[Line] = []
    for line in lines:
        amount = line.amount
        if left > 0 and amount > 0 and category in ("", line.category):
            part = min(left, amount)
            left -= part
            line = line.less(line.counted - part * line.parts, Why.USED_FOR_MAKEUP)
        kept.append(line)
    return kept, wanted - left


def lines_out(moved: list[Moved], rules: HourRules) -> list[Line]:
    """Return the make-ups' lines in the year that gave."""
    return [
        Line(one.fact.key, "makeup", category, rules.unit, asked, 0, 1, one.whys or (Why.USED_FOR_MAKEUP,))
        for one in moved
        for category, asked in one.fact.amounts
    ]


def lines_in(moved: list[Moved], rules: HourRules) -> list[Line]:
    """Return the make-ups' lines in the year that received."""
    lines: list[Line] = []
    for one in moved:
        given: dict[str, Amount] = dict(one.amounts)
        for category, asked in one.fact.amounts:
            lines.append(Line(one.fact.key, "makeup", category, rules.unit, asked, given.get(category, 0), 1, one.whys))
    return lines


def gap_of(lines: list[Line], rules: HourRules) -> dict[str, Fraction]:
    """Return the missing amounts of a year with these lines."""
    found = tally(lines)
    return missing_of(rules, {measure: found.of(measure) for measure in rules.measures})
