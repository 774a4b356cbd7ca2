"""Institutions, lessons, learners and references in SQLite: found by their own names, replaced and raced as said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support.stores import DIGEST, erase_all, open_store
from zaichang.core.enums import KeyRole
from zaichang.core.errors import NotAllowed, NotFound, StorageError
from zaichang.ports.records import Enrolment, Institution, Learner, Lesson
from zaichang.session.events import Question

LESSON = Lesson(
    institution_id="inst", course_id="course", lesson_id="lesson", title_zh="课", title_en="Lesson",
    duration_ms=60_000, policy_digest=DIGEST, version="2", timeline="1", live_from_ms=5,
    questions=(Question(question_id="q", text="two and two", options=("four", "five"), correct=0),),
)  # fmt: skip
FIRST = Enrolment(version=1, at_ms=5, models="m", encrypted=b"one")


async def test_an_institution_is_found_by_its_id_and_by_each_of_its_keys(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        made = await store.institution("inst")
        assert await store.institution_of_key("k" * 64) == (made, KeyRole.PLATFORM)
        assert await store.institution_of_key("s" * 64) == (made, KeyRole.STAFF)
        assert await store.institution_of_key("x" * 64) is None
        with pytest.raises(NotFound, match=r"institution\.unknown"):
            await store.institution("other")


async def test_an_institution_put_again_has_new_names_and_keys_and_its_old_time(tmp_path: Path) -> None:
    new = Institution(
        institution_id="inst", name_zh="新", name_en="New", key_digest="n" * 64, staff_digest="m" * 64, created_ms=99
    )
    async with open_store(tmp_path, inline=True) as store:
        await store.put_institution(new)
        assert await store.institution("inst") == replace(new, created_ms=1)
        assert await store.institution_of_key("k" * 64) is None


async def test_a_policy_is_kept_once_by_its_digest(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.put_policy("d" * 64, "a", b"first")
        await store.put_policy("d" * 64, "a", b"second")
        assert await store.policy("d" * 64) == b"first"
        with pytest.raises(NotFound, match=r"policy\.unknown"):
            await store.policy("e" * 64)


async def test_a_lesson_is_kept_whole_and_replaced(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.put_lesson(LESSON)
        assert await store.lesson("inst", "course", "lesson") == LESSON
        await store.put_lesson(replace(LESSON, version="3", questions=()))
        await store.put_lesson(replace(LESSON, course_id="before"))
        assert [each.version for each in await store.lessons("inst")] == ["2", "3"], "in the order of courses"
        for names in (("other", "course", "lesson"), ("inst", "x", "lesson"), ("inst", "course", "x")):
            with pytest.raises(NotFound, match=r"lesson\.unknown"):
                await store.lesson(*names)
        assert await store.lessons("other") == []


async def test_a_learner_is_made_once_and_keeps_the_first_key(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        new = Learner(institution_id="inst", learner_id="p", wrapped_key=b"first", created_ms=7)
        assert await store.ensure_learner(new) == new
        assert await store.ensure_learner(replace(new, wrapped_key=b"second", created_ms=8)) == new
        assert await store.learner("inst", "p") == new
        with pytest.raises(NotFound, match=r"learner\.unknown"):
            await store.learner("inst", "q")


async def test_an_erased_learner_is_neither_found_nor_made_anew(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await erase_all(store, "inst", "learner", "alias", 9)
        with pytest.raises(NotAllowed, match=r"learner\.erased"):
            await store.learner("inst", "alias")
        again = Learner(institution_id="inst", learner_id="alias", wrapped_key=b"k", created_ms=10)
        with pytest.raises(NotAllowed, match=r"learner\.erased"):
            await store.ensure_learner(again)


async def test_one_reference_is_kept_and_a_raced_one_is_refused(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        assert await store.enrolment("inst", "learner") is None
        for wrong in (0, 2):
            with pytest.raises(StorageError, match=r"enrolment\.raced"):
                await store.add_enrolment("inst", "learner", replace(FIRST, version=wrong))
        await store.add_enrolment("inst", "learner", FIRST)
        with pytest.raises(StorageError, match=r"enrolment\.raced"):
            await store.add_enrolment("inst", "learner", FIRST)
        second = replace(FIRST, version=2, encrypted=b"two")
        await store.add_enrolment("inst", "learner", second)
        assert await store.enrolment("inst", "learner") == second


async def test_references_of_an_institution_come_without_those_of_erased_learners(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        other = Learner(institution_id="inst", learner_id="another", wrapped_key=b"k", created_ms=7)
        await store.ensure_learner(other)
        for name in ("learner", "another"):
            await store.add_enrolment("inst", name, FIRST)
        found = await store.enrolments_of("inst")
        assert [(learner.learner_id, held) for learner, held in found] == [("another", FIRST), ("learner", FIRST)]
        await erase_all(store, "inst", "learner", "alias", 9)
        assert [learner for learner, _ in await store.enrolments_of("inst")] == [other]
        assert await store.enrolments_of("nobody") == []
