"""One person earns one hour: a later start with the same reference to a person ends the session elsewhere."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from support.stores import open_store, row
from support.study import POLICY, ManualClock, Student, service
from zaichang.core.enums import SessionState
from zaichang.core.errors import StorageError
from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.main.service import Services
from zaichang.ports.records import Learner

REF, OTHER = "ab" * 32, "cd" * 32
TWO = "two"


async def second_institution(services: Services) -> None:
    await services.institutions.add(InstitutionId(TWO), "乙", "Second")
    await services.lessons.add(
        TWO, "course", "lesson", title_zh="课", title_en="Lesson", duration_ms=1_800_000, policy=POLICY
    )  # type: ignore[arg-type]
    await services.enrolling.from_photos(InstitutionId(TWO), LearnerId("p-9"), [b"a photo"])


async def begun(services: Services, clock: ManualClock, institution: str, learner: str, person_ref: str) -> Student:
    student = Student(services, clock)
    launch = await services.launches.issue(institution, learner, "course", "lesson", person_ref=person_ref)  # type: ignore[arg-type]
    await student.begin(launch)
    return student


async def ended(services: Services, student: Student) -> None:
    await student.finish()
    await student.closed()


async def earned(services: Services, *students: Student) -> list[tuple[int, int, int]]:
    """Return institution's first and last server time and the verified time of each session."""
    found = []
    for student in students:
        minutes: list[Any] = [json.loads(each.body) for each in await services.store.minutes(student.session_id)]  # type: ignore[arg-type]
        good = [each for each in minutes if each["verified_ms"]]
        found.append((good[0]["from_ms"], good[-1]["to_ms"], sum(each["verified_ms"] for each in good)))
    return found


async def test_a_start_in_another_institution_ends_the_session_and_no_time_counts_twice(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        await second_institution(services)
        first = await begun(services, clock, "inst", "learner", REF)
        await first.play(60_000, 10_000)
        second = await begun(services, clock, TWO, "p-9", REF)
        await first.closed()
        await services.hub.settle()
        closed = await services.store.session(first.session_id)  # type: ignore[arg-type]
        assert (closed.state, closed.superseded_by) == (SessionState.CLOSED, second.session_id)
        await second.play(60_000, 10_000)
        await ended(services, second)
        (_, one_end, one_ms), (two_start, _, two_ms) = await earned(services, first, second)
        assert one_end <= two_start and one_ms > 0 and two_ms > 0


async def test_another_person_and_an_account_without_a_person_go_on(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        await second_institution(services)
        await services.enrolling.from_photos(InstitutionId("inst"), LearnerId("plain"), [b"another photo"])
        for learner, mine, theirs in (("learner", REF, OTHER), ("plain", "", REF)):
            first = await begun(services, clock, "inst", learner, mine)
            second = await begun(services, clock, TWO, "p-9", theirs)
            states = [(await services.store.session(each.session_id)).state for each in (first, second)]  # type: ignore[arg-type]
            assert states == [SessionState.OPEN, SessionState.OPEN]
            await ended(services, second)
            await ended(services, first)


async def test_a_launch_that_names_nobody_keeps_the_person_of_the_one_before(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        await second_institution(services)
        await ended(services, await begun(services, clock, TWO, "p-9", REF))
        first = await begun(services, clock, "inst", "learner", REF)
        await begun(services, clock, TWO, "p-9", "")
        await first.closed()


async def test_two_starts_at_once_leave_one_session_open(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        await second_institution(services)
        launches = [
            await services.launches.issue(institution, learner, "course", "lesson", person_ref=REF)  # type: ignore[arg-type]
            for institution, learner in (("inst", "learner"), (TWO, "p-9"))
        ]
        pages = [Student(services, clock), Student(services, clock)]
        await asyncio.gather(*(page.join(launch) for page, launch in zip(pages, launches, strict=True)))
        await services.hub.settle()
        rows = [await services.store.session(page.session_id) for page in pages]  # type: ignore[arg-type]
        assert sorted(each.state for each in rows) == [SessionState.CLOSED, SessionState.OPEN]


async def test_storage_alone_refuses_a_second_open_session_of_a_person(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.ensure_learner(Learner(institution_id="inst", learner_id="b", wrapped_key=b"w", created_ms=1))
        await store.open_session(row(1, person="who"))
        replaced = await store.open_session(row(2, learner_id="b", person="who"))
        assert [(each.session_id, each.state) for each in replaced] == [("s1", SessionState.SUPERSEDED)]
        with pytest.raises(StorageError):
            await store._db.write(lambda db: db.execute("UPDATE sessions SET state = 'open'").rowcount)
