"""Facts to lines: ``place(facts, rules, year)``. Every step that takes something away says so on its line."""

from __future__ import annotations

from fractions import Fraction

from zaichang.ledger.amounts import worth_of
from zaichang.ledger.book import Book
from zaichang.ledger.claims import in_year, place_claims
from zaichang.ledger.facts import Claim, Study
from zaichang.ledger.lines import Line
from zaichang.ledger.reasons import Why
from zaichang.ledger.rules import HourRules
from zaichang.ledger.study import place_study
from zaichang.ledger.window import Window, label_of


def void_keys(book: Book, rules: HourRules, window: Window) -> frozenset[str]:
    """Return the keys that do not count because people took them back, or voided the year or the institution."""
    if not (book.revokes or book.frauds or book.institution_frauds):
        return frozenset()
    void = set(book.revoked(window.known_ms))
    for fraud in book.frauds:
        if fraud.decided_ms < window.known_ms:
            by = [
                claim for claim in book.claims if claim.key in fraud.entries or claim.institution == fraud.institution
            ]
            years = {_year(claim, rules, window) for claim in by}
            if fraud.year is not None:
                years = {fraud.year}
            elif not years:
                years = {label_of(rules, fraud.decided_ms)}
            void.update(
                claim.key for claim in book.claims
                if claim.item in ("credit", "year_certificate") and _year(claim, rules, window) in years
            )  # fmt: skip
            void.update(fraud.entries)
    for strike in book.institution_frauds:
        if strike.decided_ms < window.known_ms:
            void.update(strike.entries)
            # Named entries are void; so is all that comes from the institution after it was struck off.
            since_ms = strike.decided_ms if strike.entries else -1
            void.update(
                claim.key for claim in book.claims
                if claim.institution == strike.institution and (claim.at_ms or 0) >= since_ms
            )  # fmt: skip
            void.update(
                study.key for study in book.study
                if study.institution == strike.institution and study.runs[0].from_ms >= since_ms
            )  # fmt: skip
    return frozenset(void)


def _year(claim: Claim, rules: HourRules, window: Window) -> int:
    if claim.year is not None:
        return claim.year
    return window.label if claim.at_ms is None else label_of(rules, claim.at_ms)


def place(book: Book, rules: HourRules, window: Window, void: frozenset[str]) -> list[Line]:
    """Return the lines of a year, by key within study and claims.

    Args:
        book: The facts.
        rules: The hour rules.
        window: The year, and the day of the statement.
        void: Keys that do not count.
    """
    publications = book.published()
    granted = book.granted(window.known_ms)
    lines: list[Line] = []
    knows_study = rules.item("study") is not None or rules.readings.study_hour_min is not None
    if book.study:
        pending = frozenset(book.undecided) - granted
        standing = [study for study in book.study if study.key not in void] if void else book.study
        lines += place_study(standing, pending, rules, window, publications)
    if book.claims:
        waiting = frozenset(claim.key for claim in book.claims if claim.undecided and claim.key not in granted)
        claims = [claim for claim in book.claims if claim.key not in void]
        lines += place_claims(claims, waiting, rules, window, publications)
    if not knows_study:
        lines = [line.less(0, Why.SHOWN_ONLY) if line.item == "study" else line for line in lines]
    if void:
        lines += [_void_study(study, rules, window) for study in book.study if study.key in void]
        for claim in book.claims:
            if claim.key in void:
                lines += _void_claim(claim, rules, window)
    return lines


def _void_study(study: Study, rules: HourRules, window: Window) -> Line:
    """Return the line of study that was taken back; of another year, it says so too."""
    claimed = sum(run.minutes * min(run.wall_ms, run.media_ms) for run in study.runs)
    inside = any(
        run.from_ms < window.to_ms and run.from_ms + run.minutes * run.wall_ms > window.from_ms for run in study.runs
    )
    return Line(study.key, "study", study.category, "hour", claimed, 0, rules.readings.hour_ms, _whys(inside))


def _void_claim(claim: Claim, rules: HourRules, window: Window) -> list[Line]:
    item = rules.item(claim.item)
    inside = not in_year(claim, window)[1]
    parts = worth_of(claim, item, rules.readings).parts if item else ((claim.category or "", Fraction(0), 0),)
    unit = item.unit if item else rules.unit
    return [Line(claim.key, claim.item, category, unit, asked, 0, 1, _whys(inside)) for category, asked, _ in parts]


def _whys(inside: bool) -> tuple[Why, ...]:
    return (Why.REVOKED,) if inside else (Why.REVOKED, Why.OTHER_YEAR)
