"""Counts by institution and course from stored sessions, minutes, appeals and revocations."""

from __future__ import annotations

import json
from pathlib import Path

from support.study import FixedVision, ManualClock, Student, service, token
from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import RevocationScope
from zaichang.core.reasons import ReasonCode
from zaichang.hours.feed import HourFeed
from zaichang.main.service import Services
from zaichang.ports.hours.figures import CourseCounts
from zaichang.review.revocations import Wanted

FAR_MS = 2**52


async def study(services: Services, clock: ManualClock, learner: str = "learner") -> str:
    student = Student(services, clock)
    await student.study(await token(services, learner))
    return student.session_id


async def write(services: Services, sql: str, *values: object) -> None:
    await services.store._db.write(lambda db: db.execute(sql, values).rowcount)


async def test_each_count(tmp_path: Path) -> None:
    clock, vision = ManualClock(), FixedVision()
    async with service(tmp_path, clock=clock, vision=vision) as services:
        store = services.store
        assert await store.course_counts(0, FAR_MS) == []
        first = await study(services, clock)
        begin_ms = (await store.session(first)).opened_ms
        await HourFeed(store).feed()
        [counts] = await store.course_counts(begin_ms, begin_ms + 1)
        assert counts == CourseCounts(
            institution_id="inst", course_id="course", learners=1, sessions=1, without_face=0,
            minutes=counts.minutes, refused=counts.refused, no_face=0, appealed=0, revoked=0, begun=1, completed=0,
        )  # fmt: skip
        minutes = await store.minutes(first)
        assert counts.minutes == len(minutes) and counts.refused == sum(b'"verdict":"F"' in m.body for m in minutes)
        assert await store.course_counts(begin_ms + 1, FAR_MS) == [] == await store.course_counts(0, begin_ms)

        await services.review.appeal(("inst", "learner"), first, [0], "?")
        second = await study(services, clock)
        await write(services, "UPDATE sessions SET route = 'challenge' WHERE session_id = ?", second)
        proposed = await services.revocations.propose(
            "inst", "ren", Wanted(scope=RevocationScope.SESSION, reason=ReasonCode.REVOKED_PROXY, session_id=first)
        )
        await services.revocations.confirm("inst", "sun", proposed.revocation_id)
        [counts] = await store.course_counts(0, FAR_MS)
        assert (counts.learners, counts.sessions, counts.without_face) == (1, 2, 1)
        assert (counts.appealed, counts.revoked, counts.begun) == (1, 1, 1)

        running = Student(services, clock)
        await running.begin(await token(services))
        [open_too] = await store.course_counts(0, FAR_MS)
        assert open_too.sessions == 2, "a session that runs is not counted yet"


async def test_a_lesson_is_completed_by_all_sessions_of_its_period(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        await write(services, "UPDATE lessons SET duration_ms = ?", 73000)
        await study(services, clock)
        await HourFeed(services.store).feed()
        [counts] = await services.store.course_counts(0, FAR_MS)
        assert (counts.begun, counts.completed) == (1, 1)
        await write(services, "UPDATE lessons SET duration_ms = ?", 74000)
        [counts] = await services.store.course_counts(0, FAR_MS)
        assert (counts.begun, counts.completed) == (1, 0)


async def test_minutes_without_a_face_are_counted(tmp_path: Path) -> None:
    clock, vision = ManualClock(), FixedVision()
    async with service(tmp_path, clock=clock, vision=vision) as services:
        session = await study(services, clock)
        body = (await services.store.minutes(session))[0].body
        record = {**json.loads(body), "reasons": ["NO_FACE"]}
        await write(services, "UPDATE minutes SET body = ? WHERE minute = 0", canonical_bytes(record))
        [counts] = await services.store.course_counts(0, FAR_MS)
        assert counts.no_face == 1
