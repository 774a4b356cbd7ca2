"""Each field of an expectation: right values, wrong values, unknown words."""

from __future__ import annotations

from typing import Any

import pytest

from zaichang.hours.cases import Result, run_case

PAPER = {"id": "p", "kind": "activity", "item": "paper", "role": "sole", "published": "2026-03-01", "count": 7}
WAITS = {"id": "u", "kind": "undecided", "category": "public", "within": ["2026-03-01", "2026-04-01"], "minutes": 45}
CREDIT = {"id": "c", "kind": "credit", "at": "2026-03-01", "credits": "5", "unit": "u1", "institution": "i1"}
STRUCK = {"id": "f", "kind": "institution_fraud", "institution": "i9", "decided": "2026-05-01"}
PROJECTS = [
    {"id": "a", "kind": "project", "form": "remote", "project": "p1", "minutes": 720},
    {"id": "b", "kind": "project", "form": "remote", "project": "p2", "minutes": 180},
]
YEARS = [
    {"id": "a", "kind": "year_total", "year": "2025", "professional": "18", "public": "12"},
    {"id": "b", "kind": "year_total", "year": "2026", "professional": "25", "public": "10"},
]


def run(expect: dict[str, Any], *entry: dict[str, Any], pack: str = "cq-pharmacist-2025", **more: Any) -> Result:
    return run_case({"id": "X", "pack": pack, "year": "2026", "entry": list(entry), "expect": expect, **more})


@pytest.mark.parametrize(
    ("field", "right", "wrong"),
    [
        ("status", ["not_met"], ["met"]),
        ("certificate", ["not_yet"], ["revoked"]),
        ("total", ["60", "120/2", 60], ["61"]),
        ("missing_total", ["30"], ["31"]),
        ("credits", ["0"], ["1"]),
        ("least_more", ["30"], ["29"]),
        ("pending", ["1", ["u"], True], ["2", [], False]),
        ("reported_not_recognised", ["0"], ["1"]),
        ("recognised", ["0"], ["1"]),
        ("advice_public", [True, "30"], [False, "29"]),
        ("notices", [[]], [["learner"], "learner"]),
        ("unit_at_year_end", [""], ["u1"]),
        ("institution_struck", [[], False], ["i1", True]),
        ("credits_by_unit", [{}], [{"u1": "1"}]),
        ("years_met", [[], "0"], [["2026"], "1"]),
        ("lines", [[], [{"entry": "p", "counted": "60", "claimed": "70", "why": "cap_year"}],
                   [{"entry": "p", "why": ["cap_year"]}], [{"entry": "u", "pending": "1", "hours": "0"}]],
                  [[{"entry": "p", "counted": "70"}], [{"entry": "p", "why": "late"}]]),
        ("caps", [[{"item": "paper", "claimed": "70", "counted": "60", "why": "cap_year"}], [{"item": "p"}]],
                 [[], [{"item": "book"}], [{"item": "paper", "counted": "70"}], [{"item": "paper", "why": "cap_day"}]]),
    ],
)  # fmt: skip
def test_a_field(field: str, right: list[Any], wrong: list[Any]) -> None:
    for expected in right:
        assert run({field: expected}, PAPER, WAITS).ok, expected
    for expected in wrong:
        result = run({field: expected}, PAPER, WAITS)
        assert result.unknown is None, expected
        assert result.differences, expected


@pytest.mark.parametrize(
    "expect",
    [{"moon": "1"}, {"missing_moon": "1"}, {"status": "full"}, {"certificate": "full"}, {"lines": [{"moon": 1}]},
     {"lines": [{"entry": "p", "why": "moon"}]}, {"caps": [{"moon": 1}]}, {"total": "x"}],
)  # fmt: skip
def test_unknown_words(expect: dict[str, Any]) -> None:
    assert run(expect, PAPER).unknown is not None


def test_no_caps_are_expected() -> None:
    assert run({"caps": []}).ok


def test_a_cap_by_the_name_of_a_project_and_over_all() -> None:
    one = {"claimed": "4", "counted": "3", "why": "cap_item"}
    for item in ("p1", "a"):
        assert run({"caps": [{"item": item} | one]}, *PROJECTS, pack="sc-cme-2025").ok
    for item in ("project", "remote"):
        assert run({"caps": [{"item": item, "claimed": "5", "counted": "4"}]}, *PROJECTS, pack="sc-cme-2025").ok
    assert run({"caps": [{"item": "p2"}]}, *PROJECTS, pack="sc-cme-2025").differences


def test_units_and_institutions() -> None:
    expect = {"credits_by_unit": {"u1": "5"}, "institution_struck": "i9", "unit_at_year_end": "u1"}
    assert run(expect, CREDIT, STRUCK, pack="cs-cme-2022").ok
    assert run({"institution_struck": ["i9"]}, CREDIT, STRUCK, pack="cs-cme-2022").ok
    assert run({"credits_by_unit": {"u2": "5"}}, CREDIT, pack="cs-cme-2022").differences


def test_missing_of_all_categories_together() -> None:
    assert run({"missing_total_hours": "90", "missing_public_hours": "30"}, pack="cs-cme-2022").ok
    assert run({"missing_total": "25", "missing_public": "0"}, pack="sc-cme-2025").ok


def test_sums_over_a_period_where_the_rules_ask_for_one() -> None:
    period: dict[str, Any] = {"period": ["2025", "2026"]}
    expect = {"status": "not_met", "total": "65", "missing_professional": "2", "years_met": ["2026"], "least_more": "2"}
    assert run(expect, *YEARS, pack="article-001", **period).ok
    assert run({"status": "met", "total": "35"}, *YEARS, pack="article-001").ok
    assert run({"total": "0", "years_met": "0"}, **period).ok
