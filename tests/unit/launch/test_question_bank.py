"""A bank is read whole or refused with the place of what is wrong; a session draws its own part."""

from __future__ import annotations

import json
from typing import Any

import pytest

from zaichang.core.errors import PeerViolation
from zaichang.launch.question_bank import DRAWN_MAX, QUESTIONS_MAX, bank_json, drawn_questions, parse_bank


def question(n: int = 1, **changes: Any) -> dict[str, Any]:
    return {"id": f"q{n}", "text": f"第{n}题：哪一项正确？", "options": ["甲", "乙", "丙"], "correct": 1, **changes}


def bank(*questions: Any) -> bytes:
    return json.dumps({"questions": list(questions)}, ensure_ascii=False).encode()


def test_a_bank_comes_back_as_it_was_given() -> None:
    data = bank(question(1), question(2, options=["yes", "no"], correct=0))
    read = parse_bank(data)
    assert [each.question_id for each in read] == ["q1", "q2"]
    assert bank_json(read) == json.loads(data)
    assert parse_bank(b'{"questions": []}') == ()


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"no", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "questions"),
        (b'{"questions": [], "more": 1}', "nothing else"),
        (bank("x"), "Question 1 must have"),
        (bank(question(1), question(2, more=1)), "Question 2 must have"),
        (bank(question(options=["one"])), "options"),
        (bank(question(options=list("abcdefg"))), "options"),
        (bank(question(options=["a", "A"], correct=0)), "the same"),
        (bank(question(options=["a", ""], correct=0)), "option 2"),
        (bank(question(options=["a", 2], correct=0)), "option 2"),
        (bank(question(correct=3)), "correct"),
        (bank(question(correct=-1)), "correct"),
        (bank(question(correct=True)), "correct"),
        (bank(question(text="")), "Question 1"),
        (bank(question(text="x" * 301)), "300"),
        (bank(question(text="a\u202eb")), "cannot be shown"),
        (bank(question(id=5)), "id must be text"),
        (bank(question(1), question(1)), "taken by question 1"),
        (bank(*(question(n) for n in range(QUESTIONS_MAX + 1))), "500 questions"),
        (b" " * 1_000_001, "bytes"),
    ],
)
def test_what_is_wrong_is_named(data: bytes, where: str) -> None:
    with pytest.raises(PeerViolation, match=where) as refused:
        parse_bank(data)
    assert refused.value.code == "questions.invalid"


def test_an_id_that_is_no_id_is_refused() -> None:
    with pytest.raises(PeerViolation, match=r"id\.invalid"):
        parse_bank(bank(question(id="../x")))


def test_a_session_draws_its_own_questions_by_its_seed() -> None:
    whole = parse_bank(bank(*(question(n) for n in range(60))))
    first, second = drawn_questions(whole, "aa"), drawn_questions(whole, "bb")
    assert len(first) == len(second) == DRAWN_MAX
    assert first == drawn_questions(whole, "aa") and set(first) != set(second) and set(first) <= set(whole)
    small = whole[:DRAWN_MAX]
    assert drawn_questions(small, "aa") == small
