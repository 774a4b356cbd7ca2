"""Leaves of a round enter together at its end, in a drawn order; each session's own leaves in theirs."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from itertools import permutations

import pytest

from zaichang.core.enums import LeafKind
from zaichang.core.errors import FatalLogError, IllegalEvent
from zaichang.core.units import ROUND_MS
from zaichang.log.rounds import holding as rounds
from zaichang.log.rounds.holding import Holding, drawn, due_ms
from zaichang.tlog import leaf

ORIGIN, HASH = "hours.example.org/log/2026", bytes(32)
Key = tuple[str, int]


def start(sid: str, at_ms: int) -> bytes:
    ref = leaf.SessionRef(origin=ORIGIN, sid=sid, seq=0, prev=None, at_ms=at_ms)
    return leaf.session_start(ref, policy=HASH, course="c", lesson_c=HASH, subj_c=HASH, sched_c=HASH)


def amend(sid: str, seq: int, at_ms: int) -> bytes:
    ref = leaf.SessionRef(origin=ORIGIN, sid=sid, seq=seq, prev=HASH, at_ms=at_ms)
    fields = {"target": 1, "target_hash": HASH, "minute": 0, "verdict": "F", "delta_ms": 0}
    return leaf.session_amend(ref, **fields, reason="NO_FACE", request=HASH)


def erasure(at_ms: int) -> bytes:
    return leaf.record(LeafKind.ERASURE, ORIGIN, at_ms, request=HASH, date="2026-11-22", basis="x", sessions=1)


def policy(at_ms: int) -> bytes:
    return leaf.record(LeafKind.POLICY, ORIGIN, at_ms, name="p", digest=HASH)


@dataclass
class Log:
    """Takes leaves in; its clock moves while the holding sleeps."""

    now_ms: int = 10 * ROUND_MS
    until_ms: int = 0
    entries: list[tuple[Key, int]] = field(default_factory=list)
    error: Exception | None = None

    async def submit(self, key: Key, data: bytes) -> int:
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        self.entries.append((key, self.now_ms))
        return len(self.entries) - 1

    async def sleep(self, seconds: float) -> None:
        while self.now_ms >= self.until_ms:
            await asyncio.sleep(0)
        self.now_ms = min(self.until_ms, self.now_ms + round(seconds * 1000))

    def holding(self) -> Holding:
        return Holding(self.submit, lambda: self.now_ms, self.sleep)


async def settled() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_leaves_wait_for_the_end_of_their_round() -> None:
    log = Log()
    holding = log.holding()
    begun = [asyncio.create_task(holding.submit((f"s{n}", 0), start(f"s{n}", log.now_ms + n))) for n in range(20)]
    named = asyncio.create_task(holding.submit(("policy-x", 0), policy(log.now_ms)))
    await settled()
    assert log.entries == []
    log.until_ms = 11 * ROUND_MS - 1
    await settled()
    assert log.entries == []
    log.until_ms = 11 * ROUND_MS
    indexes = await asyncio.gather(*begun)
    assert (await named, sorted(indexes)) == (0, list(range(1, 21)))
    assert {at_ms for _, at_ms in log.entries} == {11 * ROUND_MS}
    assert indexes != sorted(indexes), "drawn anew: one order of 20! is that of the starts"


async def test_a_change_of_credit_waits_too_and_comes_after_its_session() -> None:
    log = Log()
    holding = log.holding()
    assert await holding.submit(("erased-1", 0), erasure(log.now_ms)) == 0, "an erasure names no session"
    old = asyncio.create_task(holding.submit(("old", 4), amend("old", 4, log.now_ms)))
    begun = asyncio.create_task(holding.submit(("s", 0), start("s", log.now_ms)))
    await settled()
    changed = asyncio.create_task(holding.submit(("s", 1), amend("s", 1, log.now_ms)))
    await settled()
    assert [key for key, _ in log.entries] == [("erased-1", 0)]
    log.until_ms = 11 * ROUND_MS
    assert sorted([await old, await begun, await changed]) == [1, 2, 3] and await begun < await changed
    assert await holding.submit(("s", 2), amend("s", 2, log.now_ms - ROUND_MS)) == 4, "its round has ended"


async def test_the_same_submission_joins_the_first_and_other_bytes_are_refused() -> None:
    log = Log()
    holding = log.holding()
    data = start("s", log.now_ms)
    first = asyncio.create_task(holding.submit(("s", 0), data))
    await settled()
    second = asyncio.create_task(holding.submit(("s", 0), data))
    await settled()
    with pytest.raises(IllegalEvent):
        await holding.submit(("s", 0), start("s", log.now_ms - ROUND_MS))
    first.cancel()
    log.until_ms = 11 * ROUND_MS
    assert await second == 0
    assert len(log.entries) == 1


async def test_a_round_that_has_ended_holds_nothing_back() -> None:
    log = Log()
    assert await log.holding().submit(("s", 0), start("s", log.now_ms - ROUND_MS)) == 0


async def test_closing_takes_in_at_once_all_that_is_held() -> None:
    """After the end of the process no timer runs, and the disk may be the last that is left of the service."""
    log = Log()
    holding = log.holding()
    waiting = [
        asyncio.create_task(holding.submit((f"s{n}", 0), start(f"s{n}", log.now_ms + n * ROUND_MS))) for n in range(3)
    ]
    await settled()
    waiting[0].cancel()
    await holding.take_in()
    assert [key for key, _ in log.entries] == [("s0", 0), ("s1", 0), ("s2", 0)], "the earlier round first"
    assert await holding.submit(("s3", 0), start("s3", log.now_ms)) == 3, "a later one enters at once"


async def test_an_error_of_the_log_reaches_every_submitter() -> None:
    log = Log(error=FatalLogError("log.damaged", "Gone."))
    holding = log.holding()
    waiting = [asyncio.create_task(holding.submit((f"s{n}", 0), start(f"s{n}", log.now_ms))) for n in range(2)]
    await settled()
    waiting[0].cancel()
    log.until_ms = 11 * ROUND_MS
    with pytest.raises(FatalLogError):
        await waiting[1]
    await holding.take_in()


async def test_a_session_s_leaves_enter_one_after_another_also_where_the_log_is_slow() -> None:
    log = Log(now_ms=20 * ROUND_MS)
    gate = asyncio.Event()
    first = True

    async def slow(key: Key, data: bytes) -> int:
        nonlocal first
        if first:
            first = False
            await gate.wait()
        return await log.submit(key, data)

    holding = Holding(slow, lambda: log.now_ms, log.sleep)
    leaves = [asyncio.create_task(holding.submit(("s", n), amend("s", n, 0))) for n in range(1, 4)]
    other = asyncio.create_task(holding.submit(("t", 1), amend("t", 1, 0)))
    assert await other == 0
    await settled()
    assert [key for key, _ in log.entries] == [("t", 1)]
    gate.set()
    assert await asyncio.gather(*leaves) == [1, 2, 3]


def test_every_order_is_drawn() -> None:
    keys = [("a", 0), ("b", 0), ("c", 7)]
    draw = random.Random(3)  # noqa: S311 - test data
    assert {tuple(drawn(keys, draw.randrange)) for _ in range(200)} == set(permutations(keys))
    assert drawn([]) == []


def test_only_leaves_of_sessions_and_their_policies_are_due_later() -> None:
    assert due_ms(start("s", 5)) == due_ms(policy(5)) == due_ms(amend("s", 1, 5)) == ROUND_MS
    assert due_ms(erasure(5)) == 0


async def test_a_round_larger_than_one_part_enters_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "AT_ONCE", 4)
    log = Log()
    held = log.holding()
    at_ms = log.now_ms
    keys = [(f"{number:032x}", seq) for number in range(8) for seq in range(3)]
    waiting = [asyncio.create_task(held.submit(key, start(key[0], at_ms + key[1]))) for key in keys]
    await asyncio.sleep(0)
    log.until_ms = log.now_ms + 2 * ROUND_MS
    async with asyncio.timeout(30):
        await asyncio.gather(*waiting)
    assert sorted(key for key, _ in log.entries) == sorted(keys)
    for sid in {key[0] for key in keys}:
        assert [key[1] for key, _ in log.entries if key[0] == sid] == [0, 1, 2]
