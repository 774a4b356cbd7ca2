"""Readings: known names, known words, numbers above zero."""

from __future__ import annotations

from fractions import Fraction

import pytest

from zaichang.core.errors import ConfigError
from zaichang.ledger.readings import Readings, names, plain, with_settings

BARE = Readings()


def test_settings_change_what_they_name() -> None:
    settings = {"study_hour_min": "45", "two_thirds_of": "own_total", "same_lesson_next_year": False}
    changed = with_settings(BARE, settings | {"status_of": "recognised"})
    assert changed == Readings(
        study_hour_min=Fraction(45), two_thirds_of="own_total", same_lesson_next_year="once", status_of="recognised"
    )
    assert with_settings(BARE, {}) == BARE


@pytest.mark.parametrize("word", ["counts", "counts_again", "again", "yes", "allowed", True])
def test_many_words_for_counts_again(word: object) -> None:
    once = with_settings(BARE, {"same_lesson_next_year": "once_only"})
    assert once.same_lesson_next_year == "once"
    assert with_settings(once, {"same_lesson_next_year": word}) == BARE


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"study_hours": 45}, "study_hours"),
        ({"day_cap": "event"}, "event"),
        ({"two_thirds_of": "of_my_own"}, "of_my_own"),
    ],
)
def test_unknown_words_are_named(settings: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named) as caught:
        with_settings(BARE, settings)
    assert caught.value.code == "hours.unknown_word"


@pytest.mark.parametrize("value", [0, -1, "x", "1/0", ""])
def test_an_hour_is_longer_than_nothing(value: object) -> None:
    with pytest.raises(ConfigError) as caught:
        with_settings(BARE, {"study_hour_min": value})
    assert caught.value.code == "hours.invalid"


def test_milliseconds_of_one_hour() -> None:
    assert BARE.hour_ms == 1
    whole = with_settings(BARE, {"study_hour_min": 45}).hour_ms
    assert (whole, type(whole)) == (2_700_000, int)
    assert with_settings(BARE, {"study_hour_min": "1/7"}).hour_ms == Fraction(60_000, 7)


def test_readings_as_texts() -> None:
    assert "study_hour_min" not in plain(BARE)
    assert plain(BARE)["speaker_short_below_hours"] == "3"
    assert set(plain(with_settings(BARE, {"study_hour_min": 45}))) == set(names())
