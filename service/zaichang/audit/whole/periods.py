"""The period that a session's start names: the year in which each part of its lesson counts once. Pure."""

from __future__ import annotations

from typing import Final

from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import EvidenceError
from zaichang.core.periods import CALENDAR_YEAR, holds, period_at

LATE_MS: Final = 600_000
"""A start may be written so long after the session was opened, which fixes its period."""


def period_of(period: str, at_ms: int) -> str:
    """Return the period of a start; records of earlier releases count in the calendar year.

    Args:
        period: As the start's leaf names it, or empty.
        at_ms: The leaf's date.
    """
    return period or period_at(CALENDAR_YEAR, at_ms)


def check_period(period: str, at_ms: int, about: About, findings: Findings) -> None:
    """Refuse a start that names a year which does not hold its date: it would count again at will.

    Args:
        period: As the leaf names it, or empty.
        at_ms: The leaf's date.
        about: The leaf.
        findings: Takes the results.
    """
    if period and not holds(period, at_ms) and not holds(period, at_ms - LATE_MS):
        message = "The period does not hold the session's start."
        expected = period_at(period[5:], at_ms)
        findings.failed("period", "E_PERIOD", message, about, field="period", expected=expected, got=period)


def check_named_period(start: KnownLeaf, first: bytes | None, origin: str, findings: Findings) -> None:
    """Check the period of a session's start leaf, also against the opened start where it is here.

    Args:
        start: The session's first leaf.
        first: The session's first event, or None.
        origin: The log.
        findings: Takes the results.
    """
    about, named = start.about(origin), start.text("period")
    check_period(named, start.number("at"), about, findings)
    if first is None:
        return
    try:
        opened = parse_canonical_object(first).get("period", "")
    except EvidenceError:
        return  # the opening's own check names it
    message = "The session counted in another period than its start leaf names."
    findings.equal("period", "E_PERIOD", about, "period", named, opened, message)
