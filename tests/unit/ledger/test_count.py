"""Every worked case comes out, and the edges that no case has."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from zaichang.hours.cases import read_cases, run_case, statements_of
from zaichang.ledger.statement import Certificate, Flag, Statement, Status

CASES = Path(__file__).parents[2] / "vectors" / "hours" / "cases.toml"


@pytest.mark.parametrize("case", read_cases(str(CASES)), ids=lambda case: str(case["id"]))
def test_a_worked_case_comes_out(case: dict[str, object]) -> None:
    assert run_case(case).differences == ()
    assert run_case(case).unknown is None


def statement(pack: str, year: str, *entry: dict[str, Any], **more: Any) -> Statement:
    _, found = statements_of({"pack": pack, "year": year, "entry": list(entry), **more})
    return found[int(year)]


def test_a_dispatch_of_less_than_three_months_is_flagged() -> None:
    dispatch = {"id": "d", "kind": "activity", "item": "dispatch", "from": "2025-06-01", "to": "2026-03-30"}
    assert statement("cq-pharmacist-2025", "2026", dispatch).flags == (Flag.DEEMED_PART_YEAR,)
    assert statement("cq-pharmacist-2025", "2026", dispatch | {"to": "2026-03-31"}).flags == ()
    open_end = {key: value for key, value in dispatch.items() if key != "to"} | {"from": "2026-06-01"}
    assert statement("cq-pharmacist-2025", "2026", open_end).flags == ()
    assert statement("cq-pharmacist-2025", "2026", dispatch | {"approved": False}).status is Status.NOT_MET


def test_study_that_was_not_compared_with_other_institutions_is_flagged_in_its_year_alone() -> None:
    run = {"id": "s", "kind": "study", "institution": "i", "course": "c", "minutes": 45, "from": "2026-05-01T08:00"}
    assert statement("cq-pharmacist-2025", "2026", run).flags == ()
    unchecked = run | {"overlap": "unchecked", "route": "challenge"}
    assert statement("cq-pharmacist-2025", "2026", unchecked).flags == (Flag.OVERLAP_NOT_CHECKED,)
    assert statement("cq-pharmacist-2025", "2027", unchecked).flags == ()


def test_a_span_that_gives_more_than_the_whole_is_flagged() -> None:
    task = {"id": "t", "kind": "government_task", "from": "2026-01-01", "to": "2026-03-01", "hours": "480"}
    found = statement("sc-cme-2025", "2026", task)
    assert (found.sums["credits"], found.flags) == (80, (Flag.MORE_THAN_WHOLE,))
    assert statement("sc-cme-2025", "2026", task | {"hours": "150"}).flags == ()


def test_more_study_than_a_deemed_year_has() -> None:
    dispatch = {"id": "d", "kind": "activity", "item": "dispatch", "from": "2026-01-01", "to": "2026-12-31"}
    bulk = {"id": "a", "kind": "study_sum", "category": "professional", "within": ["2026-01-01", "2026-02-01"]}
    assert statement("cq-pharmacist-2025", "2026", dispatch, bulk | {"hours": 90}).sums["total"] == 120


def test_who_is_told_of_a_mistake() -> None:
    bulk = {
        "id": "a",
        "kind": "study_sum",
        "category": "professional",
        "within": ["2026-01-01", "2026-02-01"],
        "hours": 9,
    }
    revoke = {"id": "x", "kind": "revoke", "entries": ["a"], "reason": "technical", "decided": "2026-05-01"}
    found = statement("cq-pharmacist-2025", "2026", bulk, revoke)
    assert (found.notices, found.certificate) == (("learner",), Certificate.NOT_YET)
    both = statement("cq-pharmacist-2025", "2026", bulk, revoke, revoke | {"id": "y", "reason": "proxy"})
    assert both.notices == ("authority", "employer", "learner")
    assert statement("cq-pharmacist-2025", "2025", bulk, revoke).notices == ()


def test_who_is_told_of_fraud_that_is_not_decided_yet() -> None:
    credit = {"id": "c", "kind": "credit", "credits": "5", "at": "2026-03-01"}
    fraud = {"id": "f", "kind": "fraud", "entries": ["c"], "decided": "2027-02-01"}
    assert statement("cs-cme-2022", "2026", credit, fraud).notices == ("employer", "learner")
    before = statement("cs-cme-2022", "2026", credit, fraud, as_of="2027-01-31")
    assert (before.notices, before.sums["credits"]) == ((), 5)


def test_a_void_year_certificate_is_revoked_whatever_else_lacks() -> None:
    certificate = {"id": "y", "kind": "year_certificate", "year": "2026"}
    fraud = {"id": "f", "kind": "fraud", "entries": ["y"], "decided": "2026-05-01"}
    assert statement("cs-cme-2022", "2026", certificate, fraud).certificate is Certificate.REVOKED


def test_what_becomes_of_a_certificate_after_a_revocation() -> None:
    bulk = {"id": "a", "kind": "study_sum", "category": "professional", "within": ["2026-01-01", "2026-02-01"]}
    revoke = {"id": "x", "kind": "revoke", "entries": ["b"], "reason": "proxy", "decided": "2026-05-01"}
    for first, second, expected in ((90, 9, "replaced"), (85, 9, "revoked"), (70, 9, "not_yet")):
        entries = (bulk | {"minutes": first * 45}, bulk | {"id": "b", "minutes": second * 45}, revoke)
        assert statement("cq-pharmacist-2025", "2026", *entries).certificate == expected


def test_the_unit_of_each_day() -> None:
    credit = {"kind": "credit", "credits": "5"}
    move = {"id": "m", "kind": "move", "from_unit": "u1", "to_unit": "u2", "date": "2026-06-01"}
    early, late = credit | {"id": "a", "at": "2026-05-31"}, credit | {"id": "b", "at": "2026-06-01"}
    found = statement("cs-cme-2022", "2026", early, late, move)
    assert (found.credits_by_unit, found.unit_at_year_end) == ({"u1": 5, "u2": 5}, "u2")
    assert statement("cs-cme-2022", "2025", move).unit_at_year_end == "u1"
    alone = statement("cs-cme-2022", "2026", early)
    assert (alone.credits_by_unit, alone.unit_at_year_end) == ({}, None)


def test_the_advice_on_public_hours() -> None:
    assert statement("sc-cme-2025", "2026").advice_public is None
    pharmacist = statement("cq-pharmacist-2025", "2026")
    assert (pharmacist.advice_public, pharmacist.advice_missing) == (30, 30)
    credit = {"id": "c", "kind": "credit", "at": "2026-03-01", "category": "public", "hours": "13"}
    medical = statement("cq-cme-2017", "2026", credit)
    assert (medical.advice_public, medical.advice_missing) == (Fraction(40, 3), Fraction(1, 3))


def test_a_certificate_is_issued_for_a_year_that_is_met() -> None:
    bulk = {
        "id": "a",
        "kind": "study_sum",
        "category": "professional",
        "within": ["2026-01-01", "2026-02-01"],
        "hours": 68,
    }
    assert statement("cq-pharmacist-2025", "2026", bulk).certificate is Certificate.ISSUED
    assert statement("cq-pharmacist-2025", "2026", bulk | {"reported": True}).certificate is Certificate.NOT_YET


def test_credits_belong_to_the_unit_of_their_day_in_the_order_of_the_moves() -> None:
    """The keys of the moves stand in the other order than their days."""
    moves = [
        {"id": "z", "kind": "move", "from_unit": "one", "to_unit": "two", "date": "2026-03-01"},
        {"id": "a", "kind": "move", "from_unit": "two", "to_unit": "three", "date": "2026-06-01"},
    ]
    credits = [
        {"id": f"c{month}", "kind": "credit", "credits": str(month), "at": f"2026-{month:02}-15", "recognised": True}
        for month in (2, 4, 8)
    ]
    found = statement("article-001", "2026", *moves, *credits)
    assert found.credits_by_unit == {"one": 2, "two": 4, "three": 8}
    assert found.unit_at_year_end == "three"
    undated = {"id": "d", "kind": "credit", "credits": "1", "recognised": True}
    assert statement("article-001", "2026", *moves, undated).credits_by_unit == {"three": 1}


def test_a_move_that_was_taken_back_moves_no_one() -> None:
    move = {"id": "m", "kind": "move", "from_unit": "u1", "to_unit": "u2", "date": "2026-06-01"}
    credit = {"id": "c", "kind": "credit", "credits": "5", "at": "2026-07-01"}
    back = {"id": "r", "kind": "revoke", "entries": ["m"], "reason": "clerical", "decided": "2026-08-01"}
    moved = statement("cs-cme-2022", "2026", move, credit)
    assert (moved.unit_at_year_end, set(moved.credits_by_unit)) == ("u2", {"u2"})
    found = statement("cs-cme-2022", "2026", move, credit, back)
    assert (found.unit_at_year_end, found.credits_by_unit) == (None, {})
