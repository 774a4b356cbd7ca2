"""What a scenario's ``[[player]]`` entries make a client's page and player do, and when."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Protocol

from zaichang_simulation.format import actions as do
from zaichang_simulation.format.loader import Loaded
from zaichang_simulation.format.types import to_ms
from zaichang_simulation.player import SimPlayer


class Page(Protocol):
    """The page that a script acts on."""

    @property
    def over(self) -> asyncio.Event:
        """Set while the page has no session that could go on."""
        ...

    async def open(self) -> None:
        """Open the page with a new launch token."""
        ...

    async def close(self) -> None:
        """Close the page without a word."""
        ...

    def run(self) -> None:
        """Let the page's session run (again)."""
        ...

    async def suspended(self, for_s: float, *, renew: bool = False, keeps: bool = True) -> None:
        """Stop everything for a while, unnoticed."""
        ...

    def finish(self) -> None:
        """Press the page's finish button."""
        ...


class Script:
    """Runs the actions of one client: at their moments, and in answer to events."""

    def __init__(
        self,
        actions: tuple[do.PlayerAction, ...],
        loaded: Loaded,
        *,
        player: SimPlayer,
        page: Page,
        now_ms: Callable[[], int],
    ) -> None:
        """Prepare.

        Args:
            actions: Of this client.
            loaded: The scenario; it says when everything ends.
            player: Is played, paused and moved.
            page: Is opened, closed and suspended.
            now_ms: Time since the scenario's start.
        """
        timed = tuple(action for action in actions if not action.on)
        self._moments = sorted(_expanded(timed, loaded), key=lambda item: item[0])
        self._answers = tuple(action for action in actions if action.on)
        self._counts = [0] * len(self._answers)
        self._answering: set[asyncio.Task[None]] = set()
        self._stopped = False
        self._player = player
        self._page = page
        self._now_ms = now_ms

    @property
    def answering(self) -> tuple[asyncio.Task[None], ...]:
        """Answers to events that are not done yet."""
        return tuple(self._answering)

    async def run(self) -> None:
        """Do every timed action, without the actions that a closed page cannot do."""
        over = self._page.over
        for at_ms, action in self._moments:
            if over.is_set() and not isinstance(action, do.Start):
                continue
            if not isinstance(action, do.Start) and await self._over_before(at_ms):
                continue
            await asyncio.sleep(max(0, at_ms - self._now_ms()) / 1000)
            await self.act(action)

    async def _over_before(self, at_ms: int) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0, at_ms - self._now_ms()) / 1000):
                await self._page.over.wait()
                return True
        return False

    async def act(self, action: do.PlayerAction) -> None:
        """Do one thing that the script says."""
        player, page = self._player, self._page
        match action:
            case do.Play():
                player.set(wants_play=True)
            case do.Pause(for_s=for_s):
                player.set(wants_play=False)
                self._later(for_s, lambda: player.set(wants_play=True))
            case do.Seek(to_s=to_s, by_s=by_s):
                player.move_to(to_ms(to_s) if by_s is None else player.position_ms + to_ms(by_s))
            case do.SetRate(rate=rate):
                player.set(rate=rate)
            case do.Hide(for_s=for_s):
                player.set(visible=False, focused=False)
                self._later(for_s, lambda: player.set(visible=True, focused=True))
            case do.Show():
                player.set(visible=True, focused=True)
            case do.Blur(for_s=for_s):
                player.set(focused=False)
                self._later(for_s, lambda: player.set(focused=True))
            case do.Focus():
                player.set(focused=True)
            case do.Float(for_s=for_s):
                player.set(floating=True)
                self._later(for_s, lambda: player.set(floating=False))
            case do.SecondScreen(for_s=for_s):
                player.set(second_screen=True)
                self._later(for_s, lambda: player.set(second_screen=False))
            case do.Stall(for_s=for_s):
                player.set(stalled=True)
                self._later(for_s, lambda: player.set(stalled=False))
            case do.Sleep(for_s=for_s):
                await page.suspended(for_s)
            case do.Lock(for_s=for_s):
                player.set(visible=False, focused=False)
                await asyncio.sleep(0.3)  # the page still reports that it is hidden, then it is frozen
                await page.suspended(max(0.0, for_s - 0.3))
                player.set(visible=True, focused=True)
            case do.Reload(down_s=down_s):
                await page.close()
                player.renew()
                await asyncio.sleep(down_s)
                page.run()
            case do.Crash(down_s=down_s, keeps_session=keeps):
                await page.suspended(down_s, renew=True, keeps=keeps)
            case do.Close():
                await page.close()
                page.over.set()
            case do.Start():
                await page.close()
                player.renew()
                player.set(wants_play=True)
                page.over.clear()
                await page.open()
            case do.Finish():
                page.finish()

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        if seconds:
            asyncio.get_running_loop().call_later(seconds, what)

    def happened(self, event: str) -> None:
        """Start the actions that answer an event."""
        for number, action in enumerate(self._answers):
            begun = to_ms(action.at_s) <= self._now_ms()
            over = action.until_s and self._now_ms() >= to_ms(action.until_s)
            used_up = 0 < action.first <= self._counts[number]
            if action.on == event and begun and not over and not used_up:
                self._counts[number] += 1
                task = asyncio.ensure_future(self._act_after(action))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)

    async def _act_after(self, action: do.PlayerAction) -> None:
        await asyncio.sleep(action.after_s)
        stops = isinstance(action, do.Sleep | do.Lock | do.Reload | do.Crash)
        if (self._page.over.is_set() and not isinstance(action, do.Start)) or (stops and self._stopped):
            return  # the page is closed, or another event has stopped it already
        self._stopped = self._stopped or stops
        await self.act(action)
        self._stopped = self._stopped and not stops


def _expanded(actions: tuple[do.PlayerAction, ...], loaded: Loaded) -> list[tuple[int, do.PlayerAction]]:
    """Return every action with its moments, repetitions written out."""
    limit_ms = limit_of(loaded)
    moments: list[tuple[int, do.PlayerAction]] = []
    for action in actions:
        at_ms = to_ms(action.at_s)
        end_ms = min(to_ms(action.until_s) or limit_ms, limit_ms)
        moments.append((at_ms, action))
        while action.every_s and (at_ms := at_ms + to_ms(action.every_s)) < end_ms:
            moments.append((at_ms, action))
    return moments


def limit_of(loaded: Loaded) -> int:
    """Return when the scenario ends at the latest, in ms."""
    session = loaded.scenario.session
    return to_ms(session.limit_s) or 2 * to_ms(session.lesson_s) + 600_000
