"""Properties of the hour ledger over random histories of one learner; each asserts that it reached its state."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from support.corrections import corrected
from zaichang.core.civil import Date, start_ms
from zaichang.hours.packs import load_rules
from zaichang.ledger.count import count
from zaichang.ledger.diff import diff
from zaichang.ledger.facts import Claim, Fact, MakeUp, Revoke, Run, Study
from zaichang.ledger.intervals import Intervals, cover, length
from zaichang.ledger.statement import document

CQ = load_rules("cq-pharmacist-2025")
NEW_YEAR = start_ms(Date(2026, 1, 1))
MIN = 60_000
YEARS = (2024, 2025, 2026, 2027)

sessions = st.builds(
    lambda number, institution, lesson, from_min, media_min, rate, minutes: Study(
        key=f"s{number}", institution=f"i{institution}", lesson=f"i{institution}/c/{lesson}",
        category=("professional", "public")[lesson % 2],
        runs=(Run(NEW_YEAR + from_min * MIN // 2, MIN, media_min * MIN, rate, minutes),),
    ),
    st.integers(0, 10_000), st.integers(1, 2), st.integers(1, 3), st.integers(-60, 60), st.integers(0, 20),
    st.sampled_from((MIN, 61_200, 30_000)), st.integers(1, 20),
)  # fmt: skip
histories = st.lists(sessions, min_size=1, max_size=6, unique_by=lambda fact: fact.key)


def millis(facts: list[Fact], year: int) -> int:
    total = count(facts, CQ, year).sums["total"] * CQ.readings.hour_ms
    assert total.denominator == 1
    return total.numerator


def walls(facts: list[Study]) -> int:
    covered: Intervals = []
    for fact in facts:
        for run in fact.runs:
            cover(covered, run.from_ms, run.from_ms + run.wall_ms * run.minutes)
    return length(covered)


@given(histories)
def test_no_moment_earns_twice_in_all_years_together(facts: list[Study]) -> None:
    assert 0 <= sum(millis(list(facts), year) for year in YEARS) <= walls(facts)


def test_both_years_of_a_session_over_midnight_sum_to_it() -> None:
    fact = Study(
        key="s", institution="i", lesson="l", category="public", runs=(Run(NEW_YEAR - 7 * MIN, MIN, 0, MIN, 20),)
    )
    assert [millis([fact], year) for year in YEARS] == [0, 7 * MIN, 13 * MIN, 0]


@given(histories, st.randoms())
def test_order_and_repetition_change_nothing(facts: list[Study], draw: Any) -> None:
    once = document(count(facts, CQ, 2026))
    shuffled = [*facts, *facts]
    draw.shuffle(shuffled)
    assert document(count(shuffled, CQ, 2026)) == once


def test_every_order_of_three_overlapping_sessions() -> None:
    facts = [
        Study(key=f"s{number}", institution=f"i{number}", lesson=f"l{number}", category="public",
              runs=(Run(NEW_YEAR + number * 30_000, MIN, 0, MIN, 5),))
        for number in range(3)
    ]  # fmt: skip
    documents = [document(count(order, CQ, 2026)) for order in permutations(facts)]
    assert all(one == documents[0] for one in documents)
    assert documents[0]["total"] == str(Fraction(6 * MIN, 45 * MIN))


@given(histories, st.integers(0, 5))
def test_a_revoked_fact_is_as_one_that_never_was(facts: list[Study], place: int) -> None:
    gone = facts[place % len(facts)]
    revoke = Revoke(key="x", entries=(gone.key,), reason="proxy", decided_ms=1)
    undo = Revoke(key="y", entries=("x",), reason="error", decided_ms=2)
    without = [fact for fact in facts if fact is not gone]
    for year in (2025, 2026):
        assert count([*facts, revoke], CQ, year).sums == count(without, CQ, year).sums
        assert count([*facts, revoke, undo], CQ, year).sums == count(facts, CQ, year).sums


@given(histories, st.integers(1, 300))
def test_study_in_free_time_and_a_new_lesson_adds_all_of_itself(facts: list[Study], minutes: int) -> None:
    later = Study(key="new", institution="i9", lesson="new", category="public",
                  runs=(Run(NEW_YEAR + 90 * 86_400_000, MIN, 0, MIN, minutes),))  # fmt: skip
    assert millis([*facts, later], 2026) == millis(list(facts), 2026) + minutes * MIN


papers = st.lists(st.tuples(st.sampled_from(("sole", "joint")), st.integers(1, 9)), max_size=5)


@given(papers, st.integers(0, 4_500), st.integers(0, 4_500))
@settings(max_examples=60)
def test_the_least_further_study_is_enough_and_less_is_not(
    pieces: list[tuple[str, int]], professional: int, public: int
) -> None:
    def bulk(key: str, minutes: Any, category: str) -> Claim:
        return Claim(key=key, item="study", at_ms=NEW_YEAR, amounts=((category, minutes),))

    claims: list[Fact] = [bulk("a", professional, "professional"), bulk("b", public, "public")]
    claims += [Claim(key=f"p{n}", item="paper", at_ms=NEW_YEAR, role=r, count=c) for n, (r, c) in enumerate(pieces)]
    for reading in ("required", "own_total"):
        rules = replace(CQ, readings=replace(CQ.readings, two_thirds_of=reading))
        found = count(claims, rules, 2026)
        assert found.sums["professional"] <= 60 + Fraction(professional, 45)
        assert found.least_more is not None
        if found.least_more > 0:
            more = found.least_more * 45
            assert count([*claims, bulk("m", more, "professional")], rules, 2026).status == "met"
            assert count([*claims, bulk("m", more - 1, "professional")], rules, 2026).status == "not_met"


@given(st.integers(0, 120), st.integers(0, 120), st.integers(0, 90))
def test_make_up_conserves_hours_over_the_two_years(first: int, second: int, asked: int) -> None:
    facts: list[Fact] = [
        Claim(key=f"a{year}", item="study", at_ms=NEW_YEAR + (year - 2026) * 365 * 86_400_000,
              amounts=(("professional", hours * 45),))
        for year, hours in ((2026, first), (2027, second))
    ]  # fmt: skip
    made = MakeUp(
        key="m", for_year=2026, amounts=(("professional", asked),), has_evidence=None, approved=True, decided_ms=None
    )
    totals = [count([*facts, made], CQ, year).sums["total"] for year in (2026, 2027)]
    assert sum(totals) == first + second
    assert totals[0] == first + min(asked, second, max(0, 90 - first))


@given(histories, histories)
def test_corrections_turn_the_old_statement_into_the_new(old: list[Study], new: list[Study]) -> None:
    before, after = document(count(old, CQ, 2026)), document(count(new, CQ, 2026))
    assert corrected(before, diff(before, after)) == corrected(after)
    assert diff(after, document(count(new, CQ, 2026))) == []
