"""Rate limits: token buckets for each protected resource and client, bounded in memory.

They stop floods and guessing, not cheating. Many learners of a hospital or campus share one network address, so the
limits by address are wide and those by launch token and key are narrow. A limit of 0 is off.
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
    """The error for too many requests; ``retry_after_s`` says after how many seconds to come back."""

    http_status: ClassVar[int] = 429
    close_code: ClassVar[int] = 4429

    def __init__(self, what: str, retry_after_s: int) -> None:
        """Name the limit that was exceeded. The message never names the client."""
        super().__init__(
            "rate.exceeded", f"Too many {what} in a short time.", f"Try again in {retry_after_s} s, and less often."
        )
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """The limits, in requests per minute. Each is also the greatest number of requests at once.

    Attributes:
        address: Requests to the API from one address.
        key: Requests to the API with one key or launch token.
        joins: Connections from one address.
        token: Connections with one launch token.
        photos: Photos for enrolment with one launch token.
        appeals: Appeals of one learner.
    """

    address: int = 3_000
    key: int = 3_000
    joins: int = 3_000
    token: int = 30
    photos: int = 6
    appeals: int = 6


class Rates:
    """The token buckets. Their time is the service's clock. Not safe for threads."""

    def __init__(self, now_ms: Callable[[], int], limits: RateLimits) -> None:
        """Begin with full buckets.

        Args:
            now_ms: Returns server time.
            limits: The limits.
        """
        self._now_ms = now_ms
        self.limits = limits
        self._buckets: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of remembered buckets."""
        return len(self._buckets)

    def spend(self, what: str, whose: str, per_minute: int) -> None:
        """Count one request.

        Args:
            what: The counted requests, in words for the message.
            whose: Address, digest of a key, or id of a token; an empty one is not counted.
            per_minute: The limit: the bucket's size and its refill per minute.

        Raises:
            RateExceeded: ``rate.exceeded`` where the bucket is empty.
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
