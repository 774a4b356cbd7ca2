"""The plan of a batch turns what stands at the platform into what the statement says, and files nothing twice."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from support.filed_rows import filed
from zaichang.ledger.filing.plan import plan, standing, superfluous
from zaichang.ledger.filing.rows import CaseState, Filed
from zaichang.ledger.filing.wanted import Place, Wanted

LAW = Place("law", "public", "hour")


def want(amount: int | str, place: Place = LAW) -> dict[Place, Wanted]:
    return {place: Wanted(amount=Fraction(amount), first_ms=1, last_ms=2, facts=("study/s1",))}


def steps(wants: dict[Place, Wanted], *rows: Filed) -> list[tuple[str, int, int, str]]:
    return [
        (str(step.operation), step.n, step.replaces, str(step.wanted.amount)) for step in plan(wants, rows)
    ]  # fmt: skip


def test_the_first_row_is_new_and_an_equal_amount_is_filed_once() -> None:
    assert steps(want(2)) == [("new", 1, 0, "2")]
    assert steps(want(2), filed(1)) == []


def test_another_amount_replaces_and_nothing_left_withdraws() -> None:
    assert steps(want("5/2"), filed(1)) == [("replace", 2, 1, "5/2")]
    assert steps({}, filed(1)) == [("withdraw", 2, 1, "0")]
    assert steps({}, filed(1), filed(2, operation="withdraw", amount=0, replaces=1)) == []
    again = steps(want(2), filed(1), filed(2, operation="withdraw", amount=0, replaces=1))
    assert again == [("new", 3, 0, "2")]


@pytest.mark.parametrize("state", ["prepared", "sent", "acknowledged"])
def test_a_row_under_way_holds_its_course_back(state: str) -> None:
    assert steps(want(9), filed(1, state)) == []
    other = Place("rules", "public", "hour")
    assert steps(want(9) | want(1, other), filed(1, state)) == [("new", 1, 0, "1")]


def test_a_refused_row_waits_for_the_decision_of_a_person() -> None:
    assert steps(want(2), filed(1, "refused", case="open")) == []
    assert steps(want(2), filed(1, "refused", case="refile")) == [("new", 2, 0, "2")]
    assert steps(want(2), filed(1, "refused", case="drop")) == []
    assert steps(want(3), filed(1, "refused", case="drop")) == [("new", 2, 0, "3")]
    assert steps({}, filed(1, "refused", case="drop")) == []
    assert steps(want(2), filed(1, "accepted", case="accepted")) == []


def test_a_refused_replacement_leaves_the_earlier_row_unless_half_was_done() -> None:
    refused = filed(2, "refused", operation="replace", replaces=1, amount=3, case="refile", code="e7")
    assert standing([filed(1), refused]) == filed(1)
    assert steps(want(3), filed(1), refused) == [("replace", 3, 1, "3")]
    half = filed(2, "refused", operation="replace", replaces=1, amount=3, case="refile", code="half.e7")
    assert steps(want(3), filed(1), half) == [("new", 3, 0, "3")]
    assert steps({}, filed(1), half) == []


def test_of_two_rows_that_stand_the_earlier_is_withdrawn_first() -> None:
    twice = filed(2, "refused", operation="replace", replaces=1, amount=3, case="refile", code="twice.e7")
    assert (standing([filed(1), twice]), superfluous([filed(1), twice])) == (twice, [filed(1)])
    for want_now in (want(3), want(5), {}):
        assert steps(want_now, filed(1), twice) == [("withdraw", 3, 1, "0")]
    assert steps(want(3), filed(1), replace(twice, case=CaseState.OPEN)) == []
    gone = filed(3, operation="withdraw", amount=0, replaces=1)
    assert (standing([filed(1), twice, gone]), superfluous([filed(1), twice, gone])) == (twice, [])
    assert steps(want(3), filed(1), twice, gone) == []
    assert steps(want(5), filed(1), twice, gone) == [("replace", 4, 2, "5")]
    assert steps({}, filed(1), twice, gone) == [("withdraw", 4, 2, "0")]


def test_a_row_that_both_stand_with_is_withdrawn_whatever_was_decided_about_it() -> None:
    for decided in ("accepted", "refused"):
        row = filed(2, decided, operation="replace", replaces=1, amount=3, case="drop", code="twice.e7")
        assert steps(want(3), filed(1), row) == [("withdraw", 3, 1, "0")]


def test_a_withdrawal_that_people_gave_up_is_not_filed_again() -> None:
    twice = filed(2, "accepted", operation="replace", replaces=1, amount=3, case="accepted", code="twice.e7")
    kept = filed(3, "refused", operation="withdraw", amount=0, replaces=1, case="refile", code="e8")
    assert steps(want(3), filed(1), twice, kept) == [("withdraw", 4, 1, "0")]
    given_up = replace(kept, case=CaseState.DROP)
    assert steps(want(3), filed(1), twice, given_up) == []
    assert steps({}, filed(1), twice, given_up) == [("withdraw", 4, 2, "0")]


def test_two_categories_of_one_course_count_their_rows_together() -> None:
    other = Place("law", "professional", "hour")
    assert steps(want(2) | want(1, other)) == [("new", 1, 0, "1"), ("new", 2, 0, "2")]
