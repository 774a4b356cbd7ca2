"""The line between a page and the service: order, dates of arrival, and messages lost with a connection."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import cast

from benchmarks.adversary.evening import Evening
from benchmarks.adversary.line import Line
from zaichang.session.events import ConnectionResumed, Event


class Clock:
    """The part of an evening that a line uses."""

    def __init__(self) -> None:
        self.now_ms = 1_000
        self._queue: list[tuple[int, int, Callable[[], None]]] = []

    def at(self, at_ms: int, act: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (at_ms, len(self._queue), act))

    def run(self) -> None:
        while self._queue:
            self.now_ms, _, act = heapq.heappop(self._queue)
            act()


def test_an_event_is_made_when_it_arrives_and_a_picture_delays_what_follows() -> None:
    clock, came = Clock(), list[Event]()
    line = Line(cast(Evening, clock), 60)
    line.open()
    line.up(came.append, lambda at_ms: ConnectionResumed(at_ms=at_ms), 100)
    line.up(came.append, lambda at_ms: ConnectionResumed(at_ms=at_ms + 1))
    assert came == []
    clock.run()
    assert [each.at_ms for each in came] == [1_130, 1_131]


def test_what_is_on_its_way_is_lost_with_the_connection_and_never_made() -> None:
    clock, made = Clock(), list[int]()
    line = Line(cast(Evening, clock), 60)

    def make(at_ms: int) -> Event:
        made.append(at_ms)
        return ConnectionResumed(at_ms=at_ms)

    line.up(lambda _: None, make)
    line.open()
    line.up(lambda _: None, make)
    line.close()
    line.open()
    clock.run()
    assert made == []
