"""Cases of another shape than the format's: refused with their key, never counted and never a traceback."""

from __future__ import annotations

from typing import Any

import pytest

from zaichang.hours.cases import run_case

STUDY = {"id": "a", "kind": "study", "from": "2026-05-01", "minutes": 45}
PAPER = {"id": "p", "kind": "activity", "item": "paper", "role": "sole", "published": "2026-05-01"}


def refusal(**more: Any) -> str:
    case = {"id": "X", "pack": "cq-pharmacist-2025", "year": "2026", "expect": {"total": "0"}} | more
    result = run_case(case)
    assert result.unknown is not None, result
    return result.unknown


@pytest.mark.parametrize("key", ["settings", "learner", "published", "entry", "period", "expect"])
def test_a_part_of_another_type(key: str) -> None:
    assert key in refusal(**{key: "x"})


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"entry": [1]}, "entry"),
        ({"settings": {"two_thirds_of": ["required"]}}, "two_thirds_of"),
        ({"published": {"i1": 5}}, "i1"),
        ({"published": {"i1": []}}, "i1"),
        ({"published": {"i1": ["2026-06-30", "2026-03-01"]}}, "before it begins"),
        ({"published": {"i1": ["soon"]}}, "soon"),
        ({"expect": {}}, "no expect"),
        ({"id": 5}, "5"),
        ({"expect": {"lines": "x"}}, "lines"),
        ({"expect": {"caps": [1]}}, "caps"),
        ({"expect": {"lines": [{"entry": "moon"}]}}, "moon"),
        ({"expect": {"pending": [1]}}, "pending"),
        ({"expect": {"notices": 5}}, "notices"),
        ({"expect": {"credits_by_unit": 5}}, "credits_by_unit"),
        ({"expect": {"total": "1e99999999"}}, "total"),
    ],
)
def test_a_case(more: dict[str, Any], named: str) -> None:
    assert named in refusal(**more)


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ({"id": "", "kind": "study"}, "id"),
        (STUDY | {"minutes": 10**15}, "minutes"),
        (STUDY | {"minutes": "1e99"}, "minutes"),
        (STUDY | {"minutes": 527_041}, "minutes"),
        (STUDY | {"minutes": ["45"]}, "minutes"),
        (STUDY | {"delivered_again": 10**9}, "delivered_again"),
        (PAPER | {"evidence": "x"}, "evidence"),
        ({"id": "a", "kind": "study_sum", "minutes": 45, "within": ["2026-01-01"]}, "within"),
        ({"id": "a", "kind": "study_sum", "minutes": 45, "within": ["2026-02-01", "2026-01-01"]}, "within"),
        ({"id": "a", "kind": "activity", "item": "training", "days": [["2026-01-01"]]}, "days"),
        ({"id": "a", "kind": "transfer", "amounts": "5"}, "amounts"),
        ({"id": "a", "kind": "revoke", "entries": []}, "entries"),
        ({"id": "a", "kind": "revoke", "entries": ["moon"]}, "moon"),
        ({"id": "a", "kind": "grant", "of": "moon"}, "moon"),
        ({"id": "a", "kind": "further_study", "from": "2026-02-01", "to": "2026-01-01", "hours": "6"}, "from and to"),
    ],
)
def test_an_entry(entry: dict[str, Any], named: str) -> None:
    assert named in refusal(entry=[entry])


def test_two_entries_with_one_id() -> None:
    assert "'a'" in refusal(entry=[STUDY, STUDY])
