"""Bounds the server's clock by the witnesses' times: a clock that jumped ahead must not be signed into the log.

A cosignature states the witness's time. From then on the monotonic clock counts. A log that is signed with a time far
ahead of that would have to stop until the real time has caught up, and its records would be findings for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from zaichang.audit.time_checks import SKEW_MS
from zaichang.core.errors import StorageError

AHEAD_MS: Final = SKEW_MS
"""How far the server's clock may be ahead of the witnesses'."""


class WitnessClock:
    """The newest time that a witness stated, carried on.

    Args:
        monotonic_ms: A clock that does not jump.
    """

    def __init__(self, monotonic_ms: Callable[[], int] = lambda: time.monotonic_ns() // 1_000_000) -> None:
        """Know nothing yet: then nothing is bounded."""
        self._monotonic_ms = monotonic_ms
        self._offset_ms: int | None = None

    def note(self, witness_ms: int) -> None:
        """Take a witness's time."""
        offset_ms = witness_ms - self._monotonic_ms()
        self._offset_ms = offset_ms if self._offset_ms is None else max(self._offset_ms, offset_ms)

    def check(self, now_ms: int) -> None:
        """Check the server's time.

        Raises:
            StorageError: ``log.clock_ahead``.
        """
        if self._offset_ms is None:
            return
        ahead_ms = now_ms - self._offset_ms - self._monotonic_ms()
        if ahead_ms > AHEAD_MS:
            raise StorageError(
                "log.clock_ahead",
                f"The server's clock is {ahead_ms // 1000} s ahead of the witnesses': nothing is signed.",
                "Correct the server's clock and start the service again (docs/evidence.md, a clock that jumped).",
            )
