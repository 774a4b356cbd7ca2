"""Writes decisions about credit into the log.

Theory. A decision's leaf names the place of the record that it changes, so it cannot exist before that record is in the
log. A log that holds records back makes this half an hour. A decision is therefore stored at once, with the credit that
it gives or takes, and its leaf is written when the record has gone out. The leaf can be made from the stored decision
at any time, so a crash loses nothing: ``recover`` writes the ones that are missing. While storage refuses (a full
disk), each step is tried again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

from zaichang.core.enums import LeafKind
from zaichang.core.errors import StorageError, ZaichangError
from zaichang.core.ids import InstitutionId, LearnerId, SessionId
from zaichang.evidence.amendments import amend_leaves, anchor_of, without_leaf
from zaichang.live.recorder import Recorder
from zaichang.ports.log.open_logs import OpenLog
from zaichang.ports.records import SessionRow, StoredLeaf, StoredMinute
from zaichang.ports.review_desk import ReviewPorts
from zaichang.tlog.commit import session_key

RETRY_S: Final = 1.0
"""Pause before a decision that storage refused is tried again."""
STOP_S: Final = 5.0
"""How long a stop waits for decisions whose records have just gone out."""
START_S: Final = 5.0
"""How long a start waits for decisions that are written anew; the others are written beside it."""
_log = logging.getLogger("zaichang.review")

_Found = TypeVar("_Found")

Settled = Callable[[SessionId], Awaitable[None]]
"""Waits until the records of a session that has ended are written."""


class DecisionWriter:
    """Carries the leaves of decisions into the log and the outbox, beside the caller where the log holds them back."""

    def __init__(self, ports: ReviewPorts, recorder: Recorder, settled: Settled) -> None:
        """Write nothing yet.

        Args:
            ports: The ports of review.
            recorder: Carries leaves into the log.
            settled: Waits for the records of a session.
        """
        self._ports = ports
        self._recorder = recorder
        self._settled = settled
        self._making = asyncio.Lock()
        self._tasks: dict[asyncio.Task[None], tuple[InstitutionId, LearnerId]] = {}

    async def carry(self, row: SessionRow, log: OpenLog, leaves: Sequence[StoredLeaf]) -> None:
        """Carry a decision that is stored; wait for the log only where it holds nothing back.

        Args:
            row: The session.
            log: Its log.
            leaves: The decision's leaves; none where they cannot be made yet.
        """
        work = self._record(row, log, leaves) if leaves else self._write(row, log)
        if log.holds_back:
            self._beside(work, row)
        else:
            await work

    async def carry_void(
        self,
        row: SessionRow,
        log: OpenLog,
        leaf_of: Callable[[Sequence[StoredLeaf]], StoredLeaf],
        stored: Callable[[], Awaitable[None]],
    ) -> None:
        """Write the void of a session behind its other leaves; wait for the log only where it holds nothing back.

        Args:
            row: The session, ended; no later decision about it is taken.
            log: Its log.
            leaf_of: Makes the leaf from the session's leaves.
            stored: Told when the leaf is stored; before that a crash loses it.
        """
        work = self._void(row, log, leaf_of, stored)
        if log.holds_back:
            self._beside(work, row)
        else:
            await work

    async def recover(self) -> None:
        """Write the leaves that a stop or a crash left missing. A session that fails is left for the next start."""
        for session_id in await self._ports.decisions.without_leaf():
            row = await self._ports.history.session(session_id)
            try:
                log = await self._ports.logs.log_for(row.institution_id, row.opened_ms)
            except ZaichangError as error:
                _log.error("session %s: a decision is not in the log yet: %s", session_id, error)
            else:
                self._beside(self._write(row, log, at_once=True), row)
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=START_S)

    def waits(self, institution_id: InstitutionId, learner_id: LearnerId) -> bool:
        """Return whether a decision about a learner waits for the log."""
        return (institution_id, learner_id) in self._tasks.values()

    async def settle(self, institution_id: InstitutionId, learner_id: LearnerId) -> None:
        """Wait until the decisions about a learner are in the log."""
        owner = (institution_id, learner_id)
        while waiting := [task for task, of in self._tasks.items() if of == owner]:
            await asyncio.wait(waiting)

    async def stop(self) -> None:
        """Finish the decisions whose records the log takes in now; the others are written at the next start."""
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=STOP_S)
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _write(self, row: SessionRow, log: OpenLog, *, at_once: bool = False) -> None:
        """Make and carry the leaves that a session's decisions lack, once the records before them are in the log."""
        await self._settled(row.session_id)
        leaves = await _patiently(row, lambda: self._made(row, log))
        if leaves:
            await self._record(row, log, leaves, at_once=at_once)

    async def _void(
        self,
        row: SessionRow,
        log: OpenLog,
        leaf_of: Callable[[Sequence[StoredLeaf]], StoredLeaf],
        stored: Callable[[], Awaitable[None]],
    ) -> None:
        await self._settled(row.session_id)
        leaves = await _patiently(row, lambda: self._with_void(row, log, leaf_of))
        await _patiently(row, stored)
        await self._record(row, log, leaves)

    async def _with_void(
        self, row: SessionRow, log: OpenLog, leaf_of: Callable[[Sequence[StoredLeaf]], StoredLeaf]
    ) -> Sequence[StoredLeaf]:
        """Make and store the void's leaf, once the leaves of the other decisions are; return those to be carried."""
        await self._made(row, log)
        async with self._making:
            stored = await self._ports.history.leaves(row.session_id)
            leaves = [leaf for leaf in stored if leaf.entry_index is None]
            if not any(leaf.kind is LeafKind.VOID for leaf in stored):
                void = leaf_of(stored)
                await self._ports.decisions.add_leaves(row.session_id, (void,))
                leaves.append(void)
        return leaves

    async def _made(self, row: SessionRow, log: OpenLog) -> Sequence[StoredLeaf]:
        """Make and store the leaves that a session's decisions lack; return them."""
        ports = self._ports
        # One at a time: two decisions about a session may wait for the same record.
        async with self._making:
            stored = await ports.history.leaves(row.session_id)
            waiting = without_leaf(stored, await ports.decisions.amendments(row.session_id))
            if not waiting:
                return ()
            learner = await ports.learners.learner(row.institution_id, row.learner_id)
            key = session_key(ports.vault.unlock(learner).subject_key(), row.session_id)
            minutes = await ports.history.minutes(row.session_id)
            leaves = amend_leaves(row, log.origin, anchor_of(stored[-1]), stored, minutes, waiting, key)
            await ports.decisions.add_leaves(row.session_id, leaves)
        return leaves

    async def _record(
        self, row: SessionRow, log: OpenLog, leaves: Sequence[StoredLeaf], *, at_once: bool = False
    ) -> None:
        """Carry stored leaves into the log and the outbox; this may be repeated."""
        await _patiently(row, lambda: self._recorder.record(row, log, leaves, _no_client, at_once=at_once))

    def _beside(self, work: Coroutine[Any, Any, None], row: SessionRow) -> None:
        """Run work beside the caller; an error in it is logged, and the next start finishes the work."""

        def done(task: asyncio.Task[None]) -> None:
            del self._tasks[task]
            if not task.cancelled() and (error := task.exception()) is not None:
                _log.error("session %s: a decision is not in the log yet: %s", row.session_id, error)

        task = asyncio.ensure_future(work)
        self._tasks[task] = (row.institution_id, row.learner_id)
        task.add_done_callback(done)


async def _patiently(row: SessionRow, work: Callable[[], Awaitable[_Found]]) -> _Found:
    """Do work; while storage refuses, do it again. An error that a restart alone can make good is raised."""
    while True:
        try:
            return await work()
        except StorageError as error:
            if error.code in ("storage.closed", "storage.conflict"):
                raise
            _log.warning("session %s: a decision waits, storage refuses: %s", row.session_id, error)
            await asyncio.sleep(RETRY_S)


def _no_client(leaf: StoredLeaf, minutes: Sequence[StoredMinute]) -> None:
    """No client is connected; later requests read the store."""
