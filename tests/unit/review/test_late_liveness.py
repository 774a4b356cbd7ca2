"""A session left without its closing movements: those of the next one make up for them, within bounds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support.desk import done
from support.study import POLICY, ManualClock, Student, service, token
from zaichang.live.resuming import LOOK_BACK
from zaichang.live.session import LiveSession
from zaichang.main.service import Services
from zaichang.protocol.messages import Ack
from zaichang.review import late_liveness as late_liveness
from zaichang.session.events import LivenessAssessed, LivenessBegun
from zaichang.session.judgements import liveness_tries

LIVE = replace(POLICY, liveness_start=True, liveness_bracket=True, session_max_ms=3_600_000, abandon_ms=600_000)


async def move(services: Services, student: Student, clock: ManualClock) -> None:
    """Do what the open liveness challenge asks for, and pass."""
    session = found(services, student)
    challenge = session.state.challenges.open
    assert challenge is not None and challenge.kind == "liveness"
    session._liveness.begin = lambda order: None  # type: ignore[method-assign]  # its analysis has no pictures here
    await session.apply(lambda at_ms: LivenessBegun(at_ms=at_ms, challenge_id=challenge.challenge_id))
    begun = session.state.challenges.open
    assert begun is not None
    order = liveness_tries.order_of(session.state, begun, session.policy)
    clock.at_ms += 3_000
    await session.apply(lambda at_ms: LivenessAssessed(at_ms=at_ms, **done(order, camera="cam")))


def found(services: Services, student: Student) -> LiveSession:
    session = services.hub.find(student.session_id)
    assert session is not None
    return session


async def begun(services: Services, clock: ManualClock, lesson: str = "lesson") -> Student:
    student = Student(services, clock)
    await student.join(await services.launches.issue("inst", "learner", "course", lesson))
    for _ in range(30):
        clock.at_ms += 1_000
        student.beat(playing=False)
        await student.expect(Ack)
        await services.hub.settle()
        if found(services, student).state.challenges.open is not None:
            await move(services, student, clock)
            return student
    raise AssertionError("no movements were asked for")


async def left(services: Services, clock: ManualClock) -> Student:
    """Study with captures and leave without closing movements."""
    student = await begun(services, clock)
    await student.play(120_000)
    assert found(services, student).state.credit.held
    await student.leave()
    return student


async def credited_ms(services: Services) -> int:
    parts = await services.store.credited("inst", "learner", "course", "lesson")
    return sum(end_ms - start_ms for start_ms, end_ms in parts)


@pytest.mark.parametrize(("away_ms", "granted"), [(300_000, True), (3_600_000, False)])
async def test_coming_back_in_time_and_moving_grants_what_was_proved(
    tmp_path: Path, away_ms: int, granted: bool
) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, policy=LIVE) as services:
        first = await left(services, clock)
        held_ms = sum(
            b - a for _, a, b in found(services, first).state.credit.pending[: found(services, first).state.credit.held]
        )
        assert held_ms > 0
        clock.at_ms += away_ms
        second = await begun(services, clock)
        frontier_ms = found(services, second).state.frontier_ms
        assert frontier_ms == (held_ms if granted else 0), "who comes back in time need not watch it again"
        assert await credited_ms(services) == 0, "not while the next session runs"
        await services.hub.settle()
        await found(services, second).supersede()
        await services.hub.settle()
        await services.late_liveness.settle()
        assert await credited_ms(services) == (held_ms if granted else 0)
        amendments = await services.store.amendments(first.session_id)
        assert {each.reason for each in amendments} == ({"MOVEMENTS_FOLLOWED"} if granted else set())
        assert {each.reviewer_id for each in amendments} <= {late_liveness.AUTHOR}
        assert sum(each.delta_ms for each in amendments) == (held_ms if granted else 0)


async def test_a_session_that_passed_no_movements_makes_up_for_nothing(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, policy=LIVE) as services:
        first = await left(services, clock)
        clock.at_ms += 60_000
        second = Student(services, clock)
        await second.join(await token(services))
        await found(services, second).supersede()
        await services.hub.settle()
        await services.late_liveness.settle()
        assert await services.store.amendments(first.session_id) == []


async def test_the_movements_of_another_lesson_make_up_for_it_too(tmp_path: Path) -> None:
    """The film ends and the next one opens at once: the same person before the same camera goes on."""
    clock = ManualClock()
    async with service(tmp_path, clock=clock, policy=LIVE) as services:
        first = await left(services, clock)
        held_ms = sum(b - a for _, a, b in found(services, first).state.credit.pending)
        await services.lessons.add(
            "inst", "course", "other", title_zh="课", title_en="L", duration_ms=1_800_000, policy=LIVE
        )
        second = await begun(services, clock, "other")
        await found(services, second).supersede()
        await services.hub.settle()
        await services.late_liveness.settle()
        assert {each.reason for each in await services.store.amendments(first.session_id)} == {"MOVEMENTS_FOLLOWED"}
        assert 0 < await credited_ms(services) <= held_ms


@pytest.mark.parametrize("between", [1, LOOK_BACK - 1, LOOK_BACK])
async def test_tabs_opened_by_mistake_in_between_change_nothing_unless_they_are_many(
    tmp_path: Path, between: int
) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, policy=LIVE) as services:
        first = await left(services, clock)
        held_ms = sum(
            b - a for _, a, b in found(services, first).state.credit.pending[: found(services, first).state.credit.held]
        )
        for _ in range(between):
            clock.at_ms += 10_000
            await Student(services, clock).join(await token(services))
            await services.hub.settle()
        clock.at_ms += 10_000
        last = await begun(services, clock)
        near = between < LOOK_BACK
        assert found(services, last).state.frontier_ms == (held_ms if near else 0)
        await found(services, last).supersede()
        await services.hub.settle()
        await services.late_liveness.settle()
        assert await credited_ms(services) == (held_ms if near else 0)
