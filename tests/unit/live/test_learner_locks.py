"""Locks of learners and persons: held one after the other, apart from each other, and forgotten when free."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager

from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.live.learner_locks import LearnerLocks

INST = InstitutionId("inst")


async def held_in_turn(first: AbstractAsyncContextManager[None], second: AbstractAsyncContextManager[None]) -> bool:
    """Return whether the second waits until the first is free."""
    order: list[str] = []

    async def wait() -> None:
        async with second:
            order.append("second")

    async with first:
        waiting = asyncio.ensure_future(wait())
        for _ in range(5):
            await asyncio.sleep(0)
        order.append("first")
    await waiting
    return order == ["first", "second"]


async def test_a_learner_and_a_person_are_held_in_turn_and_apart() -> None:
    locks = LearnerLocks()
    a, b = LearnerId("a"), LearnerId("b")
    assert await held_in_turn(locks.learner(INST, a), locks.learner(INST, a))
    assert not await held_in_turn(locks.learner(INST, a), locks.learner(INST, b))
    assert await held_in_turn(locks.person("p"), locks.person("p"))
    assert not await held_in_turn(locks.person("a"), locks.learner(INST, a))
    assert not await held_in_turn(locks.person(""), locks.person("")), "without a person nothing is held"
    assert locks._locks == {} and locks._waiting == {}
