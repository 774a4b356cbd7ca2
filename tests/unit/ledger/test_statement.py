"""The statement as a document: exact texts, floors for people, empty parts left out."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from zaichang.hours.cases import statements_of
from zaichang.ledger.statement import Statement, document, shown


def statement(pack: str, year: str, *entry: dict[str, Any], **more: Any) -> Statement:
    _, found = statements_of({"pack": pack, "year": year, "entry": list(entry), **more})
    return found[int(year)]


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0"),
        ("90", "90"),
        ("2699/30", "89.9"),
        ("0.05", "0"),
        ("1/3", "0.3"),
        ("59.99", "59.9"),
        ("269/3", "89.6"),
    ],
)
def test_people_read_a_floor(amount: str, text: str) -> None:
    assert shown(Fraction(amount)) == text


def test_the_document_of_an_empty_year() -> None:
    values = document(statement("cq-pharmacist-2025", "2026"))
    assert values["status"] == "not_met"
    assert (values["total"], values["missing_professional"], values["least_more"]) == ("0", "60", "90")
    assert not {"flags", "makeup_in", "credits_by_unit", "unit_at_year_end", "institutions_struck"} & set(values)
    assert values["readings"] == {
        "study_hour_min": "45", "two_thirds_of": "required", "day_cap": "person", "credit_step": "whole",
        "ratio": "advise", "same_lesson_next_year": "counts", "overlap_across_institutions": "wall_clock_once",
        "deemed": "replaces", "speaker_short_below_hours": "3", "status_of": "studied", "actual": "wall_clock",
    }  # fmt: skip


def test_lines_and_caps_of_the_document() -> None:
    paper = {"id": "p", "kind": "activity", "item": "paper", "role": "sole", "count": 7, "published": "2026-01-05"}
    wait = {"id": "u", "kind": "undecided", "category": "public", "within": ["2026-01-05", "2026-01-06"], "minutes": 45}
    values = document(statement("cq-pharmacist-2025", "2026", paper, wait))
    assert values["caps"] == [{"item": "paper", "claimed": "70", "counted": "60", "why": ["cap_year"]}]
    assert values["lines"] == [
        {"entry": "p", "item": "paper", "unit": "hour", "claimed": "70", "counted": "60", "category": "professional",
         "why": ["cap_year"]},
        {"entry": "u", "item": "study", "unit": "hour", "claimed": "1", "counted": "0", "category": "public",
         "why": ["pending"], "pending": "1"},
    ]  # fmt: skip
    assert values["pending"] == "1"


def test_a_cap_leaves_out_lines_that_a_gate_refused() -> None:
    paper = {"kind": "activity", "item": "paper", "role": "sole", "published": "2026-01-05"}
    found = statement(
        "cq-pharmacist-2025", "2026", {**paper, "id": "a", "count": 7}, {**paper, "id": "b", "approved": False}
    )  # fmt: skip
    [cap] = found.caps
    assert (cap.claimed, cap.counted, cap.names) == (70, 60, {"paper", "a"})


def test_the_rest_of_a_document() -> None:
    credit = {"id": "c", "kind": "credit", "at": "2026-03-01", "credits": "5", "hours": "9", "unit": "u1"}
    strike = {"id": "f", "kind": "institution_fraud", "institution": "i9", "decided": "2026-03-01"}
    values = document(statement("cs-cme-2022", "2026", credit, strike))
    assert values["credits_by_unit"] == {"u1": "5"}
    assert (values["unit_at_year_end"], values["institutions_struck"]) == ("u1", ["i9"])
    lines: Any = values["lines"]
    assert lines[0]["hours"] == "9"
