"""The amount of one claim by its item's rule."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from zaichang.core.civil import Date, start_ms
from zaichang.hours.packs import load_rules
from zaichang.ledger.amounts import Worth, is_whole, role_of, share_in, steps, worth_of
from zaichang.ledger.facts import Claim
from zaichang.ledger.reasons import Why
from zaichang.ledger.rules import HourRules, Item
from zaichang.ledger.window import window_of

CQ, SC = load_rules("cq-pharmacist-2025"), load_rules("sc-cme-2025")


def item(rules: HourRules, name: str) -> Item:
    found = rules.item(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "role", "known"),
    [
        ("paper", "Independent", "sole"), ("paper", "first_author", "joint"), ("paper", "合作", "joint"),
        ("book", "first_author", "first"), ("book", "joint", "joint"), ("book", "主持人", "first"),
        ("research", "leader", "host"), ("research", "joint", "participant"), ("research", "first", "host"),
        ("research", "unknown", "participant"), ("paper", "", "joint"), ("paper", "member", "joint"),
        ("lecture", "speaker", "speaker"), ("study", "x", "x"),
    ],
)  # fmt: skip
def test_roles_by_their_many_names(name: str, role: str, known: str) -> None:
    assert role_of(item(CQ, name), role) == known


def test_roles_of_the_speaker() -> None:
    assert item(SC, "remote").rate("speaker") == 2
    assert item(SC, "remote").rate("learner") == 1
    assert item(SC, "remote").step_min("speaker") == 60
    assert item(SC, "practice").short_rate("speaker") == Fraction(1, 2)
    assert item(CQ, "paper").rate("nobody") is None


def test_steps_whole_and_exact() -> None:
    assert steps(Fraction(359), Fraction(180), True) == 1
    assert steps(Fraction(359), Fraction(180), False) == Fraction(359, 180)


def test_exact_steps_by_reading() -> None:
    claim = Claim(key="p", item="remote", amounts=(("", 270),))
    exact = replace(SC.readings, credit_step="exact")
    assert worth_of(claim, item(SC, "remote"), exact).parts == (("", Fraction(3, 2), Fraction(3, 2)),)
    assert worth_of(claim, item(SC, "remote"), SC.readings).parts == (("", 1, 1),)


def test_a_claim_at_below_and_above_its_rate() -> None:
    paper = Claim(key="p", item="paper", role="sole", count=2)
    for claimed, asked, given, capped in (
        (None, 20, 20, False),
        (20, 20, 20, False),
        (7, 7, 7, False),
        (21, 21, 20, True),
    ):
        worth = worth_of(replace(paper, claimed=claimed), item(CQ, "paper"), CQ.readings)
        assert (worth.parts, bool(worth.whys)) == ((("professional", asked, given),), capped)


def test_a_claim_above_the_actual_amount() -> None:
    claim = Claim(key="c", item="transfer", amounts=(("public", 5),), claimed=3, category="public")
    assert worth_of(claim, item(CQ, "transfer"), CQ.readings).parts == (("public", 3, 3),)


def test_study_in_bulk_needs_the_length_of_an_hour() -> None:
    claim = Claim(key="s", item="study", amounts=(("public", 90),))
    assert worth_of(claim, item(CQ, "study"), CQ.readings).parts == (("public", 2, 2),)
    minutes = replace(CQ.readings, study_hour_min=None)
    assert worth_of(claim, item(CQ, "study"), minutes).parts == (("public", 90, 90),)


def test_a_dispatch_has_no_amount_of_its_own() -> None:
    assert worth_of(Claim(key="d", item="dispatch"), item(CQ, "dispatch"), CQ.readings).parts == (("", 0, 0),)


def test_no_other_way_of_counting_exists() -> None:
    other: Any = "per_moon"
    with pytest.raises(AssertionError):
        worth_of(Claim(key="d", item="dispatch"), replace(item(CQ, "dispatch"), per=other), CQ.readings)


def span(first: tuple[int, int, int], after: tuple[int, int, int]) -> Claim:
    return Claim(key="f", item="further_study", at_ms=start_ms(Date(*first)), to_ms=start_ms(Date(*after)))


def test_three_months_within_the_year() -> None:
    year = window_of(SC, 2026)
    further = item(SC, "further_study")
    assert is_whole([span((2026, 3, 1), (2026, 6, 1))], further, year)
    assert not is_whole([span((2026, 3, 1), (2026, 5, 31))], further, year)
    assert not is_whole([span((2025, 11, 1), (2026, 2, 1))], further, year)
    assert is_whole([span((2026, 1, 1), (2026, 2, 15)), span((2026, 4, 1), (2026, 5, 17))], further, year)
    assert not is_whole(
        [Claim(key="f", item="further_study"), replace(span((2025, 1, 1), (2025, 9, 1)))], further, year
    )
    assert not is_whole([replace(span((2026, 1, 1), (2026, 9, 1)), to_ms=None)], further, year)
    assert not is_whole([span((2026, 1, 1), (2026, 9, 1))], item(SC, "practice"), year)


def test_the_share_of_a_span_in_the_year() -> None:
    year = window_of(SC, 2026)
    assert share_in(span((2025, 12, 31), (2026, 1, 4)), year) == Fraction(3, 4)
    assert share_in(span((2025, 1, 1), (2025, 2, 1)), year) == 0
    assert share_in(span((2026, 1, 1), (2026, 1, 2)), year) == 1
    assert share_in(Claim(key="f", item="further_study"), year) == 1
    assert share_in(replace(span((2026, 1, 1), (2026, 2, 1)), to_ms=None), year) == 1


def test_an_occasion_below_the_least_duration_asks_for_nothing() -> None:
    claim = Claim(key="p", item="practice", amounts=(("", 59),), role="participant")
    worth = worth_of(claim, item(SC, "practice"), SC.readings)
    assert worth == Worth((("", 0, 0),), (Why.TOO_SHORT,))
