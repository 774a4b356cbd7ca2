"""A bank is read whole or refused with the place of the error; a session draws its own part."""

from __future__ import annotations

from typing import Any

import pytest

from zaichang.core.errors import PeerViolation
from zaichang.launch.question_bank import DRAWN_MAX, QUESTIONS_MAX, bank_json, checked_bank, drawn_questions
from zaichang.session.events import Question


def question(n: int = 1, **changes: Any) -> Question:
    given = {"question_id": f"q{n}", "text": f"第{n}题：哪一项正确？", "options": ("甲", "乙", "丙"), "correct": 1}
    return Question(**{**given, **changes})


def test_a_bank_is_kept_as_it_was_given() -> None:
    bank = (question(1), question(2, options=("yes", "no"), correct=0))
    assert checked_bank(bank) == bank and checked_bank(()) == ()
    assert bank_json(bank)["questions"][1] == {  # type: ignore[index]  # a list, by the test's own question
        "id": "q2",
        "text": "第2题：哪一项正确？",
        "options": ["yes", "no"],
        "correct": 0,
    }


def test_texts_are_normalised() -> None:
    [kept] = checked_bank([question(text=" e\u0301 ", options=("a ", "b"))])
    assert (kept.text, kept.options) == ("\u00e9", ("a", "b"))


@pytest.mark.parametrize(
    ("bank", "where"),
    [
        ([question(options=("one",))], "options"),
        ([question(options=tuple("abcdefg"))], "options"),
        ([question(options=("a", "A"), correct=0)], "the same"),
        ([question(options=("a", " "), correct=0)], "option 2"),
        ([question(correct=3)], "correct"),
        ([question(correct=-1)], "correct"),
        ([question(text=" ")], "Question 1"),
        ([question(text="x" * 301)], "300"),
        ([question(text="a\u202eb")], "cannot be shown"),
        ([question(1), question(1)], "taken by question 1"),
        ([question(n) for n in range(QUESTIONS_MAX + 1)], "500 questions"),
    ],
)
def test_a_mistake_is_named_with_its_place(bank: list[Question], where: str) -> None:
    with pytest.raises(PeerViolation, match=where) as refused:
        checked_bank(bank)
    assert refused.value.code == "questions.invalid"


def test_an_id_that_is_no_id_is_refused() -> None:
    with pytest.raises(PeerViolation, match=r"id\.invalid"):
        checked_bank([question(question_id="../x")])


def test_a_session_draws_its_own_questions_by_its_seed() -> None:
    whole = checked_bank([question(n) for n in range(60)])
    first, second = drawn_questions(whole, "aa"), drawn_questions(whole, "bb")
    assert len(first) == len(second) == DRAWN_MAX
    assert first == drawn_questions(whole, "aa") and set(first) != set(second) and set(first) <= set(whole)
    small = whole[:DRAWN_MAX]
    assert drawn_questions(small, "aa") == small
