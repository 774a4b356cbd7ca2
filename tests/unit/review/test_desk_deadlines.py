"""Appeals by the promise of the rule pack: refused after the deadline, due by its calendar, alarmed when overdue."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from support.study import ManualClock, Student, service, token
from zaichang.core.appeal_terms import AppealTerms
from zaichang.core.civil import parse_moment
from zaichang.core.enums import CaseKind, ReviewOutcome, RevocationScope
from zaichang.core.errors import NotAllowed
from zaichang.core.reasons import ReasonCode
from zaichang.main.service import Services
from zaichang.ports.records_cases import CaseFilter
from zaichang.review.desk import Verdicts
from zaichang.review.overdue import OverdueAppeals
from zaichang.review.revocations import Wanted

OWNER = ("inst", "learner")
TERMS = AppealTerms(hours=72, working_days=3, rest=("2026-10-01", "2026-10-02"))
HOUR_MS = 3_600_000


async def ended(services: Services, clock: ManualClock) -> str:
    """Promise ``TERMS``, end a session under it, and promise nothing from then on."""
    lesson = await services.store.lesson("inst", "course", "lesson")
    await services.store.put_lesson(replace(lesson, appeals=TERMS.text()))
    student = Student(services, clock)
    await student.begin(await token(services))
    await services.store.put_lesson(lesson)
    await student.play(70_000, 10_000)
    await student.finish()
    await student.closed()
    await services.hub.settle()
    return student.session_id


async def test_an_appeal_is_taken_to_the_deadline_and_refused_with_its_date_after_it(tmp_path: Path) -> None:
    clock = ManualClock(parse_moment("2026-09-28T10:00:00").ms)
    async with service(tmp_path, clock=clock) as services:
        session = await ended(services, clock)
        row = await services.store.session(session)
        until_ms = await services.review.appeal_until_ms(row)
        assert until_ms is not None and row.closed_ms is not None and until_ms == row.closed_ms + 72 * HOUR_MS
        clock.at_ms = until_ms + 1
        with pytest.raises(NotAllowed, match=r"appeal\.too_late.*2026-10-01 10:"):
            await services.review.appeal(OWNER, session, [], "请再看一次")
        clock.at_ms = until_ms
        await services.review.appeal(OWNER, session, [], "请再看一次")


async def test_a_later_decision_opens_the_period_again_and_the_answer_is_due_by_the_calendar(tmp_path: Path) -> None:
    clock = ManualClock(parse_moment("2026-09-28T10:00:00").ms)
    async with service(tmp_path, clock=clock) as services:
        session = await ended(services, clock)
        clock.at_ms = parse_moment("2026-09-30T10:00:00").ms
        await services.review.appeal(OWNER, session, [0], "请再看一次")
        [case] = await services.store.cases(CaseFilter(institution_id="inst", kind=CaseKind.SESSION))
        assert case.due_ms == parse_moment("2026-10-08").ms, "three working days, without two of rest and a weekend"
        clock.at_ms = parse_moment("2026-10-05T10:00:00").ms
        wanted = Wanted(scope=RevocationScope.SESSION, reason=ReasonCode.REVOKED_ERROR, session_id=session)
        made = await services.revocations.propose("inst", "ren", wanted)
        await services.revocations.confirm("inst", "sun", made.revocation_id)
        until_ms = await services.review.appeal_until_ms(await services.store.session(session))
        assert until_ms == clock.at_ms + 72 * HOUR_MS


async def test_rules_without_a_promise_set_no_deadline(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        student = Student(services, clock)
        await student.begin(await token(services))
        row = await services.store.session(student.session_id)
        assert await services.review.appeal_until_ms(row) is None, "it still runs"
        await student.finish()
        await student.closed()
        assert await services.review.appeal_until_ms(await services.store.session(student.session_id)) is None


async def test_an_overdue_answer_is_told_until_it_is_given(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = ManualClock(parse_moment("2026-09-28T10:00:00").ms)
    async with service(tmp_path, clock=clock) as services:
        alarm = OverdueAppeals(services.ports)
        session = await ended(services, clock)
        await services.review.appeal(OWNER, session, [0], "请再看一次")
        [case] = await services.store.cases(CaseFilter(institution_id="inst", kind=CaseKind.SESSION))
        clock.at_ms = case.due_ms - 1
        assert await alarm.look() == 0
        clock.at_ms = case.due_ms
        with caplog.at_level(logging.ERROR, "zaichang.review"):
            assert await alarm.look() == 1
        assert "1 appeals of inst are overdue, the oldest since" in caplog.text
        await services.review.decide("inst", "ren", case.case_id, Verdicts(outcome=ReviewOutcome.NOTED))
        assert await alarm.look() == 0
