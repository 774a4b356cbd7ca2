"""Locks of learners and persons: sessions of one learner, and of one person, open one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from zaichang.core.ids import InstitutionId, LearnerId


class LearnerLocks:
    """One lock for each learner and person; those that are not held or awaited take no memory.

    Both are held by a learner whose person is known, the person's first.
    """

    def __init__(self) -> None:
        """Begin without locks."""
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}
        self._waiting: dict[tuple[str, str], int] = {}

    def learner(self, institution_id: InstitutionId, learner_id: LearnerId) -> AbstractAsyncContextManager[None]:
        """Hold a learner's lock."""
        return self._hold((institution_id, learner_id))

    def person(self, person: str) -> AbstractAsyncContextManager[None]:
        """Hold the lock of a person who may study in several institutions; empty: none is known, and none is held."""
        return self._hold(("", person)) if person else nullcontext()

    @asynccontextmanager
    async def _hold(self, key: tuple[str, str]) -> AsyncIterator[None]:
        lock = self._locks.setdefault(key, asyncio.Lock())
        self._waiting[key] = self._waiting.get(key, 0) + 1
        try:
            async with lock:
                yield
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key], self._locks[key]
