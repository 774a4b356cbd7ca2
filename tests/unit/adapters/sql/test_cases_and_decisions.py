"""An older data folder is brought up to date; erasing a learner empties every table of review of them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from support.stores import erase_all
from support.study import ManualClock, Student, service, token
from zaichang.adapters.sql.schema import MIGRATIONS
from zaichang.core.assessment import not_analysed
from zaichang.core.enums import CaseKind, ReviewOutcome
from zaichang.launch.allowances import set_allowance
from zaichang.ports.records_cases import CaseDraft, CaseFilter, CaseReason
from zaichang.review.account_sharing import Peer
from zaichang.review.desk import Verdicts

REVIEW = ("cases", "case_reasons", "amendments", "appeals", "allowances", "sightings")


def rows_with(path: Path, needle: str) -> list[str]:
    """Return the tables that hold a text anywhere."""
    with sqlite3.connect(path) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = [
            table
            for table in tables
            if any(needle.encode() in str(row).encode() for row in db.execute(f"SELECT * FROM {table}"))  # noqa: S608
        ]
    db.close()
    return found


async def test_a_folder_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "zaichang.sqlite3"
    db = sqlite3.connect(path)
    for statement in MIGRATIONS[0]:
        db.execute(statement)
    db.execute("INSERT INTO institutions VALUES ('old', '旧', 'Old', 'k', 's', 1)")
    db.execute("INSERT INTO credits VALUES ('old', 'who', 'course', 'lesson', 0, 5000, 's1', 0)")
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()
    async with service(tmp_path / "data") as services:
        assert (await services.store.institution("old")).name_en == "Old"
        assert await services.store.cases(CaseFilter(institution_id="old")) == []
        assert await services.store.credited("old", "who", "course", "lesson", "1") == ((0, 5000),)
        assert await services.store.credited("old", "who", "course", "lesson", "2") == ()


async def test_erasure_reaches_every_table_of_review(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        student = Student(services, clock)
        await student.begin(await token(services))
        await student.play(70_000, 10_000)
        services.ports.vision.answer = lambda _: not_analysed()  # type: ignore[attr-defined]
        await student.play(100_000, 10_000)
        await student.finish()
        await student.closed()
        await services.account_sharing.joined(
            await services.store.session(student.session_id), Peer(address="203.0.113.7", device="d")
        )
        await set_allowance(services.store, ("inst", "learner"), "platform", 1, extra_time_pct=10)
        await services.review.appeal(("inst", "learner"), student.session_id, [], "words")
        [case] = await services.store.cases(CaseFilter(institution_id="inst"))
        first = next(iter(await services.review.left(student.session_id)))
        decision = Verdicts(outcome=ReviewOutcome.GRANT, minutes=(first,), note="note about learner")
        await services.review.decide("inst", "ren", case.case_id, decision)
        for kind, other in (("about", "learner"), ("mixed", "somebody")):
            await services.store.raise_case(
                CaseDraft(
                    case_id=kind,
                    institution_id="inst",
                    kind=CaseKind.ACCOUNT,
                    subject=kind,
                    learner_id=kind,
                    at_ms=1,
                    due_ms=1,
                    reasons=(
                        CaseReason(code="FACE_OF_ANOTHER_ACCOUNT", other="learner"),
                        *([] if kind == "about" else [CaseReason(code="FACE_OF_ANOTHER_ACCOUNT", other=other)]),
                    ),
                )
            )
        path = services.folder.database
        assert set(REVIEW) <= set(rows_with(path, "learner")) | set(rows_with(path, student.session_id)) | {
            "case_reasons"
        }
        await erase_all(services.store, "inst", "learner", "erased-0011223344556677", clock.now_ms())
        assert not set(REVIEW) & set(rows_with(path, student.session_id))
        assert [table for table in rows_with(path, "'learner'")] == []
        assert [case.learner_id for case in await services.store.cases(CaseFilter(institution_id="inst"))] == ["mixed"]
        assert "words" not in str(await services.store.appeals(student.session_id))
