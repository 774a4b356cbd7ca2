"""Places verified minutes: duplicates, then the wall clock, then the union per lesson, each in milliseconds.

The order of counting is the order of time, so that the order in which facts arrive changes nothing:

1. A minute belongs to the year in which it begins.
2. A minute outside its institution's publication does not count.
3. No moment earns twice: of a minute that overlaps an earlier one, only the free server time can earn.
4. No minute earns more than the server time that passed in it.
5. Each millisecond of a lesson counts once a year, or once at all where the lesson or the reading says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from zaichang.ledger.facts import Amount, Run, Study
from zaichang.ledger.intervals import Intervals, cover, length, uncovered
from zaichang.ledger.lines import Line
from zaichang.ledger.reasons import Why
from zaichang.ledger.rules import HourRules
from zaichang.ledger.window import Window

Publications: TypeAlias = "Mapping[str, tuple[tuple[int, int], ...]]"
_NEVER = ((0, 0),)


class Clock:
    """The moments of a learner and the places of lessons that count already."""

    __slots__ = ("busy", "busy_until", "seen", "seen_before")

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.busy: Intervals = []
        self.busy_until = -1
        self.seen: dict[str, Intervals] = {}
        self.seen_before: dict[str, Intervals] = {}


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
    seen, busy, busy_until = clock.seen, clock.busy, -1
    for from_ms, _, fact in sorted([(fact.runs[0][0], fact.key, fact) for fact in facts]):
        lesson = fact.lesson
        spans = None if publications is None else publications.get(fact.institution, _NEVER)
        forever = once or fact.once_only
        _, wall_ms, media_from_ms, media_ms, minutes = fact.runs[0]
        end_ms = from_ms + wall_ms * minutes
        if (
            from_ms >= busy_until
            and from_ms >= begin
            and end_ms <= until
            and lesson not in seen
            and len(fact.runs) == 1
            and spans is None
            and not (pending and fact.key in pending)
        ):
            # The plain case: one run inside the year, nothing beside it, a lesson not yet seen.
            counted = minutes * (media_ms if media_ms < wall_ms else wall_ms)
            clock.busy_until = busy_until = end_ms
            busy.append((from_ms, end_ms))
            seen[lesson] = [(media_from_ms, media_from_ms + media_ms * minutes)]
            # As Line(...) with its defaults, in half the time: most lines are made here.
            line = new_line(
                Line,
                (
                    fact.key,
                    "study",
                    fact.category,
                    "hour",
                    counted,
                    counted,
                    hour_ms,
                    (),
                    0,
                    False,
                    "",
                    False,
                    False,
                    0,
                ),
            )
            if fact.reported_ms is not None or fact.recognised_ms is not None:
                line = _recognised(line, fact, known)
            lines.append(line)
        elif not forever and (from_ms >= window.to_ms or _end_ms(fact) <= begin):
            claimed = sum(run.minutes * min(run.media_ms, run.wall_ms) for run in fact.runs)
            lines.append(Line(fact.key, "study", fact.category, "hour", claimed, 0, hour_ms, (Why.OTHER_YEAR,)))
        else:
            lines.append(_place(fact, clock, fact.key in pending, forever, window, spans, hour_ms))
            busy_until = clock.busy_until
    return lines


def _end_ms(fact: Study) -> int:
    return max(run.from_ms + run.wall_ms * run.minutes for run in fact.runs)


def _place(
    fact: Study,
    clock: Clock,
    waits: bool,
    forever: bool,
    window: Window,
    spans: tuple[tuple[int, int], ...] | None,
    hour_ms: Amount,
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
            if at_ms >= window.to_ms or (at_ms < window.from_ms and not forever and not _touches(run, window)):
                whys[Why.OTHER_YEAR] = None
            elif at_ms >= window.known_ms:
                whys[Why.PENDING] = None
            elif spans is not None and not any(low <= at_ms < high for low, high in spans):
                whys[Why.NOT_PUBLISHED] = None
            elif waits:
                pending += can if inside else 0
                whys[Why.PENDING if inside else Why.OTHER_YEAR] = None
            else:
                lessons = clock.seen if forever or inside else clock.seen_before
                earned, why = _minute(clock, run, number, lessons.setdefault(fact.lesson, []))
                counted += earned if inside else 0
                if not inside:
                    whys[Why.OTHER_YEAR] = None
                elif why is not None:
                    whys[why] = None
    line = Line(fact.key, "study", fact.category, "hour", claimed, counted, hour_ms, tuple(whys), pending=pending)
    return _recognised(line, fact, window.known_ms)


def _recognised(line: Line, fact: Study, known_ms: int) -> Line:
    """Return the line with what is known of its report and recognition."""
    return line._replace(
        reported=fact.reported_ms is not None and fact.reported_ms < known_ms,
        recognised=fact.recognised_ms is not None and fact.recognised_ms < known_ms,
    )


def _touches(run: Run, window: Window) -> bool:
    """Return whether a run that began before the window lasts into it."""
    return run.from_ms + run.minutes * run.wall_ms > window.from_ms


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
