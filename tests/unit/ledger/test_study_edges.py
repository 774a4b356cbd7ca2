"""Edges of placing study that a change of one sign or name would move: ends of years, overlaps, media, reports."""

from __future__ import annotations

from dataclasses import replace

import pytest

from unit.ledger.test_study import MARCH, MIN, YEAR, fact, placed
from zaichang.ledger.facts import Run, Study
from zaichang.ledger.reasons import Why

BEGIN, END = YEAR.from_ms, YEAR.to_ms


def runs(*parts: tuple[int, int], key: str = "a") -> Study:
    """Return a fact of several runs: (begin, minutes), each further along in the lesson."""
    made, media_ms = [], 0
    for from_ms, minutes in parts:
        made.append(Run(from_ms, MIN, media_ms, MIN, minutes))
        media_ms += minutes * MIN
    return replace(fact(key), runs=tuple(made))


def test_a_fact_ends_with_its_last_run() -> None:
    """The second run lasts over the turn of the year: its minutes from midnight on count."""
    [line] = placed(runs((BEGIN - 120 * MIN, 10), (BEGIN - 5 * MIN, 10)))
    assert (line.claimed, line.counted, line.whys) == (20 * MIN, 5 * MIN, (Why.OTHER_YEAR,))


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("given", "reported", "recognised"),
    [
        ({}, False, False),
        ({"reported_ms": MARCH}, True, False),
        ({"recognised_ms": MARCH}, False, True),
        ({"reported_ms": YEAR.known_ms, "recognised_ms": YEAR.known_ms}, False, False),
    ],
)
def test_reports_and_recognitions_stand_on_the_line(
    whole: bool, given: dict[str, int], reported: bool, recognised: bool
) -> None:
    study = fact("a") if whole else runs((MARCH, 4), (MARCH + 4 * MIN, 6))
    [line] = placed(replace(study, **given))
    assert (line.reported, line.recognised) == (reported, recognised)


def test_minutes_after_the_day_of_the_statement_wait_and_those_after_the_year_do_not() -> None:
    early = YEAR._replace(known_ms=END - 60 * MIN)
    [line] = placed(fact("a", END - MIN, 2), window=early)
    assert (line.counted, line.whys) == (0, (Why.PENDING, Why.OTHER_YEAR))


def test_a_minute_outside_the_year_belongs_to_another_also_where_nothing_was_published() -> None:
    [line] = placed(fact("a", BEGIN - MIN, 2), i1=((MARCH, MARCH + 1),))
    assert (line.counted, line.whys) == (0, (Why.OTHER_YEAR, Why.NOT_PUBLISHED))


def test_a_lesson_that_counts_once_for_ever_names_its_year() -> None:
    [line] = placed(replace(fact("a", BEGIN - 60 * MIN), once_only=True))
    assert (line.counted, line.whys) == (0, (Why.OTHER_YEAR,))


def test_lessons_of_the_year_before_are_held_apart() -> None:
    """The second lesson's last minute lasts into the year, so the third one's first minute has half of its time."""
    lines = placed(
        fact("a", BEGIN - 120 * MIN, lesson="i1/c/a"),
        fact("b", BEGIN - 10 * MIN + MIN // 2, lesson="i1/c/b"),
        fact("c", BEGIN, 1, lesson="i1/c/c"),
    )
    assert (lines[2].counted, lines[2].whys) == (MIN // 2, (Why.OVERLAP,))


def test_a_minute_that_earned_nothing_in_the_year_before_takes_no_time_of_this_one() -> None:
    """The lesson was studied earlier in the old year, so the session over midnight earns only from midnight on."""
    lines = placed(
        fact("a", BEGIN - 120 * MIN, lesson="i1/c/b"),
        fact("b", BEGIN - 10 * MIN + MIN // 2, lesson="i1/c/b"),
        fact("c", BEGIN, 1, lesson="i1/c/c"),
    )
    assert (lines[2].counted, lines[2].whys) == (MIN, ())


@pytest.mark.parametrize("whole", [True, False])
def test_media_that_was_watched_too_fast_is_used_up(whole: bool) -> None:
    fast = replace(fact("a"), runs=(Run(MARCH, MIN, 0, 90_000, 1),))
    if not whole:
        fast = replace(fast, runs=(*fast.runs, Run(MARCH + 10 * MIN, MIN, 900_000, 90_000, 1)))
    again = replace(fact("b"), runs=(Run(MARCH + 60 * MIN, 30_000, 60_000, 30_000, 1),))
    first, second = placed(fast, again)
    assert (first.counted, first.whys) == (MIN if whole else 2 * MIN, ())
    assert (second.counted, second.whys) == (0, (Why.DUPLICATE,))


def test_only_the_media_that_was_new_is_used_up() -> None:
    known = replace(fact("a"), runs=(Run(MARCH, 10_000, 30_000, 10_000, 1),))
    over = replace(fact("b"), runs=(Run(MARCH + 60 * MIN, MIN, 10_000, MIN, 1),))
    rest = replace(fact("c"), runs=(Run(MARCH + 120 * MIN, 20_000, 50_000, 20_000, 1),))
    lines = placed(known, over, rest)
    assert [line.counted for line in lines] == [10_000, 50_000, 0]


def test_where_time_and_media_are_short_alike_the_media_is_named() -> None:
    busy = fact("a", MARCH - MIN // 2, 1, lesson="i1/c/other")
    seen = fact("b", MARCH - 60 * MIN, 1, media_from_ms=MIN // 2)
    [*_, line] = placed(busy, seen, fact("c", MARCH, 1))
    assert (line.key, line.counted, line.whys) == ("c", MIN // 2, (Why.DUPLICATE,))
