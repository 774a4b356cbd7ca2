"""Erasure of a learner, from legal hold to the leaf that tells of it. The service must not be running."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Callable

from zaichang.adapters.posix.blobs import Blobs
from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.sql.erasure import (
    ALIAS_PREFIX,
    Holds,
    PendingLeaves,
    erase_pictures,
    erase_rows,
    is_erased,
    mask_outbox,
    sessions_to_erase,
)
from zaichang.adapters.sql.store import SqliteStore
from zaichang.core.canonical import canonical_bytes
from zaichang.ports.session import LogBook
from zaichang.tlog.leaf import record


class Eraser:
    """Erases learners of one data folder.

    Args:
        folder: Locked by the caller.
        store: Its store.
        logs: Its logs.
        now_ms: Server time.
        token_hex: Source of random aliases.
    """

    def __init__(
        self,
        folder: DataFolder,
        store: SqliteStore,
        logs: LogBook,
        now_ms: Callable[[], int],
        token_hex: Callable[[int], str],
    ) -> None:
        """Remember the parts."""
        self._folder = folder
        self._store = store
        self._logs = logs
        self._now_ms = now_ms
        self._token_hex = token_hex
        self._pending = PendingLeaves(folder)

    async def finish_pending(self) -> int:
        """Log the erasures that a crash kept from being told; return how many."""
        count = 0
        for institution_id, alias, leaf in self._pending.all():
            if await is_erased(self._store, institution_id, alias):
                log = await self._logs.log_for(institution_id, self._now_ms())
                await log.submit((alias, 0), leaf)
                count += 1
            self._pending.done(institution_id, alias)
        return count

    async def erase(self, institution_id: str, learner_id: str, basis: str, request: bytes | None) -> tuple[int, int]:
        """Erase a learner; return the number of their sessions and the index of the erasure's leaf.

        Args:
            institution_id: Whose learner.
            learner_id: The pseudonym.
            basis: Legal basis, a word like ``pipl-47``.
            request: The request document, of which the digest is logged; None for none.

        Raises:
            NotAllowed: ``erase.hold``, ``erase.open_session``.
            NotFound: ``learner.unknown``.
        """
        Holds(self._folder).check(institution_id, learner_id)
        sessions = await sessions_to_erase(self._store, institution_id, learner_id)
        alias, at_ms = ALIAS_PREFIX + self._token_hex(8), self._now_ms()
        log = await self._logs.log_for(institution_id, at_ms)
        day = datetime.datetime.fromtimestamp(at_ms / 1000, datetime.UTC).date().isoformat()
        digest = hashlib.sha256(request if request is not None else canonical_bytes({"alias": alias})).digest()
        leaf = record("erasure", log.origin, at_ms, request=digest, date=day, basis=basis, sessions=sessions)
        self._pending.put(institution_id, alias, leaf)
        await erase_pictures(self._store, Blobs(self._folder), institution_id, learner_id, at_ms)
        mask_outbox(self._folder, institution_id, learner_id)
        await erase_rows(self._store, institution_id, learner_id, alias, at_ms)
        index = await log.submit((alias, 0), leaf)
        self._pending.done(institution_id, alias)
        return sessions, index
