"""Carries stored leaves to published minutes: log, anchor, outbox, and last the message to the learner.

Leaves are stored together with the events that completed them. Every later step may be repeated: ``OpenLog.submit`` is
idempotent by key, anchoring stores the index, and the outbox is idempotent by session and minute. After a restart,
leaves that are not anchored are submitted again, and minutes that are not published are published.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from zaichang.core.canonical import parse_canonical_object
from zaichang.core.enums import LeafKind, OutboxLine
from zaichang.core.errors import IllegalEvent, StorageError
from zaichang.core.ids import SessionId
from zaichang.live.publishing import amendment_line, end_line, outbox_line
from zaichang.ports.log.open_logs import OpenLog
from zaichang.ports.records import SessionRow, StoredLeaf, StoredMinute
from zaichang.ports.records_review import Amendment
from zaichang.ports.session import SessionPorts
from zaichang.tlog.leaf import record

RETRY_S: Final = 1.0
"""Pause before a record that storage refused is tried again."""

_log = logging.getLogger("zaichang.live")

Anchored = Callable[[StoredLeaf, Sequence[StoredMinute]], None]
"""Told once per leaf: it is covered by a signed checkpoint, and its minutes are in the outbox."""


class Recorder:
    """Carries the leaves of all sessions into the log and the outbox."""

    def __init__(self, ports: SessionPorts) -> None:
        """Use the store, the logs and the outbox of ``ports``."""
        self._ports = ports
        self._outbox = ports.outbox
        self._publishing = asyncio.Lock()
        self._told: set[tuple[str, str]] = set()

    async def record(
        self,
        row: SessionRow,
        log: OpenLog,
        leaves: Sequence[StoredLeaf],
        anchored: Anchored,
        *,
        at_once: bool = False,
    ) -> None:
        """Carry leaves of one session, in order, through log, anchoring and outbox.

        While storage refuses (a full disk), each step is tried again until it succeeds.

        Args:
            row: The session.
            log: Its log.
            leaves: Stored leaves.
            anchored: Called with the minutes of anchored leaves; see ``Anchored``.
            at_once: Whether the leaves enter at once also where the log holds leaves of sessions back.

        Raises:
            FatalLogError: From the log; the caller stops the process.
            StorageError: ``storage.closed`` or ``storage.conflict``; a restart repeats the remaining steps.
        """
        policy = await self._policy(row, log, at_once)
        waiting = [
            asyncio.ensure_future(log.submit((row.session_id, leaf.leaf_seq), leaf.body, at_once=at_once))
            for leaf in leaves
        ]
        try:
            if policy is not None:
                await policy
            for leaf, pending in zip(leaves, waiting, strict=True):
                index = await pending
                anchored(leaf, await self._anchor(row, log.origin, leaf, index))
        finally:
            for pending in (*waiting, *(() if policy is None else (policy,))):
                pending.cancel()

    async def _policy(self, row: SessionRow, log: OpenLog, at_once: bool) -> asyncio.Future[None] | None:
        """Log the session's policy before the first session that ran under it."""
        if (log.origin, row.policy_digest) in self._told:
            return None
        self._told.add((log.origin, row.policy_digest))
        name = parse_canonical_object(await self._ports.lessons.policy(row.policy_digest)).get("name")
        leaf = record(LeafKind.POLICY, log.origin, row.opened_ms, name=name, digest=bytes.fromhex(row.policy_digest))

        async def tell() -> None:
            try:
                await log.submit((f"policy-{row.policy_digest[:32]}", 0), leaf, at_once=at_once)
            except IllegalEvent:
                pass  # the log names it already, with an earlier session's time
            except BaseException:
                self._told.discard((log.origin, row.policy_digest))
                raise

        return asyncio.ensure_future(tell())

    async def recover(self) -> None:
        """Finish the work that a crash interrupted: submit unanchored leaves, then write missing outbox lines."""
        await asyncio.to_thread(self._outbox.repair)
        by_session: dict[SessionId, list[StoredLeaf]] = {}
        for session_id, leaf in await self._ports.publishing.unanchored():
            by_session.setdefault(session_id, []).append(leaf)
        unpublished = await self._ports.publishing.unpublished()
        held = await asyncio.to_thread(self._outbox.holds, [(sid, minute.minute) for sid, minute in unpublished])
        for session_id in sorted({session_id for session_id, _ in unpublished}):
            row = await self._ports.history.session(session_id)
            log = await self._ports.logs.log_for(row.institution_id, row.opened_ms)
            indices = {leaf.leaf_seq: leaf.entry_index for leaf in await self._ports.history.leaves(session_id)}
            minutes = [minute for sid, minute in unpublished if sid == session_id]
            lines = [
                outbox_line(row, minute, log.origin, index)
                for minute in minutes
                if (session_id, minute.minute) not in held
                and minute.leaf_seq is not None
                and (index := indices[minute.leaf_seq]) is not None
            ]
            await asyncio.to_thread(self._outbox.append, lines, self._ports.clock.now_ms())
            await self._ports.publishing.note_published(session_id, [minute.minute for minute in minutes])
        for session_id in await self._ports.publishing.unpublished_ends():
            row = await self._ports.history.session(session_id)
            log = await self._ports.logs.log_for(row.institution_id, row.opened_ms)
            for leaf in await self._ports.history.leaves(session_id):
                if leaf.kind is LeafKind.FINAL and leaf.entry_index is not None:
                    await self._publish_end(row, log.origin, leaf, leaf.entry_index)
        for amendment in await self._ports.publishing.unpublished_amendments():
            row = await self._ports.history.session(amendment.session_id)
            log = await self._ports.logs.log_for(row.institution_id, row.opened_ms)
            indices = {leaf.leaf_seq: leaf.entry_index for leaf in await self._ports.history.leaves(row.session_id)}
            index = indices[amendment.leaf_seq]
            if index is not None:
                await self._publish_amendment(row, log.origin, amendment, index, repeated=True)
        for session_id, leaves in by_session.items():
            row = await self._ports.history.session(session_id)
            log = await self._ports.logs.log_for(row.institution_id, row.opened_ms)
            await self.record(row, log, leaves, _no_client, at_once=True)

    async def _anchor(self, row: SessionRow, origin: str, leaf: StoredLeaf, index: int) -> Sequence[StoredMinute]:
        repeated = False
        while True:
            try:
                await self._ports.publishing.note_anchored(row.session_id, leaf.leaf_seq, index)
                return await self._publish(row, origin, leaf, index, repeated)
            except StorageError as error:
                if error.code in ("storage.closed", "storage.conflict"):
                    raise
                _log.warning("session %s: a record waits, storage refuses: %s", row.session_id, error)
                repeated = True
                await asyncio.sleep(RETRY_S)

    async def _publish(
        self, row: SessionRow, origin: str, leaf: StoredLeaf, index: int, repeated: bool
    ) -> Sequence[StoredMinute]:
        if leaf.kind is LeafKind.AMEND:
            for each in await self._ports.decisions.amendments(row.session_id):
                if each.leaf_seq == leaf.leaf_seq and not each.published:
                    await self._publish_amendment(row, origin, each, index, repeated)
        if leaf.kind is LeafKind.FINAL:
            await self._publish_end(row, origin, leaf, index)
        if leaf.n_minutes == 0:
            return ()
        minutes = [m for m in await self._ports.history.minutes(row.session_id) if m.leaf_seq == leaf.leaf_seq]
        due = [minute for minute in minutes if not minute.published]
        async with self._publishing:
            held: set[tuple[str, int]] = set()
            if repeated:
                wanted = [(row.session_id, minute.minute) for minute in due]
                held = await asyncio.to_thread(self._outbox.holds, wanted)
            lines = [
                outbox_line(row, minute, origin, index) for minute in due if (row.session_id, minute.minute) not in held
            ]
            await asyncio.to_thread(self._outbox.append, lines, self._ports.clock.now_ms())
        await self._ports.publishing.note_published(row.session_id, [minute.minute for minute in minutes])
        return minutes

    async def _publish_end(self, row: SessionRow, origin: str, leaf: StoredLeaf, index: int) -> None:
        """Write the line of a session's end; after a crash it may stand twice, equal in all."""
        line = end_line(row, leaf, await self._ports.history.events(row.session_id), origin, index)
        async with self._publishing:
            await asyncio.to_thread(self._outbox.append, [line], self._ports.clock.now_ms())
        await self._ports.publishing.note_end_published(row.session_id)

    async def _publish_amendment(
        self, row: SessionRow, origin: str, amendment: Amendment, index: int, repeated: bool
    ) -> None:
        key = (row.session_id, amendment.leaf_seq)
        async with self._publishing:
            held = await asyncio.to_thread(self._outbox.holds, [key], OutboxLine.AMENDMENT) if repeated else set()
            if key not in held:
                line = amendment_line(row, amendment, origin, index)
                await asyncio.to_thread(self._outbox.append, [line], self._ports.clock.now_ms())
        await self._ports.publishing.note_amendment_published(row.session_id, amendment.leaf_seq)


def _no_client(leaf: StoredLeaf, minutes: Sequence[StoredMinute]) -> None:
    """Tell nothing: while a restart finishes old records no client is connected. A resuming client reads the store."""
