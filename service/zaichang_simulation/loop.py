"""An event loop whose time is virtual: where nothing is ready it jumps to the next timer.

Work in threads is waited for (``run_in_executor`` is counted), because virtual time must not pass meanwhile.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple, Unpack

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")
_REAL_WAIT_S = 5.0


class Stuck(RuntimeError):
    """Everything waits, and nothing will ever happen: a mistake in the simulation."""


class _JumpingSelector(selectors.DefaultSelector):
    """Polls, and moves the loop's time on instead of waiting."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if self.loop.outstanding:
            return super().select(_REAL_WAIT_S)
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise Stuck("every task waits and no timer is set")
        self.loop.advance(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; ``time()`` starts at 0."""

    def __init__(self) -> None:
        """Start at time 0."""
        self._virtual_s = 0.0
        self.outstanding = 0
        selector = _JumpingSelector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._virtual_s

    def advance(self, seconds: float) -> None:
        """Let virtual time pass."""
        self._virtual_s += seconds

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[_Ts]], _T], *args: *_Ts
    ) -> asyncio.Future[_T]:
        """Run in a thread; virtual time stands still until it is done."""
        self.outstanding += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._done)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Stop the threads; the thread that stops them is waited for too."""
        self.outstanding += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self.outstanding -= 1

    def _done(self, future: asyncio.Future[Any]) -> None:
        self.outstanding -= 1


def run_virtual(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine on a virtual loop of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
