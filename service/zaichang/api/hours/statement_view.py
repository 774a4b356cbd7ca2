"""Makes the answer of a statement from the ledger's year, the sessions, their cases and the lessons' titles."""

from __future__ import annotations

from zaichang.api.hours.statement_parts import (
    category_of,
    coded,
    join,
    less_minutes,
    names,
    own_certificate,
    remarks_part,
    rules_part,
    stage_of,
    sums_part,
    wait_line,
    why_line,
)
from zaichang.api.models.statements import QuestionLine, StatementAnswer, StatementLine, StudySession, WaitLine
from zaichang.api.parts import ApiParts
from zaichang.api.views import NEWEST, names_of, session_fields
from zaichang.core.enums import CaseKind, SessionState
from zaichang.core.errors import NotFound
from zaichang.core.ids import CourseId, LessonId
from zaichang.hours.questions import questions_of
from zaichang.hours.waiting import Wait, Whom
from zaichang.hours.year_view import YearView, year_view
from zaichang.launch.statement_tokens import StatementTicket
from zaichang.ledger.explain import STATUSES
from zaichang.ledger.item_names import item_name
from zaichang.ledger.lines import Line
from zaichang.ledger.remedies import UNITS, Said, next_step
from zaichang.ledger.statement import shown
from zaichang.ports.records import SessionRow
from zaichang.ports.records_cases import Case, CaseFilter
from zaichang.session.decisions import Verdict

SESSIONS_MAX = 400
"""Most sessions of a year that one answer looks at, the newest first."""
PAGE = 100
"""Sessions that are read at once."""
CERTIFICATES_MAX = 40
"""Certificates that one answer shows, the newest first."""
_CASES_MAX = 200
_IN_LOG: Said = ("刚结束的学习，等待写入日志", "study that has just ended waits for its entry in the log")
_OPEN: Said = ("学习还没有结束", "a session that has not ended")
_REVIEW: Said = ("人工审核 {} 分钟的学习", "review of {} minutes of study")
_APPEAL: Said = ("申诉", "an appeal")
_RECOGNITION: Said = ("认定：{}", "recognition: {}")
_DECISION: Said = ("审核：{}", "decision: {}")


class StatementReader:
    """Reads one learner's year and the sessions behind it."""

    def __init__(self, parts: ApiParts, ticket: StatementTicket) -> None:
        """Read for the holder of a statement token."""
        self._parts = parts
        self._ticket = ticket
        self._titles: dict[tuple[str, str], Said] = {}

    async def answer(self, year: int | None) -> StatementAnswer:
        """Return the statement of a year; None: the one that runs.

        Raises:
            StorageError: The store cannot be read.
        """
        ports, ticket = self._parts.ports, self._ticket
        now_ms = ports.clock.now_ms()
        owner = (ticket.institution_id, ticket.learner_id)
        view = await year_view(ports.hour_facts, owner, ticket.rules, year, now_ms)
        institution = await ports.lessons.institution(ticket.institution_id)
        rows, more = await self._rows(view)
        cases = await ports.cases.cases(
            CaseFilter(
                institution_id=ticket.institution_id,
                kind=CaseKind.SESSION,
                learner_id=ticket.learner_id,
                limit=_CASES_MAX,
            )
        )
        by_session = {case.subject: case for case in cases}
        waits: list[WaitLine] = []
        sessions: list[StudySession] = []
        for row in rows:
            found, waiting = await self._session(row, view, by_session.get(row.session_id), now_ms)
            sessions += found
            waits += waiting
        for wait in view.waits:
            waits.append(await self._waiting(view, wait))
        certificates = await self._parts.certificates.listed(*owner, CERTIFICATES_MAX)
        statement, rules = view.statement, view.rules
        return StatementAnswer(
            institution=names_of(institution),
            learner=ticket.learner_id,
            now_ms=now_ms,
            rules=rules_part(rules),
            year=statement.year,
            years=list(view.years),
            from_ms=view.window.from_ms,
            to_ms=view.window.to_ms,
            days_left=view.days_left,
            status=coded(statement.status, STATUSES[statement.status]),
            sums=sums_part(view),
            next=names(next_step(statement, rules)),
            remarks=remarks_part(view),
            lines=[await self._line(view, line) for line in statement.lines],
            waits=waits,
            sessions=sessions,
            more_sessions=more,
            certificates=[own_certificate(row) for row in certificates],
            questions=[
                QuestionLine(code=each.code, asked=names(each.asked), answer=names(each.answer))
                for each in questions_of(view, (institution.name_zh, institution.name_en))
            ],
            facts_digest=view.facts_digest,
            rules_digest=view.rules_digest,
        )

    async def _rows(self, view: YearView) -> tuple[list[SessionRow], bool]:
        """Return the sessions that touch the year, the newest first, and whether there are more."""
        ticket, found, before = self._ticket, list[SessionRow](), NEWEST
        while len(found) < SESSIONS_MAX:
            page = await self._parts.ports.history.sessions_page(ticket.institution_id, ticket.learner_id, before, PAGE)
            for row in page:
                if row.opened_ms < view.window.to_ms and (row.closed_ms or view.window.to_ms) > view.window.from_ms:
                    found.append(row)
            if len(page) < PAGE or page[-1].opened_ms < view.window.from_ms:
                return found, False
            before = (page[-1].opened_ms, page[-1].session_id)
        return found, True

    async def _session(
        self, row: SessionRow, view: YearView, case: Case | None, now_ms: int
    ) -> tuple[list[StudySession], list[WaitLine]]:
        """Return the session where not all of it counts, and its waiting matters."""
        ports, what = self._parts.ports, await self._title(row.course_id, row.lesson_id)
        if row.state is SessionState.OPEN:
            return [], [wait_line(join(what, _OPEN), Whom.LEARNER, row.opened_ms, None)]
        minutes = await ports.history.minutes(row.session_id)
        amendments = await ports.decisions.amendments(row.session_id)
        fields = session_fields(row, minutes, amendments)
        waits: list[WaitLine] = []
        in_ledger = any(entry.get("session") == row.session_id for entry in view.entries.values())
        if fields["verified_ms"] > 0 and not in_ledger:
            waits.append(wait_line(join(what, _IN_LOG), Whom.SERVICE, row.closed_ms, None))
        asked = [appeal for appeal in await ports.decisions.appeals(row.session_id) if appeal.answered_ms is None]
        due_ms = case.due_ms if case is not None else None
        for appeal in asked:
            waits.append(wait_line(join(what, _APPEAL), Whom.INSTITUTION, appeal.at_ms, due_ms))
        if case is not None and case.undecided_ms > 0 and not asked:
            amount = f"{-(-case.undecided_ms // 60_000)}"
            said = (_REVIEW[0].format(amount), _REVIEW[1].format(amount))
            waits.append(wait_line(join(what, said), Whom.INSTITUTION, case.opened_ms, case.due_ms))
        refused = sum(letter != Verdict.VERIFIED for letter in fields["verdicts"])
        if not refused and not fields["revoked_ms"]:
            return [], waits
        until_ms = await self._parts.review.appeal_until_ms(row)
        shown_session = StudySession(
            session=row.session_id,
            what=names(what),
            opened_ms=row.opened_ms,
            verified_ms=fields["verified_ms"],
            revoked_ms=fields["revoked_ms"],
            refused=refused,
            reasons=less_minutes(minutes, amendments),
            appeal_until_ms=until_ms,
            may_appeal=row.state is SessionState.CLOSED and not asked and (until_ms is None or now_ms <= until_ms),
            appealed=bool(asked),
        )
        return [shown_session], waits

    async def _line(self, view: YearView, line: Line) -> StatementLine:
        entry = view.entries.get(line.key, {})
        runs = entry.get("runs")
        return StatementLine(
            what=names(await self._what(view, line)),
            item=line.item,
            category=category_of(line),
            at_ms=runs[0][0] if runs else None,
            session=entry.get("session"),
            unit=names(UNITS[line.unit]),
            claimed=shown(line.asked),
            counted=shown(line.amount),
            counted_ms=int(line.counted) if runs else None,
            pending=shown(line.waiting),
            stage=stage_of(line),
            why=[why_line(why) for why in line.told],
            log=str(entry.get("note", "")).removeprefix("log ") if runs else "",
        )

    async def _waiting(self, view: YearView, wait: Wait) -> WaitLine:
        line = next(line for line in view.statement.lines if line.key == wait.key)
        zh, en = await self._what(view, line)
        words = _RECOGNITION if wait.reported else _DECISION
        amount = f" {shown(wait.amount)} " if wait.amount else " "
        unit = UNITS[wait.unit] if wait.amount else ("", "")
        said = (words[0].format(zh) + amount + unit[0], words[1].format(en) + amount + unit[1])
        return wait_line((said[0].strip(), said[1].strip()), wait.on, wait.since_ms, None)

    async def _what(self, view: YearView, line: Line) -> Said:
        """Return the name of a line: the lesson's title, the activity's own, or the item's."""
        entry = view.entries.get(line.key, {})
        if "runs" in entry:
            return await self._title(entry["course"], str(entry["lesson"]).partition("@")[0])
        name, own = item_name(line.item), str(entry.get("title", ""))
        return join(name, (own, own)) if own else name

    async def _title(self, course: str, lesson: str) -> Said:
        """Return a lesson's title; its ids where the institution keeps it no more."""
        if (course, lesson) not in self._titles:
            try:
                found = await self._parts.ports.lessons.lesson(
                    self._ticket.institution_id, CourseId(course), LessonId(lesson)
                )
                self._titles[course, lesson] = (found.title_zh or lesson, found.title_en or lesson)
            except NotFound:
                self._titles[course, lesson] = (f"{course} / {lesson}",) * 2
        return self._titles[course, lesson]
