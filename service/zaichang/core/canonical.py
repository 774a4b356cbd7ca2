"""Canonical bytes of a JSON value: a narrow profile of RFC 8785, written with the standard library alone.

Objects have ASCII keys; values are strings, booleans, integers with ``|n| < 2**53``, arrays and objects. There are no
floats and no null, so RFC 8785's number formatting and UTF-16 key order never come into play: for ASCII keys, code
point order is UTF-16 order. The stored bytes are hashed; verification never re-serialises, hence
``parse_canonical`` refuses any bytes that are not their own canonical form.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, NoReturn, TypeAlias

from zaichang.core.errors import EvidenceError

CanonicalValue: TypeAlias = "str | bool | int | list[CanonicalValue] | dict[str, CanonicalValue]"

MAX_BYTES: Final = 65_535
"""A log entry's length is a uint16 (C2SP tlog-tiles)."""

MAX_DEPTH: Final = 16
"""Arrays and objects inside one another, the outermost included."""

MAX_INT: Final = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (RFC 8785 section 3.2.2.3, RFC 7493)."""

_MAX_INT_DIGITS: Final = 17
_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), check_circular=False
).encode
_decode = json.JSONDecoder().decode


def canonical_bytes(value: object, limit: int = MAX_BYTES) -> bytes:
    """Return the canonical form of a value.

    Args:
        value: str, bool, int, list, tuple, or a mapping with ASCII keys.
        limit: Most bytes of the result.

    Raises:
        EvidenceError: ``E_CANON`` if the value is outside the profile or too long; the message names the place.
    """
    _check(value, "$", 1)
    try:
        data = _encode(value).encode("utf-8")
    except UnicodeEncodeError:
        _refuse("a string holds half of a surrogate pair, which no UTF-8 text can")
    if len(data) > limit:
        _refuse(f"the value takes {len(data)} bytes, more than {limit}")
    return data


def parse_canonical(data: bytes, limit: int = MAX_BYTES) -> CanonicalValue:
    """Return the value of canonical bytes.

    Args:
        data: The bytes.
        limit: Most bytes.

    Raises:
        EvidenceError: ``E_CANON`` if ``data`` is too long, is not JSON, is outside the profile, repeats a key, or is
            not
            exactly its own canonical form.
    """
    if len(data) > limit:
        _refuse(f"{len(data)} bytes are more than {limit}")
    if (quick := _quickly(data)) is not None:
        return quick
    try:
        value: CanonicalValue = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
    except UnicodeDecodeError as error:
        _refuse(f"byte {error.start} is not UTF-8")
    except json.JSONDecodeError as error:
        _refuse(f"not JSON at character {error.pos} ({error.msg})")
    except RecursionError:
        _refuse(f"nested deeper than {MAX_DEPTH}")
    if canonical_bytes(value, limit) != data:
        _refuse("the bytes are not in canonical form (key order, spacing or escapes differ)")
    return value


def _quickly(data: bytes) -> dict[str, CanonicalValue] | None:
    """Return the object of canonical ASCII bytes; None for all others, which are then read with care.

    Bytes that are equal to their value written canonically repeat no key, hold no other number and no other spelling.
    Where they are ASCII, so are the keys.
    """
    if not data.isascii():
        return None
    try:
        value = _decode(data.decode("ascii"))
    except (ValueError, RecursionError):
        return None
    if type(value) is not dict or not _plain(value, 1):
        return None
    text = _encode(value)
    return value if text.isascii() and text.encode("ascii") == data else None


def _plain(value: dict[str, CanonicalValue], nested: int) -> bool:
    """Whether an object holds strings, booleans, integers in range, and objects of such, ``nested`` deep, alone."""
    for inner in value.values():
        kind = type(inner)
        if kind is str or kind is bool:
            continue
        if type(inner) is int:
            if not -MAX_INT <= inner <= MAX_INT:
                return False
        elif type(inner) is not dict or not nested or not _plain(inner, nested - 1):
            return False
    return True


def parse_canonical_object(data: bytes, limit: int = MAX_BYTES) -> dict[str, CanonicalValue]:
    """Return the object of canonical bytes; as ``parse_canonical``, for data that must be an object.

    Raises:
        EvidenceError: ``E_CANON``.
    """
    value = parse_canonical(data, limit)
    if not isinstance(value, dict):
        _refuse("expected an object at the top")
    return value


def _check(value: object, path: str, depth: int) -> None:
    if isinstance(value, str) or value is True or value is False:
        return
    if isinstance(value, int):
        if not -MAX_INT <= value <= MAX_INT:
            _refuse(f"{path} is an integer outside +-(2^53 - 1)")
        return
    if depth > MAX_DEPTH:
        _refuse(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str) or not key.isascii():
                _refuse(f"{path} has a key that is not ASCII text")
            _check(inner, f"{path}.{key}", depth + 1)
    elif isinstance(value, list | tuple):
        for position, inner in enumerate(value):
            _check(inner, f"{path}[{position}]", depth + 1)
    else:
        _refuse(f"{path} is {type(value).__name__}; only strings, booleans, integers, arrays and objects are allowed")


def _object(pairs: list[tuple[str, CanonicalValue]]) -> dict[str, CanonicalValue]:
    result = dict(pairs)
    if len(result) != len(pairs):
        _refuse("an object repeats a key")
    return result


def _integer(text: str) -> int:
    if len(text) > _MAX_INT_DIGITS:
        _refuse("an integer is outside +-(2^53 - 1)")
    return int(text)


def _no_float(text: str) -> NoReturn:
    _refuse(f"the number {text[:24]} is not an integer")


def _refuse(what: str) -> NoReturn:
    raise EvidenceError("E_CANON", f"Not canonical: {what}.")
