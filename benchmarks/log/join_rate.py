"""How well the public log joins one learner's sessions by time: a simulation, not data of real learners.

    python -m benchmarks.log.join_rate [--days 5]

Each learner takes four lessons of one course in a row, with a pause of 5 to 90 s between them, in a day of 14 hours.
There are 3 courses of 20 lessons. An observer knows one session and looks for the start of the next lesson of its
course in the time in which it can be. A join is unique where only one start is there.

The observer of leaves of version 3 sees the course, the round in which a session began, and how many minutes it has.
Had its segments the rounds in which they ended, these would tell the start within a segment of five minutes.
"""

from __future__ import annotations

import argparse
import random
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import report

DAY_S: Final = 14 * 3_600
COURSES, LESSONS, IN_A_ROW = 3, 20, 4
PAUSE_S: Final = (5, 90)
LESSON_S: Final = (600, 1_800)
MINUTE_S: Final = 60
ROUND_S: Final = 900
"""Rounds of a quarter of an hour, to which all times are rounded down."""
SEGMENT_S: Final = 300
"""The time that a segment of a session covers."""
PER_DAY: Final = (200, 2_000, 8_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One session: its course and lesson, start and end in seconds, and whether the learner's next one follows."""

    course: int
    lesson: int
    start_s: float
    end_s: float
    followed: bool


def day(sessions: int, draw: random.Random) -> list[Study]:
    """Return a day's sessions."""
    found: list[Study] = []
    for _ in range(sessions // IN_A_ROW):
        course, lesson = draw.randrange(COURSES), draw.randrange(LESSONS - IN_A_ROW + 1)
        now_s = draw.uniform(0, DAY_S)
        for number in range(IN_A_ROW):
            end_s = now_s + draw.uniform(*LESSON_S)
            followed = number + 1 < IN_A_ROW
            found.append(Study(course=course, lesson=lesson + number, start_s=now_s, end_s=end_s, followed=followed))
            now_s = end_s + draw.uniform(*PAUSE_S)
    return found


def unique(studies: Sequence[Study], step_s: float, *, lesson_shown: bool = True, course_shown: bool = True) -> float:
    """Return the share of joins that are unique.

    Args:
        studies: A day's sessions.
        step_s: To how many seconds the log rounds times down; near 0 for milliseconds.
        lesson_shown: Whether a start shows its lesson, or only its course.
        course_shown: Whether it shows its course.
    """

    def shown(course: int, lesson: int) -> tuple[int, int]:
        return (course if course_shown else 0, lesson if lesson_shown else 0)

    starts: dict[tuple[int, int], list[float]] = {}
    for each in studies:
        starts.setdefault(shown(each.course, each.lesson), []).append(each.start_s // step_s * step_s)
    for times in starts.values():
        times.sort()
    joins = alone = 0
    for each in studies:
        if not each.followed:
            continue
        seen_s = each.end_s // step_s * step_s
        low = (seen_s + PAUSE_S[0]) // step_s * step_s
        high = seen_s + step_s + PAUSE_S[1]
        times = starts[shown(each.course, each.lesson + 1)]
        joins += 1
        alone += bisect_right(times, high) - bisect_left(times, low) == 1
    return alone / joins


def unique_by_length(studies: Sequence[Study], cell_s: int) -> float:
    """Return the share of joins that are unique where starts show their course, and segments their minutes.

    Args:
        studies: A day's sessions.
        cell_s: Within how many seconds a start is known.
    """
    starts: dict[int, list[float]] = {}
    for each in studies:
        starts.setdefault(each.course, []).append(each.start_s // cell_s * cell_s)
    for times in starts.values():
        times.sort()
    joins = alone = 0
    for each in studies:
        if not each.followed:
            continue
        began_s = each.start_s // cell_s * cell_s
        minutes = (each.end_s - each.start_s) // MINUTE_S
        low = began_s + minutes * MINUTE_S + PAUSE_S[0] - cell_s
        high = began_s + cell_s + (minutes + 1) * MINUTE_S + PAUSE_S[1]
        joins += 1
        alone += bisect_right(starts[each.course], high) - bisect_right(starts[each.course], low) == 1
    return alone / joins


def main() -> None:
    """Print the table and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = []
    for per_day in PER_DAY:
        draw = random.Random(arguments.seed)  # noqa: S311 - a simulation
        days = [day(per_day, draw) for _ in range(arguments.days)]

        def share_by_length(cell_s: int, days: list[list[Study]] = days) -> float:
            return round(100 * sum(unique_by_length(each, cell_s) for each in days) / len(days), 1)

        def share(
            step_s: float, days: list[list[Study]] = days, *, lesson_shown: bool = True, course_shown: bool = True
        ) -> float:
            found = [unique(each, step_s, lesson_shown=lesson_shown, course_shown=course_shown) for each in days]
            return round(100 * sum(found) / len(found), 1)

        rows.append(
            {
                "sessions_a_day": per_day,
                "milliseconds_pct": share(0.001),
                "minutes_pct": share(MINUTE_S),
                "minutes_without_lesson_pct": share(MINUTE_S, lesson_shown=False),
                "rounds_pct": share(ROUND_S),
                "rounds_without_lesson_pct": share(ROUND_S, lesson_shown=False),
                "rounds_without_course_pct": share(ROUND_S, lesson_shown=False, course_shown=False),
                "version_3_pct": share_by_length(ROUND_S),
                "version_3_with_rounds_of_segments_pct": share_by_length(SEGMENT_S),
            }
        )
    report.publish("log.join_rate", rows, parameters={"days": arguments.days}, destination=arguments.json)


if __name__ == "__main__":
    main()
