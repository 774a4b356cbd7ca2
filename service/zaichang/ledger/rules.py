"""Hour rules: what one authority asks of a year, as data. A small closed vocabulary and no expressions.

A pack is TOML with ``[pack]``, ``[readings]``, ``[[need]]``, ``[[item]]`` and, where there is one, ``[ratio]``. Each
need, item and reading carries ``cite``: the clause with its words, or "our choice". ``rules_reading`` reads one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from enum import StrEnum
from fractions import Fraction

from zaichang.core.canonical import canonical_bytes
from zaichang.ledger.readings import Readings, plain


class Per(StrEnum):
    """How an item turns what happened into an amount."""

    ACTUAL = "actual"
    """The amount itself."""
    STEP = "step"
    """Whole steps of time give credit."""
    DAY = "day"
    """Hours by day, or days at a rate."""
    EACH = "each"
    """Pieces, each at most the rate of its role."""
    TIMES = "times"
    """The actual time, at most so many times."""
    YEAR = "year"
    """Deems the whole year fulfilled."""
    CERTIFICATE = "certificate"
    """The year's certificate stands for a fixed amount."""


class Gate(StrEnum):
    """A question that a claim must answer before it counts."""

    PUBLISHED = "published"
    EVIDENCE = "evidence"
    IN_TIME = "in_time"
    APPROVED = "approved"
    PASSED = "passed"
    FILED = "filed"
    RANK = "rank"
    REGISTERED = "registered"
    PAPER = "paper"
    OUTSIDE_PROOF = "outside_proof"
    AUDITED = "audited"
    CONFIRMED = "confirmed"
    RECOGNISED = "recognised"
    ENTERED = "entered"
    AUTHORITY = "authority"
    RELATED = "related"


class Measure(StrEnum):
    """A sum that a statement can report and a need can ask for."""

    TOTAL = "total"
    PROFESSIONAL = "professional"
    PUBLIC = "public"
    CREDITS = "credits"
    HOURS = "hours"
    POST = "post"
    PROFESSIONAL_HOURS = "professional_hours"
    PUBLIC_HOURS = "public_hours"
    TOTAL_HOURS = "total_hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A least sum of the year.

    Attributes:
        share: Where set, the share of the total that the sum must be under the reading ``own_total``.
    """

    measure: Measure
    at_least: Fraction
    share: Fraction | None
    cite: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One way to earn.

    Attributes:
        unit: ``hour`` (学时) or ``credit`` (学分).
        category: Category where the fact names none; empty: none.
        rates: ``(role, amount)``; the role ``any`` is for the others.
        steps_min: ``(role, minutes of one step)``.
        short_from_min: Least minutes of one occasion below a step that count.
        short: ``(role, amount)`` of a short occasion.
        cap_day: Most of one person's day, over all items that have it.
        cap_each: Most of one project.
        cap_year: Most of one year.
        once_per_activity: Whether only the best claim of one activity counts.
        ranks: Beginnings of the names of ranks that count.
        whole_months: Months from which a span counts as ``whole``.
        whole: Its amount.
        whole_passed: Whether it must be passed for that.
        gates: The questions to answer, in their order.
        fixed_category: Whether the category is the rules' alone, also where a fact names another.
    """

    name: str
    per: Per
    unit: str
    category: str
    rates: tuple[tuple[str, Fraction], ...]
    steps_min: tuple[tuple[str, Fraction], ...]
    short_from_min: Fraction | None
    short: tuple[tuple[str, Fraction], ...]
    cap_day: Fraction | None
    cap_each: Fraction | None
    cap_year: Fraction | None
    once_per_activity: bool
    ranks: frozenset[str]
    whole_months: int | None
    whole: Fraction | None
    whole_passed: bool
    gates: tuple[Gate, ...]
    cite: str
    fixed_category: bool = False

    def rate(self, role: str) -> Fraction | None:
        """Return the rate of a role, or of any."""
        return _of(self.rates, role)

    def step_min(self, role: str) -> Fraction | None:
        """Return the minutes of one step for a role, or for any."""
        return _of(self.steps_min, role)

    def short_rate(self, role: str) -> Fraction | None:
        """Return the amount of a short occasion for a role, or for any."""
        return _of(self.short, role)


def _of(pairs: tuple[tuple[str, Fraction], ...], role: str) -> Fraction | None:
    table = dict(pairs)
    return table.get(role, table.get("any"))


@dataclass(frozen=True, slots=True, kw_only=True)
class HourRules:
    """A pack of hour rules.

    Attributes:
        unit: Unit of the statement's lines: ``hour`` or ``credit``.
        year_starts: ``(month, day)``: a year with a start after January is named after the year in which it ends.
        measures: The sums that a statement reports, in order.
        public_share: The share of 公需 that the regulation advises; None: none.
        public_advice: The least 公需 that is advised; None: none.
        audit_by: ``(month, day)`` of the year's label by which it is audited.
        required_after_qualification: Whether the duty begins in the year after the qualification.
        makeup: Whether the year after can make up for a year.
        notices: Who is told of a revocation.
        home: Names of the authority's area, in lower case; a place that holds none of them is outside.
        example: Whether it is no regulation.
    """

    name: str
    version: str
    title_zh: str
    title_en: str
    basis: str
    text_sha256: str
    valid_from: str
    valid_to: str
    example: bool
    unit: str
    year_starts: tuple[int, int]
    measures: tuple[Measure, ...]
    needs: tuple[Need, ...]
    items: tuple[Item, ...]
    readings: Readings
    public_share: Fraction | None
    public_advice: Fraction | None
    audit_by: tuple[int, int] | None
    required_after_qualification: bool
    makeup: bool
    notices: tuple[str, ...]
    home: tuple[str, ...]
    cites: tuple[tuple[str, str], ...]

    def item(self, name: str) -> Item | None:
        """Return an item by name; None where these rules do not know it."""
        for item in self.items:
            if item.name == name:
                return item
        return None


def rules_to_mapping(rules: HourRules) -> dict[str, object]:
    """Return the rules as plain values: texts, booleans, integers, lists and tables, without unset fields."""
    flat = {spec.name: getattr(rules, spec.name) for spec in fields(rules)}
    flat["readings"] = plain(rules.readings)
    flat["needs"] = [_plain({spec.name: getattr(need, spec.name) for spec in fields(need)}) for need in rules.needs]
    flat["items"] = [_plain({spec.name: getattr(item, spec.name) for spec in fields(item)}) for item in rules.items]
    return _plain(flat)


def _plain(values: dict[str, object]) -> dict[str, object]:
    return {name: _value(value) for name, value in values.items() if value is not None}


def _value(value: object) -> object:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(str(part) for part in value)
    if isinstance(value, tuple | list):
        return [_value(part) for part in value]
    return str(value) if isinstance(value, StrEnum) else value


def rules_digest(rules: HourRules) -> str:
    """Return the SHA-256 of the rules' canonical form, 64 hex digits: a statement names it."""
    return hashlib.sha256(canonical_bytes(rules_to_mapping(rules))).hexdigest()
