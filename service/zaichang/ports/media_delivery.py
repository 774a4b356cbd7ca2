"""The delivery log (I5): which parts of a lesson were sent to which launch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from zaichang.core.ids import InstitutionId, TokenId
from zaichang.ports.records import Delivery


class MediaDeliveryStore(Protocol):
    """Keeps records of media delivery until their session has taken them in."""

    async def add_deliveries(self, institution_id: InstitutionId, records: Sequence[Delivery], at_ms: int) -> int:
        """Keep records of the delivery log; return how many were new (or sent earlier than was known).

        Cost: commit.

        Raises:
            NotAllowed: ``delivery.too_many``; nothing is kept.
        """

    async def unused_deliveries(
        self, institution_id: InstitutionId, launch: TokenId, limit: int, *, after_the_end: bool = False
    ) -> Sequence[Delivery]:
        """Return the records that the launch's session has not taken in yet, in the order of the lesson. Cost: read.

        ``after_the_end`` adds those that were taken in and noted to be looked at again then.
        """

    async def note_deliveries_used(
        self, institution_id: InstitutionId, records: Sequence[Delivery], *, until_the_end: bool = False
    ) -> None:
        """Note that the session has taken these in; ``until_the_end``: they wait again once it is closed.

        Cost: commit.
        """

    async def launches_waiting(self, limit: int) -> Sequence[tuple[InstitutionId, TokenId]]:
        """Return (institution, launch) of sessions that have not taken in all that is kept for them. Cost: read."""

    async def forget_deliveries(self, before_ms: int) -> int:
        """Delete what arrived before; return how many. Cost: commit."""
