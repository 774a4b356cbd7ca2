"""Holds the outbox's lines against the log: the hours that a ledger counts are those that the log states. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from zaichang.audit.findings import About, Findings
from zaichang.audit.openings.field_openings import LESSON, SUBJECT
from zaichang.audit.openings.lesson_opening import LESSON_FIELD, lesson_payload
from zaichang.audit.openings.owner import OWNER_FIELD
from zaichang.core.canonical import CanonicalValue, canonical_bytes, parse_canonical_object
from zaichang.core.enums import ErasureScope, LeafKind, OutboxLine
from zaichang.core.errors import EvidenceError
from zaichang.tlog.commit import commitment
from zaichang.tlog.leaf import parse_leaf

Line = Mapping[str, CanonicalValue]


@dataclass(slots=True, kw_only=True)
class LoggedHours:
    """What one log states of hours.

    Attributes:
        origin: The log.
        starts: Session to its ``session.start`` leaf.
        leaves: Index to ``session.segment`` or ``session.amend`` leaf.
        others: Index to ``session.final`` or ``erasure`` leaf: each may have lines, and needs none.
    """

    origin: str
    starts: dict[str, Line] = field(default_factory=dict)
    leaves: dict[int, Line] = field(default_factory=dict)
    others: dict[int, Line] = field(default_factory=dict)

    @classmethod
    def read(cls, origin: str, entries: Iterable[Sequence[bytes]]) -> LoggedHours:
        """Return the statements of a log's entries, bundle by bundle; an entry that is no leaf states nothing."""
        found, index = cls(origin=origin), -1
        for group in entries:
            for entry in group:
                index += 1
                try:
                    value = parse_leaf(entry)
                except EvidenceError:
                    continue
                if value["t"] == LeafKind.START:
                    found.starts[str(value["sid"])] = value
                elif value["t"] in (LeafKind.SEGMENT, LeafKind.AMEND):
                    found.leaves[index] = value
                elif value["t"] in (LeafKind.FINAL, LeafKind.ERASURE):
                    found.others[index] = value
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSalts:
    """The salts of a session's start.

    Attributes:
        owner: Of the institution and the learner.
        lesson: Of the lesson, its version and its time line.
    """

    owner: bytes
    lesson: bytes


class OutboxCheck:
    """Takes the outbox's lines one by one.

    Args:
        logs: The logs by origin.
        findings: Takes the results.
        salts: Session to the salts of its start; a session without them is counted as not compared.
    """

    def __init__(
        self,
        logs: Mapping[str, LoggedHours],
        findings: Findings,
        salts: Mapping[str, SessionSalts] = MappingProxyType({}),
    ) -> None:
        """No line is taken yet."""
        self._logs = logs
        self._salts = salts
        self._unread: set[str] = set()
        self._findings = findings
        self._minutes: dict[tuple[str, int], dict[int, int]] = {}
        self._amended: set[tuple[str, int]] = set()
        self._before = len(findings.checks)
        self.lines = 0

    def take(self, line: bytes) -> None:
        """Check the next line."""
        self.lines += 1
        try:
            value = parse_canonical_object(line.rstrip(b"\n"))
        except EvidenceError as error:
            self._findings.error("outbox", error, About(), field=f"line {self.lines}")
            return
        place = value.get("log")
        origin, index = (place.get("origin"), place.get("index")) if isinstance(place, dict) else (None, None)
        log = self._logs.get(str(origin))
        kind = value.get("t")
        own = None if log is None else log.others if kind in (OutboxLine.END, OutboxLine.ERASURE) else log.leaves
        leaf = None if own is None or not isinstance(index, int) else own.get(index)
        sid = str(value.get("session", ""))
        about = About(origin=str(origin), index=index if isinstance(index, int) else None, sid=sid or None)
        if log is None or leaf is None or not isinstance(index, int) or str(leaf.get("sid", "")) != sid:
            self._bad(about, "log", "The log holds no hours of this session at the line's index.")
            return
        if kind == OutboxLine.ERASURE:
            if leaf["t"] != LeafKind.ERASURE or value.get("scope") != leaf.get("scope", ErasureScope.ALL):
                self._bad(about, "scope", "The line's scope is not the log's.", leaf.get("scope"), value.get("scope"))
            return
        start = log.starts.get(sid, {})
        shown = ("course", "policy") if LESSON_FIELD in start else ("course", "lesson", "policy")
        for name in shown:
            if name in value and value[name] != start.get(name):
                self._bad(about, name, f"The line's {name} is not the log's.", start.get(name), value[name])
        salts = self._salts.get(sid)
        if salts is None:
            self._unread.add(sid)
        else:
            self._committed(value, start, salts, about)
        if kind == OutboxLine.END and leaf["t"] == LeafKind.FINAL:
            counts = {name: leaf[f"n_{name}"] for name in ("verified", "refused", "undecided")}
            stated = {"reason": leaf["reason"], "verified_ms": leaf["verified_ms"], "minutes": counts}
            for name, expected in stated.items():
                if value.get(name) != expected:
                    self._bad(about, name, f"The line's {name} is not the log's.", expected, value.get(name))
        elif value.get("t") == "minute" and leaf["t"] == LeafKind.SEGMENT:
            self._minute(value, leaf, (log.origin, index), about)
        elif value.get("t") == "amendment" and leaf["t"] == LeafKind.AMEND:
            self._amended.add((log.origin, index))
            for name in ("minute", "verdict", "delta_ms", "reason"):
                if value.get(name) != leaf[name]:
                    self._bad(about, name, f"The line's {name} is not the log's.", leaf[name], value.get(name))
        else:
            self._bad(about, "t", "The line is of another kind than its leaf.", leaf["t"], value.get("t"))

    def finish(self) -> None:
        """Check the sums, and that no hour of the log is missing in the outbox."""
        for log in self._logs.values():
            for index, leaf in log.leaves.items():
                about, key = About(origin=log.origin, index=index, sid=str(leaf["sid"])), (log.origin, index)
                if leaf["t"] == LeafKind.AMEND:
                    if key not in self._amended:
                        self._bad(about, "line", "The outbox has no line of this change.")
                    continue
                minutes = self._minutes.get(key, {})
                if len(minutes) != len(str(leaf["minutes"])):
                    message = "The outbox does not have a line for each minute of this segment."
                    self._bad(about, "line", message, len(str(leaf["minutes"])), len(minutes))
                elif sum(minutes.values()) != leaf["verified_ms"]:
                    message = "The lines do not add up to the segment's verified time."
                    self._bad(about, "verified_ms", message, leaf["verified_ms"], sum(minutes.values()))
        if self._unread:
            number = len(self._unread)
            message = f"Learner and lesson of {number} sessions are not compared: their salts are gone or not here."
            self._findings.passed("owners not compared", About(), message)
        if not any(check.code for check in self._findings.checks[self._before :]):
            self._findings.passed("outbox", About(), f"{self.lines} lines are as the log states.")

    def _committed(self, value: Line, start: Line, salts: SessionSalts, about: About) -> None:
        """Hold a line's learner, institution and lesson against the commitments of its session's start."""
        owner = canonical_bytes({name: value.get(name) for name in ("institution", "learner")})
        if commitment(SUBJECT, salts.owner, owner).hex() != start.get(OWNER_FIELD):
            message = "The line's learner or institution is not the one that the log commits to."
            self._bad(about, "learner", message, got=value.get("learner"))
        if LESSON_FIELD not in start:
            return
        names = (str(value.get(name, "")) for name in ("lesson", "lesson_version", "timeline"))
        if commitment(LESSON, salts.lesson, lesson_payload(*names)).hex() != start[LESSON_FIELD]:
            message = "The line's lesson is not the one that the log commits to."
            self._bad(about, "lesson", message, got=value.get("lesson"))

    def _minute(self, value: Line, leaf: Line, key: tuple[str, int], about: About) -> None:
        minute, record, first, letters = value.get("minute"), value.get("record"), leaf["first_minute"], leaf["minutes"]
        plain = record if isinstance(record, dict) else {}
        if not isinstance(minute, int) or not isinstance(first, int) or not 0 <= minute - first < len(str(letters)):
            self._bad(about, "minute", "The segment holds no such minute.", got=minute)
            return
        letter, verified_ms = str(letters)[minute - first], plain.get("verified_ms")
        if plain.get("verdict") != letter:
            self._bad(about, "verdict", "The line's verdict is not the log's.", letter, plain.get("verdict"))
        known = self._minutes.setdefault(key, {})
        amount = verified_ms if isinstance(verified_ms, int) else 0
        if known.setdefault(minute, amount) != amount:
            self._bad(about, "minute", "Two lines of one minute differ.", known[minute], amount)

    def _bad(self, about: About, name: str, message: str, expected: object = None, got: object = None) -> None:
        self._findings.failed("outbox", "E_MINUTES", message, about, field=name, expected=expected, got=got)
