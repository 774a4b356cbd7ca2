"""The values of an entry, and the refusal that names them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from zaichang.core.errors import ConfigError
from zaichang.ledger.entries.values import amount, answer, moment, number_of, refuse, since, text, texts, whole, year


def refused(reader: Any, *arguments: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        reader(*arguments)
    assert caught.value.code == "hours.invalid"
    return caught.value.message


def test_exact_numbers() -> None:
    assert amount({"hours": "2699/45"}, "hours") == Fraction(2699, 45)
    assert amount({"hours": 0.2}, "hours") == Fraction(1, 5)
    for value in ("many", "1/0", -1, True):
        assert "hours" in refused(amount, {"id": "a", "hours": value}, "hours")


def test_whole_numbers() -> None:
    assert whole({}, "count", 7) == 7
    assert whole({"count": "3"}, "count", 7) == 3
    assert "count" in refused(whole, {"count": "1/2"}, "count", 1)


def test_moments() -> None:
    assert moment({"at": "1970-01-01T08:00:00"}, "at").ms == 0
    assert "'a'" in refused(moment, {"id": "a", "at": "soon"}, "at")
    assert "at" in refused(moment, {}, "at")


def test_answers_over_several_keys() -> None:
    assert answer({}, "a", "b") == (None, None)
    assert answer({"a": True}, "a", "b") == (True, None)
    assert answer({"a": True, "b": False}, "a", "b") == answer({"a": False, "b": True}, "a", "b") == (False, None)
    day = moment({"at": "2026-05-02"}, "at").ms
    assert answer({"a": "2026-05-02", "b": "2026-05-01"}, "a", "b") == (True, day)
    assert answer({"a": False, "b": "2026-05-02"}, "a", "b") == (False, day)


def test_since_when() -> None:
    assert since({}, "a") is None
    assert since({"a": False}, "a") is None
    assert since({"a": True}, "a") == 0
    assert since({"a": "1970-01-02"}, "a") == 57_600_000


def test_texts() -> None:
    assert text({"a": 5}, "a") == "5"
    assert texts({"a": "x"}, "a") == ("x",)
    assert texts({"a": ["x", 1]}, "a") == ("x", "1")
    assert texts({}, "a") == ()


def test_years() -> None:
    assert year({"y": 2026}, "y") == 2026
    for value in ("26", "二〇二六", None):
        refused(year, {"y": value}, "y")


@pytest.mark.parametrize("value", ["1/0", "1e9", "1_0", "\uff19", 10**15, -1, "9" * 16, True, None, [1]])
def test_values_that_are_no_exact_number(value: object) -> None:
    assert number_of(value) is None


def test_an_integer_too_long_to_write_is_refused_without_its_digits() -> None:
    with pytest.raises(ConfigError, match="more than fifteen digits"):
        amount({"id": "a", "minutes": 10**5000}, "minutes")


def test_a_fraction_is_shown_as_a_fraction() -> None:
    with pytest.raises(ConfigError, match="got 89/2"):
        refuse({"id": "a"}, "minutes", Fraction(89, 2), "a whole number")
