"""Late liveness: movements at the beginning of a session replace those that the ones before lacked at their end.

If a session ends without its closing movements, its proved time goes to review. Where the learner goes on soon, to this
lesson or to another, and passes the movements of the next session before the same camera, no review is needed: the
service grants it, as a new log entry, once that next session has ended (while it runs, its own credit does not include
them).
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from zaichang.audit.changes.rulings import SERVICE
from zaichang.core.errors import ZaichangError
from zaichang.core.reasons import ReasonCode
from zaichang.live.resuming import LOOK_BACK, at_its_end, left_for_movements
from zaichang.live.sessions import SessionHub
from zaichang.live.task_sets import drained
from zaichang.ports.records import SessionRow
from zaichang.ports.review_desk import ReviewPorts
from zaichang.review.desk import ReviewDesk
from zaichang.session.judgements.late_grants import makes_up
from zaichang.session.state import State

AUTHOR: Final = f"{SERVICE}movements"
_log = logging.getLogger("zaichang.review")


class LateLiveness:
    """Told of every session that ends."""

    def __init__(self, ports: ReviewPorts, hub: SessionHub, review: ReviewDesk) -> None:
        """Use the ports; sessions are ``hub``'s, grants are written by ``review``."""
        self._ports = ports
        self._hub = hub
        self._review = review
        self._tasks: set[asyncio.Task[None]] = set()

    def closed(self, row: SessionRow) -> None:
        """A session has ended: look for one before it that its movements make up for."""
        session = self._hub.find(row.session_id)
        if session is not None and session.state.liveness.first_ms:
            task = asyncio.ensure_future(self._look(row, session.state))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait until nothing is looked at (simulations and tests)."""
        await drained(self._tasks)

    async def stop(self) -> None:
        """Cancel the running searches; their time stays in review."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*tuple(self._tasks), return_exceptions=True)

    async def _look(self, row: SessionRow, after: State) -> None:
        where = (row.institution_id, row.learner_id)
        try:
            async with self._hub.learner_lock(*where):
                for old in await self._ports.history.sessions_page(*where, (row.opened_ms, row.session_id), LOOK_BACK):
                    await self._make_up(old, after)
        except ZaichangError as error:
            # For example, the learner already studies the lesson again: then it stays in review.
            _log.info("session %s: nothing was made up for: %s", row.session_id, error)

    async def _make_up(self, old: SessionRow, after: State) -> None:
        ports = self._ports
        found = await left_for_movements(ports.history, old)
        if not found:
            return
        before, policy = await at_its_end(ports.history, ports.lessons, old)
        if makes_up(before, after, policy):
            await self._review.grant(old, AUTHOR, ReasonCode.MOVEMENTS_FOLLOWED, found)
