"""The statement of a year: the hours that count, are missing or wait, and the reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from zaichang.ledger.lines import Line
from zaichang.ledger.readings import Readings, plain
from zaichang.ledger.reasons import CAPS, Why


class Status(StrEnum):
    """Whether the year's duty is done."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_REQUIRED = "not_required"
    DEEMED_MET = "deemed_met"
    MET_BY_MAKEUP = "met_by_makeup"


class Certificate(StrEnum):
    """What becomes of the year's certificate."""

    NOT_YET = "not_yet"
    ISSUED = "issued"
    REPLACED = "replaced"
    REVOKED = "revoked"


class Flag(StrEnum):
    """A remark for a person who reads the statement."""

    DEEMED_PART_YEAR = "deemed_part_year"
    """A dispatch of less than three months in the year deems the whole year."""
    MORE_THAN_WHOLE = "more_than_whole"
    """A span below three months gives more than the whole does."""
    OVERLAP_NOT_CHECKED = "overlap_with_other_institutions_not_checked"


class Cap(NamedTuple):
    """What caps took from one item.

    Attributes:
        names: The item, and the projects, activities and facts in it: any of them names the cap.
    """

    item: str
    names: frozenset[str]
    claimed: Fraction
    counted: Fraction
    whys: tuple[Why, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The statement of one learner and year.

    Attributes:
        rules: Name and version of the hour rules.
        year: Its label.
        sums: The sums that the rules report.
        missing: What lacks of each need.
        least_more: The least further study that would do, where the needs share one unit; else None.
        pending: Amount that waits for a decision.
        reported_not_recognised: Amount that the institution reported and the authority has not recognised.
        recognised: Amount that the authority recognised.
        advice_public: Least 公需 that the regulation or the pack advises; None where it advises none.
        advice_missing: What lacks of it.
        makeup_in: Amount that a later year gave to this one.
        makeup_out: Amount that this year gave to the one before.
    """

    rules: str
    version: str
    year: int
    status: Status
    sums: dict[str, Fraction]
    missing: dict[str, Fraction]
    least_more: Fraction | None
    lines: tuple[Line, ...]
    pending: Fraction
    reported_not_recognised: Fraction
    recognised: Fraction
    advice_public: Fraction | None
    advice_missing: Fraction
    credits_by_unit: dict[str, Fraction]
    unit_at_year_end: str | None
    institutions_struck: tuple[str, ...]
    certificate: Certificate
    notices: tuple[str, ...]
    flags: tuple[Flag, ...]
    makeup_in: Fraction
    makeup_out: Fraction
    readings: Readings

    @property
    def caps(self) -> tuple[Cap, ...]:
        """What caps took, by item."""
        return caps_of(self.lines)


def caps_of(lines: Iterable[Line]) -> tuple[Cap, ...]:
    """Return the caps that took something, one entry for each item that has lines which a cap reduced."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        if not line.whys or CAPS.intersection(line.whys):
            groups.setdefault(line.item, []).append(line)
    found = []
    for item, group in groups.items():
        whys = {why: None for line in group for why in line.whys if why in CAPS}
        if whys:
            claimed = sum((line.asked for line in group), Fraction(0))
            counted = sum((line.amount for line in group), Fraction(0))
            found.append(Cap(item, frozenset((item, *(line.key for line in group))), claimed, counted, tuple(whys)))
    return tuple(found)


def shown(amount: Fraction) -> str:
    """Return an amount floored to a tenth, as people read it; the decision is on the exact fraction."""
    tenths = amount.numerator * 10 // amount.denominator
    return str(tenths // 10) if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}"


def document(statement: Statement) -> dict[str, object]:
    """Return the statement as plain values: exact numbers are texts, empty parts are left out."""
    values: dict[str, object] = {
        "format": "zaichang-statement@1",
        "rules": statement.rules,
        "version": statement.version,
        "year": str(statement.year),
        "status": str(statement.status),
        **_texts(statement.sums),
        **{f"missing_{name}": str(value) for name, value in statement.missing.items()},
        "pending": str(statement.pending),
        "reported_not_recognised": str(statement.reported_not_recognised),
        "recognised": str(statement.recognised),
        "certificate": str(statement.certificate),
        "notices": list(statement.notices),
        "lines": [_line(line) for line in statement.lines],
        "caps": [
            {
                "item": cap.item,
                "claimed": str(cap.claimed),
                "counted": str(cap.counted),
                "why": [str(why) for why in cap.whys],
            }
            for cap in statement.caps
        ],
        "readings": plain(statement.readings),
    }
    optional: dict[str, object] = {
        "least_more": None if statement.least_more is None else str(statement.least_more),
        "advice_public": None if statement.advice_public is None else str(statement.advice_public),
        "credits_by_unit": _texts(statement.credits_by_unit),
        "unit_at_year_end": statement.unit_at_year_end,
        "institutions_struck": list(statement.institutions_struck),
        "flags": [str(flag) for flag in statement.flags],
        "makeup_in": str(statement.makeup_in) if statement.makeup_in else None,
        "makeup_out": str(statement.makeup_out) if statement.makeup_out else None,
    }
    return values | {name: value for name, value in optional.items() if value}


def _texts(values: dict[str, Fraction]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


def _line(line: Line) -> dict[str, object]:
    values: dict[str, object] = {
        "entry": line.key,
        "item": line.item,
        "unit": line.unit,
        "claimed": str(line.asked),
        "counted": str(line.amount),
    }
    optional: dict[str, object] = {
        "category": line.category,
        "why": [str(why) for why in line.whys],
        "hours": str(line.hours) if line.hours else "",
        "pending": str(line.waiting) if line.pending else "",
    }
    return values | {name: value for name, value in optional.items() if value}
