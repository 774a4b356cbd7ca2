"""One line of a statement."""

from __future__ import annotations

from fractions import Fraction

from zaichang.ledger.lines import Line
from zaichang.ledger.reasons import SENTENCES, Why


def test_amounts_are_exact_in_any_parts() -> None:
    line = Line("a", "study", "public", "hour", 90, 30, 45, pending=Fraction(1, 2))
    assert (line.asked, line.amount, line.waiting) == (2, Fraction(2, 3), Fraction(1, 90))


def test_less_adds_each_reason_once() -> None:
    line = Line("a", "paper", "", "hour", 10, 10).less(5, Why.CAP_YEAR).less(4, Why.CAP_YEAR).less(0, Why.REVOKED)
    assert (line.counted, line.whys) == (0, (Why.CAP_YEAR, Why.REVOKED))


def test_every_reason_has_a_sentence_in_both_languages() -> None:
    assert set(SENTENCES) == set(Why)
    assert all(zh.endswith("。") and en.endswith(".") for zh, en in SENTENCES.values())


def test_an_amount_that_waits_is_not_called_refused() -> None:
    line = Line("k", "paper", "professional", "hour", 10, 0, whys=(Why.PENDING, Why.NOT_APPROVED))
    assert line.told == (Why.PENDING,)
    assert line._replace(whys=(Why.NOT_APPROVED,)).told == (Why.NOT_APPROVED,)
    assert line._replace(whys=(Why.PENDING, Why.OTHER_YEAR)).told == (Why.PENDING, Why.OTHER_YEAR)
