"""Places claims: the year, the gates, the item's rule, then the caps in their fixed order: item, day, year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from zaichang.core.civil import AHEAD_MS, DAY_MS
from zaichang.ledger.amounts import is_whole, minutes_of, role_of, share_in, worth_of
from zaichang.ledger.facts import Amount, Claim
from zaichang.ledger.gates import closed_gates
from zaichang.ledger.lines import Line
from zaichang.ledger.reasons import Why
from zaichang.ledger.rules import Gate, HourRules, Item, Per
from zaichang.ledger.study import Publications
from zaichang.ledger.window import FAR_MS, Window


def place_claims(
    claims: Sequence[Claim],
    pending: frozenset[str],
    rules: HourRules,
    window: Window,
    publications: Publications | None,
) -> list[Line]:
    """Return the lines of all claims of a learner, in the order of their keys.

    Args:
        claims: Claims that were not revoked, sorted by key.
        pending: Keys of those that are undecided.
        rules: The hour rules.
        window: The year.
        publications: Spans by institution; None where none is known.
    """
    by_item: dict[str, list[Claim]] = defaultdict(list)
    waiting: dict[str, list[tuple[Claim, tuple[Why, ...]]]] = defaultdict(list)
    lines: list[Line] = []
    for claim in claims:
        item = rules.item(claim.item)
        if item is None:
            lines.append(Line(claim.key, claim.item, claim.category or "", rules.unit, 0, 0, 1, (Why.SHOWN_ONLY,)))
            continue
        claim, whys = in_year(claim, window)
        if Gate.PUBLISHED in item.gates:
            claim, whys = _published_days(claim, whys, publications)
        closed = whys if Why.OTHER_YEAR in whys and not claim.days else ()
        closed = closed or closed_gates(claim, item, rules, window, publications)
        waits = claim.key in pending or _comes_later(claim, window)
        if waits and not closed:
            closed = (Why.PENDING,)
        if closed and closed[0] is Why.PENDING:
            waiting[item.name].append((claim, closed))
        elif closed:
            lines += _refused(claim, item, rules, window, closed)
        else:
            by_item[item.name].append(claim)
            if whys:
                lines.append(Line(claim.key, item.name, claim.category or "", item.unit, 0, 0, 1, whys))
    day_left: dict[int, Fraction] = {}
    for item in rules.items:
        if item.name in by_item:
            lines += _cap_year(item, _earn(by_item[item.name], item, rules, window, day_left))
    for item in rules.items:
        if item.name in waiting:
            lines += _waiting(by_item[item.name], waiting[item.name], item, rules, window)
    return sorted(lines, key=lambda line: line.key)


def _published_days(
    claim: Claim, whys: tuple[Why, ...], publications: Publications | None
) -> tuple[Claim, tuple[Why, ...]]:
    """Return the claim without the days on which its institution is not published, where some are and some are not."""
    if publications is None or claim.institution is None:
        return claim, whys
    spans = publications.get(claim.institution, ())
    days = tuple(day for day in claim.days if any(low <= day[0] < high for low, high in spans))
    if not days or len(days) == len(claim.days):
        return claim, whys
    return replace(claim, days=days), (*whys, Why.NOT_PUBLISHED)


def _comes_later(claim: Claim, window: Window) -> bool:
    """Return whether it happened, was handed in or was entered after the day of the statement."""
    moments = (claim.at_ms, claim.submitted_ms, claim.entered_ms)
    return any(moment is not None and window.known_ms <= moment < FAR_MS for moment in moments)


def _waiting(
    counting: list[Claim],
    waits: list[tuple[Claim, tuple[Why, ...]]],
    item: Item,
    rules: HourRules,
    window: Window,
) -> list[Line]:
    """Return the lines of claims that wait: the amount that they would add, under the same caps."""
    whys = {claim.key: why for claim, why in waits}
    claims = [claim for claim, _ in waits]
    before = sum((line.counted for line in _cap_year(item, _earn(counting, item, rules, window, {}))), Fraction(0))
    both = _cap_year(item, _earn([*counting, *claims], item, rules, window, {}))
    left = max(Fraction(0), sum((line.counted for line in both), Fraction(0)) - before)
    lines = []
    for line in both:
        if line.key in whys:
            given = min(Fraction(line.counted), left)
            left -= given
            lines.append(line._replace(counted=0, hours=0, pending=given, recognised=False, whys=whys[line.key]))
    return lines


def in_year(claim: Claim, window: Window) -> tuple[Claim, tuple[Why, ...]]:
    """Return the claim without its days of other years, and whether some or all of it belongs to another year."""
    other = (Why.OTHER_YEAR,)
    if claim.year is not None:
        return claim, () if claim.year == window.label else other
    if claim.days:
        days = tuple(day for day in claim.days if window.from_ms <= day[0] < window.to_ms)
        if len(days) == len(claim.days):
            return claim, ()
        return (replace(claim, days=days) if days else replace(claim, days=(), at_ms=claim.days[0][0])), other
    if claim.at_ms is None:
        handed_in = claim.submitted_ms is None or claim.submitted_ms >= window.from_ms
        return claim, () if window.stated and handed_in else other
    if claim.to_ms is not None:
        return claim, () if claim.at_ms < window.to_ms and claim.to_ms > window.from_ms else other
    return claim, () if window.from_ms <= claim.at_ms < window.to_ms else other


def _refused(claim: Claim, item: Item, rules: HourRules, window: Window, whys: tuple[Why, ...]) -> list[Line]:
    """Return the lines of a claim that does not count, with the amount that is refused."""
    shown = whys[0] is Why.SHOWN_ONLY
    return [
        Line(
            claim.key, item.name, category, item.unit, asked, 0, 1, whys, claim.hours if shown else 0,
            at_unit=claim.unit, reported=claim.reported_ms is not None and claim.reported_ms < window.known_ms,
        )
        for category, asked, _ in worth_of(claim, item, rules.readings).parts
    ]  # fmt: skip


def _earn(
    claims: list[Claim], item: Item, rules: HourRules, window: Window, day_left: dict[int, Fraction]
) -> list[Line]:
    """Return the lines of the claims of one item, capped by piece, day and activity."""
    if is_whole(claims, item, window):
        return _whole(claims, item)
    minutes: dict[tuple[str, str], Fraction] = {}
    projects: dict[str, Amount] = {}
    best = _best(claims, item, rules) if item.once_per_activity else {}
    lines: list[Line] = []
    for claim in claims:
        share = share_in(claim, window) if item.per is Per.STEP else Fraction(1)
        project = (claim.activity, role_of(item, claim.role))
        before = minutes.get(project, Fraction(0))
        worth = worth_of(claim, item, rules.readings, before, share)
        minutes[project] = before + (minutes_of(claim, share) if item.per is Per.STEP else 0)
        for category, asked, given in worth.parts:
            line = _line(claim, item, category, asked, given, worth.whys, window)
            if item.cap_day is not None:
                line = _cap_day(claim, item.cap_day, line, day_left)
            if claim.activity and best.get(claim.activity, claim.key) != claim.key:
                line = line.less(0, Why.SAME_ACTIVITY)
            if item.per is Per.CERTIFICATE and claim is not claims[0]:
                line = line.less(0, Why.DUPLICATE)
            if item.whole_passed and claim.passed is False:
                line = line.less(0, Why.NOT_PASSED)
            if item.cap_each is not None:
                left = item.cap_each - projects.get(claim.activity, 0)
                line = line.less(left, Why.CAP_ITEM) if line.counted > left else line
                projects[claim.activity] = projects.get(claim.activity, 0) + line.counted
            lines.append(line)
    return lines


def _best(claims: list[Claim], item: Item, rules: HourRules) -> dict[str, str]:
    """Return the key of the claim that counts for each activity: the best, of equal ones the first key."""

    def given(claim: Claim) -> Amount:
        return sum((part for _, _, part in worth_of(claim, item, rules.readings).parts), Fraction(0))

    return {claim.activity: claim.key for claim in sorted(reversed(claims), key=given)}


def _line(
    claim: Claim, item: Item, category: str, asked: Amount, given: Amount, whys: tuple[Why, ...], window: Window
) -> Line:
    recognised = claim.recognised is True and (claim.recognised_ms is None or claim.recognised_ms < window.known_ms)
    return Line(
        claim.key, item.name, category, item.unit, asked, given, 1, whys, claim.hours,
        post=claim.related == "post", at_unit=claim.unit,
        reported=claim.reported_ms is not None and claim.reported_ms < window.known_ms,
        recognised=recognised or claim.approved is True,
    )  # fmt: skip


def _cap_day(claim: Claim, cap: Fraction, line: Line, day_left: dict[int, Fraction]) -> Line:
    """Take from a claim what its days have no room for: a day's cap is one person's, over all events."""
    counted = Fraction(0)
    for at_ms, hours in claim.days:
        day = (at_ms + AHEAD_MS) // DAY_MS
        left = day_left.get(day, cap)
        counted += min(left, Fraction(hours))
        day_left[day] = left - min(left, Fraction(hours))
    return line.less(counted, Why.CAP_DAY) if counted < line.counted else line


def _whole(claims: list[Claim], item: Item) -> list[Line]:
    """Return the lines of spans that add up to the whole: it counts once, for those that were passed."""
    whole = item.whole or Fraction(0)
    lines: list[Line] = []
    given = False
    for claim in claims:
        failed = item.whole_passed and claim.passed is False
        whys = (Why.NOT_PASSED,) if failed else (Why.CAP_ITEM,) if given else ()
        counted = Fraction(0) if whys else whole
        given = given or not whys
        lines.append(Line(claim.key, item.name, claim.category or item.category, item.unit, whole, counted, 1, whys))
    return lines


def _cap_year(item: Item, lines: list[Line]) -> list[Line]:
    if item.cap_year is None:
        return lines
    left = item.cap_year
    capped = []
    for line in lines:
        # A piece above the cap of the year is named so even where the piece's own cap took it already.
        line = line.less(left, Why.CAP_YEAR) if line.counted > left else line
        if line.claimed > item.cap_year:
            line = line.less(line.counted, Why.CAP_YEAR)
        capped.append(line)
        left -= Fraction(line.counted)
    return capped
