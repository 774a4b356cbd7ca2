"""A log's past and its newest state: earlier checkpoints must be part of it, and date its leaves.

A growing log signs every second and is cosigned every few seconds. So beside the newest checkpoint it shows the newest
one that has cosignatures, and keeps one of those every few minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zaichang.audit.findings import About, Findings
from zaichang.audit.history import HISTORY, Kept
from zaichang.audit.time_checks import SeenAt, earliest
from zaichang.core.errors import EvidenceError
from zaichang.tlog.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint
from zaichang.tlog.trust import Trust


def trusted_checkpoint(note: bytes, cosigned: bytes | None, trust: Trust) -> tuple[SignedCheckpoint, Checkpoint]:
    """Return the newest checkpoint that has the reader's quorum, and the newest that the log has signed.

    A growing log signs every second and is cosigned every few seconds. The newest checkpoint lacks a quorum then, and
    the one before it, kept as ``checkpoint.witnessed``, has it.

    Raises:
        EvidenceError: As ``Trust.open_checkpoint``; ``E_QUORUM`` where neither has a quorum.
    """
    try:
        signed = trust.open_checkpoint(note)
    except EvidenceError as error:
        if error.code != "E_QUORUM" or cosigned is None:
            raise
        newest = open_checkpoint(note, trust.verifiers())
        trust.check_key(newest)
        signed = trust.open_checkpoint(cosigned, newest.checkpoint.origin)
        if signed.checkpoint.size > newest.checkpoint.size:
            raise EvidenceError("E_CONSISTENCY", "A larger checkpoint was cosigned than the log shows.") from None
        return signed, newest.checkpoint
    return signed, signed.checkpoint


class Past:
    """The checks of one log's other checkpoints.

    Args:
        checkpoint: The checkpoint that is believed.
        newest: The newest one that the log has signed.
        prefix_root: Returns the root of the log's first leaves.
        findings: Takes the results.
    """

    def __init__(
        self, checkpoint: Checkpoint, newest: Checkpoint, prefix_root: Callable[[int], bytes], findings: Findings
    ) -> None:
        """Check nothing yet."""
        self._checkpoint = checkpoint
        self._newest = newest
        self._prefix_root = prefix_root
        self._findings = findings

    def history(
        self, kept: Sequence[Kept], sights: Sequence[tuple[Kept, int]], signed: SignedCheckpoint, trust: Trust
    ) -> tuple[list[SeenAt], list[SeenAt]]:
        """Check the checkpoints of the log's past; return the quorum's times and the mirror's, by size.

        Args:
            kept: Cosigned checkpoints that the log has kept. Without a known witness they say nothing.
            sights: Checkpoints that the reader's own mirror saw, with its time.
            signed: The checkpoint that is believed.
            trust: The trusted keys.
        """
        about = About(origin=self._checkpoint.origin)
        seen: list[SeenAt] = []
        seen_by_mirror: list[SeenAt] = []
        newest_s = trust.witness_time_s(signed)
        if newest_s is not None:
            seen.append(SeenAt(size=self._checkpoint.size, at_ms=newest_s * 1000, near=False))
        dated: list[tuple[Kept, int | None]] = [*sights]
        dated += [(entry, None) for entry in kept] if trust.witnesses else []
        good = 0
        for entry, own_ms in dated:
            try:
                old = trust.open_checkpoint(entry.note, self._checkpoint.origin)
            except EvidenceError as error:
                if error.code != "E_QUORUM":  # a witness was away in that round
                    self._findings.error("consistency", error, about, field=HISTORY)
                continue
            size, at_s = old.checkpoint.size, trust.witness_time_s(old)
            if size > self._newest.size or self._prefix_root(size) != old.checkpoint.root:
                message = f"A checkpoint of size {size} that was seen before is not of this log."
                self._findings.failed("consistency", "E_CONSISTENCY", message, about, field=HISTORY)
                continue
            good += 1
            if own_ms is not None:
                seen_by_mirror.append(SeenAt(size=size, at_ms=own_ms))
            if at_s is not None:
                seen.append(SeenAt(size=size, at_ms=at_s * 1000))
        dates = earliest(seen)
        if good:
            message = f"{good} checkpoints of its past, cosigned or seen by the mirror, are part of this log."
            self._findings.passed("consistency", about, message)
        return dates, earliest(seen_by_mirror)

    def grew(self) -> None:
        """Check that the newest checkpoint, which waits for its cosignatures, is this log, grown."""
        about, newest = About(origin=self._checkpoint.origin), self._newest
        if self._prefix_root(newest.size) != newest.root:
            message = f"The newest checkpoint, of size {newest.size}, is not of the log that was cosigned."
            self._findings.failed("consistency", "E_FORK", message, about, field="root")
        else:
            waiting = newest.size - self._checkpoint.size
            message = f"{waiting} newer leaves wait for the next round of the witnesses and are not checked."
            self._findings.passed("consistency", about, message)

    def contains(self, note: bytes, trust: Trust) -> None:
        """Check that an older checkpoint is a prefix of this log."""
        about = About(origin=self._checkpoint.origin)
        try:
            old = trust.open_checkpoint(note, self._checkpoint.origin).checkpoint
        except EvidenceError as error:
            self._findings.error("consistency", error, about, field="older checkpoint")
            return
        if old.size > self._checkpoint.size:
            message = f"The log shrank: it was seen at {old.size}, and is at {self._checkpoint.size}."
            self._findings.failed("consistency", "E_CONSISTENCY", message, about, field="size")
        elif self._prefix_root(old.size) != old.root:
            code = "E_FORK" if old.size == self._checkpoint.size else "E_CONSISTENCY"
            message = f"The first {old.size} leaves are not those that were signed before."
            self._findings.failed("consistency", code, message, About(origin=about.origin), field="root")
        else:
            self._findings.passed("consistency", about, f"The checkpoint of size {old.size} is part of this log.")
