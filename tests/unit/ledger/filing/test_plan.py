"""The plan of a batch turns what stands at the platform into what the statement says, and files nothing twice."""

from __future__ import annotations

from fractions import Fraction

import pytest

from support.filed_rows import filed
from zaichang.ledger.filing.plan import plan, standing
from zaichang.ledger.filing.rows import Filed
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


def test_two_categories_of_one_course_count_their_rows_together() -> None:
    other = Place("law", "professional", "hour")
    assert steps(want(2) | want(1, other)) == [("new", 1, 0, "1"), ("new", 2, 0, "2")]
