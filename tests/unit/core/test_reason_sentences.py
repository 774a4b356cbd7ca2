"""Every reason has a sentence in both languages that says what to do and does not help to predict a capture."""

from __future__ import annotations

import re

import pytest

from zaichang.core.reason_sentences import SENTENCES
from zaichang.core.reasons import ReasonCode

CODES = list(ReasonCode)


def test_the_table_is_complete_and_closed() -> None:
    assert set(SENTENCES) == set(ReasonCode)
    with pytest.raises(TypeError):
        SENTENCES[ReasonCode.NO_FACE] = SENTENCES[ReasonCode.TOO_DARK]  # type: ignore[index]  # what the test is about


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_its_own_name(code: ReasonCode) -> None:
    assert code.value == code.name
    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", code.value)


@pytest.mark.parametrize("code", CODES)
def test_sentences(code: ReasonCode) -> None:
    sentence = SENTENCES[code]
    assert re.search(r"[\u4e00-\u9fff]", sentence.zh)
    assert sentence.zh.endswith("。")
    assert sentence.en.isascii() and sentence.en.endswith(".")
    assert sentence.en[0].isupper()
    for text in (sentence.zh, sentence.en):
        assert not re.search(r"\d", text), "no number that would tell how often or when"
        assert text == text.strip()


def test_no_two_codes_say_the_same() -> None:
    assert len({sentence.zh for sentence in SENTENCES.values()}) == len(CODES)
    assert len({sentence.en for sentence in SENTENCES.values()}) == len(CODES)
