"""The length of a lesson, compared over its sessions. Pure.

Positions, credit and the end of a lesson rest on its length, which stands in each session's first event and nowhere
else. The service changes a lesson's length with its version only, so two sessions of one version state one length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zaichang.audit.bundle import EVENT, Bundle
from zaichang.audit.findings import Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.core.canonical import CanonicalValue, parse_canonical_object
from zaichang.core.errors import EvidenceError

_NAMES = ("institution_id", "course_id", "course_version", "lesson_id", "lesson_version", "timeline")


@dataclass(slots=True)
class LessonLengths:
    """The lengths met so far.

    Attributes:
        findings: Takes the results.
    """

    findings: Findings
    _known: dict[tuple[str, ...], tuple[int, str]] = field(default_factory=dict)

    def take(self, part: Bundle, start: KnownLeaf) -> None:
        """Compare the length of a session's lesson with that of the sessions before; nothing where it is not opened.

        Args:
            part: The session's openings.
            start: Its first leaf.
        """
        event = _first(part)
        length_ms = event.get("lesson_duration_ms")
        if not isinstance(length_ms, int):
            return
        lesson = tuple(str(event.get(name, "")) for name in _NAMES)
        known_ms, sid = self._known.setdefault(lesson, (length_ms, start.sid))
        if known_ms != length_ms:
            message = f"Session {sid} states another length of the same version of this lesson."
            about = start.about(start.text("origin"), 0)
            self.findings.failed(
                "lesson", "E_OPENING", message, about, field="lesson_duration_ms", expected=known_ms, got=length_ms
            )


def _first(part: Bundle) -> Mapping[str, CanonicalValue]:
    """Return the session's first event; an empty one where it is not opened."""
    body = next((each.payload for each in part.openings if each.kind == EVENT and each.n == 0), None)
    try:
        return {} if body is None else parse_canonical_object(body)
    except EvidenceError:
        return {}  # the opening's own check names it
