"""Readings: the choices that a clause leaves open, each named, set by the pack and printed on the statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Final

from zaichang.core.errors import ConfigError
from zaichang.core.units import MINUTE_MS
from zaichang.ledger.entries.values import number_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """The readings of one pack.

    Attributes:
        study_hour_min: Minutes of one 学时; None where the pack counts none.
        two_thirds_of: Of which total 专业 must be two thirds: ``required`` or ``own_total``.
        day_cap: Over what the cap of a day goes: ``person``.
        credit_step: Whether only whole steps give credit: ``whole``, or ``exact``.
        ratio: What the ratio of 公需 to other hours does: ``advise``.
        same_lesson_next_year: Whether a lesson ``counts`` again next year, or ``once`` only.
        overlap_across_institutions: ``wall_clock_once``: no moment earns twice.
        deemed: ``replaces``: a deemed year stands for the hours of the year; it does not add to them.
        speaker_short_below_hours: Below how many hours a speaker's practice counts as a short one.
        status_of: Whether the status is decided on hours ``studied`` or ``recognised``.
        actual: ``wall_clock``: a minute earns no more than the server time that passed in it.
    """

    study_hour_min: Fraction | None = None
    two_thirds_of: str = "required"
    day_cap: str = "person"
    credit_step: str = "whole"
    ratio: str = "advise"
    same_lesson_next_year: str = "counts"
    overlap_across_institutions: str = "wall_clock_once"
    deemed: str = "replaces"
    speaker_short_below_hours: Fraction = Fraction(3)
    status_of: str = "studied"
    actual: str = "wall_clock"

    @property
    def hour_ms(self) -> int | Fraction:
        """Milliseconds of one 学时; whole numbers as integers."""
        if self.study_hour_min is None:
            return 1
        value = self.study_hour_min * MINUTE_MS
        return value.numerator if value.denominator == 1 else value


_WORDS: Final[dict[str, dict[object, str]]] = {
    "two_thirds_of": {"required": "required", "own_total": "own_total"},
    "day_cap": {"person": "person"},
    "credit_step": {"whole": "whole", "exact": "exact"},
    "ratio": {"advise": "advise"},
    "same_lesson_next_year": {
        True: "counts", "counts": "counts", "counts_again": "counts", "again": "counts", "yes": "counts",
        "allowed": "counts", "count": "counts", "earns_again": "counts", "new": "counts", "each_year": "counts",
        False: "once", "once": "once", "once_only": "once", "no": "once", "never": "once", "not": "once",
        "not_again": "once", "does_not_count": "once", "not_counted": "once", "counts_once": "once",
    },
    "overlap_across_institutions": {"wall_clock_once": "wall_clock_once"},
    "deemed": {"replaces": "replaces"},
    "status_of": {"studied": "studied", "recognised": "recognised"},
    "actual": {"wall_clock": "wall_clock"},
}  # fmt: skip
_NUMBERS: Final = ("study_hour_min", "speaker_short_below_hours")


def with_settings(readings: Readings, settings: Mapping[str, object]) -> Readings:
    """Return the readings with some set anew, by name and word.

    Raises:
        ConfigError: ``hours.unknown_word`` for an unknown name or word, ``hours.invalid`` for a number below zero.
    """
    changes: dict[str, object] = {}
    for name, value in settings.items():
        if name in _NUMBERS:
            changes[name] = _number(name, value)
        elif name not in _WORDS:
            raise ConfigError("hours.unknown_word", f"There is no reading {name!r}.", f"Known: {', '.join(names())}.")
        elif value not in _WORDS[name]:
            raise ConfigError(
                "hours.unknown_word",
                f"The reading {name} has no choice {value!r}.",
                f"Known: {', '.join(sorted(set(_WORDS[name].values())))}.",
            )
        else:
            changes[name] = _WORDS[name][value]
    return replace(readings, **changes)  # type: ignore[arg-type]  # each name has its own type, checked above


def _number(name: str, value: object) -> Fraction:
    number = number_of(value)
    if not number:
        raise ConfigError("hours.invalid", f"{name} must be a number above zero, got {value!r:.60}.")
    return number


def names() -> tuple[str, ...]:
    """Return the names of all readings."""
    return tuple(spec.name for spec in fields(Readings))


def plain(readings: Readings) -> dict[str, str]:
    """Return the readings as texts, for the statement and the digest; an hour that is not set is left out."""
    values = {name: getattr(readings, name) for name in names()}
    return {name: str(value) for name, value in values.items() if value is not None}
