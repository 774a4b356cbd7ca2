"""A session's state between two events: small, plain, and rebuilt from the stored events at any time.

``State`` is immutable outside ``step``, which works on its own copy (a property test checks that).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from zaichang.core.enums import Route
from zaichang.core.reasons import ReasonCode
from zaichang.session.events import SessionStarted
from zaichang.session.parts import Challenges, Credit, Link, Liveness, Page, Playback, Proofs, Samples
from zaichang.session.playhead import IntervalSet, total_ms, union
from zaichang.session.policy import Policy
from zaichang.session.schedule import Lots

PARTS = ("link", "playback", "credit", "proofs", "challenges", "liveness", "samples", "page")
"""The parts; each is written by the module of its name alone (a test reads the assignments)."""

_FACE: Final = Route.FACE


@dataclass(slots=True)
class State:
    """The state of a session: the start event and eight parts (``parts``)."""

    info: SessionStarted
    link: Link
    playback: Playback
    credit: Credit
    proofs: Proofs
    challenges: Challenges
    liveness: Liveness
    samples: Samples
    page: Page

    @property
    def lots(self) -> Lots:
        """The values that the session's draws depend on."""
        info, link = self.info, self.link
        return Lots(seed=info.seed, session_id=info.session_id, client_nonce=link.client_nonce, beacon=link.beacon)

    @property
    def suspended(self) -> ReasonCode | None:
        """Why nothing is being counted, the learner's most useful reason first; None while ACTIVE."""
        return self.proofs.hold or self.link.hold or self.page.hold or self.page.player_hold or self.playback.closing

    @property
    def pending_ms(self) -> int:
        """Media time played since the last proof."""
        return total_ms(self.credit.pending_set)

    @property
    def unproved_ms(self) -> int:
        """Media time that no capture round has proved yet."""
        credit, unproved_ms = self.credit, 0
        for _, start_ms, end_ms in credit.pending[credit.proved :]:
            unproved_ms += end_ms - start_ms
        return unproved_ms

    @property
    def frontier_ms(self) -> int:
        """The furthest point at which a first viewing may be (快进禁止)."""
        credit, furthest_ms = self.credit, 0
        # Read twice for each report: a loop over a tuple of the sets takes twice as long.
        if credit.credited:
            furthest_ms = credit.credited[-1][1]
        if credit.pending_set and credit.pending_set[-1][1] > furthest_ms:
            furthest_ms = credit.pending_set[-1][1]
        if credit.waiting_set and credit.waiting_set[-1][1] > furthest_ms:
            furthest_ms = credit.waiting_set[-1][1]
        if credit.undecided and credit.undecided[-1][1] > furthest_ms:
            furthest_ms = credit.undecided[-1][1]
        if self.info.resumable and self.info.resumable[-1][1] > furthest_ms:
            furthest_ms = self.info.resumable[-1][1]
        return furthest_ms

    @property
    def taken(self) -> IntervalSet:
        """Media that earns nothing more at present: credited, or waiting for the next proof or the delivery log."""
        credit = self.credit
        return union(union(credit.credited, credit.pending_set), credit.waiting_set)

    def uses_captures(self, policy: Policy) -> bool:
        """Return whether captures are this session's proofs; else challenges are (the route without faces)."""
        return self.info.terms.route == _FACE and bool(policy.proofs)

    def extended_ms(self, base_ms: int) -> int:
        """Return an allowed time, extended by this learner's recorded allowance."""
        return base_ms * (100 + self.info.terms.extra_time_pct) // 100

    def copy(self) -> State:
        """Return a copy for ``step`` to change."""
        twin = State.__new__(State)
        twin.info = self.info
        twin.link = self.link.copy()
        twin.playback = self.playback.copy()
        twin.credit = self.credit.copy()
        twin.proofs = self.proofs.copy()
        twin.challenges = self.challenges.copy()
        twin.liveness = self.liveness.copy()
        twin.samples = self.samples.copy()
        twin.page = self.page.copy()
        return twin
