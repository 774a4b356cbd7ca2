"""From a statement's lines to the amounts that an institution files: one for each course and category."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from zaichang.core.ids import InstitutionId
from zaichang.ledger.facts import Claim, Fact, Study
from zaichang.ledger.lines import Line
from zaichang.ledger.window import Window


class Place(NamedTuple):
    """A course and category within a learner's year, and the unit that it counts in."""

    course: str
    category: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The amount that should stand at the platform.

    Attributes:
        amount: In units, exactly; zero where nothing counts.
        first_ms: When the first counted part began.
        last_ms: When the last one ended.
        facts: Keys of the facts behind it.
    """

    amount: Fraction
    first_ms: int
    last_ms: int
    facts: tuple[str, ...]


def wanted(
    lines: Iterable[Line], facts: Iterable[Fact], institution_id: InstitutionId, window: Window
) -> dict[Place, Wanted]:
    """Return the amounts that an institution files of a learner's year.

    Study and activities of the institution itself are filed. Credits that others gave, and hours that a later year
    makes up, are not its own to file.

    Args:
        lines: The lines of the year's statement.
        facts: The facts that the statement counts.
        institution_id: The institution that files.
        window: The year.
    """
    own = {fact.key: fact for fact in facts if isinstance(fact, Study | Claim) and fact.institution == institution_id}
    found: dict[Place, Wanted] = {}
    for line in lines:
        fact = own.get(line.key)
        if fact is None or not line.counted:
            continue
        first_ms, last_ms = _span(fact, window)
        place = Place(_course(fact), line.category, line.unit)
        known = found.get(place)
        found[place] = Wanted(
            amount=line.amount + (known.amount if known else 0),
            first_ms=min(first_ms, known.first_ms) if known else first_ms,
            last_ms=max(last_ms, known.last_ms) if known else last_ms,
            facts=(*(known.facts if known else ()), line.key),
        )
    return found


def _course(fact: Study | Claim) -> str:
    return fact.lesson.split("/")[1] if isinstance(fact, Study) else fact.activity or fact.key


def _span(fact: Study | Claim, window: Window) -> tuple[int, int]:
    """Return the first and last moment of a fact within the year."""
    if isinstance(fact, Study):
        first_ms = min(run.from_ms for run in fact.runs)
        last_ms = max(run.from_ms + run.wall_ms * run.minutes for run in fact.runs)
    else:
        days = [day for day, _ in fact.days] or [window.from_ms if fact.at_ms is None else fact.at_ms]
        first_ms, last_ms = min(days), max(*days, fact.to_ms or 0)
    return max(first_ms, window.from_ms), max(min(last_ms, window.to_ms - 1), window.from_ms)
