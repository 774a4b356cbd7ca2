"""A log that holds leaves back holds up no player, and loses no leaf when the service stops."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from support.study import POLICY, ManualClock, Student, service, token
from zaichang.core.units import ROUND_MS
from zaichang.ports.records import StoredLeaf
from zaichang.tlog.leaf import parse_leaf


def indexes(leaves: tuple[StoredLeaf, ...] | list[StoredLeaf]) -> list[int | None]:
    return [leaf.entry_index for leaf in leaves]


async def no_settling() -> None:
    """Stand in for ``hub.settle``, which would wait for the leaves that are held back."""
    await asyncio.sleep(0.01)


async def test_the_player_is_let_go_at_once_and_a_stop_takes_in_what_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, log_hold_back=True) as services:
        monkeypatch.setattr(services.hub, "settle", no_settling)
        log = await services.logs.log_for("inst", clock.at_ms)
        before = log.sequencer.checkpoint.checkpoint.size
        student = Student(services, clock)
        await student.begin(await token(services))
        await student.finish()
        await student.closed()
        assert "the log is slow" not in caplog.text, "the end waited for a record that is held back"
        leaves = await services.store.leaves(student.session_id)
        assert [leaf.kind for leaf in leaves] == ["session.start", "session.segment", "session.final"]
        assert indexes(list(leaves)) == [None] * 3
        assert log.sequencer.checkpoint.checkpoint.size == before
    async with service(tmp_path, clock=clock, seed="second", log_hold_back=True) as services:
        leaves = await services.store.leaves(student.session_id)
        found = indexes(list(leaves))
        assert None not in found and found == sorted(found, key=lambda index: index or 0)
        dated = [parse_leaf(leaf.body)["at"] for leaf in leaves]
        assert dated == [clock.at_ms // ROUND_MS * ROUND_MS] + [(clock.at_ms // ROUND_MS + 1) * ROUND_MS] * 2


async def test_a_start_that_waits_for_a_beacon_enters_at_once(tmp_path: Path) -> None:
    clock, policy = ManualClock(), replace(POLICY, beacon_wait_ms=60_000)
    async with service(tmp_path, clock=clock, policy=policy, log_hold_back=True) as services:
        student = Student(services, clock)
        await student.join(await token(services))
        async with asyncio.timeout(20):
            while indexes(list(await services.store.leaves(student.session_id))) == [None]:
                await asyncio.sleep(0.01)
