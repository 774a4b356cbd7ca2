"""What to do next: wait, or study exactly so much; each reason has a remedy in both languages."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from zaichang.hours.packs import load_rules
from zaichang.ledger.count import count
from zaichang.ledger.facts import Claim, Fact, Qualified, Run, Study
from zaichang.ledger.reasons import Why
from zaichang.ledger.remedies import REMEDIES, next_step, unit_of
from zaichang.ledger.rules import HourRules

CQ = load_rules("cq-pharmacist-2025")
DAY_MS = 86_400_000
NEW_YEAR_MS = 1_767_196_800_000


def study(key: str, minutes: int, category: str, day: int = 1, **more: Any) -> Study:
    run = Run(NEW_YEAR_MS + day * DAY_MS, 60_000, 0, 60_000, minutes)
    return Study(key=key, institution="i", lesson=f"i/c/{key}", category=category, runs=(run,), **more)


def step(rules: HourRules, *facts: Fact) -> tuple[str, str]:
    return next_step(count(facts, rules, 2026), rules)


def test_every_reason_has_a_remedy_in_both_languages() -> None:
    assert set(REMEDIES) == set(Why)
    assert all(zh.endswith("。") and en.endswith(".") for zh, en in REMEDIES.values())


def test_the_amount_to_study_is_enough_and_less_is_not() -> None:
    begun = [study("a", 45 * 50, "professional"), study("b", 45 * 27, "public", 9)]
    zh, en = step(CQ, *begun)
    assert zh == "再学 13 学时，其中专业科目至少 10 学时（每学时 45 分钟，共 585 分钟）。"
    assert en == "Study 13 more hours, at least 10 professional (585 minutes; an hour has 45)."
    more = [*begun, study("c", 45 * 10, "professional", 20)]
    assert step(CQ, *more, study("d", 45 * 3, "public", 30))[1] == "Nothing more is needed this year."
    assert step(CQ, *more, study("d", 45 * 3 - 1, "public", 30))[1] == (
        "Study 0.1 more hours (1 minutes; an hour has 45)."
    )


def test_a_year_that_needs_nothing_says_so() -> None:
    assert step(CQ, Qualified(key="q", at_ms=NEW_YEAR_MS + DAY_MS))[0] == "本年度不用再学。"


def test_where_waiting_is_enough_nobody_is_sent_to_study() -> None:
    done = [study("a", 45 * 59, "professional"), study("b", 45 * 30, "public", 9)]
    waits = study("w", 45 * 2, "professional", 20, undecided=True)
    assert step(CQ, *done, waits) == (
        "不用再学，等待审核：待审核的 2 学时全部认定后，本年度即完成。",
        "Study nothing more: once the 2 hours that wait for a decision are approved, the year is done.",
    )
    other = study("w", 45 * 2, "public", 20, undecided=True)
    assert step(CQ, *done, other)[1].startswith("Study 1 more hours, at least 1 professional")


def test_needs_of_two_units_are_named_apart() -> None:
    zh, en = step(load_rules("cq-cme-2017"))
    assert zh == "再取得学分 25 学分、学时 80 学时、岗位密切相关 15 学分；同一项活动可以同时补足几项。"
    assert en == "Earn credits: 25 credits, hours: 80 hours, of the post: 15 credits; one activity may fill several."


def test_credits_without_study_are_earned() -> None:
    zh, en = step(load_rules("article-001"))
    assert zh == "再取得 30 学分，其中专业科目至少 20 学分、公需科目至少 10 学分。"
    assert en == "Earn 30 more credits, at least 20 professional and at least 10 public."


def test_where_recognition_decides_the_rest_waits_for_it() -> None:
    rules = replace(CQ, readings=replace(CQ.readings, status_of="recognised"))
    all_of_it = [study("a", 45 * 60, "professional"), study("b", 45 * 30, "public", 9)]
    assert step(rules, *all_of_it)[1].startswith("Study nothing more: once the rest has been reported")
    assert step(rules, all_of_it[0])[1].startswith("Study 90 more hours")


@pytest.mark.parametrize(
    ("measure", "unit"), [("credits", "credits"), ("hours", "hours"), ("total", "hours"), ("public_hours", "hours")]
)
def test_the_unit_of_a_sum(measure: str, unit: str) -> None:
    assert unit_of(measure, CQ)[1] == unit
    assert unit_of("total", load_rules("article-001"))[1] == "credits"


def test_amounts_that_lack_are_rounded_up() -> None:
    claim = Claim(key="l", item="lecture", amounts=(("professional", Fraction(1, 7)),), at_ms=NEW_YEAR_MS + DAY_MS)
    assert step(CQ, claim)[1].startswith("Study 89.2 more hours, at least 59.2 professional")
