"""The service's clock, for programs that supply their own wall and monotonic clocks, such as the simulation."""

from __future__ import annotations

from collections.abc import Callable

from zaichang.adapters.in_process.clock import ServerClock
from zaichang.ports.clock import Clock


def server_clock(floor_ms: int, *, wall_ns: Callable[[], int], monotonic_ns: Callable[[], int]) -> Clock:
    """Return the service's own clock.

    Args:
        floor_ms: The latest server time that storage holds.
        wall_ns: Wall clock in nanoseconds.
        monotonic_ns: Monotonic clock in nanoseconds.
    """
    return ServerClock(floor_ms, wall_ns=wall_ns, monotonic_ns=monotonic_ns)
