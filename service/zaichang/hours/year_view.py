"""One learner's year as its page shows it: the statement, the years with facts, the days left, waiting matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from zaichang.core.civil import DAY_MS
from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.hours.packs import load_rules
from zaichang.hours.stored import stored_history
from zaichang.hours.waiting import Wait, waits_of
from zaichang.ledger.count import count
from zaichang.ledger.digest import facts_digest
from zaichang.ledger.facts import Claim, Fact, Study
from zaichang.ledger.rules import HourRules, rules_digest
from zaichang.ledger.statement import Statement
from zaichang.ledger.window import Window, label_of, window_of
from zaichang.ports.ledger import HourFacts

YEARS_MAX: Final = 12
"""Most years that the page offers, the latest ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YearView:
    """The statement of a year with all that its page needs from the ledger.

    Attributes:
        statement: The statement.
        rules: Its hour rules.
        window: Its year.
        years: Labels of the years that have facts, and of the one that runs, the latest first.
        days_left: Days of the year that are left, today included; 0 once it is over.
        entries: Stored entry of each fact, by key.
        waits: What waits.
        facts_digest: Of all facts of the learner; ``zaichang hours statement`` names the same.
        rules_digest: Of the rules.
    """

    statement: Statement
    rules: HourRules
    window: Window
    years: tuple[int, ...]
    days_left: int
    entries: dict[str, dict[str, Any]]
    waits: tuple[Wait, ...]
    facts_digest: str
    rules_digest: str

    def required(self, measure: str) -> Fraction | None:
        """Return the least amount of a sum that the rules ask for; None where they ask for none."""
        return next((need.at_least for need in self.rules.needs if need.measure == measure), None)


async def year_view(
    store: HourFacts,
    owner: tuple[InstitutionId, LearnerId],
    rules_name: str,
    year: int | None,
    now_ms: int,
) -> YearView:
    """Return a learner's year from the store.

    Args:
        store: The facts.
        owner: Institution and pseudonym.
        rules_name: A shipped pack of hour rules.
        year: Label of the year; None: the one that runs.
        now_ms: Server time.

    Raises:
        StorageError: The store cannot be read.
        ConfigError: ``hours.not_found``: no such pack.
        EvidenceError: ``hours.fact_conflict``.
    """
    rules = load_rules(rules_name)
    entries, facts = await stored_history(store, *owner, {})
    current = label_of(rules, now_ms)
    shown = current if year is None else year
    statement = count(facts, rules, shown)
    window = window_of(rules, shown)
    return YearView(
        statement=statement,
        rules=rules,
        window=window,
        years=_years(facts, rules, current),
        days_left=max(0, -((now_ms - window.to_ms) // DAY_MS)) if now_ms < window.to_ms else 0,
        entries={str(entry["id"]): entry for entry in entries},
        waits=tuple(waits_of(statement, facts)),
        facts_digest=facts_digest(facts),
        rules_digest=rules_digest(rules),
    )


def _years(facts: Sequence[Fact], rules: HourRules, current: int) -> tuple[int, ...]:
    """Return the labels of the years with facts and of the year that runs, the latest first."""
    found = {current}
    for fact in facts:
        if isinstance(fact, Study):
            for run in fact.runs:
                found |= {label_of(rules, run.from_ms), label_of(rules, run.from_ms + (run.minutes - 1) * run.wall_ms)}
        elif isinstance(fact, Claim):
            found.update({fact.year} if fact.year is not None else set())
            found.update({label_of(rules, fact.at_ms)} if fact.at_ms is not None else set())
    return tuple(sorted(found, reverse=True)[:YEARS_MAX])
