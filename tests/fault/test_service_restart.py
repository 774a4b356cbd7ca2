"""kill -9 in mid-session: nothing acknowledged is lost, and the player goes on by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from support.process import Page, prepare, serving
from support.study import FixedVision, ManualClock, Student, service, token
from zaichang.adapters.keys.vault import Vault, load_key
from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.sql.store import SqliteStore
from zaichang.audit.bundle import write_bundle
from zaichang.audit.check import exit_code
from zaichang.audit.replay.rule_replay import replay_by_rules
from zaichang.audit.verify import verify_bundle
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.reasons import ReasonCode
from zaichang.log.bundles import export_sessions, log_trust, place_of
from zaichang.log.reader import LogReader
from zaichang.main.logs import FolderLogs
from zaichang.main.service import build
from zaichang.protocol import messages as m
from zaichang.session.codec import decode_event
from zaichang.session.events import CaptureAssessed, CaptureReceived, HeartbeatReceived
from zaichang.settings import load_settings
from zaichang.tlog.trust import parse_trust


async def _until(page: Page, acknowledged: int) -> None:
    async with asyncio.timeout(60):
        while len(page.acknowledged) < acknowledged:
            await asyncio.sleep(0.05)


@pytest.mark.e2e
async def test_a_killed_service_loses_nothing_acknowledged_and_the_player_resumes(tmp_path: Path) -> None:
    page = Page(await prepare(tmp_path))
    done = asyncio.Event()
    async with serving(tmp_path) as server:
        port = server.port
        studying = asyncio.create_task(page.study(server.url, done))
        await _until(page, 8)
        await server.kill()
        await studying
    before = list(page.acknowledged)
    session_id = page.session_id
    async with serving(tmp_path, port) as server:
        studying = asyncio.create_task(page.study(server.url, done))
        await _until(page, len(before) + 8)
        done.set()
        await studying
        assert await server.stop() == 0
    assert page.resumed and page.session_id == session_id
    assert page.closed is not None and page.closed.verified_ms > 2_000
    assert sum(minute.verified_ms for minute in page.minutes.values()) == page.closed.verified_ms

    folder = DataFolder(tmp_path)
    store = SqliteStore(folder, read_only=True)
    try:
        events = [decode_event(parse_canonical_object(body)) for body in await store.events(session_id)]
        beats = [event.seq for event in events if isinstance(event, HeartbeatReceived)]
        assert {ack.seq for ack in page.acknowledged} <= set(beats)
        assert [event.at_ms for event in events] == sorted(event.at_ms for event in events)
        row = await store.session(session_id)
        assert row.state == "closed" and row.epoch > 1
        place = place_of(FolderLogs(folder), row)
        reader = LogReader(place.published)
        bundle = await export_sessions(store, Vault(load_key(folder, "master.key", create=False)), reader, [row])
        trust = parse_trust(log_trust(place))
        checks = verify_bundle(write_bundle(bundle), trust, replay_by_rules)
        assert exit_code(checks) == 0, [check.line() for check in checks if check.status != "pass"]
    finally:
        store.close()


async def test_a_picture_that_was_not_analysed_before_the_crash_never_counts(tmp_path: Path) -> None:
    clock, vision = ManualClock(), FixedVision()
    async with service(tmp_path, clock=clock, vision=vision) as services:
        student = Student(services, clock)
        vision.hold = asyncio.Event()
        await student.join(launch := await token(services))
        order = await student.expect(m.CaptureOrder)
        student.take(order)
        async with asyncio.timeout(10):
            while not vision.seen:
                await asyncio.sleep(0)
        before = await services.store.events(student.session_id)
        student.task.cancel()
        await services.abandon()
    assert any(b'"CaptureReceived"' in body for body in before)
    assert not any(b'"CaptureAssessed"' in body for body in before)

    async with service(tmp_path, clock=clock, seed="after") as services:
        events = [
            decode_event(parse_canonical_object(body)) for body in await services.store.events(student.session_id)
        ]
        [received] = [event for event in events if isinstance(event, CaptureReceived)]
        [assessed] = [event for event in events if isinstance(event, CaptureAssessed)]
        assert assessed.capture_id == received.capture_id
        assert assessed.assessment.reasons == (ReasonCode.NOT_ANALYSED,)
        again = Student(services, clock)
        assert (await again.join(launch, resume=student.session_id)).resumed
        await again.leave()


@pytest.mark.parametrize("crash", ["before the log", "before the outbox", "before the note"])
async def test_minutes_that_were_decided_reach_the_outbox_once_after_a_crash(tmp_path: Path, crash: str) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        student = Student(services, clock)
        await student.begin(await token(services))
        await student.play(190_000)
        await services.hub.settle()
        assert any(minute.published for minute in await services.store.minutes(student.session_id))
        undo = ["UPDATE minutes SET delivered = 0"]
        if crash == "before the log":
            undo.append("UPDATE leaves SET entry_index = NULL")
        for statement in undo:
            await services.store._db.write(lambda db, sql=statement: db.execute(sql).rowcount)  # type: ignore[misc]
        student.task.cancel()
        await services.abandon()
    [outbox] = (tmp_path / "outbox").iterdir()
    line = outbox.read_bytes()
    outbox.write_bytes((line if crash == "before the note" else b"") + b'{"torn')

    async with service(tmp_path, clock=clock, seed="after") as services:
        assert await services.store.unanchored() == []
        assert await services.store.unpublished() == []
    written = outbox.read_bytes()
    assert written.startswith(line)
    keys = [(value["session"], value["minute"]) for value in map(parse_canonical_object, written.splitlines())]
    assert len(keys) == len(set(keys))


async def test_a_superseded_session_that_a_crash_left_open_is_closed_at_the_start(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        student = Student(services, clock)
        await student.begin(await token(services))
        await services.store._db.write(lambda db: db.execute("UPDATE sessions SET state = 'superseded'").rowcount)
        student.task.cancel()
        await services.abandon()
    async with service(tmp_path, clock=clock, seed="after") as services:
        assert (await services.store.session(student.session_id)).state == "closed"


async def test_a_damaged_session_does_not_keep_the_others_from_starting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        students = [Student(services, clock) for _ in range(2)]
        launches = [await token(services, f"learner-{number}") for number in range(2)]
        for student, launch in zip(students, launches, strict=True):
            await student.begin(launch)
        await services.store._db.write(
            lambda db: (
                db.execute(
                    "UPDATE events SET body = x'7b7d' WHERE session_id = ? AND seq = 2", (students[0].session_id,)
                ).rowcount
            )
        )
        for student in students:
            student.task.cancel()
        await services.abandon()
    async with service(tmp_path, clock=clock, seed="after") as services:
        assert students[0].session_id in caplog.text
        sound, damaged = Student(services, clock), Student(services, clock)
        assert (await sound.join(launches[1], resume=students[1].session_id)).resumed
        damaged.send(m.Join(protocol=1, token=launches[0], client_nonce_c="ab" * 32, resume=students[0].session_id))
        assert (await damaged.closed())[0] == 4500
        await sound.leave()


async def test_a_data_folder_in_use_is_refused(tmp_path: Path) -> None:
    async with service(tmp_path):
        with pytest.raises(Exception, match=r"storage\.locked"):
            await build(load_settings(None, {"data": tmp_path}, {}), clock=ManualClock(), vision=FixedVision())
