"""A lesson's version: what a changed time line does to credit, and that nothing changes under a running session."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.study import POLICY, T0_MS, ManualClock, Student, service, token
from zaichang.audit.openings.field_openings import LESSON
from zaichang.audit.openings.lesson_opening import lesson_payload
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.civil import parse_moment
from zaichang.core.errors import PeerViolation
from zaichang.main.service import Services
from zaichang.ports.records import Lesson
from zaichang.session.codec import decode_event
from zaichang.session.events import SessionStarted
from zaichang.tlog.commit import commitment, salt, session_key


async def register(services: Services, version: str = "", **more: Any) -> Lesson:
    values: dict[str, Any] = {"title_zh": "课", "title_en": "Lesson", "duration_ms": 1_800_000, "policy": POLICY}
    return await services.lessons.add("inst", "course", "lesson", version=version, **{**values, **more})


async def study(services: Services, clock: ManualClock, text: str = "") -> Student:
    student = Student(services, clock)
    joined = await student.begin(text or await token(services))
    student.playhead_ms = joined.frontier_ms
    await student.play(60_000)
    await student.finish()
    await student.closed()
    return student


async def credited(services: Services, timeline: str) -> object:
    return await services.store.credited("inst", "learner", "course", "lesson", timeline)


async def start_of(services: Services, session_id: str) -> SessionStarted:
    event = decode_event(parse_canonical_object((await services.store.events(session_id))[0]))
    assert isinstance(event, SessionStarted)
    return event


async def start_leaf(services: Services, session_id: str) -> dict[str, Any]:
    return dict(parse_canonical_object((await services.store.leaves(session_id))[0].body))


async def commits_to(services: Services, session_id: str, *, version: str, timeline: str) -> bool:
    """Say whether the session's first leaf commits to this version and time line of the lesson."""
    learner = await services.store.learner("inst", "learner")
    key = session_key(services.ports.vault.unlock(learner).subject_key(), session_id)
    payload = lesson_payload("lesson", version, timeline)
    leaf = await start_leaf(services, session_id)
    return leaf["lesson_c"] == commitment(LESSON, salt(key, LESSON, 0), payload).hex()


async def test_a_new_version_begins_at_nothing_and_a_kept_time_line_keeps_what_was_credited(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        first = await study(services, clock)
        assert await credited(services, "1") == ((0, 60_000),)
        assert await commits_to(services, first.session_id, version="1", timeline="1")
        assert not await commits_to(services, first.session_id, version="1.1", timeline="1")

        assert (await register(services, "1.1", timeline_kept=True)).timeline == "1"
        kept = await study(services, clock)
        assert (await start_of(services, kept.session_id)).credited == ((0, 60_000),)
        assert await credited(services, "1") == ((0, 120_000),)
        assert await commits_to(services, kept.session_id, version="1.1", timeline="1")

        assert (await register(services, "2")).timeline == "2"
        new = await study(services, clock)
        start = await start_of(services, new.session_id)
        assert (start.lesson.version, start.lesson.timeline, start.credited) == ("2", "2", ())
        assert await credited(services, "2") == ((0, 60_000),)
        assert await credited(services, "1") == ((0, 120_000),), "and the old one stays as it was"

        assert (await register(services, "1")).timeline == "1", "back to an old version: back to its time line"
        back = await study(services, clock)
        assert (await start_of(services, back.session_id)).credited == ((0, 120_000),)


async def test_the_same_lesson_counts_again_in_the_next_year_unless_it_counts_once(tmp_path: Path) -> None:
    clock = ManualClock(parse_moment("2026-12-31T23:55:00").ms)
    async with service(tmp_path, clock=clock) as services:
        assert (await register(services)).counts_again == "01-01"
        old = await study(services, clock)
        again = await study(services, clock)
        assert (await start_of(services, again.session_id)).credited == ((0, 60_000),), "not twice in one year"
        clock.at_ms = parse_moment("2027-01-01T00:00:00").ms
        new = await study(services, clock)
        start = await start_of(services, new.session_id)
        assert (start.period, start.credited) == ("2027-01-01", ())
        periods = [(await start_leaf(services, each.session_id))["period"] for each in (old, new)]
        assert periods == ["2026-01-01", "2027-01-01"]

        assert (await register(services, counts_again="once")).counts_again == "once"
        assert (await register(services)).counts_again == "once", "left out: as it was"
        clock.at_ms = parse_moment("2030-06-01").ms
        last = await study(services, clock)
        start = await start_of(services, last.session_id)
        assert (start.period, start.credited) == ("once", ((0, 120_000),))
        with pytest.raises(PeerViolation, match=r"lesson\.counts_again"):
            await register(services, counts_again="02-29")


async def test_the_running_session_and_an_earlier_launch_keep_their_version(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        student = Student(services, clock)
        await student.begin(await token(services))
        await student.play(30_000)
        waiting = await token(services)
        await register(services, "2")
        await student.play(30_000)
        closed = await student.finish()
        await student.closed()
        assert closed.verified_ms == 60_000 and await credited(services, "1") == ((0, 60_000),)
        late = await study(services, clock, waiting)
        assert (await start_of(services, late.session_id)).lesson.version == "1"
        next_one = await study(services, clock)
        row = await services.store.session(next_one.session_id)
        assert (row.lesson_version, row.timeline) == ("2", "2")
        assert services.tokens.verify(await token(services), T0_MS).lesson.version == "2"


async def test_the_same_version_again_changes_titles_and_not_the_time_line(tmp_path: Path) -> None:
    async with service(tmp_path) as services:
        await register(services, "2")
        assert await register(services, "", title_en="Better") == replace(
            await register(services, "2", timeline_kept=True, title_en="Better"), title_en="Better"
        )
        again = await register(services)
        assert (again.version, again.timeline) == ("2", "2")
        with pytest.raises(PeerViolation, match="version"):
            await register(services, "2 b")


async def test_a_version_has_one_length(tmp_path: Path) -> None:
    async with service(tmp_path) as services:
        first = await register(services, "2")
        for duration_ms, version in ((61_000, "2-61000"), (61_000, "2-61000"), (62_000, "2-62000")):
            changed = await register(services, duration_ms=duration_ms)
            assert (changed.version, changed.timeline) == (version, "2")
        with pytest.raises(PeerViolation) as refused:
            await register(services, "2-62000", duration_ms=first.duration_ms)
        assert refused.value.code == "lesson.length"
        assert (await register(services, "3", duration_ms=63_000)).version == "3"


async def test_a_broadcast_says_when_it_begins(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        await register(services, live_from_ms=T0_MS - 600_000)
        text = await token(services)
        assert services.tokens.verify(text, T0_MS).lesson.live_from_ms == T0_MS - 600_000
        student = Student(services, clock)
        joined = await student.begin(text)
        assert joined.free_seek
        student.playhead_ms = clock.now_ms() - (T0_MS - 600_000)
        began_ms = student.playhead_ms
        await student.play(60_000)
        await student.finish()
        assert await credited(services, "1") == ((began_ms, began_ms + 60_000),)


async def test_a_challenge_left_open_is_owed_by_the_learners_next_session(tmp_path: Path) -> None:
    clock = ManualClock()
    policy = replace(POLICY, challenge_kinds=("confirm",), challenge_min_gap_ms=5_000, challenge_mean_ms=10_000,
                     challenge_max_gap_ms=10_000)  # fmt: skip
    async with service(tmp_path, clock=clock, policy=policy) as services:
        student = Student(services, clock)
        await student.begin(await token(services))
        await student.play(15_000)
        session = services.hub.find(student.session_id)
        assert session is not None and session.state.challenges.open is not None
        again = Student(services, clock)
        await again.join(await token(services))
        await services.hub.settle()
        assert (await services.store.session(student.session_id)).owed == "confirm"
        second = services.hub.find(again.session_id)
        assert second is not None and second.state.info.owed == "confirm" and second.state.challenges.open is not None
        assert await services.store.owed("inst", "nobody") is None


@pytest.mark.parametrize("title", ["课\u202e", "Lesson\x1b[2J", "zero\u200bwidth"])
async def test_a_title_holds_no_control_or_format_character(tmp_path: Path, title: str) -> None:
    async with service(tmp_path) as services:
        for titles in ({"title_zh": title}, {"title_en": title}):
            with pytest.raises(PeerViolation, match=r"lesson\.title"):
                await register(services, **titles)
