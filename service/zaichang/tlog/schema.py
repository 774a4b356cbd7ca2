"""The schemas of the log's leaves, as one table; no field can hold free text, so none can hold a person's name.

docs/evidence.md shows this table to inspectors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from zaichang.core.canonical import MAX_INT
from zaichang.core.enums import LeafKind
from zaichang.core.periods import is_period
from zaichang.core.units import MINUTE_MS, ROUND_MS

VERSION: Final = 3
"""The version of leaves that are written now.

Version 2 dated leaves of sessions to whole minutes, and showed the lesson. Version 1 dated them in milliseconds, showed
the reason counts of a session's end too, committed without lengths, and held a plain digest of the decision behind a
change. Logs that hold leaves of these versions still verify.
"""
MAX_MINUTES: Final = 1440
"""Verdict letters in one segment: a day, far above what a policy allows."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ORIGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*(/[A-Za-z0-9._-]+)*")
_HEX32 = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,47}")
_WORD = re.compile(r"[a-z][a-z0-9._-]{0,47}")
_MINUTES = re.compile(r"[VFU]*")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_VKEY = re.compile(r"[^\s+]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{1,2400}={0,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a leaf.

    Attributes:
        ok: Whether a value is acceptable.
        what: The acceptable values in words, for messages and docs.
        required: Whether the leaf must have it.
    """

    ok: Callable[[object], bool]
    what: str
    required: bool = True


def _text(pattern: re.Pattern[str], what: str) -> Field:
    return Field(ok=lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None, what=what)


def _integer(low: int = 0, high: int = MAX_INT) -> Field:
    def ok(value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    return Field(ok=ok, what=f"an integer from {low}" + ("" if high == MAX_INT else f" to {high}"))


def _optional(field: Field) -> Field:
    return Field(ok=field.ok, what=field.what, required=False)


def _object(**fields: Field) -> Field:
    def ok(value: object) -> bool:
        return (
            isinstance(value, dict)
            and value.keys() <= fields.keys()
            and all(value_ok(field, value.get(name)) for name, field in fields.items())
        )

    return Field(ok=ok, what="{" + ", ".join(f"{name}: {field.what}" for name, field in fields.items()) + "}")


def value_ok(field: Field, value: object) -> bool:
    """Whether ``value`` (None for absent) is acceptable for ``field``."""
    return not field.required if value is None else field.ok(value)


HASH = _text(_HEX32, "64 lower-case hex digits")
ID = _text(_ID, "1 to 64 of A-Z a-z 0-9 . _ -")
ORIGIN = _text(_ORIGIN, "the log's origin")
TIME = _integer()


def _whole(unit_ms: int, units: str) -> Field:
    return Field(
        ok=lambda value: TIME.ok(value) and isinstance(value, int) and value % unit_ms == 0,
        what=f"an integer from 0: milliseconds, of whole {units}",
    )


MINUTE = _whole(MINUTE_MS, "minutes")
ROUND = _whole(ROUND_MS, "rounds of 15 minutes")
COUNT = _integer()
WORD = _text(_WORD, "a lower-case word")
CODE = _text(_CODE, "an upper-case code")
RELEASE = _text(re.compile(r"[0-9][0-9A-Za-z.+-]{0,31}"), "a release, like 0.1.0")
DATE = _text(_DATE, "a date YYYY-MM-DD")
FILING = _text(re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]{0,63}"), "1 to 64 of A-Z a-z 0-9 . / _ -")
PERIOD = Field(
    ok=lambda value: isinstance(value, str) and is_period(value),
    what="the first day of a year, YYYY-MM-DD, or once",
)
DELTA = _integer(-MAX_INT)
PREV = Field(
    ok=lambda value: value == "" or HASH.ok(value), what="64 lower-case hex digits, or empty for the first leaf"
)
MINUTES = Field(
    ok=lambda value: isinstance(value, str) and len(value) <= MAX_MINUTES and _MINUTES.fullmatch(value) is not None,
    what="a letter per minute: V verified, F refused, U not decided",
)
CODES = Field(
    ok=lambda value: (
        isinstance(value, dict)
        and len(value) <= 64
        and all(CODE.ok(code) and COUNT.ok(count) for code, count in value.items())
    ),
    what="an object of reason codes and how often each occurred",
)
ANCHOR = _optional(_object(size=COUNT, root=HASH))
RULES = _optional(_object(session=_integer(1), liveness=_integer(1), hours=_integer(1)))
NONCE = _text(re.compile("([0-9a-f]{2}){8,32}"), "16 to 64 lower-case hex digits")
SCHEDULE = _optional(_object(s=HASH, r=_optional(NONCE), b=_optional(HASH), level=_integer(0, 2)))

_COMMON: Final = {"v": _integer(VERSION, VERSION), "t": WORD, "origin": ORIGIN, "at": TIME}
_SESSION: Final = {**_COMMON, "at": ROUND, "sid": ID, "seq": COUNT, "prev": PREV, "anchor": ANCHOR}

KINDS: Final = MappingProxyType(
    {
        LeafKind.START: {
            **_SESSION,
            "policy": HASH,
            "course": ID,
            "course_v": _optional(HASH),
            "lesson_c": HASH,
            "subj_c": HASH,
            "sched_c": HASH,
            "device_c": _optional(HASH),
            "client_nonce_c": _optional(HASH),
            "rules": RULES,
            "period": _optional(PERIOD),
        },
        LeafKind.SEGMENT: {
            **_SESSION,
            "n": COUNT,
            "from_ms": ROUND,
            "to_ms": ROUND,
            "first_minute": COUNT,
            "minutes": MINUTES,
            "verified_ms": COUNT,
            "events_root": HASH,
            "n_events": COUNT,
            "records_root": HASH,
            "n_records": COUNT,
        },
        LeafKind.FINAL: {
            **_SESSION,
            "segments": COUNT,
            "n_verified": COUNT,
            "n_refused": COUNT,
            "n_undecided": COUNT,
            "verified_ms": COUNT,
            "codes_c": HASH,
            "reason": CODE,
            "sched": SCHEDULE,
        },
        LeafKind.VOID: {**_SESSION, "target": COUNT, "target_hash": HASH, "reason": CODE, "request": HASH},
        LeafKind.AMEND: {
            **_SESSION,
            "target": COUNT,
            "target_hash": HASH,
            "reason": CODE,
            "minute": COUNT,
            "verdict": _text(re.compile("[VFU]"), "V, F or U"),
            "delta_ms": DELTA,
            "request": HASH,
        },
        LeafKind.POLICY: {**_COMMON, "at": ROUND, "name": ID, "digest": HASH},
        LeafKind.KEY: {
            **_COMMON,
            "action": _text(re.compile("add|retire|revoke"), "add, retire or revoke"),
            "role": WORD,
            "vkey": _text(_VKEY, "a verifier key line"),
            "from_size": COUNT,
        },
        LeafKind.UPLOAD: {
            **_COMMON,
            "target": WORD,
            "from_index": COUNT,
            "to_index": COUNT,
            "request": HASH,
            "response": HASH,
            "status": COUNT,
        },
        LeafKind.ERASURE: {
            **_COMMON,
            "request": HASH,
            "date": DATE,
            "basis": WORD,
            "sessions": COUNT,
            "scope": _optional(WORD),
        },
        LeafKind.SAMPLING: {
            **_COMMON,
            "announce": HASH,
            "size": COUNT,
            "root": HASH,
            "stage": _text(re.compile("announce|draw|report"), "announce, draw or report"),
            "document": _optional(HASH),
        },
        LeafKind.CERTIFICATE: {
            **_COMMON,
            "action": _text(re.compile("issue|replace|revoke"), "issue, replace or revoke"),
            "cert_c": HASH,
            "target": _optional(COUNT),
            "target_hash": _optional(HASH),
            "reason": _optional(CODE),
        },
        LeafKind.PROJECT: {
            **_COMMON,
            "course": ID,
            "filing": FILING,
            "published": DATE,
            "from_day": DATE,
            "to_day": DATE,
        },
        LeafKind.ACTIVITY: {
            **_COMMON,
            "at": ROUND,
            "aid": ID,
            "seq": COUNT,
            "prev": PREV,
            "stage": WORD,
            "document_c": HASH,
        },
    }
)
"""Leaf kind to its fields."""

_SINCE_THIRD: Final = frozenset((LeafKind.CERTIFICATE, LeafKind.PROJECT))
"""Kinds that earlier versions do not know."""

_LESSON: Final = {"lesson": ID, "lesson_v": _optional(ID), "timeline": _optional(ID)}
_SECOND: Final = {"v": _integer(2, 2), "at": MINUTE, "from_ms": MINUTE, "to_ms": MINUTE}
_FIRST: Final = {"v": _integer(1, 1), "at": TIME, "from_ms": TIME, "to_ms": TIME}


def _of_second(fields: Mapping[str, Field]) -> Mapping[str, Field]:
    """Return the fields of a leaf of version 2."""
    changed = {name: field for name, field in _SECOND.items() if name in fields and fields[name] is not TIME}
    shown = _LESSON if "lesson_c" in fields else {}
    return {**{name: field for name, field in fields.items() if name != "lesson_c"}, **changed, **shown}


def _of_first(fields: Mapping[str, Field]) -> Mapping[str, Field]:
    """Return the fields of a leaf of version 1."""
    renamed = {("codes" if name == "codes_c" else name): field for name, field in _of_second(fields).items()}
    changed = {name: field for name, field in _FIRST.items() if name in renamed}
    if "target_hash" in renamed:
        changed["request"] = _optional(HASH)
    return {**renamed, **changed, **({"codes": CODES} if "codes" in renamed else {})}


SCHEMAS: Final[Mapping[int, Mapping[LeafKind, Mapping[str, Field]]]] = MappingProxyType(
    {
        1: {kind: _of_first(fields) for kind, fields in KINDS.items() if kind not in _SINCE_THIRD},
        2: {kind: _of_second(fields) for kind, fields in KINDS.items() if kind not in _SINCE_THIRD},
        VERSION: KINDS,
    }
)
"""Version to leaf kind to fields."""
