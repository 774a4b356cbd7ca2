"""The amount of one activity by itself: the line of the year's statement that it alone would give."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from zaichang.hours.packs import load_rules
from zaichang.ledger.count import count
from zaichang.ledger.entries.kinds import fact_of
from zaichang.ledger.entries.values import Entry
from zaichang.ledger.facts import Claim, MakeUp
from zaichang.ledger.reasons import Why
from zaichang.ledger.window import label_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One activity's own amount.

    Attributes:
        year: Label of the year to which it belongs.
        unit: ``hour`` or ``credit``.
        claimed: Amount asked for.
        counted: Amount that would count if it were approved and stood alone; the statement's caps may take more.
        whys: Why less counts than was asked for.
    """

    year: int
    unit: str
    claimed: Fraction
    counted: Fraction
    whys: tuple[Why, ...]


def preview(rules_name: str, entry: Entry, submitted: str, submitted_ms: int) -> Preview | None:
    """Return the amount that an activity would count for; None where it moves none, as a change of employer.

    Args:
        rules_name: Of the hour rules.
        entry: The ledger's entry.
        submitted: When it was handed in, RFC 3339.
        submitted_ms: The same moment.
    """
    rules = load_rules(rules_name)
    fact = fact_of({**entry, "submitted": submitted})
    if isinstance(fact, MakeUp):
        asked = sum((Fraction(part) for _, part in fact.amounts), Fraction(0))
        return Preview(year=fact.for_year, unit=rules.unit, claimed=asked, counted=asked, whys=())
    if not isinstance(fact, Claim):
        return None
    fact = replace(fact, approved=True, approved_ms=submitted_ms)
    days = [at_ms for at_ms, _ in fact.days]
    at_ms = fact.at_ms if fact.at_ms is not None else days[0] if days else submitted_ms
    year = fact.year if fact.year is not None else label_of(rules, at_ms)
    lines = count([fact], rules, year).lines
    whys = tuple(dict.fromkeys(why for line in lines for why in line.whys))
    return Preview(
        year=year,
        unit=lines[0].unit if lines else rules.unit,
        claimed=sum((line.asked for line in lines), Fraction(0)),
        counted=sum((line.amount for line in lines), Fraction(0)),
        whys=whys,
    )
