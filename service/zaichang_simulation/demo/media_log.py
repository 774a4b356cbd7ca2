"""Our own delivery log (I5): where the service itself serves a lesson's media, it notes what it sent to whom.

A ticket in the media's address says which launch asks. It opens nothing, so it may stand in an address, which the
launch token may not. It records the clusters that were written to the connection, not the requested ones.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zaichang.core.errors import NotAllowed
from zaichang.launch.tokens import LaunchTokens, MediaTicket
from zaichang.ports.clock import Clock
from zaichang.ports.records import Delivery
from zaichang.review.media_delivery import DeliveryDesk
from zaichang.session.playhead import EMPTY, IntervalSet, add, difference
from zaichang_simulation.demo.media_index import Part, media_parts

FILES_MAX: Final = 64
"""Indices that are remembered."""

Sent = Callable[[int, int], Awaitable[None]]
"""Told that bytes from the first to before the second were handed to the connection."""


@dataclass(frozen=True, slots=True)
class _Version:
    path: Path
    size: int
    changed_ns: int
    duration_ms: int


class MediaLog:
    """Opens a record for each answer that serves a lesson's media."""

    def __init__(self, desk: DeliveryDesk, tokens: LaunchTokens, clock: Clock) -> None:
        """Records go to ``desk``; tickets are checked by ``tokens``."""
        self._desk = desk
        self._tokens = tokens
        self._clock = clock
        self._parts: OrderedDict[_Version, tuple[Part, ...]] = OrderedDict()

    async def open(self, text: str, path: Path) -> Sent | None:
        """Return what to tell of the bytes sent; None where the ticket is not for this file: then nothing is noted.

        Args:
            text: The ticket, as the player sent it.
            path: The file; its name without the ending is the lesson's id.
        """
        try:
            ticket = self._tokens.verify_media(text, self._clock.now_ms())
        except NotAllowed:
            return None
        if path.stem != ticket.lesson_id:
            return None
        parts = await asyncio.to_thread(self._index, path, ticket.duration_ms)
        began_ms = self._clock.now_ms()
        gone: IntervalSet = EMPTY
        noted: set[Part] = set()

        async def sent(first: int, last: int) -> None:
            nonlocal gone
            gone = add(gone, (first, last))
            whole = [part for part in parts if part not in noted and not difference((part[:2],), gone)]
            noted.update(whole)
            if whole:
                await self._desk.take(ticket.institution_id, [_delivery(ticket, part, began_ms) for part in whole])

        return sent

    def _index(self, path: Path, duration_ms: int) -> tuple[Part, ...]:
        about = path.stat()
        version = _Version(path, about.st_size, about.st_mtime_ns, duration_ms)
        parts = self._parts.get(version)
        if parts is None:
            parts = self._parts[version] = media_parts(path.read_bytes(), duration_ms)
            if len(self._parts) > FILES_MAX:
                self._parts.popitem(last=False)
        return parts


def _delivery(ticket: MediaTicket, part: Part, began_ms: int) -> Delivery:
    return Delivery(launch=ticket.launch, start_ms=part[2], end_ms=part[3], sent_ms=began_ms)
