"""Compares a statement with a case's expectation: exact fractions, each field by its meaning.

Where the format leaves a field's shape open, each shape is read: ``pending`` is an amount, a list of entries, or yes,
``advice_public`` is yes or no, the amount advised, or the amount that lacks of it. A line may have several reasons; an
expectation names one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from zaichang.core.errors import ConfigError
from zaichang.ledger.entries.values import number_of
from zaichang.ledger.lines import Line
from zaichang.ledger.reasons import Why
from zaichang.ledger.rules import HourRules, Measure
from zaichang.ledger.statement import Cap, Certificate, Statement, Status, caps_of
from zaichang.ledger.tally import ZERO, tally

_LINE_KEYS: Final = ("entry", "counted", "why", "claimed", "hours", "pending")
_CAP_KEYS: Final = ("item", "claimed", "counted", "why")
_FORMS: Final = ("remote", "face_to_face")


class Difference(NamedTuple):
    """One field that differs."""

    field: str
    expected: str
    got: str


def differences(
    expect: Mapping[str, Any],
    entries: Sequence[Mapping[str, Any]],
    rules: HourRules,
    statements: Mapping[int, Statement],
) -> list[Difference]:
    """Return the fields in which the statement differs from the expectation.

    Args:
        expect: The expectation.
        entries: The case's entries, for the names of projects.
        rules: The hour rules.
        statements: The year's statement first, then those of the period.

    Raises:
        ConfigError: ``hours.unknown_word`` for a field, reason or status that does not exist.
    """
    found: list[Difference] = []
    for field, expected in expect.items():
        found += _field(field, expected, entries, rules, list(statements.values()))
    return found


def _field(
    field: str, expected: Any, entries: Sequence[Mapping[str, Any]], rules: HourRules, years: list[Statement]
) -> list[Difference]:
    first = years[0]
    match field:
        case "status":
            return _plain(field, _known(Status, expected), _status(rules, years))
        case "certificate":
            return _plain(field, _known(Certificate, expected), first.certificate)
        case "unit_at_year_end":
            return _plain(field, expected, first.unit_at_year_end or "")
        case "notices":
            told = [expected] if isinstance(expected, str) else expected
            return _plain(field, sorted(told), sorted(first.notices))
        case "least_more":
            return _amount(field, expected, _sum(year.least_more or ZERO for year in _span(rules, years)))
        case "pending" | "pending_credits":
            return _amount_or_keys(field, expected, first.pending, [line for line in first.lines if line.pending])
        case "reported_not_recognised":
            waits = [line for line in first.lines if line.reported and not line.recognised]
            return _amount_or_keys(field, expected, first.reported_not_recognised, waits)
        case "recognised":
            return _amount_or_keys(field, expected, first.recognised, [line for line in first.lines if line.recognised])
        case "advice_public":
            return _advice(expected, first)
        case "years_met":
            return _years_met(expected, years)
        case "credits_by_unit":
            return _by_unit(expected, first)
        case "institution_struck":
            return _struck(expected, first)
        case "lines":
            return [difference for line in expected for difference in _line(line, first.lines)]
        case "caps":
            return _caps(expected, entries, first)
        case _:
            return _amount(field, expected, _measure(field, rules, _span(rules, years)))


def _known(words: Iterable[str], expected: Any) -> str:
    if expected not in list(words):
        raise ConfigError("hours.unknown_word", f"The expectation has the unknown word {expected!r}.")
    return str(expected)


def _span(rules: HourRules, years: list[Statement]) -> list[Statement]:
    """Return the statements whose sums a case means: the whole period where the pack counts over several years."""
    return years if rules.example else years[:1]


def _status(rules: HourRules, years: list[Statement]) -> str:
    lacking = [year.status for year in _span(rules, years) if year.status is Status.NOT_MET]
    return lacking[0] if lacking else years[0].status


def _measure(field: str, rules: HourRules, years: list[Statement]) -> Fraction:
    name = field.removeprefix("missing_")
    if name not in list(Measure):
        raise ConfigError("hours.unknown_word", f"The expectation has the unknown field {field!r}.")
    if name == field:
        return _sum(year.sums[name] if name in year.sums else tally(year.lines).of(Measure(name)) for year in years)
    if name in (Measure.TOTAL, Measure.TOTAL_HOURS) and name not in [need.measure for need in rules.needs]:
        return _sum(_sum(year.missing.values()) for year in years)
    if name == Measure.CREDITS and rules.unit == "credit" and name not in [need.measure for need in rules.needs]:
        # Where the total is counted in credits, the credits that lack are the total's.
        return _sum(year.missing.get(Measure.TOTAL, ZERO) for year in years)
    return _sum(year.missing.get(name, ZERO) for year in years)


def _sum(values: Iterable[Fraction]) -> Fraction:
    return sum(values, ZERO)


def _plain(field: str, expected: object, got: object) -> list[Difference]:
    return [] if expected == got else [Difference(field, str(expected), str(got))]


def _exact(field: str, value: object) -> Fraction:
    number = number_of(value)
    if number is None:
        raise ConfigError("hours.invalid", f"The expectation's {field} must be an exact number, got {value!r:.60}.")
    return number


def _amount(field: str, expected: object, got: Fraction) -> list[Difference]:
    return [] if _exact(field, expected) == got else [Difference(field, str(expected), str(got))]


def _amount_or_keys(field: str, expected: object, got: Fraction, lines: Sequence[Line]) -> list[Difference]:
    """Compare an amount, the entries that it comes from, or whether there is any."""
    if isinstance(expected, bool):
        return _plain(field, expected, bool(lines))
    if isinstance(expected, list):
        return _plain(field, sorted(expected), sorted({line.key for line in lines}))
    return _amount(field, expected, got)


def _advice(expected: object, statement: Statement) -> list[Difference]:
    if isinstance(expected, bool):
        return _plain("advice_public", expected, statement.advice_missing > 0)
    if _exact("advice_public", expected) in (statement.advice_public, statement.advice_missing):
        return []
    got = f"{statement.advice_public} advised, {statement.advice_missing} missing"
    return [Difference("advice_public", str(expected), got)]


def _years_met(expected: object, years: list[Statement]) -> list[Difference]:
    met = sorted(str(year.year) for year in years if year.status is not Status.NOT_MET)
    if isinstance(expected, list):
        return _plain("years_met", sorted(str(label) for label in expected), met)
    return _amount("years_met", expected, Fraction(len(met)))


def _by_unit(expected: Mapping[str, object], statement: Statement) -> list[Difference]:
    units = sorted({*expected, *statement.credits_by_unit})
    return [
        difference
        for unit in units
        for difference in _amount(
            f"credits_by_unit.{unit}", expected.get(unit, "0"), statement.credits_by_unit.get(unit, ZERO)
        )
    ]


def _struck(expected: object, statement: Statement) -> list[Difference]:
    if isinstance(expected, bool):
        return _plain("institution_struck", expected, bool(statement.institutions_struck))
    wanted = expected if isinstance(expected, list) else [expected]
    return _plain("institution_struck", sorted(wanted), sorted(statement.institutions_struck))


def _line(expected: Mapping[str, Any], lines: Sequence[Line]) -> list[Difference]:
    _only(expected, _LINE_KEYS)
    key = str(expected.get("entry"))
    own = [line for line in lines if line.key == key]
    found: list[Difference] = []
    for name, got in (
        ("counted", _sum(line.amount for line in own)),
        ("claimed", _sum(line.asked for line in own)),
        ("hours", _sum(Fraction(line.hours) for line in own)),
        ("pending", _sum(line.waiting for line in own)),
    ):
        if name in expected:
            found += _amount(f"lines.{key}.{name}", expected[name], got)
    return found + _whys(f"lines.{key}.why", expected.get("why"), {why for line in own for why in line.whys})


def _whys(field: str, expected: object, got: Iterable[Why]) -> list[Difference]:
    reasons = sorted(got)
    wanted = [expected] if isinstance(expected, str) else expected or []
    if isinstance(wanted, list) and all(_known(Why, why) in reasons for why in wanted):
        return []
    return [Difference(field, str(expected), " ".join(reasons) or "none")]


def _only(table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise ConfigError("hours.unknown_word", f"The expectation has the unknown key {key!r}.")


def _caps(
    expected: Sequence[Mapping[str, Any]], entries: Sequence[Mapping[str, Any]], statement: Statement
) -> list[Difference]:
    if not expected:
        return _plain("caps", "none", " ".join(cap.item for cap in statement.caps) or "none")
    found: list[Difference] = []
    for cap in expected:
        _only(cap, _CAP_KEYS)
        item = str(cap.get("item"))
        got = _cap(item, entries, statement)
        if got is None:
            found.append(Difference(f"caps.{item}", "a cap", "none"))
            continue
        for name, amount in (("claimed", got.claimed), ("counted", got.counted)):
            if name in cap:
                found += _amount(f"caps.{item}.{name}", cap[name], amount)
        found += _whys(f"caps.{item}.why", cap.get("why"), got.whys)
    return found


def _cap(item: str, entries: Sequence[Mapping[str, Any]], statement: Statement) -> Cap | None:
    """Return the cap of an item, of a project by its name, or of one entry."""
    for cap in statement.caps:
        if cap.item == item or (item == "project" and cap.item in _FORMS):
            return cap
    keys = {
        entry.get("id") for entry in entries if item in (entry.get("id"), entry.get("project"), entry.get("activity"))
    }
    own = caps_of(line for line in statement.lines if line.key in keys)
    return own[0] if own else None
