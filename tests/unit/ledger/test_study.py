"""Verified minutes: the year, the publication, the wall clock, the union per lesson."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from zaichang.core.civil import Date, start_ms
from zaichang.hours.packs import load_rules
from zaichang.ledger.facts import Run, Study
from zaichang.ledger.lines import Line
from zaichang.ledger.reasons import Why
from zaichang.ledger.study import place_study
from zaichang.ledger.window import Window, window_of

RULES = load_rules("cq-pharmacist-2025")
YEAR = window_of(RULES, 2026)
MARCH = start_ms(Date(2026, 3, 1))
MIN = 60_000


def fact(key: str, from_ms: int = MARCH, minutes: int = 10, lesson: str = "i1/c/l1", media_from_ms: int = 0) -> Study:
    run = Run(from_ms, MIN, media_from_ms, MIN, minutes)
    return Study(key=key, institution=lesson.split("/")[0], lesson=lesson, category="professional", runs=(run,))


def placed(*facts: Study, pending: str = "", window: Window = YEAR, **spans: tuple[tuple[int, int], ...]) -> list[Line]:
    return place_study(list(facts), frozenset(pending.split()), RULES, window, spans or None)


def test_plain_minutes_count_whole() -> None:
    [line] = placed(fact("a"))
    assert (line.counted, line.claimed, line.whys, line.amount) == (
        600_000,
        600_000,
        (),
        Fraction(2, 9),
    )
    assert line == Line("a", "study", "professional", "hour", 600_000, 600_000, RULES.readings.hour_ms)


def test_plain_and_careful_counting_agree() -> None:
    """A fact with two runs is counted minute by minute; the same minutes in one run are not."""
    whole = fact("a", minutes=10)
    halves = replace(whole, runs=(whole.runs[0]._replace(minutes=4), Run(MARCH + 4 * MIN, MIN, 4 * MIN, MIN, 6)))
    assert placed(whole) == placed(halves)


def test_the_earlier_of_two_at_once_counts() -> None:
    lines = placed(fact("b", MARCH), fact("a", MARCH + 1, lesson="i2/c/l1"))
    assert [(line.key, line.counted, line.whys) for line in lines] == [("b", 600_000, ()), ("a", 1, (Why.OVERLAP,))]


def test_media_that_could_not_earn_can_earn_later() -> None:
    """Half a minute was free: half its media is used up, the other half is not."""
    lines = placed(
        fact("a", MARCH, 1),
        fact("b", MARCH + MIN // 2, 1, lesson="i2/c/l1"),
        fact("c", MARCH + 10 * MIN, 1, lesson="i2/c/l1"),
    )
    assert [line.counted for line in lines] == [60_000, 30_000, 30_000]
    assert [line.whys for line in lines] == [(), (Why.OVERLAP,), (Why.DUPLICATE,)]


def test_new_media_on_both_sides_of_seen_media() -> None:
    lines = placed(
        fact("a", MARCH, 1, media_from_ms=20_000),
        Study(
            key="b", institution="i1", lesson="i1/c/l1", category="public",
            runs=(Run(MARCH + 5 * MIN, MIN, 0, 100_000, 1),),
        ),
        fact("c", MARCH + 10 * MIN, 2),
    )  # fmt: skip
    assert [line.counted for line in lines] == [60_000, 40_000, 20_000]


def test_overlap_uses_up_only_what_it_earned_across_a_gap() -> None:
    """20 s new, 20 s seen, 20 s new; 30 s of the clock are free: the first 30 s of new media are used up."""
    lines = placed(
        replace(fact("s"), runs=(Run(MARCH, 20_000, 20_000, 20_000, 1),)),
        fact("o", MARCH + MIN, 1, lesson="i2/x/y"),
        fact("b", MARCH + MIN + 30_000, 1),
        fact("c", MARCH + 10 * MIN, 1),
    )  # fmt: skip
    assert [(line.key, line.counted) for line in lines] == [("s", 20_000), ("o", 60_000), ("b", 30_000), ("c", 10_000)]


def test_overlap_that_earns_less_than_the_first_new_part() -> None:
    lines = placed(
        replace(fact("s"), runs=(Run(MARCH, 20_000, 20_000, 20_000, 1),)),
        fact("o", MARCH + MIN, 1, lesson="i2/x/y"),
        fact("b", MARCH + MIN + 10_000, 1),
        fact("c", MARCH + 10 * MIN, 1),
    )
    assert [(line.key, line.counted) for line in lines] == [("s", 20_000), ("o", 60_000), ("b", 10_000), ("c", 30_000)]


def test_the_overlap_of_the_old_year_s_last_minute() -> None:
    """Its last half minute lies in the new year, where another session cannot earn it again."""
    last = YEAR.from_ms - 30_000
    lines = placed(fact("a", last, 1), fact("b", YEAR.from_ms, 2, lesson="i2/c/l1"))
    assert [(line.counted, line.whys) for line in lines] == [(0, (Why.OTHER_YEAR,)), (90_000, (Why.OVERLAP,))]


def test_study_of_other_years_says_so() -> None:
    before, after = placed(fact("a", YEAR.from_ms - 10 * MIN), fact("b", YEAR.to_ms))
    parts = RULES.readings.hour_ms
    assert before == Line("a", "study", "professional", "hour", 600_000, 0, parts, (Why.OTHER_YEAR,))
    assert after == before._replace(key="b")


def test_a_session_over_midnight_counts_in_both_years() -> None:
    one = fact("a", YEAR.to_ms - 4 * MIN)
    [old], [new] = placed(one), placed(one, window=window_of(RULES, 2027))
    assert (old.counted, new.counted, old.claimed) == (240_000, 360_000, 600_000)
    assert old.whys == new.whys == (Why.OTHER_YEAR,)


def test_once_only_looks_at_all_years_before() -> None:
    old = replace(fact("a", MARCH - 365 * 86_400_000), once_only=True)
    again = replace(fact("b", media_from_ms=5 * MIN), once_only=True)
    lines = placed(old, again)
    assert [line.counted for line in lines] == [0, 300_000]
    later = replace(again, key="c", runs=(again.runs[0]._replace(from_ms=YEAR.to_ms),))
    assert placed(later)[0].whys == (Why.OTHER_YEAR,)


def test_publication_is_asked_minute_by_minute() -> None:
    spans = ((MARCH, MARCH + 3 * MIN), (MARCH + 5 * MIN, MARCH + 6 * MIN))
    [line] = placed(fact("a"), i1=spans)
    parts = RULES.readings.hour_ms
    assert line == Line("a", "study", "professional", "hour", 600_000, 240_000, parts, (Why.NOT_PUBLISHED,))


def test_undecided_minutes_wait_in_their_own_year() -> None:
    [line] = placed(fact("a", YEAR.to_ms - 4 * MIN), pending="a")
    assert (line.counted, line.pending, line.whys) == (0, 240_000, (Why.PENDING, Why.OTHER_YEAR))
    assert line.waiting == Fraction(4, 45)
    [straddling] = placed(fact("a", YEAR.from_ms - 4 * MIN), pending="a")
    assert (straddling.pending, straddling.whys) == (360_000, (Why.OTHER_YEAR, Why.PENDING))


def test_minutes_after_the_day_of_the_statement_are_not_known() -> None:
    [line] = placed(fact("a"), window=window_of(RULES, 2026, MARCH + 3 * MIN))
    assert (line.counted, line.whys) == (180_000, (Why.PENDING,))


@pytest.mark.parametrize(("known_ms", "expected"), [(MARCH + 20 * MIN, (True, False)), (2 * MARCH, (True, True))])
def test_report_and_recognition_by_the_day_of_the_statement(known_ms: int, expected: tuple[bool, bool]) -> None:
    one = replace(fact("a"), reported_ms=MARCH, recognised_ms=MARCH + 30 * MIN)
    [line] = placed(one, window=window_of(RULES, 2026, known_ms))
    assert (line.reported, line.recognised) == expected


def test_an_earlier_run_of_other_session_between_two_runs() -> None:
    """The order of counting is the order of a fact's first minute."""
    two = replace(fact("a", minutes=1), runs=(fact("a", minutes=1).runs[0], Run(MARCH + 20 * MIN, MIN, MIN, MIN, 1)))
    lines = placed(fact("b", MARCH + 20 * MIN, 1, lesson="i2/c/l1"), two)
    assert [(line.key, line.counted) for line in lines] == [("a", 120_000), ("b", 0)]


def test_sessions_chained_over_new_year_earn_once_in_all() -> None:
    """The old year's first session takes half of the second, which straddles: the new year must know it."""
    turn = YEAR.from_ms
    chain = [
        fact("a", turn - 2 * MIN, 1),
        fact("b", turn - 90_000, 2, lesson="i2/c/l1"),
        fact("c", turn - 30_000, 1, lesson="i3/c/l1"),
    ]
    old = sum(line.counted for line in placed(*chain, window=window_of(RULES, 2025)))
    new = sum(line.counted for line in placed(*chain))
    assert (old, new) == (150_000, 0)
