"""Events and minutes as plain canonical values (no null, no float), for storage, leaves and replay."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

import msgspec

from zaichang.core.errors import EvidenceError
from zaichang.core.lesson import Terms
from zaichang.core.periods import is_period
from zaichang.session import events
from zaichang.session.decisions import Minute
from zaichang.session.events import Event
from zaichang.session.judgements.liveness_tries import ACTIONS
from zaichang.session.playhead import IntervalSet, normalise

_EVENTS: Final = MappingProxyType(
    {
        cls.__name__: cls
        for cls in (
            events.SessionStarted,
            events.NonceRevealed,
            events.BeaconArrived,
            events.HeartbeatReceived,
            events.CaptureTaken,
            events.CaptureReceived,
            events.CaptureAssessed,
            events.CaptureUnavailable,
            events.ChallengeAnswered,
            events.LivenessBegun,
            events.LivenessAssessed,
            events.PasskeyAnswered,
            events.PasskeyDeclined,
            events.MediaDelivered,
            events.ConnectionLost,
            events.ConnectionResumed,
            events.DeadlineReached,
            events.FinishRequested,
            events.Superseded,
        )
    }
)
LESSON_NAMES: Final = MappingProxyType(
    {
        "course_id": "course_id",
        "lesson_id": "lesson_id",
        "lesson_duration_ms": "duration_ms",
        "lesson_version": "version",
        "timeline": "timeline",
        "live_from_ms": "live_from_ms",
    }
)
"""The names under which a start records the fields of its lesson."""
_HEX32: Final = re.compile(r"[0-9a-f]{64}")
_COLUMNS: Final = (
    *("order", "at_ms", "done_ms", "yaw_cdeg", "pitch_cdeg", "eye_bp", "mouth_bp", "shape_bp", "sideways_bp"),
    "down_bp",
)
GEOMETRY_ROWS_MAX: Final = 2_000
"""Most rows that the geometry of one try may have: one for each frame and each step of the clock alone."""
_T = TypeVar("_T")


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((spec.name, getattr(value, spec.name)) for spec in fields(value))
        return {name: _plain(item) for name, item in pairs if item is not None}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _build(cls: type[_T], value: object, code: str) -> _T:
    try:
        return msgspec.convert(value, cls, strict=True)
    except msgspec.ValidationError as error:
        raise EvidenceError(code, f"This is no {cls.__name__}: {error}.") from None


def _nested(plain: dict[str, object]) -> dict[str, object]:
    """Return the plain values of a start with its lesson and terms nested; they are recorded flat."""
    lesson = {name: plain.pop(stored) for stored, name in LESSON_NAMES.items() if stored in plain}
    terms = {spec.name: plain.pop(spec.name) for spec in fields(Terms) if spec.name in plain}
    if plain.get("owed") == "":
        del plain["owed"]
    return {**plain, "lesson": lesson, "terms": terms}


def encode_event(event: Event) -> dict[str, object]:
    """Return the event as plain values, with its class name under ``e``; absent values are left out."""
    plain = {"e": type(event).__name__, **_plain(event)}
    if isinstance(event, events.SessionStarted):
        lesson, terms = plain.pop("lesson"), plain.pop("terms")
        plain |= {stored: lesson[name] for stored, name in LESSON_NAMES.items()} | terms
        plain.setdefault("owed", "")  # recorded as an empty string where no challenge is owed
    return plain


def decode_event(value: Mapping[str, object]) -> Event:
    """Return the event that ``encode_event`` encoded.

    Raises:
        EvidenceError: ``event.invalid``, naming the class and field.
    """
    name = value.get("e")
    cls = _EVENTS.get(name) if isinstance(name, str) else None
    if cls is None:
        raise EvidenceError("event.invalid", f"There is no event class {name!r}.")
    plain = {key: item for key, item in value.items() if key != "e"}
    if cls is events.SessionStarted:
        plain = _nested(plain)
    event = cast(Event, _build(cls, plain, "event.invalid"))
    if encode_event(event) != value:
        raise EvidenceError("event.invalid", f"A {name} holds fields that it does not have, or lacks some.")
    wrong = next((key for key, item in value.items() if key.endswith("_ms") and isinstance(item, int) and item < 0), "")
    if wrong:
        raise EvidenceError("event.invalid", f"A {name}'s {wrong} is negative.")
    if isinstance(event, events.SessionStarted):
        _check_start(event)
    if isinstance(event, events.BeaconArrived) and _HEX32.fullmatch(event.beacon) is None:
        raise EvidenceError("event.invalid", "A BeaconArrived's beacon is not 64 hex digits.")
    if isinstance(event, events.MediaDelivered) and not all(0 <= a < b and at >= 0 for a, b, at in event.spans):
        raise EvidenceError("event.invalid", "A MediaDelivered's spans are not each non-empty and from 0 on.")
    if isinstance(event, events.LivenessAssessed) and event.geometry is not None:
        _check_geometry(event.geometry)
    if not all(_HEX32.fullmatch(digest) for digest in _digests(event)):
        raise EvidenceError("event.invalid", f"A {name}'s digests are not each 64 hex digits.")
    return event


def _digests(event: Event) -> list[str]:
    """Return the digests of captures that an event holds."""
    match event:
        case events.HeartbeatReceived():
            return list(event.frames or ())
        case events.CaptureReceived():
            return [digest for digest in (event.picture, event.encrypted) if digest is not None]
        case events.LivenessAssessed():
            return [digest for kept in event.kept or () for digest in (kept.picture, kept.encrypted)]
        case _:
            return []


def _check_geometry(geometry: events.LivenessGeometry) -> None:
    """Refuse columns that do not belong together."""
    rows = len(geometry.order)
    places = [row for row, _ in geometry.hindered], [row for row, *_ in geometry.lit]
    waits = zip(geometry.at_ms, geometry.done_ms, strict=False)
    for what, holds in (
        ("columns differ in length", all(len(getattr(geometry, name)) == rows for name in _COLUMNS)),
        (f"rows are more than {GEOMETRY_ROWS_MAX}", rows <= GEOMETRY_ROWS_MAX),
        ("pick is negative", geometry.pick >= 0),
        ("orders are below -1", all(order >= -1 for order in geometry.order)),
        ("frames were looked at before they arrived", all(0 <= at_ms <= done_ms for at_ms, done_ms in waits)),
        ("times run backwards", list(geometry.done_ms) == sorted(geometry.done_ms)),
        ("face shapes are negative", all(shape_bp >= 0 for shape_bp in geometry.shape_bp)),
        ("notes name no row, or one twice", all(_rise(numbers, rows) for numbers in places)),
    ):
        if not holds:
            raise EvidenceError("event.invalid", f"A LivenessAssessed's geometry is wrong: {what}.")


def _rise(numbers: list[int], end: int) -> bool:
    return all(0 <= number < end for number in numbers) and numbers == sorted(set(numbers))


def _check_start(start: events.SessionStarted) -> None:
    """Refuse a start that the rules cannot run on. The record may come from a hostile author."""
    questions_hold = all(0 <= question.correct < len(question.options) for question in start.questions)
    for wrong, holds in (
        ("seed is not 64 hex digits", _HEX32.fullmatch(start.seed) is not None),
        ("client_nonce_c is not 64 hex digits", _HEX32.fullmatch(start.client_nonce_c) is not None),
        ("credited intervals are not in order, apart and each non-empty", _is_set(start.credited)),
        ("resumable intervals are not in order, apart and each non-empty", _is_set(start.resumable)),
        ("extra time is negative", start.terms.extra_time_pct >= 0),
        ("period is none", start.period is None or is_period(start.period)),
        ("days of keeping captures are negative", (start.capture_days or 0) >= 0),
        ("questions do not hold their right answers", questions_hold),
        ("left-out liveness actions are unknown, or none is left", set(start.terms.liveness_excluded) < set(ACTIONS)),
    ):
        if not holds:
            raise EvidenceError("event.invalid", f"A SessionStarted's {wrong}.")


def _is_set(intervals: IntervalSet) -> bool:
    try:
        return normalise(intervals) == intervals
    except ValueError:
        return False


def encode_minute(minute: Minute) -> dict[str, object]:
    """Return a minute's record. It includes ``verified_ms`` so that readers need not add up intervals."""
    return {**_plain(minute), "verified_ms": minute.verified_ms}


def decode_minute(value: Mapping[str, object]) -> Minute:
    """Return the minute that ``encode_minute`` encoded.

    Raises:
        EvidenceError: ``minute.invalid``, also where ``verified_ms`` is not the sum of the intervals.
    """
    plain = dict(value)
    stated_ms = plain.pop("verified_ms", None)
    minute = _build(Minute, plain, "minute.invalid")
    if encode_minute(minute) != {**plain, "verified_ms": minute.verified_ms}:
        raise EvidenceError("minute.invalid", "A minute holds fields that it does not have, or lacks some.")
    if not (_is_set(minute.verified) and _is_set(minute.undecided)):
        raise EvidenceError(
            "minute.invalid", f"Minute {minute.index}'s intervals are not in order, apart and non-empty."
        )
    if stated_ms != minute.verified_ms:
        raise EvidenceError(
            "minute.invalid",
            f"Minute {minute.index} states {stated_ms} ms, its intervals cover {minute.verified_ms} ms.",
        )
    return minute
