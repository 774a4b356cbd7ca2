"""Claims: the year, the caps in their order."""

from __future__ import annotations

from typing import Any

from zaichang.core.civil import Date, start_ms
from zaichang.hours.packs import load_rules
from zaichang.ledger.claims import in_year, place_claims
from zaichang.ledger.facts import Claim
from zaichang.ledger.lines import Line
from zaichang.ledger.reasons import Why
from zaichang.ledger.rules import HourRules
from zaichang.ledger.window import Window, window_of

CQ, SC = load_rules("cq-pharmacist-2025"), load_rules("sc-cme-2025")
YEAR = window_of(CQ, 2026)
MAY = start_ms(Date(2026, 5, 1))
DAY = 86_400_000


def placed(*claims: Claim, rules: HourRules = CQ, pending: str = "", window: Window = YEAR) -> list[Line]:
    return place_claims(sorted(claims, key=lambda one: one.key), frozenset(pending.split()), rules, window, None)


def one(key: str = "a", item: str = "paper", **values: Any) -> Claim:
    return Claim(key=key, item=item, **({"at_ms": MAY, "role": "sole"} | values))


def test_an_item_that_the_rules_do_not_know_is_shown_only() -> None:
    [line] = placed(one(item="year_total", category="public"))
    assert (line.counted, line.category, line.whys) == (0, "public", (Why.SHOWN_ONLY,))


def test_undecided_and_future_claims_wait() -> None:
    [line] = placed(one(), pending="a")
    assert (line.counted, line.pending, line.whys) == (0, 10, (Why.PENDING,))
    [later] = placed(one(), window=window_of(CQ, 2026, MAY))
    assert later.whys == (Why.PENDING,)
    [refused] = placed(one(approved=False), pending="a")
    assert (refused.whys, refused.pending) == ((Why.NOT_APPROVED,), 0)


def test_the_year_of_a_claim() -> None:
    other = (Why.OTHER_YEAR,)
    assert in_year(one(at_ms=None), YEAR)[1] == ()
    assert in_year(one(at_ms=None), window_of(CQ, 2026, stated=False))[1] == other
    assert in_year(one(at_ms=None, submitted_ms=YEAR.from_ms), YEAR)[1] == ()
    assert in_year(one(at_ms=None, submitted_ms=YEAR.from_ms - 1), YEAR)[1] == other
    assert in_year(one(year=2025), YEAR)[1] == other
    assert in_year(one(year=2026, at_ms=0), YEAR)[1] == ()
    assert in_year(one(at_ms=YEAR.from_ms), YEAR)[1] == in_year(one(at_ms=YEAR.to_ms - 1), YEAR)[1] == ()
    assert in_year(one(at_ms=YEAR.from_ms - 1), YEAR)[1] == in_year(one(at_ms=YEAR.to_ms), YEAR)[1] == other
    assert in_year(one(at_ms=0, to_ms=YEAR.from_ms), YEAR)[1] == other
    assert in_year(one(at_ms=0, to_ms=YEAR.from_ms + 1), YEAR)[1] == ()
    assert in_year(one(at_ms=YEAR.to_ms, to_ms=YEAR.to_ms + 9), YEAR)[1] == other


def test_days_of_other_years_are_left_out() -> None:
    days = ((YEAR.from_ms - 1, 8), (YEAR.from_ms, 6), (YEAR.to_ms, 8))
    lines = placed(one(item="training", days=days))
    assert sum(line.counted for line in lines) == 6
    assert {why for line in lines for why in line.whys} == {Why.OTHER_YEAR}
    [none] = placed(one(item="training", days=days[:1]))
    assert (none.counted, none.whys) == (0, (Why.OTHER_YEAR,))


def test_a_day_s_cap_goes_over_events_and_stays_on_its_day() -> None:
    lines = placed(
        one("a", "face_to_face", days=((MAY, 5), (MAY + DAY, 9))), one("b", "training", days=((MAY, 5), (MAY + DAY, 1)))
    )
    assert [(line.key, line.counted, line.whys) for line in lines] == [
        ("a", 13, (Why.CAP_DAY,)), ("b", 3, (Why.CAP_DAY,))
    ]  # fmt: skip


def test_of_equal_prizes_the_first_key_counts() -> None:
    lines = placed(*(one(key, "competition", activity="k", rank="first", claimed=20) for key in "bca"))
    assert [(line.key, line.counted) for line in lines] == [("a", 20), ("b", 0), ("c", 0)]
    lines = placed(one("a", "competition", claimed=20), one("b", "competition", claimed=20))
    assert [line.counted for line in lines] == [20, 20]


def test_a_cap_of_the_year_takes_from_the_later_keys() -> None:
    lines = placed(one("a", count=5), one("b", count=2), one("c", count=1))
    assert [(line.counted, line.whys) for line in lines] == [(50, ()), (10, (Why.CAP_YEAR,)), (0, (Why.CAP_YEAR,))]
    [degree] = placed(one("d", "degree", claimed=120))
    assert (degree.counted, degree.whys) == (90, (Why.CAP_ITEM, Why.CAP_YEAR))


def test_steps_go_over_the_sum_of_a_project_and_its_cap_too() -> None:
    parts = [one(key, "remote", activity="p", role="", amounts=(("", 200),)) for key in "abcd"]
    lines = placed(*parts, rules=SC)
    assert [line.counted for line in lines] == [1, 1, 1, 0]
    assert lines[3].whys == (Why.CAP_ITEM,)


def test_the_whole_counts_once() -> None:
    spans = [one(key, "further_study", role="", at_ms=YEAR.from_ms, to_ms=YEAR.from_ms + 120 * DAY) for key in "ab"]
    lines = placed(*spans, rules=SC)
    assert [(line.counted, line.whys) for line in lines] == [(25, ()), (0, (Why.CAP_ITEM,))]


def test_a_refused_claim_keeps_its_hours_only_where_it_is_shown() -> None:
    cme = load_rules("cq-cme-2017")
    year = window_of(cme, 2026)
    values: dict[str, Any] = {"item": "credit", "amounts": (("", 3),), "hours": 9}
    [shown] = place_claims([one(related="none", **values)], frozenset(), cme, year, None)
    [refused] = place_claims([one(filed=False, **values)], frozenset(), cme, year, None)
    assert (shown.counted, shown.hours) == (0, 9)
    assert (refused.counted, refused.hours) == (0, 0)


def test_only_the_days_outside_the_publication_are_lost() -> None:
    claim = one(item="training", days=((MAY, 8), (MAY + DAY, 8)), institution="i1")
    lines = place_claims([claim], frozenset(), CQ, YEAR, {"i1": ((MAY, MAY + DAY),)})
    assert sum(line.counted for line in lines) == 8
    assert {why for line in lines for why in line.whys} == {Why.NOT_PUBLISHED}
    [line] = place_claims([claim], frozenset(), CQ, YEAR, {"i1": ((MAY, MAY + 2 * DAY),)})
    assert (line.counted, line.whys) == (16, ())


def test_a_failed_stay_takes_nothing_from_a_passed_one() -> None:
    year = start_ms(Date(2026, 1, 1))
    stay = {"item": "further_study", "role": "", "amounts": (("", 3600),)}
    passed = one(**stay, at_ms=year, to_ms=year + 59 * DAY, passed=True)
    failed = one("b", **stay, at_ms=year + 151 * DAY, to_ms=year + 212 * DAY, passed=False)
    assert [(line.counted, line.whys) for line in placed(passed, failed, rules=SC)] == [
        (10, ()),
        (0, (Why.NOT_PASSED,)),
    ]


def test_the_days_of_two_stays_are_counted_once() -> None:
    year = start_ms(Date(2026, 1, 1))
    stay = {"item": "government_task", "role": "", "amounts": (("", 3600),)}
    both = [one(key, **stay, at_ms=year, to_ms=year + 59 * DAY) for key in "ab"]
    assert [line.counted for line in placed(*both, rules=SC)] == [10, 10]


def test_what_waits_is_capped_together_with_what_counts() -> None:
    counts, waits = one(count=5), one("b", count=5)
    _, line = placed(counts, waits, pending="b")
    assert (line.counted, line.pending, line.whys) == (0, 10, (Why.PENDING,))


def test_material_handed_in_after_the_day_of_the_statement_waits() -> None:
    window = window_of(CQ, 2026, MAY + DAY)
    [line] = placed(one(submitted_ms=MAY + 2 * DAY, has_evidence=True, approved=True), window=window)
    assert (line.counted, line.whys) == (0, (Why.PENDING,))
