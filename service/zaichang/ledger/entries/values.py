"""Reads the values of an entry: exact numbers, moments, yes or no, each named in the error that refuses it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final, NoReturn, TypeAlias

from zaichang.core.civil import Moment, parse_moment
from zaichang.core.errors import ConfigError, UnreadableInput

Entry: TypeAlias = "Mapping[str, Any]"
LONG_AGO_MS = 0
"""When something happened that is only known to have happened."""
_NUMBER: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15}|/[0-9]{1,15})?")


def number_of(value: object) -> Fraction | None:
    """Return an exact number of at most fifteen digits a part; None where the value is none, or below zero."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Fraction):
        return None
    if isinstance(value, int) and abs(value) >= 10**15:
        return None
    try:
        return Fraction(str(value)) if _NUMBER.fullmatch(str(value)) else None
    except ZeroDivisionError:
        return None


def amount(entry: Entry, key: str) -> Fraction:
    """Return an exact number: a text such as ``"2699/45"`` or ``"0.2"``, or a whole number.

    Raises:
        ConfigError: ``hours.invalid``.
    """
    return exact(entry.get(key), key, entry)


def exact(value: object, key: str, entry: Entry) -> Fraction:
    """Return a value as an exact number.

    Raises:
        ConfigError: ``hours.invalid``.
    """
    number = number_of(value)
    if number is None:
        refuse(entry, key, value, 'an exact number such as "2699/45"')
    return number


def whole(entry: Entry, key: str, default: int) -> int:
    """Return a whole number.

    Raises:
        ConfigError: ``hours.invalid``.
    """
    if key not in entry:
        return default
    number = amount(entry, key)
    if number.denominator != 1:
        refuse(entry, key, entry[key], "a whole number")
    return number.numerator


def moment(entry: Entry, key: str) -> Moment:
    """Return a date or time.

    Raises:
        ConfigError: ``hours.invalid``.
    """
    return as_moment(entry.get(key), key, entry)


def as_moment(value: object, key: str, entry: Entry) -> Moment:
    """Return a value as a date or time.

    Raises:
        ConfigError: ``hours.invalid``.
    """
    try:
        return parse_moment(str(value))
    except UnreadableInput:
        refuse(entry, key, value, "a date or an RFC 3339 time")


def answer(entry: Entry, *keys: str) -> tuple[bool | None, int | None]:
    """Return ``(yes or no, moment of the yes)`` over one or several keys.

    A date is a yes at that moment. A key that is absent leaves its question open; no key at all gives None.

    Raises:
        ConfigError: ``hours.invalid``.
    """
    found: bool | None = None
    at_ms: int | None = None
    for key in keys:
        value = entry.get(key)
        if value is None:
            continue
        if isinstance(value, bool):
            found = value if found is not False else False
            continue
        when = moment(entry, key).ms
        at_ms = when if at_ms is None else max(at_ms, when)
        found = True if found is None else found
    return found, at_ms


def since(entry: Entry, key: str) -> int | None:
    """Return when something happened: long ago for a plain yes, None for no or where it is not named."""
    yes, at_ms = answer(entry, key)
    return (LONG_AGO_MS if at_ms is None else at_ms) if yes else None


def text(entry: Entry, key: str, default: str = "") -> str:
    """Return a text; numbers become texts."""
    return str(entry.get(key, default))


def texts(entry: Entry, key: str) -> tuple[str, ...]:
    """Return a list of texts, also where one text stands alone.

    Raises:
        ConfigError: ``hours.invalid``.
    """
    value = entry.get(key, ())
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple):
        refuse(entry, key, value, "a text or a list of texts")
    return tuple(str(part) for part in value)


def year(entry: Entry, key: str) -> int:
    """Return the label of a year.

    Raises:
        ConfigError: ``hours.invalid``.
    """
    value = str(entry.get(key))
    if not (value.isascii() and value.isdigit() and len(value) == 4):
        refuse(entry, key, value, "a year such as 2026")
    return int(value)


def refuse(entry: Entry, key: str, value: object, wanted: str) -> NoReturn:
    """Refuse a value.

    Raises:
        ConfigError: ``hours.invalid``.
    """
    raise ConfigError("hours.invalid", f"Entry {entry.get('id')!r}: {key} must be {wanted}, got {_short(value)}.")


def _short(value: object) -> str:
    """Return a value as a message shows it: a huge number is not written out."""
    if isinstance(value, int) and abs(value) >= 10**15:
        return "a number of more than fifteen digits"
    return str(value) if isinstance(value, Fraction) else repr(value)[:80]
