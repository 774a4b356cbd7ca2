"""The part of a session's state that counts drawn rounds as samples; ``parts`` has the others."""

from __future__ import annotations

from dataclasses import dataclass

from zaichang.core.reasons import ReasonCode


@dataclass(slots=True)
class Samples:
    """Drawn rounds as samples of who was there (rules 2): the next moment, and the count of the earlier ones.

    Attributes:
        staked_ms: Time spent in ACTIVE while new media may have been played: draws run on it, and on nothing else.
        fresh: Whether the playhead stands before media that is new to the learner.
        next_staked_ms: ``staked_ms`` at which the next drawn round is due.
        doubt: Rounds for which draws stay denser after a missed one.
        debt_ms: Proved media that is still needed to make up for missed samples.
        counted_ms: How much of the unproved media the last drawn round has counted already.
        calls: Brackets for which the learner came only when called.
        failures: Drawn rounds that failed.
        refused: First checks that attack detection alone refused, though the face is the learner's.
        admitted: Whether the session runs in spite of them: then all its time goes to review.
        telling: What the last missed, called or failed round showed.
        cut: Why an ordered sample was called off although its order had arrived, or None.
        pledged: ``(at_ms, digest)`` of the frames that the last reports pledged, oldest first.
        bare_ms: Since when reports have pledged none; 0 where the last one did.
        seen_ms: Server time at which a round last passed without a call; 0: none has.
        copies: Captures that were found to be near copies of earlier ones.
    """

    staked_ms: int = 0
    fresh: bool = False
    next_staked_ms: int = 0
    doubt: int = 0
    debt_ms: int = 0
    counted_ms: int = 0
    calls: int = 0
    failures: int = 0
    refused: int = 0
    admitted: bool = False
    telling: ReasonCode | None = None
    cut: ReasonCode | None = None
    pledged: tuple[tuple[int, str], ...] = ()
    bare_ms: int = 0
    seen_ms: int = 0
    copies: int = 0

    def copy(self) -> Samples:
        """Return a copy."""
        twin = Samples.__new__(Samples)
        twin.staked_ms = self.staked_ms
        twin.fresh = self.fresh
        twin.next_staked_ms = self.next_staked_ms
        twin.doubt = self.doubt
        twin.debt_ms = self.debt_ms
        twin.counted_ms = self.counted_ms
        twin.calls = self.calls
        twin.failures = self.failures
        twin.refused = self.refused
        twin.admitted = self.admitted
        twin.telling = self.telling
        twin.cut = self.cut
        twin.pledged = self.pledged
        twin.bare_ms = self.bare_ms
        twin.seen_ms = self.seen_ms
        twin.copies = self.copies
        return twin
