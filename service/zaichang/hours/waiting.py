"""Waiting matters: claims that wait for a decision, hours that wait for the authority; on whom, and since when."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from zaichang.ledger.facts import Claim, Fact, Study
from zaichang.ledger.reasons import Why
from zaichang.ledger.statement import Statement


class Whom(StrEnum):
    """On whom something waits."""

    LEARNER = "learner"
    INSTITUTION = "institution"
    EMPLOYER = "employer"
    AUTHORITY = "authority"
    SERVICE = "service"


WHOM: Final[dict[Whom, tuple[str, str]]] = {
    Whom.LEARNER: ("您本人", "you"),
    Whom.INSTITUTION: ("机构", "the institution"),
    Whom.EMPLOYER: ("用人单位", "your employer"),
    Whom.AUTHORITY: ("主管部门", "the authority"),
    Whom.SERVICE: ("学习系统", "the service"),
}


class Wait(NamedTuple):
    """One thing that waits.

    Attributes:
        key: Key of the fact.
        on: On whom.
        since_ms: Since when; None: the record does not say.
        amount: How much, in the line's unit.
        unit: ``hour`` or ``credit``.
        reported: Whether it was reported and waits for recognition; else it waits for a decision.
    """

    key: str
    on: Whom
    since_ms: int | None
    amount: Fraction
    unit: str
    reported: bool


def waits_of(statement: Statement, facts: Iterable[Fact]) -> list[Wait]:
    """Return all that a statement's lines wait for, in the order of the lines."""
    by_key = {fact.key: fact for fact in facts}
    found: list[Wait] = []
    for line in statement.lines:
        fact = by_key.get(line.key)
        if Why.PENDING in line.whys:
            on, since_ms = _decision(fact)
            found.append(Wait(line.key, on, since_ms, line.waiting, line.unit, reported=False))
        elif line.reported and not line.recognised and line.counted:
            since = fact.reported_ms if isinstance(fact, Claim | Study) else None
            found.append(Wait(line.key, Whom.AUTHORITY, since, line.amount, line.unit, reported=True))
    return found


def _decision(fact: Fact | None) -> tuple[Whom, int | None]:
    """Return who decides about a fact, and since when it is that one's turn."""
    if isinstance(fact, Study):
        return Whom.INSTITUTION, fact.runs[-1].from_ms
    if not isinstance(fact, Claim):
        return Whom.INSTITUTION, None
    handed_in = fact.submitted_ms if fact.submitted_ms is not None else fact.entered_ms
    since_ms = handed_in if handed_in is not None else fact.at_ms
    if fact.confirmed is False:
        return Whom.EMPLOYER, since_ms
    if fact.recognised_by == "" or fact.audited is False or fact.recognised is False:
        return Whom.AUTHORITY, fact.reported_ms if fact.reported_ms is not None else since_ms
    return Whom.INSTITUTION, since_ms
