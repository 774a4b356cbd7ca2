"""Filing: whatever platforms answer, the rows that stand become the statement's amounts, and none stands twice."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from support.filed_rows import filed
from zaichang.ledger.filing.codes import HALF, TWICE
from zaichang.ledger.filing.plan import plan, standing, superfluous
from zaichang.ledger.filing.rows import CaseState, Filed, Operation, RowState
from zaichang.ledger.filing.states import IN_FLIGHT
from zaichang.ledger.filing.wanted import Place, Wanted

PLACES = (Place("law", "public", "hour"), Place("law", "professional", "hour"), Place("drugs", "", "credit"))
AMOUNTS = st.dictionaries(st.sampled_from(PLACES), st.fractions(Fraction(1, 9), 9, max_denominator=9))
Days = list[tuple[dict[Place, Fraction], list[str]]]
ANSWERS = st.sampled_from(("accepted", "refused", "half", "twice", "sent"))


def wants(amounts: dict[Place, Fraction]) -> dict[Place, Wanted]:
    return {place: Wanted(amount=amount, first_ms=1, last_ms=2, facts=()) for place, amount in amounts.items()}


def file(amounts: dict[Place, Fraction], rows: list[Filed]) -> list[Filed]:
    made = [
        filed(
            step.n, "prepared", course=step.place.course, category=step.place.category, unit=step.place.unit,
            operation=step.operation, amount=step.wanted.amount, replaces=step.replaces,
        )
        for step in plan(wants(amounts), rows)
    ]  # fmt: skip
    assert len({row.key for row in (*rows, *made)}) == len(rows) + len(made), "a key is never used twice"
    return sorted((*rows, *made), key=lambda row: (row.key.course, row.key.n))


def answered(row: Filed, answer: str) -> Filed:
    if row.state not in IN_FLIGHT or answer == "sent":
        return row
    if answer == "accepted":
        return replace(row, state=RowState.ACCEPTED)
    half = {"half": HALF, "twice": TWICE}.get(answer, "") if row.operation is Operation.REPLACE else ""
    return replace(row, state=RowState.REFUSED, code=f"{half}e1", case=CaseState.REFILE)


def at_the_platform(rows: list[Filed]) -> dict[Place, list[Filed]]:
    """The rows that the platform has, by its own book: each answer is carried out line by line."""
    found: dict[Place, list[Filed]] = {place: [] for place in PLACES}
    for row in rows:
        own = found[_place(row)]
        accepted = row.state is RowState.ACCEPTED
        if row.operation is not Operation.NEW and (accepted or row.code == "half.e1"):
            own[:] = [one for one in own if one.key.n != row.replaces]
        if row.operation is not Operation.WITHDRAW and (accepted or row.code == "twice.e1"):
            own.append(row)
    return found


def stands(rows: list[Filed]) -> dict[Place, Fraction]:
    found = {place: standing([row for row in rows if _place(row) == place]) for place in PLACES}
    return {place: row.amount for place, row in found.items() if row is not None}


def _place(row: Filed) -> Place:
    return Place(row.key.course, row.category, row.unit)


@settings(max_examples=150)
@given(days=st.lists(st.tuples(AMOUNTS, st.lists(ANSWERS, min_size=9, max_size=9)), min_size=1, max_size=6))
def test_rows_become_the_statement(days: Days) -> None:
    settled(days)


def test_the_days_reach_replacements_withdrawals_and_corrections_by_half() -> None:
    law = PLACES[0]
    days = [({law: Fraction(1)}, ["accepted"]), ({law: Fraction(2)}, ["half"]), ({law: Fraction(2)}, ["accepted"])]
    rows = settled([*days, ({}, ["sent"])])
    assert [str(row.operation) for row in rows] == ["new", "replace", "new", "withdraw"]
    assert rows[1].code == "half.e1"


def test_the_days_reach_two_rows_that_stand() -> None:
    law = PLACES[0]
    days = [({law: Fraction(1)}, ["accepted"]), ({law: Fraction(2)}, ["twice"]), ({law: Fraction(2)}, ["refused"])]
    rows = settled([*days, ({law: Fraction(3)}, ["sent"])])
    assert [(str(row.operation), row.replaces) for row in rows] == [
        ("new", 0), ("replace", 1), ("withdraw", 1), ("withdraw", 1), ("replace", 2),
    ]  # fmt: skip
    assert (rows[1].code, str(rows[2].state)) == ("twice.e1", "refused")


def settled(days: Days) -> list[Filed]:
    """File day by day, then until nothing is due; check the plan on the way and the amounts in the end."""
    rows: list[Filed] = []
    for amounts, answers in days:
        rows = file(amounts, rows)
        for place in PLACES:
            assert sum(row.state in IN_FLIGHT for row in rows if _place(row) == place) <= 1
        rows = [answered(row, answers[number % len(answers)]) for number, row in enumerate(rows)]
    last = days[-1][0]
    # A round accepts the rows under way, one withdraws each row that stands beside another, and one files the rest.
    for _ in range(2 + sum(row.code.startswith(TWICE) for row in rows)):
        rows = [answered(row, "accepted") for row in file(last, [answered(row, "accepted") for row in rows])]
    assert stands(rows) == last
    assert {place: [row.amount for row in own] for place, own in at_the_platform(rows).items() if own} == {
        place: [amount] for place, amount in last.items()
    }, "one row of each place stands at the platform"
    assert not any(superfluous([row for row in rows if _place(row) == place]) for place in PLACES)
    assert plan(wants(last), rows) == []
    return rows
