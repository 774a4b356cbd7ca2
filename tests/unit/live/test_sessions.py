"""The table of open sessions: a session leaves it at its end, and when another process takes it over."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from support.study import ManualClock, Student, service, token
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import StorageError
from zaichang.live import session as session_module
from zaichang.live.gateway import Gateway
from zaichang.live.recorder import Recorder
from zaichang.live.session import LiveSession
from zaichang.live.sessions import SessionHub
from zaichang.main.service import Services
from zaichang.protocol.close_codes import CloseCode
from zaichang.session.codec import decode_minute
from zaichang.session.events import DeadlineReached
from zaichang.session.playhead import total_ms


async def out_of_memory(services: Services) -> None:
    """Wait until no session is in memory; a leak ends in a timeout."""
    async with asyncio.timeout(10):
        while services.hub.open_sessions():
            await services.hub.settle()
            await asyncio.sleep(0)


async def away(services: Services, clock: ManualClock) -> LiveSession:
    """Return a session whose page has closed."""
    student = Student(services, clock)
    await student.begin(await token(services))
    await student.play(30_000)
    await student.leave()
    session = services.hub.find(student.session_id)
    assert session is not None and not session.closed
    return session


async def deadline(session: LiveSession) -> None:
    """Do as the session's timer does once its time has come."""
    await session.apply(lambda at_ms: DeadlineReached(at_ms=at_ms))


@pytest.mark.parametrize("passed_ms", [1_800_000, 14_400_000], ids=["abandoned", "time limit"])
async def test_a_session_that_ends_while_its_learner_is_away_leaves_memory(tmp_path: Path, passed_ms: int) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        session = await away(services, clock)
        clock.at_ms += passed_ms
        await deadline(session)
        assert session.closed
        await out_of_memory(services)
        assert (await services.store.session(session.row.session_id)).state == "closed"
        assert await services.store.unpublished() == [], "its records were written first"


async def test_a_session_that_is_superseded_while_its_learner_is_away_leaves_memory(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        first = await away(services, clock)
        second = Student(services, clock)
        await second.begin(await token(services))
        assert first.closed
        await services.hub.settle()
        assert [each.row.session_id for each in services.hub.open_sessions()] == [second.session_id]
        await second.finish()
        await second.closed()
        await out_of_memory(services)


def loud(caplog: pytest.LogCaptureFixture, session_id: str) -> list[str]:
    """Return the level of every line about a session that an operator is to see."""
    lines = [record for record in caplog.records if session_id in record.getMessage()]
    return [record.levelname for record in lines if record.levelno >= logging.WARNING]


async def test_a_stop_of_two_hours_or_a_clock_set_forward_abandons_nobody(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        launch = await token(services)
        student = Student(services, clock)
        await student.begin(launch)
        await student.play(90_000)
    clock.at_ms += 7_200_000
    async with service(tmp_path, seed="again", clock=clock, enrol_first=False) as services:
        session = services.hub.find(student.session_id)
        assert session is not None and not session.closed
        back = Student(services, clock)
        assert (await back.join(launch, resume=student.session_id)).resumed
        back.playhead_ms = student.playhead_ms
        await back.play(90_000)
        await back.finish()
        await back.closed()
        credited = total_ms(await services.store.credited("inst", "learner", "course", "lesson"))
        assert 0 < credited <= 180_000, "the stop itself is never credited"


class Process:
    """A second process on the same store: its own table of sessions and its own gateway."""

    def __init__(self, services: Services) -> None:
        ports = services.session_ports
        self.hub = SessionHub(ports, Recorder(ports), lambda error: None)
        self.gateway = Gateway(self.hub, services.tokens, ports)


async def test_a_session_that_another_process_took_over_lets_its_player_go(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        launch = await token(services)
        student = Student(services, clock)
        await student.begin(launch)
        await student.play(90_000)
        old = services.hub.find(student.session_id)
        assert old is not None
        other = Process(services)
        back = Student(services, clock)
        monkeypatch.setattr(session_module, "RETRY_MS", 1)
        with caplog.at_level(logging.INFO, "zaichang"):
            # The second process claims the session; the first learns of it at its next write.
            back.task.cancel()
            back.task = asyncio.ensure_future(other.gateway.serve(back.pipe))
            joined = await back.join(launch, resume=student.session_id)
            assert joined.resumed
            clock.at_ms += 5_000
            student.beat()
            assert await student.closed() == (CloseCode.RESTARTING, "storage.fenced")
            assert services.hub.open_sessions() == (), "the old owner forgot it"
            assert not old._timer.is_set
            with pytest.raises(Exception, match="taken over"):
                await deadline(old)
            await old.settle()  # nothing is left that could try again
            assert not old._tasks and not old._timer.is_set
            assert loud(caplog, student.session_id) == ["WARNING"]
        back.playhead_ms, back.services = student.playhead_ms, _with(services, other)
        await back.play(90_000)
        await back.finish()
        await back.closed()
        stored = await services.store.minutes(student.session_id)
        minutes = [decode_minute(parse_canonical_object(each.body)) for each in stored]
        credited = await services.store.credited("inst", "learner", "course", "lesson")
        assert total_ms(credited) == sum(total_ms(minute.verified) for minute in minutes) > 60_000
        async with asyncio.timeout(10):
            while other.hub.open_sessions():
                await other.hub.settle()
                await asyncio.sleep(0)


async def test_a_timer_that_finds_its_session_taken_over_stops(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        session = await away(services, clock)
        await services.store.claim(session.row.session_id)
        clock.at_ms += 1_800_000
        session._timer._rang()
        await services.hub.settle()
        assert services.hub.open_sessions() == () and not session._timer.is_set
        assert loud(caplog, session.row.session_id) == ["WARNING"]


def _with(services: Services, other: Process) -> Services:
    from dataclasses import replace

    return replace(services, hub=other.hub, gateway=other.gateway)


async def test_the_work_of_a_session_that_was_taken_over_ends_before_the_store_closes(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        session = await away(services, clock)
        going_on = asyncio.Event()
        work = asyncio.ensure_future(_wait(going_on))
        session._tasks.add(work)
        await services.store.claim(session.row.session_id)
        clock.at_ms += 1_800_000
        with pytest.raises(StorageError, match="taken over"):
            await deadline(session)
        assert services.hub.open_sessions() == ()
        await services.hub.stop()
        assert work.cancelled(), "stopping reaches what a lost session had under way"


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
