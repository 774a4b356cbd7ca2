"""The line between a page and the service: latency, order, and the messages lost with a connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from zaichang.session.events import Event

if TYPE_CHECKING:
    from benchmarks.adversary.evening import Evening


class Line:
    """A websocket: messages keep their order, a picture delays what is sent after it.

    Attributes:
        connected: Whether it is open.
    """

    __slots__ = ("_evening", "_free_ms", "_number", "_one_way_ms", "connected")

    def __init__(self, evening: Evening, rtt_ms: int) -> None:
        """Begin without a connection."""
        self._evening = evening
        self._one_way_ms = rtt_ms // 2
        self._number = 0
        self._free_ms = 0
        self.connected = False

    def open(self) -> None:
        """Open a new connection."""
        self._number += 1
        self._free_ms = 0
        self.connected = True

    def close(self) -> None:
        """Close the connection; messages on their way are lost."""
        self._number += 1
        self.connected = False

    def up(self, take: Callable[[Event], None], make: Callable[[int], Event], size_ms: int = 0) -> None:
        """Send an event to the service, which dates it by its arrival.

        Args:
            take: Given the event when it arrives.
            make: Given the time of arrival, returns the event; not called where the event is lost.
            size_ms: How long the line is busy with it.
        """
        if not self.connected:
            return
        number = self._number
        self._free_ms = max(self._evening.now_ms, self._free_ms) + size_ms

        def arrive() -> None:
            if number == self._number:
                take(make(self._evening.now_ms))

        self._evening.at(self._free_ms + self._one_way_ms, arrive)

    def down(self, take: Callable[[], None]) -> None:
        """Send a decision to the page; without a connection it is lost."""
        if not self.connected:
            return
        number = self._number
        self._evening.at(self._evening.now_ms + self._one_way_ms, lambda: take() if number == self._number else None)
