"""An institution's questions for a lesson: checked, refused with their place, and drawn for a session."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from typing import Final, NoReturn

from zaichang.core.errors import PeerViolation
from zaichang.core.ids import check_id
from zaichang.session.events import Question

QUESTIONS_MAX: Final = 500
TEXT_MAX_CHARS: Final = 300
OPTION_MAX_CHARS: Final = 120
OPTIONS_MIN, OPTIONS_MAX = 2, 6
BANK_MAX_BYTES: Final = 1_000_000
DRAWN_MAX: Final = 12
"""Questions that one session takes along (they are part of its recorded start and state), drawn anew each time."""


def checked_bank(questions: Sequence[Question]) -> tuple[Question, ...]:
    """Return an institution's questions with their texts normalised, or refuse them.

    Args:
        questions: As the institution gave them; types and lengths are those of the API's ``Bank``.

    Raises:
        PeerViolation: ``questions.invalid`` with the question's number and field; ``id.invalid``.
    """
    if len(questions) > QUESTIONS_MAX:
        _refuse(f"A bank may have {QUESTIONS_MAX} questions, this one has {len(questions)}.")
    checked = tuple(_question(number, each) for number, each in enumerate(questions, 1))
    first: dict[str, int] = {}
    for number, each in enumerate(checked, 1):
        taken = first.setdefault(each.question_id, number)
        if taken != number:
            _refuse(f"Question {number}: the id {each.question_id} is taken by question {taken}.")
    return checked


def bank_json(questions: tuple[Question, ...]) -> dict[str, object]:
    """Return a bank in the form of the API's ``Bank``."""
    return {
        "questions": [
            {"id": each.question_id, "text": each.text, "options": list(each.options), "correct": each.correct}
            for each in questions
        ]
    }


def drawn_questions(bank: tuple[Question, ...], seed: str) -> tuple[Question, ...]:
    """Return the questions of one session: the whole of a small bank, a draw by the session's seed of a larger one."""
    if len(bank) <= DRAWN_MAX:
        return bank
    return tuple(
        sorted(bank, key=lambda each: hashlib.sha256(f"bank|{seed}|{each.question_id}".encode()).digest())[:DRAWN_MAX]
    )


def _question(number: int, question: Question) -> Question:
    where = f"Question {number}"
    if not OPTIONS_MIN <= len(question.options) <= OPTIONS_MAX:
        _refuse(f"{where}: options must be a list of {OPTIONS_MIN} to {OPTIONS_MAX}.")
    shown = tuple(
        _text(f"{where}, option {i}", option, OPTION_MAX_CHARS) for i, option in enumerate(question.options, 1)
    )
    if len({option.casefold() for option in shown}) != len(shown):
        _refuse(f"{where}: two options are the same.")
    if not 0 <= question.correct < len(shown):
        _refuse(f"{where}: correct must be the index of an option, 0 to {len(shown) - 1}.")
    return Question(
        question_id=check_id(question.question_id, f"{where}: id"),
        text=_text(where, question.text, TEXT_MAX_CHARS),
        options=shown,
        correct=question.correct,
    )


def _text(where: str, value: str, limit: int) -> str:
    text = unicodedata.normalize("NFC", value).strip()
    if not 1 <= len(text) <= limit:
        _refuse(f"{where}: text must have 1 to {limit} characters.")
    # Control, format and unassigned characters could hide or reorder what the learner reads.
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") for char in text):
        _refuse(f"{where}: text has characters that cannot be shown.")
    return text


def _refuse(message: str) -> NoReturn:
    raise PeerViolation("questions.invalid", message, "See docs/operations.md for the format.")
