"""The small parts of a statement's answer."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from zaichang.api.hours.statement_parts import category_of, remarks_part, stage_of, sums_part
from zaichang.hours.packs import load_rules
from zaichang.hours.year_view import YearView
from zaichang.ledger.count import count
from zaichang.ledger.lines import Line
from zaichang.ledger.reasons import Why
from zaichang.ledger.statement import Flag
from zaichang.ledger.window import window_of

CQ = load_rules("cq-pharmacist-2025")
LINE = Line("k", "study", "public", "hour", 5, 5)


def view() -> YearView:
    return YearView(
        statement=count([], CQ, 2026), rules=CQ, window=window_of(CQ, 2026), years=(2026,), days_left=1, entries={},
        waits=(), facts_digest="", rules_digest="",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "stage"),
    [
        (LINE, "counted"),
        (LINE._replace(reported=True), "reported"),
        (LINE._replace(reported=True, recognised=True), "recognised"),
        (LINE._replace(counted=0, whys=(Why.DUPLICATE,), reported=True), "none"),
        (LINE._replace(counted=0, whys=(Why.PENDING, Why.NOT_APPROVED)), "waits"),
    ],
)
def test_how_far_a_line_has_come(line: Line, stage: str) -> None:
    assert stage_of(line) == stage


def test_categories() -> None:
    found = [category_of(LINE._replace(category=name)) for name in ("public", "professional", "", "other")]
    assert found == ["public", "professional", "", ""]


def test_sums_say_what_is_required_and_round_what_lacks_up() -> None:
    year = view()
    statement = replace(year.statement, sums={**year.statement.sums, "total": Fraction(1, 3)})
    year = replace(year, statement=replace(statement, missing={**statement.missing, "total": 90 - Fraction(1, 3)}))
    total, professional, public = sums_part(year)
    assert (total.have, total.required, total.missing, total.unit.zh) == ("0.3", "90", "89.7", "学时")
    assert (professional.required, professional.missing) == ("60", "60")
    assert (public.required, public.missing) == (None, "0")


def test_remarks_name_flags_advice_and_make_up() -> None:
    year = view()
    said = [each.en for each in remarks_part(year)]
    assert said == ["Advised: at least 30 hours of public subjects; 30 are missing."]
    statement = replace(
        year.statement, flags=(Flag.OVERLAP_NOT_CHECKED,), advice_missing=Fraction(0), makeup_in=Fraction(3),
        makeup_out=Fraction(4),
    )  # fmt: skip
    assert [each.zh for each in remarks_part(replace(year, statement=statement))] == [
        "与其他机构的时间重叠未核对。",
        "下一年度补学计入 3。",
        "其中 4 已用于补学上一年度。",
    ]
