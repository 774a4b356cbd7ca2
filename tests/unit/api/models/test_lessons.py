"""The question bank's model: each mistake of form is refused with its place and the bank's own code."""

from __future__ import annotations

from typing import Any

import pytest

from zaichang.api.contract import json_of, value_as
from zaichang.api.models.lessons import Bank
from zaichang.core.errors import PeerViolation
from zaichang.launch.question_bank import QUESTIONS_MAX, bank_json, checked_bank


def question(n: int = 1, **changes: Any) -> dict[str, Any]:
    return {"id": f"q{n}", "text": f"第{n}题？", "options": ["甲", "乙", "丙"], "correct": 1, **changes}


def test_a_bank_comes_back_as_it_was_given() -> None:
    given = {"questions": [question(1), question(2, options=["yes", "no"], correct=0)]}
    assert bank_json(checked_bank(value_as(Bank, given).as_questions())) == given
    assert value_as(Bank, {"questions": []}).as_questions() == []


@pytest.mark.parametrize(
    ("bank", "where"),
    [
        ([], "dict"),
        ({"questions": [], "more": 1}, "more"),
        ({"questions": ["x"]}, "questions.0"),
        ({"questions": [question(1), question(2, more=1)]}, "questions.1.more"),
        ({"questions": [question(options=["one"])]}, "questions.0.options"),
        ({"questions": [question(options=list("abcdefg"))]}, "questions.0.options"),
        ({"questions": [question(options=["a", ""])]}, "questions.0.options.1"),
        ({"questions": [question(options=["a", 2])]}, "questions.0.options.1"),
        ({"questions": [question(correct=-1)]}, "questions.0.correct"),
        ({"questions": [question(correct=True)]}, "questions.0.correct"),
        ({"questions": [question(text="")]}, "questions.0.text"),
        ({"questions": [question(id=5)]}, "questions.0.id"),
        ({"questions": [question(n) for n in range(QUESTIONS_MAX + 1)]}, "500"),
    ],
)
def test_a_mistake_of_form_is_named_with_its_place(bank: object, where: str) -> None:
    with pytest.raises(PeerViolation, match=where) as refused:
        value_as(Bank, bank)
    assert refused.value.code == "questions.invalid"


@pytest.mark.parametrize("data", [b"no", b"[" * 100_000, b"\xff"])
def test_a_body_that_is_not_json_says_so(data: bytes) -> None:
    with pytest.raises(PeerViolation) as refused:
        json_of(data)
    assert refused.value.code == "http.not_json"
