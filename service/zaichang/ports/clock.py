"""Server time."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """The one source of server time. A simulation supplies its own."""

    def now_ms(self) -> int:
        """Return the milliseconds since the Unix epoch; never less than an earlier answer. Cost: memory."""
