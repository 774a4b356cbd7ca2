"""Time that was taken back after a receipt or bundle was made, looked for in a newer state of its log. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from zaichang.audit.findings import About, Findings
from zaichang.audit.known_leaf import KnownLeaf
from zaichang.tlog.checkpoint import Checkpoint


@dataclass(slots=True, kw_only=True)
class Later:
    """The later changes of some sessions.

    Attributes:
        sids: The sessions.
        origin: Their log.
        since: Size of the log when the file was made: earlier entries are in it.
    """

    sids: frozenset[str]
    origin: str
    since: int
    _changed_ms: dict[str, int] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=dict)
    _voided: set[str] = field(default_factory=set)

    def take(self, leaf: KnownLeaf, target: KnownLeaf) -> None:
        """Take a change of credit that fits the leaf which it names."""
        if leaf.index < self.since or leaf.sid not in self.sids:
            return
        if leaf.kind == "session.amend":
            delta_ms = leaf.delta("delta_ms")
            self._changed_ms[leaf.sid] = self._changed_ms.get(leaf.sid, 0) + delta_ms
        elif target.kind in ("session.start", "session.final"):
            self._voided.add(leaf.sid)
        else:
            lost = target.number("verified_ms") if target.kind == "session.segment" else target.delta("delta_ms")
            self._changed_ms[leaf.sid] = self._changed_ms.get(leaf.sid, 0) - lost
        self._last[leaf.sid] = leaf.index

    def finish(self, checkpoint: Checkpoint, findings: Findings) -> None:
        """Name each session of which time was taken back.

        Args:
            checkpoint: The newer state of the log.
            findings: Takes the results.
        """
        about = About(origin=checkpoint.origin)
        if checkpoint.origin != self.origin or checkpoint.size < self.since:
            message = f"This is not a newer state of {self.origin}."
            findings.undecided("later", "E_ORIGIN", message, about, field="origin")
            return
        lost = {sid: ms for sid, ms in self._changed_ms.items() if ms < 0}
        for sid in sorted(lost.keys() | self._voided):
            about = About(origin=self.origin, sid=sid, index=self._last[sid])
            what = "All of it was" if sid in self._voided else f"{-lost[sid]} ms of it were"
            findings.failed("later", "E_REVOKED", f"{what} taken back after the file was made.", about)
        if not lost and not self._voided:
            message = f"Nothing was taken back up to size {checkpoint.size}."
            findings.passed("later", About(origin=self.origin), message)
