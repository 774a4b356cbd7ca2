"""The nightly job of the institution's side: prepare, send what is due, ask for answers, compare with the list.

Each day of a target is one run, which the service gives to one holder. A run that was cut off goes on after a restart,
and each step may be repeated: a batch keeps its id, and a platform's word that was told before changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from zaichang.core.civil import DAY_MS, date_at, date_text, start_ms
from zaichang.core.errors import NotAllowed, ZaichangError
from zaichang.hours.filing.exchange import Exchange
from zaichang.hours.filing.targets import Target
from zaichang.ledger.filing.reconcile import Listed
from zaichang.ports.hours.filing import Platform

WAIT_S: Final = 300.0
"""Until a run that another one holds, or a service that gave no answer, is asked about again."""
DIFFERENCES: Final = "filing.differences"
_log = logging.getLogger("zaichang.filing")
People = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DueBatch:
    """A batch with rows that wait.

    Attributes:
        batch_id: The batch.
        prepared: Whether some of its rows were not handed over yet.
    """

    batch_id: str
    prepared: bool


class NightService(Protocol):
    """The service, as a nightly run reaches it."""

    async def claim(self, target: str, day: str) -> str:
        """Take or keep a day's run; return ``ours``, ``held`` or ``done``. Cost: trip."""

    async def prepare(self, target: str, year: int, rules: str) -> bool:
        """Have the next batch made; return whether there was anything to file. Cost: trip."""

    async def due(self, target: str, year: int) -> Sequence[DueBatch]:
        """Return the batches with rows that wait, the oldest first. Cost: trip."""

    async def compare(self, target: str, year: int, style: str, listed: Sequence[Listed]) -> int:
        """Compare a platform's list; return the number of differences. Cost: trip."""

    async def end(self, target: str, day: str, faults: Sequence[str]) -> None:
        """Note the run as done. Cost: trip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NightPorts:
    """The parts of a nightly run.

    Attributes:
        service: The service.
        exchange: Sends and polls.
        platform: For the list of a year.
        people: Reads the file of people anew for each run.
        now_ms: Unix time of this computer.
        sleep: Waits some seconds.
    """

    service: NightService
    exchange: Exchange
    platform: Platform
    people: Callable[[], People]
    now_ms: Callable[[], int]
    sleep: Callable[[float], Awaitable[None]]


class Nightly:
    """Runs once each day, at a minute of China's day."""

    def __init__(self, ports: NightPorts, target: Target, at_min: int) -> None:
        """Set up the job.

        Args:
            ports: Its parts.
            target: The platform.
            at_min: Minutes after midnight in China.
        """
        self._ports = ports
        self._target = target
        self._at_min = at_min

    async def run(self) -> None:
        """Run for ever: a run that is due is made at once, also the one that a stop cut off."""
        while True:
            done = await self._attempt(date_text(due_ms(self._ports.now_ms(), self._at_min)))
            now_ms = self._ports.now_ms()
            rest_s = (due_ms(now_ms, self._at_min) + DAY_MS - now_ms) / 1000
            await self._ports.sleep(rest_s if done else min(WAIT_S, rest_s))

    async def _attempt(self, day: str) -> bool:
        """Return whether the run of a day is done; an error is logged, and the run is tried again."""
        try:
            return await self.night(day) is not None
        except ZaichangError as error:
            _log.error("nightly filing of %s for %s: %s", self._target.name, day, error)
            return False

    async def night(self, day: str) -> Sequence[str] | None:
        """Make the run of a day; return its faults, none where it was done before, None where another one holds it.

        Raises:
            PeerViolation: ``service.unreachable``: the service cannot say whose the run is.
        """
        service, target = self._ports.service, self._target
        state = await service.claim(target.name, day)
        if state != "ours":
            return () if state == "done" else None
        faults: list[str] = []
        for year, (first, last) in sorted(target.windows.items()):
            if first <= day <= last:
                await self._year(year, day, faults)
        await service.end(target.name, day, faults)
        _log.info("nightly filing of %s for %s is done, %d faults", target.name, day, len(faults))
        return faults

    async def _year(self, year: int, day: str, faults: list[str]) -> None:
        service, name = self._ports.service, self._target.name
        people = self._ports.people()
        await self._tried(service.prepare(name, year, self._target.rules), faults)
        for batch in await service.due(name, year):
            # Half an hour may have passed: another computer that has taken the run over goes on with it.
            if await service.claim(name, day) != "ours":
                raise NotAllowed("filing.run_held", f"Another computer has taken over the run of {day}.")
            if batch.prepared and not await self._tried(self._ports.exchange.send(batch.batch_id, people), faults):
                continue
            await self._tried(self._ports.exchange.poll(batch.batch_id), faults)
        await self._tried(self._compare(year, faults), faults)

    async def _compare(self, year: int, faults: list[str]) -> None:
        target = self._target
        listed = await self._ports.platform.listing(year)
        if await self._ports.service.compare(target.name, year, target.mapping.amount_style, listed):
            faults.append(DIFFERENCES)

    async def _tried(self, step: Awaitable[object], faults: list[str]) -> bool:
        """Make a step; a fault of one batch keeps no other from its step."""
        try:
            await step
        except ZaichangError as error:
            _log.error("nightly filing of %s: %s", self._target.name, error)
            faults.append(error.code)
            return False
        return True


def due_ms(now_ms: int, at_min: int) -> int:
    """Return the last moment at or before now that is a minute of China's day."""
    at_ms = start_ms(date_at(now_ms)) + at_min * 60_000
    return at_ms if at_ms <= now_ms else at_ms - DAY_MS
