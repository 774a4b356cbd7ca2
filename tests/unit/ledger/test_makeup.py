"""Make-up: as far as the hours are there and the gap needs them, once."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from zaichang.hours.cases import statements_of
from zaichang.ledger.statement import Statement, Status


def bulk(key: str, year: int, hours: int, category: str = "professional") -> dict[str, Any]:
    within = [f"{year}-02-01", f"{year}-03-01"]
    return {"id": key, "kind": "study_sum", "category": category, "within": within, "hours": hours * 3 / 4}


def makeup(key: str = "m", for_year: int = 2025, **more: Any) -> dict[str, Any]:
    return {"id": key, "kind": "makeup", "for_year": str(for_year), "decided": f"{for_year + 1}-06-01"} | more


def years(*entry: dict[str, Any], **more: Any) -> list[Statement]:
    case = {
        "pack": "cq-pharmacist-2025",
        "year": "2025",
        "period": ["2025", "2026", "2027"],
        "entry": list(entry),
        **more,
    }
    return list(statements_of(case)[1].values())


def totals(*entry: dict[str, Any], **more: Any) -> list[Fraction]:
    return [year.sums["total"] for year in years(*entry, **more)]


def test_hours_are_neither_lost_nor_doubled() -> None:
    entry = (bulk("a", 2025, 70), bulk("b", 2026, 100), makeup(professional="20"))
    assert totals(*entry) == [90, 80, 0]
    first, second, _ = years(*entry)
    assert (first.status, first.makeup_in, second.makeup_out) == (Status.MET_BY_MAKEUP, 20, 20)


def test_no_more_than_the_gap_needs() -> None:
    assert totals(bulk("a", 2025, 70), bulk("b", 2026, 100), makeup(professional="50")) == [90, 80, 0]
    assert totals(bulk("a", 2025, 95), bulk("b", 2026, 100), makeup(professional="50")) == [95, 100, 0]


def test_public_hours_fill_the_total_s_gap_only() -> None:
    entry = (bulk("a", 2025, 40), bulk("p", 2025, 44, "public"), bulk("b", 2026, 50), bulk("q", 2026, 50, "public"))
    assert totals(*entry, makeup(public="20")) == [90, 94, 0]
    assert totals(*entry, makeup(professional="20", public="20")) == [104, 80, 0]


def test_no_more_than_is_there() -> None:
    assert totals(bulk("a", 2025, 10), bulk("b", 2026, 30), makeup(professional="50")) == [40, 0, 0]


def test_an_approved_make_up_stands_where_nothing_of_its_year_is_known() -> None:
    assert totals(bulk("a", 2025, 70), makeup(professional="50"))[0] == 90
    assert totals(bulk("a", 2025, 70), makeup(professional="15"))[0] == 85


def test_two_make_ups_share_the_gap() -> None:
    entry = (bulk("a", 2025, 70), bulk("b", 2026, 100))
    assert totals(*entry, makeup("m", professional="15"), makeup("n", professional="15")) == [90, 80, 0]


def test_a_chain_over_three_years() -> None:
    entry = (bulk("a", 2025, 60), bulk("b", 2026, 100), bulk("c", 2027, 130))
    chain = (makeup("m", 2025, professional="30"), makeup("n", 2026, professional="20"))
    assert totals(*entry, *chain) == [90, 90, 110]


@pytest.mark.parametrize(
    "more",
    [
        {"evidence": []},
        {"approved": False},
        {"decided": "2027-01-01"},
        {"decided": "2026-06-02", "as_of": "2026-06-01"},
    ],
)
def test_a_make_up_that_moves_nothing(more: dict[str, Any]) -> None:
    as_of = {"as_of": more.pop("as_of")} if "as_of" in more else {}
    entry = (bulk("a", 2025, 70), bulk("b", 2026, 100), makeup(professional="20") | more)
    assert totals(*entry, **as_of)[:2] == [70, 100]


def test_a_make_up_without_a_date_is_in_order() -> None:
    undated = {key: value for key, value in makeup(professional="20").items() if key != "decided"}
    assert totals(bulk("a", 2025, 70), bulk("b", 2026, 100), undated) == [90, 80, 0]


def test_a_revoked_make_up_moves_nothing() -> None:
    revoke = {"id": "x", "kind": "revoke", "entries": ["m"], "reason": "error", "decided": "2026-07-01"}
    assert totals(bulk("a", 2025, 70), bulk("b", 2026, 100), makeup(professional="20"), revoke) == [70, 100, 0]


def test_rules_without_make_up() -> None:
    credit = {"id": "c", "kind": "credit", "at": "2026-03-01", "credits": "5"}
    case = {"pack": "cq-cme-2017", "year": "2026", "entry": [credit, makeup(credits="5")], "period": ["2025"]}
    statements = statements_of(case)[1]
    assert (statements[2026].sums["credits"], statements[2025].sums["credits"]) == (5, 0)
