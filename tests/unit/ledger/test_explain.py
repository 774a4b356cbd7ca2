"""A statement in words, in both languages."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from zaichang.hours.cases import statements_of
from zaichang.hours.packs import load_rules
from zaichang.ledger.explain import explain, explain_rules


def words(language: str, *entry: dict[str, Any], pack: str = "cq-pharmacist-2025", **more: Any) -> list[str]:
    rules, found = statements_of({"pack": pack, "year": "2026", "entry": list(entry), **more})
    return explain(found[2026], rules, language)


BULK = {"id": "a", "kind": "study_sum", "category": "professional", "within": ["2026-01-01", "2026-02-01"]}


def test_a_year_that_lacks_hours() -> None:
    waits = BULK | {"id": "u", "kind": "undecided", "minutes": 45}
    entries = (BULK | {"minutes": 2699, "reported": True}, waits)
    assert words("en", *entries) == [
        "Hours of Chongqing licensed pharmacists (2025), 2026", "The year is not done yet.", "total: 59.9",
        "professional: 59.9", "public: 0", "Missing total: 30.1", "Missing professional: 0.1",
        "Least further study: 30.1.", "Waiting for a decision: 1.", "Reported and not yet recognised: 59.9.",
        "Advised: at least 30 of public subjects.",
        "u (study): 0 / 1. It waits for a decision.",
    ]  # fmt: skip
    chinese = words("zh", *entries)
    assert chinese[1:7] == [
        "本年度尚未完成。",
        "总计: 59.9",
        "专业科目: 59.9",
        "公需科目: 0",
        "还差 总计：30.1",
        "还差 专业科目：0.1",
    ]
    assert chinese[-1] == "u (study): 0 / 1. 尚待审核。"


def test_a_year_that_is_done() -> None:
    public = BULK | {"id": "b", "category": "public", "minutes": 1350}
    assert words("en", BULK | {"minutes": 2700}, public)[1:] == [
        "The year is done.", "total: 90", "professional: 60", "public: 30"
    ]  # fmt: skip


def test_flags_and_rules_without_advice() -> None:
    task = {"id": "t", "kind": "government_task", "from": "2026-01-01", "to": "2026-03-01", "hours": "480"}
    assert words("zh", task, pack="sc-cme-2025")[-1] == "不足三个月却超过25学分，请人工核对。"


def test_missing_amounts_are_rounded_up() -> None:
    assert words("en", BULK | {"minutes": str(Fraction(4049))})[5] == "Missing total: 0.1"


def test_rules_in_words() -> None:
    lines = explain_rules(load_rules("cq-pharmacist-2025"), "zh")
    assert lines[0] == "重庆市执业药师继续教育学时（2025）"
    assert "总计 >= 90: 第十九条: 每年参加继续教育不少于90学时." in lines
    assert any(line.startswith("study_hour_min: Our choice") for line in lines)
    assert "An example, not a regulation." in explain_rules(load_rules("article-001"), "en")
