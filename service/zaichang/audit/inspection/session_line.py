"""One line of an inspection's result for each session: whose, what, how long, when, and by which rules. Pure.

The openings of a session are long, so they are read once, and only these values are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from zaichang.audit.bundle import EVENT, Bundle
from zaichang.audit.check import Check, Status
from zaichang.audit.inspection.session_part import SessionPart
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.openings.lesson_opening import lesson_of, opened_lesson
from zaichang.audit.reading.bundle_reader import BundleFile
from zaichang.audit.sample.produced import Produced, worst
from zaichang.audit.time_checks import Bounds, SeenAt
from zaichang.audit.whole.double_credit import Credited
from zaichang.audit.whole.lesson_lengths import LessonLengths
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import EvidenceError
from zaichang.tlog.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine:
    """One session of the inspection.

    Attributes:
        sid: The session.
        learner: The learner's pseudonym, empty where it is not opened.
        course: The course.
        lesson: The lesson.
        began_ms: Date of its first leaf.
        ended_ms: Date of its final leaf, 0 where there is none.
        minutes: Its verdict letters.
        counted_ms: Media that count, with later changes and voids.
        total: The sums as a sentence.
        policy: Name and version of its policy, empty where it is not opened.
        rules: The version of the rules, as text.
        witnessed_ms: When a quorum had first seen its final leaf, None where that is not shown.
        result: ``pass``, ``fail`` or ``undecided``.
        codes: Codes of its findings.
    """

    sid: str
    learner: str
    course: str
    lesson: str
    began_ms: int
    ended_ms: int
    minutes: str
    counted_ms: int
    total: str
    policy: str
    rules: str
    witnessed_ms: int | None
    result: str
    codes: tuple[str, ...]


@dataclass(slots=True)
class Told:
    """What is kept of each session: its line, without its result, and its credit.

    Attributes:
        parts: The sessions by their names, with the changes of the inspector's copy.
        lengths: Compares the lengths of lessons.
        trust: The trusted keys.
        credited: The credit of the sessions that count.
    """

    parts: Mapping[str, SessionPart]
    lengths: LessonLengths
    trust: Trust
    credited: list[Credited] = field(default_factory=list)
    _lines: dict[str, SessionLine] = field(default_factory=dict)
    _bounds: dict[BundleFile, Bounds] = field(default_factory=dict)

    def take(self, file: BundleFile, sid: str, opened: Bundle) -> None:
        """Take the openings of a session; those of another bundle that holds it too are passed over.

        Args:
            file: The bundle.
            sid: The session.
            opened: Its openings there.
        """
        part = self.parts.get(sid)
        if part is None or part.file is not file or sid in self._lines:
            return
        if file not in self._bounds:  # a bundle has as many checkpoints as sessions: each is opened once
            self._bounds[file] = _bounds(part, self.trust)
        self._lines[sid] = _line(part, opened, self._bounds[file])
        self.lengths.take(opened, part.leaves[0])
        credited = part.credited(opened)
        if credited is not None:
            self.credited.append(credited)

    def rest(self) -> None:
        """Take the sessions that no check of a bundle has opened: of another log, or beyond the most findings."""
        for sid, part in self.parts.items():
            if sid not in self._lines:
                self.take(part.file, sid, part.read())

    def line(self, sid: str, produced: Produced | None, more: Iterable[Check]) -> SessionLine:
        """Return a session's line with its result.

        Args:
            sid: The session.
            produced: Its checks against the inspector's copy; None where it is not in the copy.
            more: The checks over all sessions.
        """
        checks = [*(produced.checks if produced is not None else ()), *(check for check in more if check.sid == sid)]
        result, bad = worst(checks)
        if produced is None and result == "pass":
            result = Status.UNDECIDED.value
        codes = tuple(sorted({check.code for check in bad if check.code}))
        return replace(self._lines[sid], result=result, codes=codes)


def _line(part: SessionPart, opened: Bundle, bounds: Bounds) -> SessionLine:
    seen = bounds.first_covering((_final(part) or part.leaves[0]).index)
    start = part.leaves[0]
    final = _final(part)
    subject = next((each.payload for each in opened.fields if each.field == "subj_c"), b"{}")
    rules = start.value.get("rules")
    lesson = lesson_of(start, opened_lesson(opened.fields, start.sid))
    counted_ms = part.counted_ms(opened)
    return SessionLine(
        sid=start.sid,
        learner=_learner(subject),
        course=start.text("course"),
        lesson="" if lesson is None else lesson.lesson,
        began_ms=_event_ms(opened, min, start.number("at")),
        ended_ms=0 if final is None else _event_ms(opened, max, final.number("at")),
        minutes="".join(leaf.text("minutes") for leaf in part.leaves if leaf.kind == "session.segment"),
        counted_ms=counted_ms,
        total=part.total(counted_ms),
        policy=part.policy(),
        rules=" ".join(f"{name} {number}" for name, number in rules.items()) if isinstance(rules, dict) else "1",
        witnessed_ms=None if seen is None else seen.at_ms,
        result="",
        codes=(),
    )


def _event_ms(opened: Bundle, choose: Callable[[Iterable[int]], int], dated_ms: int) -> int:
    """Return the time of the first or last opened event; the leaf's date where none is opened."""
    times: list[int] = []
    for opening in opened.openings:
        if opening.kind == EVENT:
            with suppress(EvidenceError):
                at_ms = parse_canonical_object(opening.payload).get("at_ms")
                times += [at_ms] if isinstance(at_ms, int) else []
    return choose(times) if times else dated_ms


def _learner(payload: bytes) -> str:
    try:
        return str(parse_canonical_object(payload).get("learner", ""))
    except EvidenceError:
        return ""


def _final(part: SessionPart) -> KnownLeaf | None:
    return next((leaf for leaf in part.leaves if leaf.kind == "session.final"), None)


def _bounds(part: SessionPart, trust: Trust) -> Bounds:
    """Return when a quorum had seen a bundle's checkpoints; that these are of the log is checked elsewhere."""
    found: list[SeenAt] = []
    for note in (part.whole.checkpoint, *(entry.note for entry in part.whole.seen)):
        try:
            signed = trust.open_checkpoint(note, part.whole.origin)
        except EvidenceError:
            continue
        at_s = trust.witness_time_s(signed)
        if at_s is not None:
            found.append(SeenAt(size=signed.checkpoint.size, at_ms=at_s * 1000))
    return Bounds(seen=tuple(found))
