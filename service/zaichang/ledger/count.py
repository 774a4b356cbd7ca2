"""Facts and hour rules to the statement of a year: ``count(facts, rules, year)``."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from zaichang.core.civil import date_at, months_between
from zaichang.ledger.book import Book, open_book
from zaichang.ledger.facts import Claim, Fact, Revoke
from zaichang.ledger.lines import Line
from zaichang.ledger.makeup import Moved, gap_of, give, lines_in, lines_out
from zaichang.ledger.place import place, void_keys
from zaichang.ledger.reasons import Why
from zaichang.ledger.rules import HourRules, Measure, Per
from zaichang.ledger.statement import Certificate, Flag, Statement, Status
from zaichang.ledger.tally import ZERO, Tally, least_more, missing_of, tally
from zaichang.ledger.window import FAR_MS, Window, label_of, window_of

_SHORT_MONTHS = 3
_INNOCENT = frozenset(("error", "technical", "mistake", "clerical", "correction", "duplicate", "system_error"))
"""Reasons of a revocation that blame no learner: only the learner is told."""


def count(facts: Iterable[Fact], rules: HourRules, year: int, known_ms: int = FAR_MS) -> Statement:
    """Return the statement of one learner and year.

    Args:
        facts: All facts of the learner, in any order, any number of times.
        rules: The hour rules.
        year: Label of the year.
        known_ms: The statement is drawn at this moment: later decisions are unknown.

    Raises:
        EvidenceError: ``hours.fact_conflict``.
    """
    return count_book(open_book(facts), rules, year, known_ms)


def count_book(book: Book, rules: HourRules, year: int, known_ms: int = FAR_MS) -> Statement:
    """Return the statement of one year from facts that are sorted out already."""
    window = window_of(rules, year, known_ms)
    void = void_keys(book, rules, window)
    lines, out = _own(book, rules, window, void)
    received = _received(book, rules, window, void, lines)
    deemed = _deemed(book, rules, window, void, lines)
    found = tally([*lines, *lines_in(received, rules)] if received else lines)
    sums = {measure: found.of(measure) for measure in rules.measures}
    if deemed:
        sums[Measure.TOTAL] = max(sums[Measure.TOTAL], deemed[0])
    not_required = rules.required_after_qualification and any(
        label_of(rules, fact.at_ms) >= year for fact in book.qualified if fact.key not in void
    )
    basis = sums
    if rules.readings.status_of == "recognised":
        recognised = tally(line for line in lines if line.recognised)
        basis = {measure: recognised.of(measure) for measure in rules.measures}
    missing = missing_of(rules, basis)
    met = not any(missing.values())
    moved_in = sum((amount for one in received for _, amount in one.amounts), ZERO)
    status = _status(not_required, bool(deemed), met, moved_in > 0)
    if status is not Status.NOT_MET:
        missing = dict.fromkeys(missing, ZERO)
    took = [fact for fact in book.revokes if fact.decided_ms < known_ms and _takes(fact, void, lines)]
    advice, advice_missing = _advice(rules, found, sums.get(Measure.PUBLIC, ZERO))
    extra = [*lines_in(received, rules), *lines_out(out, rules)] if received or out else []
    return Statement(
        rules=rules.name,
        version=rules.version,
        year=year,
        status=status,
        sums={str(measure): amount for measure, amount in sums.items()},
        missing={str(name): amount for name, amount in missing.items()},
        least_more=least_more(rules, missing),
        lines=(*lines, *extra),
        pending=found.pending,
        reported_not_recognised=found.reported,
        recognised=found.recognised,
        advice_public=advice,
        advice_missing=advice_missing,
        credits_by_unit=_by_unit(book, lines, void) if book.claims else {},
        unit_at_year_end=_last_unit(book, window, void),
        institutions_struck=tuple(
            sorted({fact.institution for fact in book.institution_frauds if fact.decided_ms < known_ms})
        ),
        certificate=_certificate(book, rules, window, status, found, lines if void else []),
        notices=_notices(book, rules, window, took),
        flags=(*(deemed[1] if deemed else ()), *_more_than_whole(lines, rules), *_unchecked(book, lines)),
        makeup_in=moved_in,
        makeup_out=sum((amount for one in out for _, amount in one.amounts), ZERO),
        readings=rules.readings,
    )


def _own(book: Book, rules: HourRules, window: Window, void: frozenset[str]) -> tuple[list[Line], list[Moved]]:
    """Return the lines of a year less the hours given to the year before, and those hours."""
    lines = place(book, rules, window, void)
    makeups = [fact for fact in book.makeups if fact.for_year == window.label - 1 and fact.key not in void]
    if not makeups or not rules.makeup:
        return lines, []
    before = window_of(rules, window.label - 1, window.known_ms, stated=False)
    return give(makeups, rules, window, lines, lambda: gap_of(_own(book, rules, before, void)[0], rules))


def _received(book: Book, rules: HourRules, window: Window, void: frozenset[str], lines: list[Line]) -> list[Moved]:
    """Return the hours that the year after gave to this one."""
    makeups = [fact for fact in book.makeups if fact.for_year == window.label and fact.key not in void]
    if not makeups or not rules.makeup:
        return []
    after = window_of(rules, window.label + 1, window.known_ms, stated=False)
    return give(makeups, rules, after, place(book, rules, after, void), lambda: gap_of(lines, rules))[1]


def _deemed(
    book: Book, rules: HourRules, window: Window, void: frozenset[str], lines: list[Line]
) -> tuple[Fraction, tuple[Flag, ...]] | None:
    """Return the year's total that a dispatch stands for, with a remark where it was short; None without one."""
    item = next((item for item in rules.items if item.per is Per.YEAR), None)
    if item is None or not any(claim.item == item.name for claim in book.claims):
        return None
    stands = {line.key for line in lines if line.item == item.name and not line.whys}
    claims = [claim for claim in book.claims if claim.key in stands]
    if not claims:
        return None
    amount = max((need.at_least for need in rules.needs if need.measure is Measure.TOTAL), default=ZERO)
    short = all(_short(claim, window) for claim in claims)
    return amount, (Flag.DEEMED_PART_YEAR,) if short else ()


def _unchecked(book: Book, lines: list[Line]) -> tuple[Flag, ...]:
    """Return the remark that some counted study was not compared with other institutions."""
    if book.unchecked and any(line.counted and line.key in book.unchecked for line in lines):
        return (Flag.OVERLAP_NOT_CHECKED,)
    return ()


def _short(claim: Claim, window: Window) -> bool:
    if claim.at_ms is None or claim.to_ms is None:
        return False
    low, high = max(claim.at_ms, window.from_ms), min(claim.to_ms, window.to_ms)
    return months_between(date_at(low), date_at(high - 1))[0] < _SHORT_MONTHS


def _status(not_required: bool, deemed: bool, met: bool, made_up: bool) -> Status:
    if not_required:
        return Status.NOT_REQUIRED
    if deemed:
        return Status.DEEMED_MET
    if not met:
        return Status.NOT_MET
    return Status.MET_BY_MAKEUP if made_up else Status.MET


def _advice(rules: HourRules, found: Tally, public: Fraction) -> tuple[Fraction | None, Fraction]:
    """Return how much 公需 is advised, and how much of it is missing."""
    if rules.public_advice is not None:
        return rules.public_advice, max(ZERO, rules.public_advice - public)
    if rules.public_share is None:
        return None, ZERO
    hours = max(found.of(Measure.HOURS), *(need.at_least for need in rules.needs if need.measure is Measure.HOURS))
    advised = hours * rules.public_share
    return advised, max(ZERO, advised - found.of(Measure.PUBLIC_HOURS) - found.public_hours)


def _takes(fact: Revoke, void: frozenset[str], lines: list[Line]) -> bool:
    """Return whether a revocation stands and took something of this year."""
    touched = {line.key for line in lines if line.whys == (Why.REVOKED,)}
    return any(key in void and key in touched for key in fact.entries)


def _certificate(
    book: Book, rules: HourRules, window: Window, status: Status, found: Tally, lines: list[Line]
) -> Certificate:
    """Return the certificate's state: taken back where the duty was done and no longer is."""
    fulfilled = status is not Status.NOT_MET
    took = [line.item for line in lines if line.whys == (Why.REVOKED,)]
    if "year_certificate" in took:
        return Certificate.REVOKED
    if took:
        if fulfilled:
            return Certificate.REPLACED
        return Certificate.REVOKED if _was_met(book, rules, window) else Certificate.NOT_YET
    return Certificate.ISSUED if fulfilled and not found.reported else Certificate.NOT_YET


def _was_met(book: Book, rules: HourRules, window: Window) -> bool:
    """Return whether the needs were met before people took anything back."""
    return not any(gap_of(place(book, rules, window, frozenset()), rules).values())


def _notices(book: Book, rules: HourRules, window: Window, took: list[Revoke]) -> tuple[str, ...]:
    if any(fact.decided_ms < window.known_ms for fact in book.frauds):
        return rules.notices
    if not took:
        return ()
    return ("learner",) if all(fact.reason in _INNOCENT for fact in took) else rules.notices


def _by_unit(book: Book, lines: list[Line], void: frozenset[str]) -> dict[str, Fraction]:
    """Return the credits by the unit at which they were earned; a line that names none: the unit of that day."""
    sums: dict[str, Fraction] = {}
    for line in lines:
        if line.unit == "credit" and line.counted:
            unit = line.at_unit or _unit_then(book, line.key, void)
            if unit:
                sums[unit] = sums.get(unit, ZERO) + line.amount
    return sums


def _unit_then(book: Book, key: str, void: frozenset[str]) -> str:
    at_ms = next((claim.at_ms for claim in book.claims if claim.key == key and claim.at_ms is not None), FAR_MS)
    moves = sorted((move for move in book.moves if move.key not in void), key=lambda move: move.at_ms)
    unit = moves[0].from_unit if moves else ""
    for move in moves:
        unit = move.to_unit if move.at_ms <= at_ms else unit
    return unit


def _last_unit(book: Book, window: Window, void: frozenset[str]) -> str | None:
    """Return the unit at the end of the year: the last move's, else the one before the first, else the credits'."""
    known = (move for move in book.moves if move.at_ms < window.known_ms and move.key not in void)
    moves = sorted(known, key=lambda move: move.at_ms)
    before = [move for move in moves if move.at_ms < window.to_ms]
    if before:
        return before[-1].to_unit
    if moves:
        return moves[0].from_unit
    units = {claim.unit for claim in book.claims if claim.unit}
    return units.pop() if len(units) == 1 else None


def _more_than_whole(lines: list[Line], rules: HourRules) -> tuple[Flag, ...]:
    """Flag a span below the whole's months that gives more than the whole would."""
    for item in rules.items:
        if item.whole is not None and sum((line.amount for line in lines if line.item == item.name), ZERO) > item.whole:
            return (Flag.MORE_THAN_WHOLE,)
    return ()
