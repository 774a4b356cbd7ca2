"""Places verified minutes: duplicates, then the wall clock, then the union per lesson, each in milliseconds.

The order of counting is the order of time, so that the order in which facts arrive changes nothing:

1. A minute belongs to the year in which it begins.
2. A minute outside its institution's publication does not count.
3. No moment earns twice: of a minute that overlaps an earlier one, only the free server time can earn.
4. No minute earns more than the server time that passed in it.
5. Each millisecond of a lesson counts once a year, or once at all where the lesson or the reading says so.

Years meet where a session lasts over the turn of a year or a lesson counts once for ever. Then the earlier years are
counted through too, so that a minute earns the same in whichever year's statement it is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from zaichang.ledger.facts import Run, Study
from zaichang.ledger.intervals import Intervals, cover, length, uncovered
from zaichang.ledger.lines import Line
from zaichang.ledger.reasons import Why
from zaichang.ledger.rules import HourRules
from zaichang.ledger.window import FAR_MS, Window, label_of

Publications: TypeAlias = "Mapping[str, tuple[tuple[int, int], ...]]"
_NEVER = ((0, 0),)


class Clock:
    """The moments of a learner and the places of lessons that count already."""

    __slots__ = ("busy", "busy_until", "seen", "seen_elsewhere")

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.busy: Intervals = []
        self.busy_until = -1
        self.seen: dict[str, Intervals] = {}
        self.seen_elsewhere: dict[tuple[str, int], Intervals] = {}

    def take(self, plain: list[tuple[int, str, Study, int, int]]) -> None:
        """Enter facts that counted whole: each begins when all before it had ended, in a lesson of its own."""
        for from_ms, _, fact, end_ms, _ in plain:
            _, _, media_from_ms, media_ms, minutes = fact.runs[0]
            self.busy.append((from_ms, end_ms))
            self.busy_until = end_ms
            self.seen[fact.lesson] = [(media_from_ms, media_from_ms + media_ms * minutes)]


def place_study(
    facts: list[Study], pending: frozenset[str], rules: HourRules, window: Window, publications: Publications | None
) -> list[Line]:
    """Return a line for each fact that has a minute in the window or claims one, in the order of time.

    Args:
        facts: Study facts that were not revoked, each with at least one run.
        pending: Keys of those that wait for a decision.
        rules: The hour rules.
        window: The year.
        publications: Spans by institution; None where none is known and all count.
    """
    once = rules.readings.same_lesson_next_year == "once"
    hour_ms = rules.readings.hour_ms
    clock = Clock()
    begin, until, known = window.from_ms, window.until_ms, window.known_ms
    lines: list[Line] = []
    new_line = tuple.__new__
    exact: bool | None = None
    to_ms = window.to_ms
    entries = []
    for fact in facts:
        runs = fact.runs
        from_ms, wall_ms, _, media_ms, minutes = runs[0]
        if len(runs) == 1:
            end_ms = from_ms + wall_ms * minutes
            alone = minutes * (media_ms if media_ms < wall_ms else wall_ms)
        else:
            end_ms, alone = _end_ms(fact), -1
        # The last number is the time of a single run that nothing stands beside; of several runs it is negative.
        entries.append((from_ms, fact.key, fact, end_ms, alone))
    entries.sort()
    known_lessons: set[str] = set()
    plain: list[tuple[int, str, Study, int, int]] = []
    # A fact that begins before this moment is looked at minute by minute: where publications are known, each is.
    plain_from = begin if publications is None else FAR_MS
    for entry in entries:
        from_ms, key, fact, end_ms, counted = entry
        lesson = fact.lesson
        if (
            plain_from <= from_ms
            and end_ms <= until
            and lesson not in known_lessons
            and counted >= 0
            and not (pending and key in pending)
        ):
            # The plain case: one run inside the year, nothing beside it, a lesson not yet seen.
            plain_from = end_ms
            known_lessons.add(lesson)
            plain.append(entry)
            # As Line(...) with its defaults, in half the time: most lines are made here.
            line = new_line(
                Line,
                (key, "study", fact.category, "hour", counted, counted, hour_ms, (), 0, False, "", False, False, 0),
            )
            if fact.reported_ms is not None or fact.recognised_ms is not None:
                line = _recognised(line, fact, known)
            lines.append(line)
            continue
        if exact is None:
            exact = once or _meet(entries, window)
        if from_ms >= to_ms or (not exact and end_ms <= begin):
            claimed = sum(run.minutes * min(run.media_ms, run.wall_ms) for run in fact.runs)
            lines.append(Line(fact.key, "study", fact.category, "hour", claimed, 0, hour_ms, (Why.OTHER_YEAR,)))
        else:
            clock.take(plain)
            plain.clear()
            spans = None if publications is None else publications.get(fact.institution, _NEVER)
            lines.append(_place(fact, clock, key in pending, once or fact.once_only, window, spans, rules))
            known_lessons.add(lesson)
            plain_from = max(plain_from, clock.busy_until)
    return lines


def _meet(entries: list[tuple[int, str, Study, int, int]], window: Window) -> bool:
    """Return whether years meet: a lesson counts once for ever, or a session lasts over an end of the window."""
    begin, to_ms = window.from_ms, window.to_ms
    return any(
        fact.once_only or from_ms < begin < end_ms or from_ms < to_ms < end_ms
        for from_ms, _, fact, end_ms, _ in entries
    )


def _end_ms(fact: Study) -> int:
    return max([run[0] + run[1] * run[4] for run in fact.runs])


def _place(
    fact: Study,
    clock: Clock,
    waits: bool,
    forever: bool,
    window: Window,
    spans: tuple[tuple[int, int], ...] | None,
    rules: HourRules,
) -> Line:
    """Place the minutes of one fact one by one."""
    claimed = counted = pending = 0
    whys: dict[Why, None] = {}
    for run in fact.runs:
        for number in range(run.minutes):
            at_ms = run.from_ms + number * run.wall_ms
            can = min(run.wall_ms, run.media_ms)
            claimed += can
            inside = window.from_ms <= at_ms < window.until_ms
            if at_ms >= window.known_ms:
                whys[Why.PENDING if at_ms < window.to_ms else Why.OTHER_YEAR] = None
            elif not inside and waits:
                whys[Why.OTHER_YEAR] = None
            elif spans is not None and not any(low <= at_ms < high for low, high in spans):
                whys[Why.NOT_PUBLISHED if inside else Why.OTHER_YEAR] = None
            elif waits:
                pending += can
                whys[Why.PENDING] = None
            elif inside or forever:
                earned, why = _minute(clock, run, number, clock.seen.setdefault(fact.lesson, []))
                counted += earned if inside else 0
                why = why if inside else Why.OTHER_YEAR
                if why is not None:
                    whys[why] = None
            else:
                year = (fact.lesson, label_of(rules, at_ms))
                _minute(clock, run, number, clock.seen_elsewhere.setdefault(year, []))
                whys[Why.OTHER_YEAR] = None
    hour_ms = rules.readings.hour_ms
    line = Line(fact.key, "study", fact.category, "hour", claimed, counted, hour_ms, tuple(whys), pending=pending)
    return _recognised(line, fact, window.known_ms)


def _recognised(line: Line, fact: Study, known_ms: int) -> Line:
    """Return the line with its report and recognition, as far as they are known."""
    return line._replace(
        reported=fact.reported_ms is not None and fact.reported_ms < known_ms,
        recognised=fact.recognised_ms is not None and fact.recognised_ms < known_ms,
    )


def _minute(clock: Clock, run: Run, number: int, seen: Intervals) -> tuple[int, Why | None]:
    """Return the milliseconds that one minute earns, and why not all."""
    at_ms = run.from_ms + number * run.wall_ms
    place_ms = run.media_from_ms + number * run.media_ms
    free = (
        uncovered(clock.busy, at_ms, at_ms + run.wall_ms)
        if at_ms < clock.busy_until
        else [(at_ms, at_ms + run.wall_ms)]
    )
    new = uncovered(seen, place_ms, place_ms + run.media_ms)
    free_ms, new_ms = length(free), length(new)
    earned = min(free_ms, new_ms)
    if earned == 0:
        return 0, Why.DUPLICATE if new_ms == 0 else Why.OVERLAP
    cover(clock.busy, at_ms, at_ms + run.wall_ms)
    clock.busy_until = max(clock.busy_until, at_ms + run.wall_ms)
    # Media is used up as far as it earned; the rest of a minute without overlap was watched faster than it counts.
    left = new_ms if free_ms == run.wall_ms else earned
    for low, high in new:
        part = min(high - low, left)
        left -= part
        if part:
            cover(seen, low, low + part)
    if earned == min(run.wall_ms, run.media_ms):
        return earned, None
    return earned, Why.OVERLAP if free_ms < new_ms else Why.DUPLICATE
