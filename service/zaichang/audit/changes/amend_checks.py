"""Checking the leaves that change hours after the fact: ``session.amend`` and ``session.void``. Pure.

A change points at the leaf that it changes. The same checks serve a bundle and a whole log:

  1. the target is an earlier leaf of the same session, and its hash agrees
  2. an amended minute is one of the target segment's minutes
  3. the reason is one of those that this change may have
  4. only a minute that counts gains time
  5. all changes of one minute together stay within the minute: never more than could be played in it, never
     less than nothing
  6. a leaf is voided once, and nothing changes a leaf that was voided
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from zaichang.audit.changes.rulings import GRANT_REASONS, REFUSE_REASONS, SERVICE_GRANTS, TAKE_BACK_REASONS
from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.core.reasons import ReasonCode
from zaichang.core.units import MINUTE_MS, ROUND_MS

AMEND: Final = "session.amend"
VOID: Final = "session.void"
CHANGES: Final = (AMEND, VOID)
WHOLE: Final = ("session.start", "session.final")
"""Leaves whose void takes back the whole session."""
SLACK_MS: Final = 1_500
"""How far a report may be ahead of the server's clock; a reviewer's grant may be larger by as much."""
BURST_MS: Final = 15_000
"""Media that may be ahead of the clock for a moment (the largest ``burst_ms`` that a policy allows)."""
MAX_RATE: Final = 2.04
"""The fastest credited playback that a policy allows."""


def most_of_minutes(count: int) -> int:
    """Return the most media, in ms, that a segment of so many minutes can count; one may have begun before it."""
    return int((count + 1) * MINUTE_MS * MAX_RATE) + BURST_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class MinuteTimes:
    """The times of a minute's opened record.

    Attributes:
        server_ms: Server time that it lasted.
        verified_ms: Media credited by the rules.
        undecided_ms: Media left to a reviewer.
    """

    server_ms: int
    verified_ms: int
    undecided_ms: int

    @property
    def most_ms(self) -> int:
        """The most media that the minute can count, by all decisions together."""
        judged_ms = self.verified_ms + self.undecided_ms
        return judged_ms + max(0, self.server_ms - int(judged_ms / MAX_RATE)) + BURST_MS


@dataclass(slots=True)
class Changes:
    """The changes of credit met so far.

    Attributes:
        origin: The log.
        findings: Where findings are recorded.
        count: Changes that fit.
        total_ms: The sum of their changes of verified time.
    """

    origin: str
    findings: Findings
    count: int = 0
    total_ms: int = 0
    _sums: dict[tuple[str, int], int] = field(default_factory=dict)
    _segments: dict[int, int] = field(default_factory=dict)
    _voided: set[int] = field(default_factory=set)
    _gone: set[str] = field(default_factory=set)

    def take(
        self,
        leaf: KnownLeaf,
        target: KnownLeaf | None,
        started_ms: int | None,
        records: Mapping[int, MinuteTimes] | None = None,
    ) -> None:
        """Check the next change.

        Args:
            leaf: The ``session.amend`` or ``session.void`` leaf.
            target: The leaf at the index that it names, None where there is none before it.
            started_ms: When the session began, None where that is not known.
            records: Times of the session's opened minutes.
        """
        before, about = len(self.findings.checks), leaf.about(self.origin)
        if leaf.text("reason") not in _reasons(leaf):
            message = "This change of credit may not have this reason."
            self._bad(about, "reason", message, got=leaf.text("reason"))
        if self._targeted(leaf, target, about) and target is not None and self._stands(leaf, target, about):
            if leaf.kind == AMEND:
                self._minute(leaf, target, started_ms, records or {})
            else:
                self._void(leaf, target, records or {}, about)
        if len(self.findings.checks) == before:
            self.count += 1
            self.total_ms += leaf.delta("delta_ms")

    # (1)
    def _targeted(self, leaf: KnownLeaf, target: KnownLeaf | None, about: About) -> bool:
        if target is None or target.index >= leaf.index or target.sid != leaf.sid:
            message = "The change names no earlier leaf of its session."
            self._bad(about, "target", message, got=leaf.number("target"))
            return False
        if leaf.kind == AMEND and target.kind != "session.segment":
            self._bad(about, "target", "The change names a leaf that holds no minutes.", got=target.kind)
            return False
        if target.hash.hex() != leaf.text("target_hash"):
            message = f"The hash in the change is not that of leaf {target.index}."
            self._bad(about, "target_hash", message, expected=target.hash, got=leaf.text("target_hash"))
            return False
        return True

    # (6)
    def _stands(self, leaf: KnownLeaf, target: KnownLeaf, about: About) -> bool:
        """Whether the leaf that a change names is one that still counts."""
        if leaf.sid in self._gone:
            message = "The session had been voided before this change."
        elif target.index in self._voided or (target.kind == AMEND and target.number("target") in self._voided):
            message = "The leaf that the change names had been voided before."
        elif leaf.kind == VOID and target.kind not in (*WHOLE, "session.segment", AMEND):
            message = "A leaf of this kind holds no credit to be voided."
        else:
            return True
        self._bad(about, "target", message, got=target.index)
        return False

    def _void(self, leaf: KnownLeaf, target: KnownLeaf, records: Mapping[int, MinuteTimes], about: About) -> None:
        self._voided.add(target.index)
        if target.kind in WHOLE:
            self._gone.add(leaf.sid)
        elif target.kind == AMEND:
            minute, segment, delta_ms = target.number("minute"), target.number("target"), target.delta("delta_ms")
            self._sums[leaf.sid, minute] = total_ms = self._sums.get((leaf.sid, minute), 0) - delta_ms
            self._segments[segment] = self._segments.get(segment, 0) - delta_ms
            known = records.get(minute)
            least_ms = -known.verified_ms if known is not None else 0 if delta_ms > 0 else total_ms
            if total_ms < least_ms:
                message = "The minute then counts less than nothing: a later change had taken this time back."
                self._bad(about, "target", message, got=total_ms)

    # (2), (4), (5)
    def _minute(
        self, leaf: KnownLeaf, target: KnownLeaf, started_ms: int | None, records: Mapping[int, MinuteTimes]
    ) -> None:
        minute, delta_ms, verdict = leaf.number("minute"), leaf.delta("delta_ms"), leaf.text("verdict")
        about = leaf.about(self.origin, minute)
        first, letters = target.number("first_minute"), target.text("minutes")
        if not first <= minute < first + len(letters):
            expected = f"{first} to {first + len(letters) - 1}" if letters else "none"
            self._bad(about, "minute", "The segment holds no such minute.", expected=expected, got=minute)
            return
        if delta_ms > 0 and verdict != "V":
            self._bad(about, "verdict", "A minute gains time and does not count.", expected="V", got=verdict)
        letter = letters[minute - first]
        self._sums[leaf.sid, minute] = total_ms = self._sums.get((leaf.sid, minute), 0) + delta_ms
        if verdict == "U" and delta_ms <= 0:
            self._bad(about, "verdict", "A decision leaves no minute undecided.", expected="V or F", got=verdict)
        elif verdict == "V" and letter != "V" and not total_ms:
            self._bad(about, "delta_ms", "The change states that a minute counts, and gives it no time.", got=delta_ms)
        elif verdict == "F" and letter == "V" and delta_ms == 0:
            message = "The change states that a minute does not count, and leaves it its time."
            self._bad(about, "verdict", message, expected="V", got=verdict)
        self._segments[target.index] = segment_ms = self._segments.get(target.index, 0) + delta_ms
        known = records.get(minute)
        verified_ms = target.number("verified_ms")
        if verified_ms + segment_ms < 0 or (known is not None and known.verified_ms + total_ms < 0):
            self._bad(about, "delta_ms", "More is taken back than the minute counts.", got=delta_ms)
        elif known is not None:
            if delta_ms > known.server_ms + SLACK_MS or known.verified_ms + total_ms > known.most_ms:
                message = f"The minute cannot count so much: at most {known.most_ms} ms were played in it."
                self._bad(about, "delta_ms", message, expected=f"<= {known.most_ms - known.verified_ms}", got=total_ms)
        else:
            self._bounded(target, started_ms, about, total_ms)

    def _bounded(self, target: KnownLeaf, started_ms: int | None, about: About, total_ms: int) -> None:
        """Bound a minute without an opened record by its segment's time and the session's."""
        end_ms, from_ms = target.number("to_ms"), target.number("from_ms")
        # One minute more for a minute that began before the segment, and one unit for times in whole units.
        unit_ms = MINUTE_MS if target.number("v") < 3 else ROUND_MS
        usual_ms = int((end_ms - from_ms + MINUTE_MS + unit_ms) * MAX_RATE) + BURST_MS
        since_ms = max(0, end_ms - (0 if started_ms is None else started_ms)) + unit_ms
        whole_ms = usual_ms if started_ms is None else int(since_ms * MAX_RATE) + BURST_MS
        if total_ms > max(usual_ms, whole_ms):
            message = "The minute gains more than can have been played until it ended."
            self._bad(about, "delta_ms", message, expected=f"<= {max(usual_ms, whole_ms)}", got=total_ms)
        elif total_ms > usual_ms:
            # A minute lasts longer than its segment if the session was suspended during it.
            message = "The minute gains more than its segment lasted. Verify the session's bundle with opened records."
            self.findings.undecided("changes", "E_AMEND", message, about, field="delta_ms")

    def finish(self, about: About) -> None:
        """Note the sum of the changes that fit."""
        if self.count:
            self.findings.passed("changes", about, f"{self.count} later changes, {self.total_ms:+} ms together.")

    def _bad(self, about: About, name: str, message: str, expected: object = None, got: object = None) -> None:
        self.findings.failed("changes", "E_AMEND", message, about, field=name, expected=expected, got=got)


def _reasons(leaf: KnownLeaf) -> tuple[ReasonCode, ...]:
    """Return the reasons that a change of this form may have."""
    if leaf.kind == VOID or leaf.delta("delta_ms") < 0:
        return TAKE_BACK_REASONS
    if leaf.delta("delta_ms") > 0:
        return (*GRANT_REASONS, *SERVICE_GRANTS.values())
    return REFUSE_REASONS
