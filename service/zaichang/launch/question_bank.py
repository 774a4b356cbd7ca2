"""An institution's questions for a lesson: read from JSON, bounded, and refused with the place of the error."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
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


def parse_bank(data: bytes) -> tuple[Question, ...]:
    """Return the questions of an uploaded bank.

    Args:
        data: JSON: ``{"questions": [{"id", "text", "options": [...], "correct": 0}]}``.

    Raises:
        PeerViolation: ``questions.invalid`` with the question's number and field.
    """
    if len(data) > BANK_MAX_BYTES:
        _refuse(f"A bank may have {BANK_MAX_BYTES} bytes, this one has {len(data)}.")
    try:
        parsed = json.loads(data)
    except (ValueError, RecursionError):
        _refuse("The bank is not JSON.")
    if not isinstance(parsed, dict) or set(parsed) != {"questions"} or not isinstance(parsed["questions"], list):
        _refuse('The bank must be {"questions": [...]} and nothing else.')
    listed = parsed["questions"]
    if len(listed) > QUESTIONS_MAX:
        _refuse(f"A bank may have {QUESTIONS_MAX} questions, this one has {len(listed)}.")
    questions = tuple(_question(number, each) for number, each in enumerate(listed, 1))
    ids = [question.question_id for question in questions]
    for number, question_id in enumerate(ids, 1):
        if ids.index(question_id) != number - 1:
            _refuse(f"Question {number}: the id {question_id} is taken by question {ids.index(question_id) + 1}.")
    return questions


def bank_json(questions: tuple[Question, ...]) -> dict[str, object]:
    """Return a bank as ``parse_bank`` reads it."""
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


def _question(number: int, value: object) -> Question:
    where = f"Question {number}"
    if not isinstance(value, Mapping) or set(value) != {"id", "text", "options", "correct"}:
        _refuse(f"{where} must have id, text, options, correct and nothing else.")
    options = value["options"]
    if not isinstance(options, list) or not OPTIONS_MIN <= len(options) <= OPTIONS_MAX:
        _refuse(f"{where}: options must be a list of {OPTIONS_MIN} to {OPTIONS_MAX}.")
    shown = tuple(_text(f"{where}, option {i + 1}", option, OPTION_MAX_CHARS) for i, option in enumerate(options))
    if len({option.casefold() for option in shown}) != len(shown):
        _refuse(f"{where}: two options are the same.")
    correct = value["correct"]
    if type(correct) is not int or not 0 <= correct < len(shown):
        _refuse(f"{where}: correct must be the index of an option, 0 to {len(shown) - 1}.")
    question_id = value["id"]
    if not isinstance(question_id, str):
        _refuse(f"{where}: id must be text.")
    return Question(
        question_id=check_id(question_id, f"{where}: id"),
        text=_text(where, value["text"], TEXT_MAX_CHARS),
        options=shown,
        correct=correct,
    )


def _text(where: str, value: object, limit: int) -> str:
    if not isinstance(value, str):
        _refuse(f"{where}: must be text.")
    text = unicodedata.normalize("NFC", value).strip()
    if not 1 <= len(text) <= limit:
        _refuse(f"{where}: text must have 1 to {limit} characters.")
    # Control, format and unassigned characters could hide or reorder what the learner reads.
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn") for char in text):
        _refuse(f"{where}: text has characters that cannot be shown.")
    return text


def _refuse(message: str) -> NoReturn:
    raise PeerViolation("questions.invalid", message, "See docs/operations.md for the format.")
