"""What sessions were seen with: counted by value and by learner within a time, and forgotten after it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.stores import events, open_store, row
from zaichang.core.enums import CaseKind, CaseState, ReviewOutcome, SightingKind
from zaichang.ports.records_cases import CaseClosing, CaseDraft, CaseFilter, CaseReason
from zaichang.ports.records_review import Sighting


def seen(session: str, value: str, learner: str = "learner", at_ms: int = 100, **more: Any) -> Sighting:
    values: dict[str, Any] = {"kind": SightingKind.DEVICE, "institution_id": "inst", **more}
    return Sighting(session_id=session, value=value, learner_id=learner, at_ms=at_ms, **values)


async def test_a_sighting_is_kept_once_for_a_session_kind_and_value(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        hint = seen("s1", "d1", kind=SightingKind.HINT)
        for each in (seen("s1", "d1"), seen("s1", "d1", at_ms=500), hint, seen("s2", "d1")):
            await store.sight(each)
        assert list(await store.sightings("s1")) == [seen("s1", "d1"), hint]


async def test_learners_behind_a_value_are_counted_within_the_time(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        for each in (
            seen("s1", "d1", "a"), seen("s2", "d1", "b"), seen("s3", "d1", "b"), seen("s4", "d1", "c", at_ms=99),
            seen("s5", "d2", "d"), seen("s6", "d1", "e", kind=SightingKind.ADDRESS),
            seen("s7", "d1", "f", institution_id="other"),
        ):  # fmt: skip
            await store.sight(each)
        assert await store.seen_with("inst", SightingKind.DEVICE, "d1", 100) == [("b", 2), ("a", 1)]
        assert await store.seen_with("inst", SightingKind.DEVICE, "d1", 99) == [("b", 2), ("a", 1), ("c", 1)]


async def test_values_of_a_learner_are_counted_once_each(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        for each in (
            seen("s1", "d1"),
            seen("s2", "d1"),
            seen("s3", "d2"),
            seen("s4", "d3", at_ms=99),
            seen("s5", "x", "b"),
        ):
            await store.sight(each)
        assert await store.values_of("inst", "learner", SightingKind.DEVICE, 100) == 2
        assert await store.values_of("inst", "learner", SightingKind.DEVICE, 99) == 3
        assert await store.values_of("inst", "learner", SightingKind.ADDRESS, 0) == 0


async def test_only_a_session_that_gave_way_to_another_lesson_is_parallel(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        lessons = ("lesson", "lesson", "other")
        for number, lesson in enumerate(lessons, 1):
            await store.open_session(row(number, lesson_id=lesson, opened_ms=1_000 * number))
            await store.append(events(0, b"e", session_id=f"s{number}"))
        assert await store.superseded_lately("inst", "learner", 3_000) == 1, "the reload of one lesson is none"
        assert await store.superseded_lately("inst", "learner", 3_001) == 0
        assert await store.superseded_lately("inst", "other", 0) == 0


async def test_old_sightings_go_and_with_them_their_open_cases(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.sight(seen("s1", "old", at_ms=10))
        await store.sight(seen("s2", "new", at_ms=50))
        for subject, kind in (
            ("old", CaseKind.DEVICE),
            ("gone", CaseKind.DEVICE),
            ("new", CaseKind.DEVICE),
            ("p", CaseKind.ACCOUNT),
        ):
            await store.raise_case(
                CaseDraft(
                    case_id=subject, institution_id="inst", kind=kind, subject=subject, at_ms=1, due_ms=1,
                    reasons=(CaseReason(code="SHARED_DEVICE"),),
                )
            )  # fmt: skip
        await store.close_case(CaseClosing(case_id="gone", at_ms=1, reviewer_id="r", outcome=ReviewOutcome.EXPECTED))
        assert await store.forget_sightings(50) == 1
        left = [case.subject for case in await store.cases(CaseFilter(institution_id="inst"))]
        assert left == ["new", "p"]
        kept = await store.cases(CaseFilter(institution_id="inst", state=CaseState.CLOSED))
        assert [case.subject for case in kept] == ["gone"], "an expected device stays expected"
