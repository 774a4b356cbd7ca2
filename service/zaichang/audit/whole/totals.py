"""The time that counts of one session: what the rules verified, with all later changes and voids. Pure.

A void takes back the leaf that it names: a segment with its minutes, a change of credit, or the whole session where it
names the session's first or final leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zaichang.audit.changes.amend_checks import WHOLE
from zaichang.audit.known_leaf import KnownLeaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A session's sums, in milliseconds of media.

    Attributes:
        verified_ms: Verified by the rules.
        changed_ms: Later changes, summed; may be below zero.
        voided_ms: Taken back by voids.
        voided_at: Index of the void that took back the whole session, None if none did.
    """

    verified_ms: int
    changed_ms: int
    voided_ms: int
    voided_at: int | None = None

    @property
    def counted_ms(self) -> int:
        """The time that counts."""
        return self.verified_ms + self.changed_ms - self.voided_ms

    def sentence(self) -> str:
        """Return the sums as a sentence."""
        if self.voided_at is not None:
            return f"The session was voided at index {self.voided_at}: it counts for nothing."
        parts = f"{self.verified_ms} verified by the rules, {self.changed_ms:+} by later changes"
        return f"{self.counted_ms} ms count: {parts}, {-self.voided_ms:+} by voids."


def total_of(leaves: Sequence[KnownLeaf]) -> Total:
    """Return the sums of a session.

    Args:
        leaves: Its leaves in their order.
    """
    by_index = {leaf.index: leaf for leaf in leaves}
    voids = {leaf.number("target"): leaf for leaf in reversed(leaves) if leaf.kind == "session.void"}
    verified_ms = sum(leaf.number("verified_ms") for leaf in leaves if leaf.kind == "session.segment")
    amends = [leaf for leaf in leaves if leaf.kind == "session.amend"]
    changed_ms = sum(leaf.delta("delta_ms") for leaf in amends)
    whole = next(
        (leaf for target, leaf in voids.items() if target in by_index and by_index[target].kind in WHOLE), None
    )
    if whole is not None:
        voided_ms = verified_ms + changed_ms
        return Total(verified_ms=verified_ms, changed_ms=changed_ms, voided_ms=voided_ms, voided_at=whole.index)
    gone = [by_index[target] for target in voids if target in by_index]
    voided_ms = sum(leaf.number("verified_ms") for leaf in gone if leaf.kind == "session.segment")
    voided_ms += sum(leaf.delta("delta_ms") for leaf in gone if leaf.kind == "session.amend")
    # A change of a segment that no longer counts goes with it.
    segments = {leaf.index for leaf in gone if leaf.kind == "session.segment"}
    orphans = [leaf for leaf in amends if leaf.number("target") in segments and leaf.index not in voids]
    voided_ms += sum(leaf.delta("delta_ms") for leaf in orphans)
    return Total(verified_ms=verified_ms, changed_ms=changed_ms, voided_ms=voided_ms)
