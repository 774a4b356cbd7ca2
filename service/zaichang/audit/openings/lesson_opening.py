"""The lesson of a session: shown by its start before version 3 of leaves, committed to and opened since then. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from zaichang.audit.bundle import FieldOpening
from zaichang.audit.findings import Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.core.canonical import CanonicalValue, canonical_bytes, parse_canonical_object
from zaichang.core.errors import EvidenceError

LESSON_FIELD: Final = "lesson_c"
"""Field of a start that commits to its lesson."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedLesson:
    """A lesson, as a session's start names it or as its opening does.

    Attributes:
        lesson: Its id.
        version: Its version, or empty.
        timeline: The time line that positions are on, or empty.
    """

    lesson: str
    version: str = ""
    timeline: str = ""


def lesson_payload(lesson: str, version: str, timeline: str) -> bytes:
    """Return the bytes that a start's ``lesson_c`` commits to.

    Args:
        lesson: The lesson's id.
        version: Its version.
        timeline: The time line that positions are on.
    """
    return canonical_bytes({"lesson": lesson, "lesson_v": version, "timeline": timeline})


def lesson_of(start: KnownLeaf, opened: Mapping[str, CanonicalValue] | None) -> NamedLesson | None:
    """Return the lesson of a session; None where its start commits to it and it is not opened.

    Args:
        start: The session's first leaf.
        opened: The opened ``lesson_c``, or None.
    """
    value = opened if LESSON_FIELD in start.value else start.value
    if value is None or not isinstance(lesson := value.get("lesson"), str):
        return None
    return NamedLesson(lesson=lesson, version=str(value.get("lesson_v", "")), timeline=str(value.get("timeline", "")))


def opened_lesson(fields: Iterable[FieldOpening], sid: str) -> Mapping[str, CanonicalValue] | None:
    """Return a session's opened ``lesson_c`` as it stands in a bundle; the checks of openings hold it against its leaf.

    Args:
        fields: The bundle's opened fields.
        sid: The session.
    """
    payload = next((each.payload for each in fields if each.sid == sid and each.field == LESSON_FIELD), None)
    try:
        return None if payload is None else parse_canonical_object(payload)
    except EvidenceError:
        return None


def check_named_lesson(
    start: KnownLeaf, opened: Mapping[str, CanonicalValue] | None, first: bytes | None, findings: Findings
) -> None:
    """Hold the lesson that a start names or commits to against the session's first event, where both are here.

    Args:
        start: The session's first leaf.
        opened: The opened ``lesson_c``, or None.
        first: The session's first event, or None.
        findings: Takes the results.
    """
    named = lesson_of(start, opened)
    try:
        event = {} if first is None else parse_canonical_object(first)
    except EvidenceError:
        return  # the opening's own check names it
    about = start.about(start.text("origin"))
    if named is None:
        if event:
            message = "The session's lesson is not opened, so double credit cannot be seen."
            findings.undecided("opening", "E_OPENING", message, about, field=LESSON_FIELD)
        return
    pairs = (
        ("course_id", start.text("course")),
        ("lesson_id", named.lesson),
        ("lesson_version", named.version),
        ("timeline", named.timeline),
    )
    for field, expected in pairs:
        if field in event:
            message = f"The session ran on another {field} than its start names."
            findings.equal("opening", "E_OPENING", about, field, expected, event[field], message)
