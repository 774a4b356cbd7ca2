"""The delivery log: records reach their session, before it, during it and after it; repeats change nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.study import POLICY, T0_MS, ManualClock, Student, service, token
from zaichang.adapters.sql import media_deliveries as table
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import NotAllowed, PeerViolation
from zaichang.evidence.case_rules import session_case_id
from zaichang.main.service import Services
from zaichang.ports.records import Delivery
from zaichang.review import media_delivery as desk
from zaichang.session.codec import decode_event
from zaichang.session.events import MediaDelivered
from zaichang.session.replay import replay

STRICT = replace(POLICY, delivery_required=True, delivery_wait_ms=600_000)
HOUR_MS = 3_600_000


async def launched(services: Services, **more: Any) -> tuple[str, str]:
    text = await token(services, **more)
    return text, services.tokens.verify(text, T0_MS).token_id


def record(launch: str, start_ms: int = 0, end_ms: int = HOUR_MS, sent_ms: int = T0_MS) -> Delivery:
    return Delivery(launch=launch, start_ms=start_ms, end_ms=end_ms, sent_ms=sent_ms)


async def credited_ms(services: Services) -> int:
    parts = await services.store.credited("inst", "learner", "course", "lesson")
    return sum(end_ms - start_ms for start_ms, end_ms in parts)


async def log_events(services: Services, session_id: str) -> list[MediaDelivered]:
    events = [decode_event(parse_canonical_object(body)) for body in await services.store.events(session_id)]
    return [event for event in events if isinstance(event, MediaDelivered)]


async def study(services: Services, clock: ManualClock, text: str, ms: int = 70_000) -> Student:
    student = Student(services, clock)
    await student.begin(text)
    await student.play(ms)
    return student


async def test_what_was_sent_before_the_session_began_counts(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, policy=STRICT) as services:
        text, launch = await launched(services)
        assert await services.deliveries.take("inst", [record(launch, 0, 30_000), record(launch, 30_000)]) == 1
        student = await study(services, clock, text)
        closed = await student.finish()
        assert closed.verified_ms == 70_000 == await credited_ms(services)
        (event,) = await log_events(services, student.session_id)
        assert event.spans == ((0, HOUR_MS, T0_MS),), "neighbours were joined"


async def test_without_a_log_nothing_counts_and_a_log_during_the_session_counts_at_once(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, policy=STRICT) as services:
        text, launch = await launched(services)
        student = await study(services, clock, text)
        session = services.hub.find(student.session_id)
        assert session is not None and session.state.credit.waiting and not session.state.credit.credited
        assert await services.deliveries.take("inst", [record(launch, 0, 40_000)]) == 1
        assert session.state.credit.credited == ((0, 40_000),)
        assert await services.deliveries.take("inst", [record(launch, 0, 40_000)]) == 0, "a repeat is not new"
        assert len(await log_events(services, student.session_id)) == 1
        assert await services.deliveries.take("inst", [record(launch, 0, 40_000, T0_MS - 5)]) == 1, "sent even earlier"
        closed = await student.finish()
        assert (closed.verified_ms, closed.undecided_ms) == (40_000, 30_000)
        stored = [
            decode_event(parse_canonical_object(each)) for each in await services.store.events(student.session_id)
        ]
        assert replay(stored, STRICT).state == session.state


async def test_a_log_after_the_end_grants_by_a_new_entry_and_only_once(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, policy=STRICT) as services:
        text, launch = await launched(services)
        student = await study(services, clock, text)
        closed = await student.finish()
        await student.closed()
        await services.hub.settle()
        assert (closed.verified_ms, closed.undecided_ms) == (0, 70_000)
        minutes = await services.store.minutes(student.session_id)
        clock.at_ms += HOUR_MS
        assert await services.deliveries.take("inst", [record(launch, 0, 50_000)]) == 1
        assert await credited_ms(services) == 50_000
        assert [each.body for each in await services.store.minutes(student.session_id)] == [m.body for m in minutes]
        (amendment,) = await services.store.amendments(student.session_id)
        assert (amendment.reviewer_id, amendment.reason, amendment.delta_ms) == (
            desk.AUTHOR, "DELIVERY_CONFIRMED", 50_000,
        )  # fmt: skip
        kinds = [leaf.kind for leaf in await services.store.leaves(student.session_id)]
        assert kinds[-1] == "session.amend"
        await services.deliveries.sweep()
        await services.deliveries.take("inst", [record(launch, 0, 50_000, T0_MS - 9)])
        assert await credited_ms(services) == 50_000
        left = await services.review.left(student.session_id)
        assert sum(end_ms - start_ms for part in left.values() for start_ms, end_ms in part) == 20_000
        await services.deliveries.take("inst", [record(launch, 50_000, 70_000)])
        assert await credited_ms(services) == 70_000, "the rest of a minute follows with the rest of the log"
        case = await services.store.case(session_case_id(student.session_id))
        assert (case.state, case.undecided_ms) == ("closed", 0)


async def test_a_late_log_waits_while_the_learner_studies_the_lesson_again(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, policy=STRICT) as services:
        text, launch = await launched(services)
        student = await study(services, clock, text)
        await student.finish()
        await student.closed()
        again = Student(services, clock)
        await again.begin(await token(services))
        await services.deliveries.take("inst", [record(launch)])
        assert await credited_ms(services) == 0
        await again.finish()
        await again.closed()
        await services.hub.settle()
        await services.deliveries.sweep()
        assert await credited_ms(services) == 70_000
        assert await services.store.launches_waiting(10) == []


async def test_records_after_the_wait_of_a_running_session_grant_it_once_it_has_ended(tmp_path: Path) -> None:
    clock = ManualClock()
    soon = replace(STRICT, delivery_wait_ms=10_000)
    async with service(tmp_path, clock=clock, policy=soon) as services:
        text, launch = await launched(services)
        student = await study(services, clock, text, 100_000)
        session = services.hub.find(student.session_id)
        assert session is not None
        given_up = session.state.credit.undecided
        assert given_up and given_up[0][0] == 0, "the first part was given up while the session runs"
        assert await services.deliveries.take("inst", [record(launch)]) == 1
        assert session.state.credit.undecided == given_up, "the rules do not take it back"
        assert await services.store.launches_waiting(10) == [], "nothing to do before the end"
        stored = len(await log_events(services, student.session_id))
        await services.deliveries.sweep()
        assert len(await log_events(services, student.session_id)) == stored == 1, "it is taken in once"
        closed = await student.finish()
        await student.closed()
        await services.hub.settle()
        assert closed.verified_ms == await credited_ms(services) < 100_000
        await services.deliveries.sweep()
        assert await credited_ms(services) == 100_000
        assert await services.store.launches_waiting(10) == []
        assert not await services.review.left(student.session_id)


async def test_media_that_was_sent_too_late_stays_given_up_after_the_end(tmp_path: Path) -> None:
    clock = ManualClock()
    soon = replace(STRICT, delivery_wait_ms=10_000)
    async with service(tmp_path, clock=clock, policy=soon) as services:
        text, launch = await launched(services)
        student = await study(services, clock, text, 100_000)
        await services.deliveries.take("inst", [record(launch, sent_ms=clock.at_ms)])
        await student.finish()
        await student.closed()
        await services.hub.settle()
        await services.deliveries.sweep()
        assert await credited_ms(services) == 40_000, "the media of the first minute came after it"
        assert await services.store.launches_waiting(10) == []


async def test_another_institution_cannot_say_what_was_sent(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, policy=STRICT) as services:
        await services.institutions.add("other", "别", "Other")
        text, launch = await launched(services)
        await services.deliveries.take("other", [record(launch)])
        student = await study(services, clock, text)
        await services.deliveries.take("other", [record(launch, 0, 60_000)])
        assert (await student.finish()).verified_ms == 0
        assert await log_events(services, student.session_id) == []


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"start_ms": -1}, "Record 1: its part"), ({"start_ms": 5, "end_ms": 5}, "Record 1: its part"),
        ({"end_ms": 2**40}, "Record 1: its part"), ({"sent_ms": -1}, "Record 1: it was sent"),
        ({"sent_ms": T0_MS + desk.AHEAD_MS + 1}, "Record 1: it was sent"), ({"launch": "a b"}, "launch must be"),
    ],
)  # fmt: skip
async def test_impossible_records_are_refused_and_nothing_is_kept(
    tmp_path: Path, change: dict[str, Any], what: str
) -> None:
    async with service(tmp_path) as services:
        good = record("a" * 32)
        with pytest.raises(PeerViolation, match=what):
            await services.deliveries.take("inst", [good, replace(good, **change)])
        with pytest.raises(PeerViolation, match=r"may hold 2000"):
            await services.deliveries.take("inst", [good] * (desk.RECORDS_MAX + 1))
        assert await services.store.unused_deliveries("inst", "a" * 32, 10) == []
        assert await services.deliveries.take("inst", []) == 0


async def test_a_clock_that_is_a_little_ahead_is_not_believed(tmp_path: Path) -> None:
    async with service(tmp_path) as services:
        await services.deliveries.take("inst", [record("a" * 32, sent_ms=T0_MS + desk.AHEAD_MS)])
        (kept,) = await services.store.unused_deliveries("inst", "a" * 32, 10)
        assert kept.sent_ms == T0_MS


async def test_so_many_records_of_one_launch_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "LAUNCH_MAX", 3)
    async with service(tmp_path) as services:
        apart = [record("a" * 32, 10 * n, 10 * n + 5) for n in range(4)]
        with pytest.raises(NotAllowed, match="One launch"):
            await services.deliveries.take("inst", apart)
        assert await services.store.unused_deliveries("inst", "a" * 32, 10) == [], "nothing of it was kept"
        assert await services.deliveries.take("inst", apart[:3]) == 3
        assert await services.store.forget_deliveries(T0_MS) == 0
        assert await services.store.forget_deliveries(T0_MS + 1) == 3
