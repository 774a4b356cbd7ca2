"""Server time: wall time at start-up, carried on by the monotonic clock, so that it never goes backwards."""

from __future__ import annotations

import time
from collections.abc import Callable


class ServerClock:
    """Wall time that is read once, at start-up. Setting the machine's clock later has no effect.

    If the machine's clock is behind the last stored event at start-up, server time begins at that event's time. So no
    event
    is ever dated before an earlier one.
    """

    def __init__(
        self,
        floor_ms: int = 0,
        *,
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Anchor the clock.

        Args:
            floor_ms: The latest server time that storage holds.
            wall_ns: Wall clock in nanoseconds.
            monotonic_ns: Monotonic clock in nanoseconds.
        """
        self._monotonic_ns = monotonic_ns
        self._base_ms = max(wall_ns() // 1_000_000, floor_ms)
        self._base_ns = monotonic_ns()

    def now_ms(self) -> int:
        """See ``ports.clock.Clock``."""
        return self._base_ms + (self._monotonic_ns() - self._base_ns) // 1_000_000
