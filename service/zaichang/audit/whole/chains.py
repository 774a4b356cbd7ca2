"""Follows every session's chain through a whole log, and adds up the time that counts.

For each session:
  1. its leaves are numbered without a gap, and each names the one before it          ``E_SEQ_GAP``, ``E_CHAIN``
  2. they are dated in their order                                                    ``E_TIME_LOW``
  3. its final leaf sums its segments, which count no more than their minutes can, and each begins where the record
     before it ended                                                                 ``E_MINUTES``
  4. only changes of credit follow the final leaf, and none comes before it           ``E_CHAIN``, ``E_ORPHAN_START``
Changes and voids are then counted into the log's total.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from zaichang.audit.changes.amend_checks import most_of_minutes
from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.audit.whole.ended_sessions import Ended, EndedSessions
from zaichang.audit.whole.leaf_head import LeafHead, latest_ms
from zaichang.audit.whole.segment_times import BEGINS, ENDS, first_begin_ms
from zaichang.audit.whole.segment_times import FINAL as ENDED

START, SEGMENT, FINAL = "session.start", "session.segment", "session.final"
AMEND, VOID = "session.amend", "session.void"


@dataclass(slots=True, kw_only=True)
class _Open:
    """A session without its final leaf.

    ``broken`` says that one of its leaves is damaged or missing, which is a finding by itself: its sums say nothing.
    """

    seq: int
    digest: bytes
    at_ms: int
    started_ms: int = 0
    start: int = 0
    begin_ms: int = 0
    version: int = 0
    broken: bool = False
    segments: int = 0
    verified_ms: int = 0
    n_verified: int = 0
    n_refused: int = 0
    n_undecided: int = 0


@dataclass(slots=True)
class Chains:
    """The chains met so far.

    Attributes:
        origin: The log.
        findings: Takes the results.
        ended: Sessions with their final leaf.
        sessions: Sessions that ended.
        verified_ms: What their rules verified.
        changed_ms: Later changes, summed.
        voided_ms: What voids took away.
        voided: Sessions that were voided.
    """

    origin: str
    findings: Findings
    ended: EndedSessions = field(default_factory=EndedSessions)
    sessions: int = 0
    verified_ms: int = 0
    changed_ms: int = 0
    voided_ms: int = 0
    voided: int = 0
    _open: dict[str, _Open] = field(default_factory=dict)
    _voids: set[int] = field(default_factory=set)
    _changes: dict[int, int] = field(default_factory=dict)

    def take(self, head: LeafHead, index: int, digest: bytes) -> None:
        """Take the next leaf of a session.

        Args:
            head: The leaf.
            index: Its index.
            digest: Its leaf hash.
        """
        sid = head.sid
        session = self._open.get(sid)
        if session is not None:
            if session.seq >= 0 and (
                head.seq != session.seq + 1 or latest_ms(head) < session.at_ms or head.prev != session.digest.hex()
            ):
                session.broken |= self._link(head, session.seq, session.digest, session.at_ms, index)
            session.seq, session.digest, session.at_ms = head.seq, digest, head.at
        elif head.seq == 0 and not self.ended.recent(sid):
            session = self._open[sid] = _Open(seq=0, digest=digest, at_ms=head.at, started_ms=head.at, start=index)
            session.broken = head.t != START
            session.begin_ms, session.version = first_begin_ms(head.v, head.at), head.v
        else:
            ended = self.ended.get(sid)
            if ended is not None:
                self._after_end(head, index, digest, ended)
                return
            self._link(head, -1, b"", 0, index)
            session = self._open[sid] = _Open(seq=head.seq, digest=digest, at_ms=head.at, broken=True)
        if head.t == SEGMENT:
            session.segments += 1
            session.verified_ms += head.verified_ms
            if head.from_ms != session.begin_ms or head.to_ms != head.at:
                self._times(head, index, session)
            session.begin_ms, session.version = head.to_ms, head.v
            letters = head.minutes
            if head.verified_ms > most_of_minutes(len(letters)):
                message = "The segment counts more than can have been played in its minutes."
                most, about = f"<= {most_of_minutes(len(letters))}", self._about(head, index)
                self.findings.failed(
                    "minutes", "E_MINUTES", message, about, field="verified_ms", expected=most, got=head.verified_ms
                )
            verified = letters.count("V")
            session.n_verified += verified
            if verified != len(letters):
                session.n_refused += letters.count("F")
                session.n_undecided += letters.count("U")
        elif head.t == FINAL:
            told = session.segments and head.v == session.version and not session.broken
            if told and head.at != session.begin_ms:
                self.findings.equal(
                    "minutes", "E_MINUTES", self._about(head, index), "at", session.begin_ms, head.at, ENDED
                )
            self._end(head, index, session)
        elif head.t in (AMEND, VOID) and not session.broken:
            message = "A change of credit follows a session that has no final leaf."
            self.findings.failed("chain", "E_ORPHAN_START", message, self._about(head, index), field="t", got=head.t)

    def change(self, leaf: KnownLeaf, target: KnownLeaf) -> None:
        """Count a change of credit that fits the leaf which it names."""
        ended = self.ended.get(leaf.sid)
        if ended is None:
            return
        if leaf.kind == AMEND:
            delta_ms = leaf.delta("delta_ms")
            self.changed_ms += delta_ms
            if ended.voided or target.index in self._voids:
                self.voided_ms += delta_ms  # it changes what counts no longer
            else:
                ended.counted_ms += delta_ms
                self._changes[target.index] = self._changes.get(target.index, 0) + delta_ms
        else:
            self._void(leaf, target, ended)
        self.ended.change(leaf.sid, ended)

    def started_ms(self, sid: str) -> int | None:
        """Return when a session began, None if it is not known."""
        session = self._open.get(sid)
        if session is not None:
            return None if session.broken else session.started_ms
        ended = self.ended.get(sid)
        return None if ended is None else ended.started_ms

    def forget(self, sid: str) -> None:
        """Expect nothing of a session of which a leaf is damaged."""
        session = self._open.get(sid)
        if session is None:
            session = self._open[sid] = _Open(seq=-1, digest=b"", at_ms=0)
        session.broken = True
        session.seq = -1

    def finish(self) -> None:
        """Report what is open at the end of the log, and its totals."""
        about = About(origin=self.origin)
        self._name_twins(self.ended.close())
        waiting = sum(1 for session in self._open.values() if not session.broken)
        if waiting:
            self.findings.passed("chain", about, f"{waiting} sessions have no final leaf (yet).")
        if self.sessions:
            counted_ms = self.verified_ms + self.changed_ms - self.voided_ms
            message = (
                f"{self.sessions} sessions have ended; {counted_ms} ms count: {self.verified_ms} verified by rules, "
                f"{self.changed_ms:+} by later changes, {-self.voided_ms:+} by voids ({self.voided} sessions)."
            )
            self.findings.passed("total", about, message)

    def _times(self, head: LeafHead, index: int, session: _Open) -> None:
        """Name a segment's times that are not those of the records beside it.

        A broken chain says nothing of them, nor does a record of an earlier version, which states them in other units.
        """
        about = self._about(head, index)
        if not session.broken and head.v == session.version:
            self.findings.equal("minutes", "E_MINUTES", about, "from_ms", session.begin_ms, head.from_ms, BEGINS)
        self.findings.equal("minutes", "E_MINUTES", about, "to_ms", head.at, head.to_ms, ENDS)

    def _end(self, head: LeafHead, index: int, session: _Open) -> None:
        sums_fit = (
            session.segments == head.segments
            and session.n_verified == head.n_verified
            and session.n_refused == head.n_refused
            and session.n_undecided == head.n_undecided
            and session.verified_ms == head.verified_ms
        )
        if not sums_fit and not session.broken:
            message = "The final leaf does not sum its segments."
            for name in ("segments", "n_verified", "n_refused", "n_undecided", "verified_ms"):
                expected, got = getattr(session, name), getattr(head, name)
                self.findings.equal("minutes", "E_MINUTES", self._about(head, index), name, expected, got, message)
        del self._open[head.sid]
        self.sessions += 1
        self.verified_ms += head.verified_ms
        ended = Ended(
            seq=session.seq,
            digest=session.digest,
            at_ms=session.at_ms,
            started_ms=session.started_ms,
            start=session.start,
            final=index,
            counted_ms=head.verified_ms,
        )
        self._name_twins(self.ended.add(head.sid, ended))

    def _name_twins(self, sids: list[str]) -> None:
        for sid in sids:
            about = About(origin=self.origin, sid=sid)
            self.findings.failed("chain", "E_SEQ_GAP", "The log holds two sessions of this name.", about, field="sid")

    def _after_end(self, head: LeafHead, index: int, digest: bytes, ended: Ended) -> None:
        if head.seq != ended.seq + 1 or latest_ms(head) < ended.at_ms or head.prev != ended.digest.hex():
            self._link(head, ended.seq, ended.digest, ended.at_ms, index)
        if head.t not in (AMEND, VOID):
            message = "A leaf that changes no credit follows the session's final leaf."
            self.findings.failed("chain", "E_CHAIN", message, self._about(head, index), field="t", got=head.t)
        ended.seq, ended.digest, ended.at_ms = head.seq, digest, head.at
        self.ended.change(head.sid, ended)

    def _void(self, leaf: KnownLeaf, target: KnownLeaf, ended: Ended) -> None:
        if target.index in self._voids or ended.voided:
            return
        self._voids.add(target.index)
        if target.kind in (START, FINAL):
            taken_ms, ended.voided = ended.counted_ms, True
            self.voided += 1
        elif target.kind == SEGMENT:
            taken_ms = target.number("verified_ms") + self._changes.pop(target.index, 0)
        elif target.number("target") in self._voids:
            taken_ms = 0
        else:
            taken_ms = target.delta("delta_ms")
            self._changes[target.number("target")] = self._changes.get(target.number("target"), 0) - taken_ms
        self.voided_ms += taken_ms
        ended.counted_ms -= taken_ms

    def _link(self, head: LeafHead, seq: int, digest: bytes, at_ms: int, index: int) -> bool:
        """Name the broken link; return whether the chain itself is broken."""
        about = self._about(head, index)
        broken = False
        if head.seq != seq + 1:
            message = "A leaf of the session is missing, or stands elsewhere."
            self.findings.failed("chain", "E_SEQ_GAP", message, about, field="seq", expected=seq + 1, got=head.seq)
            broken = True
        elif head.prev != digest.hex():
            message = "The leaf does not follow from the session's leaf before it."
            self.findings.failed("chain", "E_CHAIN", message, about, field="prev", expected=digest, got=head.prev)
        if latest_ms(head) < at_ms:
            message = "The leaf is dated before its predecessor."
            self.findings.failed("chain", "E_TIME_LOW", message, about, field="at", expected=f">= {at_ms}", got=head.at)
        return broken

    def _about(self, head: LeafHead, index: int) -> About:
        return About(origin=self.origin, index=index, sid=head.sid)
