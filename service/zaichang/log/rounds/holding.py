"""Holds leaves of sessions back to the end of the round that they are dated in, and takes them in in a drawn order.

Theory. The log is public: the order of its entries and its growth would tell when each session began, whatever the
leaves themselves say. So the leaves of a round enter together, drawn anew. A session's own leaves keep their order:
each enters once the one before it has its index. The policies that sessions run under enter first. Nothing is lost
where the process ends early: leaves are stored before they come here, and a restart submits them again.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from zaichang.core.enums import LeafKind
from zaichang.log.writer import conflict
from zaichang.ports.log.store import SubmissionKey
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.leaf_dates import latest_ms

WAIT_S: Final = 5.0
"""Longest sleep at once, so that a clock that is set is followed."""
AT_ONCE: Final = 2_048
"""Leaves that are submitted together, below the number that may wait for a batch."""
_HELD: Final = (LeafKind.START, LeafKind.SEGMENT, LeafKind.FINAL, LeafKind.AMEND, LeafKind.VOID, LeafKind.POLICY)
"""A later change is held, too: the service grants time at the moment at which the learner's next session ends."""

Submit = Callable[[SubmissionKey, bytes], Awaitable[int]]
"""Logs a leaf and returns its index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    key: SubmissionKey
    leaf: bytes
    index: asyncio.Future[int]
    before: asyncio.Future[int] | None


def due_ms(leaf: bytes) -> int:
    """Return the time at which a leaf may enter the log: the end of its round; 0 for a leaf that is not held back."""
    value = parse_leaf(leaf)
    version, kind, at_ms = value["v"], value["t"], value["at"]
    if not isinstance(version, int) or not isinstance(at_ms, int) or version < 3 or kind not in _HELD:
        return 0
    return latest_ms(version, str(kind), at_ms) + 1


def drawn(keys: Sequence[SubmissionKey], draw: Callable[[int], int] = secrets.randbelow) -> list[SubmissionKey]:
    """Return submissions in a drawn order, each order as likely as another.

    Args:
        keys: The submissions.
        draw: Returns a number below its argument, uniformly.
    """
    order = list(keys)
    for last in range(len(order) - 1, 0, -1):
        other = draw(last + 1)
        order[last], order[other] = order[other], order[last]
    return order


class Holding:
    """The leaves of one log that wait for the end of their round. ``take_in`` submits them at once.

    Args:
        submit: Logs a leaf.
        now_ms: Server time.
        sleep: Waits for a number of seconds.
    """

    def __init__(
        self, submit: Submit, now_ms: Callable[[], int], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        """Hold nothing yet."""
        self._submit = submit
        self._now_ms = now_ms
        self._sleep = sleep
        self._held: dict[SubmissionKey, _Held] = {}
        self._newest: dict[str, _Held] = {}
        self._rounds: dict[int, list[SubmissionKey]] = {}
        self._timers: dict[int, asyncio.Task[None]] = {}
        self._entering: set[asyncio.Task[None]] = set()
        self._open = False

    async def submit(self, key: SubmissionKey, leaf: bytes) -> int:
        """Log a leaf once its round has ended; return its index. The same submission again joins the first.

        A leaf enters after the leaves of its session that were submitted before it, also where it is not held back.

        Raises:
            IllegalEvent: ``log.submission_conflict`` if the key was used for other bytes.
        """
        held = self._held.get(key)
        if held is None:
            before = self._newest.get(key[0])
            held = self._held[key] = self._newest[key[0]] = _Held(
                key=key,
                leaf=leaf,
                index=asyncio.get_running_loop().create_future(),
                before=None if before is None else before.index,
            )
            due = due_ms(leaf)
            if self._open or due <= self._now_ms():
                self._enter([key])
            else:
                self._rounds.setdefault(due, []).append(key)
                if due not in self._timers:
                    self._timers[due] = asyncio.create_task(self._at(due), name="log-round")
        elif held.leaf != leaf:
            raise conflict(key)
        return await asyncio.shield(held.index)

    async def take_in(self) -> None:
        """Submit at once what is held, and from now on every leaf: after the process has ended no timer would."""
        self._open = True
        for timer in self._timers.values():
            timer.cancel()
        await asyncio.gather(*self._timers.values(), return_exceptions=True)
        for due in sorted(self._rounds):
            await self._release(due)
        while self._entering:
            await asyncio.wait(self._entering)

    async def _at(self, due: int) -> None:
        while (left_ms := due - self._now_ms()) > 0:
            await self._sleep(min(left_ms / 1000, WAIT_S))
        del self._timers[due]
        await self._release(due)

    async def _release(self, due: int) -> None:
        keys = self._rounds.pop(due)
        policies = [key for key in keys if parse_leaf(self._held[key].leaf)["t"] == LeafKind.POLICY]
        await self._entered(policies)
        ordered = drawn([key for key in keys if key not in policies])
        # A leaf waits for its session's one before: in a later part the two would wait for each other.
        chains: dict[str, list[SubmissionKey]] = {}
        for key in sorted(ordered, reverse=True):
            chains.setdefault(key[0], []).append(key)
        ordered = [chains[key[0]].pop() for key in ordered]
        for start in range(0, len(ordered), AT_ONCE):
            await self._entered(ordered[start : start + AT_ONCE])

    async def _entered(self, keys: Sequence[SubmissionKey]) -> None:
        waiting = [self._held[key].index for key in keys]
        self._enter(keys)
        if waiting:
            await asyncio.wait(waiting)

    def _enter(self, keys: Sequence[SubmissionKey]) -> None:
        for key in keys:
            task = asyncio.create_task(self._log(self._held[key]), name="log-entering")
            self._entering.add(task)
            task.add_done_callback(self._entering.discard)

    async def _log(self, held: _Held) -> None:
        try:
            if held.before is not None and not held.before.done():
                await asyncio.wait({held.before})
            held.index.set_result(await self._submit(held.key, held.leaf))
        except Exception as error:
            held.index.set_exception(error)
            held.index.exception()  # a submitter that was cancelled never reads it
        finally:
            del self._held[held.key]
            if self._newest.get(held.key[0]) is held:
                del self._newest[held.key[0]]
