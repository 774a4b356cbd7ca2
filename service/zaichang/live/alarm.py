"""One timer on the event loop that can be set again and cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Alarm:
    """A timer that calls back once, after the delay that was set last."""

    def __init__(self, ring: Callable[[], object]) -> None:
        """Start unset; ``ring`` is called on the event loop."""
        self._ring = ring
        self._handle: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        """Whether it will still ring."""
        return self._handle is not None

    def set(self, delay_ms: int) -> None:
        """Ring once in ``delay_ms`` milliseconds; this replaces an earlier setting."""
        self.cancel()
        self._handle = asyncio.get_running_loop().call_later(delay_ms / 1000, self._rang)

    def cancel(self) -> None:
        """Do not ring; without a setting, nothing happens."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _rang(self) -> None:
        self._handle = None
        self._ring()
