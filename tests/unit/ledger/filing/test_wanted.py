"""From a statement to the amounts that an institution files."""

from __future__ import annotations

from fractions import Fraction

from zaichang.hours.packs import load_rules
from zaichang.ledger.count import count
from zaichang.ledger.facts import Claim, Fact, Run, Study
from zaichang.ledger.filing.wanted import Place, Wanted, wanted
from zaichang.ledger.lines import Line
from zaichang.ledger.window import window_of

CQ = load_rules("cq-pharmacist-2025")
WINDOW = window_of(CQ, 2026)
DAY_MS = 86_400_000


def study(key: str, lesson: str, from_ms: int, minutes: int, institution: str = "inst") -> Study:
    run = Run(from_ms, 60_000, 0, 60_000, minutes)
    return Study(key=key, institution=institution, lesson=f"{institution}/{lesson}", category="public", runs=(run,))


def of(*facts: Fact) -> dict[Place, Wanted]:
    return wanted(count(facts, CQ, 2026).lines, facts, "inst", WINDOW)


def test_the_amount_of_a_course_is_the_sum_of_its_lines() -> None:
    first = WINDOW.from_ms + 30 * DAY_MS
    found = of(study("b", "law/two", first + DAY_MS, 45), study("a", "law/one", first, 30))
    [(place, want)] = found.items()
    assert (place, want.amount, want.facts) == (("law", "public", "hour"), Fraction(5, 3), ("a", "b"))
    assert (want.first_ms, want.last_ms) == (first, first + DAY_MS + 45 * 60_000)


def test_another_institution_s_hours_and_another_year_s_are_not_filed() -> None:
    elsewhere = study("a", "law/one", WINDOW.from_ms + DAY_MS, 30, "other")
    before = study("b", "law/one", WINDOW.from_ms - 2 * DAY_MS, 30)
    assert of(elsewhere, before) == {}


def test_a_session_over_new_year_begins_with_the_year() -> None:
    [want] = of(study("a", "law/one", WINDOW.from_ms - 30 * 60_000, 60)).values()
    assert (want.amount, want.first_ms) == (Fraction(2, 3), WINDOW.from_ms)


def test_activities_are_filed_under_their_own_name() -> None:
    at_ms = WINDOW.from_ms + DAY_MS
    facts = [
        Claim(key="c1", item="lecture", institution="inst", at_ms=at_ms),
        Claim(key="c2", item="training", institution="inst", activity="spring", days=((at_ms, 4), (at_ms + 9, 4))),
        Claim(key="c3", item="lecture", institution="inst"),
        Claim(key="c4", item="lecture"),
    ]
    lines = [Line(fact.key, fact.item, "", "hour", 4, 4) for fact in facts]
    found = wanted(lines, facts, "inst", WINDOW)
    assert {place.course: (want.first_ms, want.last_ms) for place, want in found.items()} == {
        "c1": (at_ms, at_ms), "spring": (at_ms, at_ms + 9), "c3": (WINDOW.from_ms, WINDOW.from_ms),
    }  # fmt: skip
