"""Sessions on the statement: reasons, what waits on whom, last dates of appeals, what people took back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from support.study import FixedVision, ManualClock, Student, service, token
from zaichang.api.hours import statement_view
from zaichang.api.hours.statement_view import StatementReader
from zaichang.api.models.statements import StatementAnswer
from zaichang.core.appeal_terms import AppealTerms
from zaichang.core.assessment import not_analysed
from zaichang.core.canonical import canonical_bytes
from zaichang.core.civil import parse_moment
from zaichang.core.enums import ReviewOutcome, RevocationScope
from zaichang.core.reasons import ReasonCode
from zaichang.hours.feed import HourFeed
from zaichang.launch.statement_tokens import StatementTicket
from zaichang.ledger.activities.folding import step_body
from zaichang.ledger.activities.stages import Stage
from zaichang.main.service import Services, create_service_app
from zaichang.ports.ledger import HourFact
from zaichang.ports.records_cases import CaseFilter
from zaichang.review.desk import Verdicts
from zaichang.review.revocations import Wanted

OWNER = ("inst", "learner")
WEEK_MS = 168 * 3_600_000
DAY_MS = 86_400_000


@dataclass
class Desk:
    services: Services
    clock: ManualClock
    vision: FixedVision

    async def study(self, unseen_ms: int = 0) -> str:
        """Study 70 s in front of the camera, and then so long with pictures that cannot be analysed."""
        student = Student(self.services, self.clock)
        await student.begin(await token(self.services))
        await student.play(70_000, 10_000)
        good, self.vision.answer = self.vision.answer, lambda _: not_analysed()
        if unseen_ms:
            await student.play(unseen_ms, 10_000)
        else:
            self.vision.answer = good
        await student.finish()
        await student.closed()
        await self.services.hub.settle()
        self.vision.answer = good
        return student.session_id

    async def statement(self, year: int | None = None) -> StatementAnswer:
        await HourFeed(self.services.store).feed()
        ticket = StatementTicket(ticket_id="t", institution_id="inst", learner_id="learner", rules="cq-pharmacist-2025")
        return await StatementReader(create_service_app(self.services).state.parts, ticket).answer(year)


@asynccontextmanager
async def desk(path: Path) -> AsyncIterator[Desk]:
    clock, vision = ManualClock(), FixedVision()
    async with service(path, clock=clock, vision=vision) as services:
        lesson = await services.store.lesson("inst", "course", "lesson")
        await services.store.put_lesson(replace(lesson, appeals=AppealTerms(hours=168, working_days=5).text()))
        yield Desk(services, clock, vision)


async def test_undecided_minutes_wait_for_the_institution_and_have_a_last_date(tmp_path: Path) -> None:
    async with desk(tmp_path) as page:
        session_id = await page.study(unseen_ms=150_000)
        found = await page.statement()
        [case] = await page.services.store.cases(CaseFilter(institution_id="inst"))
        [wait] = found.waits
        assert (wait.on.code, wait.since_ms, wait.due_ms) == ("institution", case.opened_ms, case.due_ms)
        assert wait.what.zh.startswith("课：人工审核") and "minutes of study" in wait.what.en
        [session] = found.sessions
        row = await page.services.store.session(session_id)
        assert row.closed_ms is not None
        assert (session.session, session.appeal_until_ms) == (session_id, row.closed_ms + WEEK_MS)
        assert session.may_appeal and not session.appealed and session.refused > 0
        assert session.reasons and all(reason.zh and reason.minutes for reason in session.reasons)

        page.clock.at_ms = row.closed_ms + WEEK_MS
        assert (await page.statement()).sessions[0].may_appeal
        page.clock.at_ms += 1
        assert not (await page.statement()).sessions[0].may_appeal


async def test_an_appeal_waits_for_its_answer_and_the_answer_counts(tmp_path: Path) -> None:
    async with desk(tmp_path) as page:
        session_id = await page.study(unseen_ms=150_000)
        before = await page.statement()
        page.clock.at_ms += DAY_MS
        await page.services.review.appeal(OWNER, session_id, [], "摄像头没有问题。")
        found = await page.statement()
        [wait] = found.waits
        assert (wait.on.code, wait.what.zh, wait.since_ms) == ("institution", "课：申诉", page.clock.at_ms)
        assert wait.due_ms is not None and wait.due_ms > page.clock.at_ms
        assert found.sessions[0].appealed and not found.sessions[0].may_appeal
        [case] = await page.services.store.cases(CaseFilter(institution_id="inst"))
        await page.services.review.decide("inst", "ren", case.case_id, Verdicts(outcome=ReviewOutcome.GRANT))
        await page.services.hub.settle()
        granted = await page.statement()
        assert granted.waits == [] and len(granted.lines) > len(before.lines)
        assert all(line.session == session_id and line.what.en == "Lesson" for line in granted.lines)


async def test_what_people_took_back_is_named_with_its_reason_and_a_new_last_date(tmp_path: Path) -> None:
    async with desk(tmp_path) as page:
        session_id = await page.study()
        assert (await page.statement()).sessions == []
        page.clock.at_ms += DAY_MS
        wanted = Wanted(scope=RevocationScope.SESSION, reason=ReasonCode.REVOKED_PROXY, session_id=session_id)
        proposed = await page.services.revocations.propose("inst", "ren", wanted)
        assert (await page.statement()).sessions == [], "a proposal says nothing to the learner yet"
        await page.services.revocations.confirm("inst", "sun", proposed.revocation_id)
        await page.services.hub.settle()
        found = await page.statement()
        [session] = found.sessions
        assert (session.verified_ms, session.revoked_ms) == (0, 70_000)
        assert [reason.code for reason in session.reasons] == ["REVOKED_PROXY"]
        assert session.appeal_until_ms == page.clock.at_ms + WEEK_MS
        assert (found.lines, found.sums[0].have, found.waits) == ([], "0", [])


async def test_more_sessions_than_are_looked_at_are_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path) as page:
        for _ in range(3):
            await page.study(unseen_ms=30_000)
        monkeypatch.setattr(statement_view, "PAGE", 1)
        every = await page.statement()
        assert len(every.sessions) == 3 and not every.more_sessions
        monkeypatch.setattr(statement_view, "SESSIONS_MAX", 2)
        some = await page.statement()
        assert [each.session for each in some.sessions] == [each.session for each in every.sessions[:2]]
        assert some.more_sessions


async def test_a_lesson_that_is_kept_no_more_is_named_by_its_ids(tmp_path: Path) -> None:
    async with desk(tmp_path) as page:
        await page.study()
        await page.services.store._db.write(lambda db: db.execute("DELETE FROM lessons").rowcount)
        [line] = (await page.statement()).lines
        assert line.what.zh == line.what.en == "course / lesson"


async def test_an_activity_waits_for_the_institution_since_it_was_handed_in(tmp_path: Path) -> None:
    async with desk(tmp_path) as page:
        handed_in = "2023-05-01T10:00:00+08:00"
        entry = {
            "id": "activity/a", "kind": "activity", "item": "paper", "role": "sole", "published": "2023-03-01",
            "submitted": handed_in, "evidence": True, "title": "论文题目",
        }  # fmt: skip
        body = canonical_bytes(step_body("activity/a", 0, Stage.SUBMIT, handed_in, entry))
        fact = HourFact(
            institution_id="inst", learner_id="learner", fact_key="activity/a/0", session_id="a", verified_ms=0,
            first_index=3, last_index=3, body=body,
        )  # fmt: skip
        await page.services.store.add_hour_fact(fact)
        found = await page.statement()
        [line] = found.lines
        assert (line.what.zh, line.stage, line.claimed, line.pending) == ("论文：论文题目", "waits", "10", "10")
        assert [why.code for why in line.why] == ["pending"], "it waits, and is not refused"
        [wait] = found.waits
        assert (wait.on.code, wait.since_ms) == ("institution", parse_moment(handed_in).ms)
        [missing] = [each.answer.zh for each in found.questions if each.code == "missing"]
        assert "等待审核或认定 1 项；审核未通过 0 项" in missing
