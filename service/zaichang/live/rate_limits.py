"""Rate limits: token buckets by protected resource and client, bounded in memory.

They stop floods and guessing, not cheats. Whole hospitals and campuses share an address, so limits by
address are wide; the narrow ones are by launch token and by key. A limit of 0 is off.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from zaichang.core.errors import PeerViolation

MINUTE_MS: Final = 60_000
BUCKETS_MAX: Final = 50_000
"""Buckets remembered; the one used longest ago is forgotten (and so full again)."""


class RateExceeded(PeerViolation):
    """Too many requests; ``retry_after_s`` says when to come back."""

    http_status: ClassVar[int] = 429
    close_code: ClassVar[int] = 4429

    def __init__(self, what: str, retry_after_s: int) -> None:
        """Name the exceeded limit, never the client."""
        super().__init__(
            "rate.exceeded", f"Too many {what} in a short time.", f"Try again in {retry_after_s} s, and less often."
        )
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """Per minute, each also the size of a burst.

    Attributes:
        address: Requests to the API from one address.
        key: Requests to the API with one key or launch token.
        joins: Connections from one address.
        token: Connections with one launch token.
        photos: Photos that one launch token may send for enrolment.
        appeals: Appeals of one learner.
    """

    address: int = 3_000
    key: int = 3_000
    joins: int = 3_000
    token: int = 30
    photos: int = 6
    appeals: int = 6


class Rates:
    """The buckets. Time is the service's clock; not safe for threads."""

    def __init__(self, now_ms: Callable[[], int], limits: RateLimits) -> None:
        """Start with every bucket full."""
        self._now_ms = now_ms
        self.limits = limits
        self._buckets: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many buckets are remembered."""
        return len(self._buckets)

    def spend(self, what: str, whose: str, per_minute: int) -> None:
        """Take one from a bucket.

        Args:
            what: The counted requests, in words for the message.
            whose: Address, digest of a key, id of a token; empty is not counted.
            per_minute: Its size and its refill.

        Raises:
            RateExceeded: ``rate.exceeded`` where it is empty.
        """
        if not per_minute or not whose:
            return
        now_ms = self._now_ms()
        full = per_minute * MINUTE_MS
        left, at_ms = self._buckets.pop((what, whose), (full, now_ms))
        left = min(full, left + max(0, now_ms - at_ms) * per_minute)
        short = MINUTE_MS - left
        self._buckets[what, whose] = (left if short > 0 else left - MINUTE_MS, now_ms)
        if len(self._buckets) > BUCKETS_MAX:
            self._buckets.popitem(last=False)
        if short > 0:
            raise RateExceeded(what, max(1, -(-short // (per_minute * 1_000))))
