"""Erasing a learner's rows: the session stays under an alias, the key and all records of the person go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support.stores import erase_all, erasure_of, events, open_store, row
from zaichang.core.enums import ErasureScope, LeafKind, ProposalState
from zaichang.core.errors import NotAllowed, NotFound, StorageError
from zaichang.core.reasons import ReasonCode
from zaichang.ports.records import Enrolment, Learner, StoredLeaf, StoredMinute
from zaichang.ports.records_review import Amend, Amendment
from zaichang.session.decisions import Verdict


async def test_an_unknown_learner_and_one_with_an_open_session_are_refused(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        with pytest.raises(NotFound, match=r"learner\.unknown"):
            await store.sessions_to_erase("inst", "other")
        assert await store.sessions_to_erase("inst", "learner") == 0
        await store.open_session(row(1))
        await store.append(events(0, b"e"))
        with pytest.raises(NotAllowed, match=r"erase\.open_session"):
            await store.sessions_to_erase("inst", "learner")
        await store.append(events(1, b"f", closed_ms=9_000))
        assert await store.sessions_to_erase("inst", "learner") == 1


async def test_records_and_decisions_that_the_log_lacks_are_found(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:

        async def lacks(learner: str = "learner") -> bool:
            return await store.records_outside_log("inst", learner)

        assert not await lacks()
        leaf = StoredLeaf(leaf_seq=0, kind=LeafKind.START, at_ms=1, body=b"l")
        await store.open_session(row(1))
        await store.append(events(0, b"e", leaves=(leaf,), closed_ms=9_000))
        assert await lacks() and not await lacks("other")
        await store.note_anchored("s1", 0, 7)
        assert not await lacks()
        decision = Amendment(
            session_id="s1", leaf_seq=1, minute=0, at_ms=1, verdict=Verdict.REFUSED, delta_ms=0,
            reason=ReasonCode.REVIEW_REFUSED, reviewer_id="ren", body=b"d",
        )  # fmt: skip
        await store.amend(Amend(session_id="s1", leaves=(), amendments=(decision,), credited=(), close=None))
        assert await lacks(), "a decision that has no leaf yet"
        await store.note_amendment_published("s1", 1)
        assert not await lacks()


async def test_the_sessions_row_remains_under_the_alias_and_the_rest_is_gone(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.open_session(row(1))
        await store.append(
            events(0, b"e", minutes=(StoredMinute(minute=0, body=b"m", credited=((0, 5),)),), closed_ms=9_000)
        )
        await store.add_enrolment("inst", "learner", Enrolment(version=1, at_ms=1, models="m", encrypted=b"x"))
        await store.add_capture("s1", "c0", 1, 7)
        assert not await store.is_erased("inst", "alias")
        await erase_all(store, "inst", "learner", "alias", 10_000)
        assert await store.is_erased("inst", "alias")
        kept = await store.session("s1")
        assert (kept.learner_id, kept.token_id) == ("alias", "erased-s1")
        assert await store.events("s1") == [] and await store.minutes("s1") == []
        assert await store.captures("s1") == []
        for name in ("learner", "alias"):
            assert await store.credited("inst", name, "course", "lesson") == ()
            assert await store.enrolment("inst", name) is None
        with pytest.raises(NotFound, match=r"learner\.unknown"):
            await store.sessions_to_erase("inst", "learner")


async def test_another_learner_of_the_same_name_elsewhere_is_untouched(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await erase_all(store, "other", "learner", "alias", 1)
        assert (await store.learner("inst", "learner")).wrapped_key == b"wrapped"
        assert not await store.is_erased("inst", "alias")


def credited(low: int, high: int, minute: int = 0) -> StoredMinute:
    return StoredMinute(minute=minute, body=b"m", credited=((low, high),))


async def test_a_tombstone_keeps_positions_for_the_mark_and_adds_those_of_a_second_erasure(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        for number, parts in ((1, ((0, 5), (5, 9))), (2, ((20, 30),))):
            await store.ensure_learner(learner_with("mark-inst-learner"))
            await store.open_session(row(number, period="2026-01-01"))
            minutes = tuple(credited(*part, at) for at, part in enumerate(parts))
            await store.append(replace(events(0, b"e", minutes=minutes, closed_ms=9_000), session_id=f"s{number}"))
            await erase_all(store, "inst", "learner", f"alias-{number}", 10_000)
        rows = await store._db.read(lambda db: [tuple(each) for each in db.execute("SELECT * FROM tombstones")])
        assert rows == [
            ("inst", "mark-inst-learner", "course", "lesson", "1", "2026-01-01", 0, 9),
            ("inst", "mark-inst-learner", "course", "lesson", "1", "2026-01-01", 20, 30),
        ]
        await store.ensure_learner(learner_with("mark-inst-learner"))
        where = ("inst", "learner", "course", "lesson", "1")
        assert await store.credited(*where, "2026-01-01") == ((0, 9), (20, 30))
        assert await store.credited(*where, "2025-06-01") == ((0, 9), (20, 30)), "a period that overlaps"
        assert await store.credited(*where, "2027-01-01") == ()
        assert await store.credited("inst", "learner", "course", "other", "1", "2026-01-01") == ()
        await store.open_session(row(3, period="2026-01-01"))
        with pytest.raises(StorageError, match=r"storage\.double_credit"):
            await store.append(replace(events(0, b"e", minutes=(credited(8, 12),)), session_id="s3"))


async def test_biometrics_leave_sessions_events_and_credit(tmp_path: Path) -> None:
    async with open_store(tmp_path, inline=True) as store:
        await store.open_session(row(1))
        await store.append(events(0, b"e", minutes=(credited(0, 5),), closed_ms=9_000))
        await store.add_enrolment("inst", "learner", Enrolment(version=1, at_ms=1, models="m", encrypted=b"x"))
        await store.add_capture("s1", "c0", 1, 7)
        await store.add_picture("c" * 16, "p" * 16, "s1", "c0")
        assert not await store.faces_erased("s1")
        before = await store.learner("inst", "learner")
        wanted = erasure_of("inst", "learner", "alias", scope=ErasureScope.BIOMETRICS)
        await store.erase_biometrics(wanted, replace(before, wrapped_key=b"other"), [], 10_000)
        assert await store.is_erased("inst", "alias") and await store.faces_erased("s1")
        assert await store.erased_sessions("inst", "alias") == ["s1"]
        assert await store.learner("inst", "learner") == replace(before, wrapped_key=b"other")
        assert await store.enrolment("inst", "learner") is None
        assert [each.deleted_ms for each in await store.captures("s1")] == [10_000]
        assert not await store.seen_elsewhere("c" * 16, "s2")
        assert await store.events("s1") == [b"e"] and len(await store.minutes("s1")) == 1
        assert await store.credited("inst", "learner", "course", "lesson") == ((0, 5),)


def learner_with(mark: str) -> Learner:
    return Learner(institution_id="inst", learner_id="learner", wrapped_key=b"wrapped", created_ms=1, mark=mark)


async def test_an_erasure_of_all_ends_the_other_open_proposals_about_the_learner(tmp_path: Path) -> None:
    """Each would turn to the alias, could not be carried out, and would fail again at every start."""
    async with open_store(tmp_path, inline=True) as store:
        await store.open_session(row(1))
        await store.append(events(0, b"e", closed_ms=2_000))
        for name, learner in (("p1", "learner"), ("p2", "learner"), ("p3", "someone-else")):
            asked = erasure_of("inst", learner, "", erasure_id=name, state=ProposalState.PROPOSED)
            await store.propose_erasure(asked)
        await store.decide_erasure("p2", ProposalState.CONFIRMED, "wu", 7)  # type: ignore[arg-type]
        done = erasure_of("inst", "learner", "erased-1", sessions=1, decided_by="sun", decided_ms=8)
        await store.erase(done, "m" * 64, 9)
        await store.note_erasure_logged("inst", "erased-1", 4)  # type: ignore[arg-type]
        assert await store.unfinished_erasures() == []
        found = {name: await store.erasure(name) for name in ("p1", "p2", "p3")}
        assert [
            (each.state, each.decided_by, each.decided_ms, each.sessions, each.entry_index) for each in found.values()
        ] == [
            (ProposalState.DONE, "sun", 9, 1, 4),
            (ProposalState.DONE, "wu", 7, 1, 4),
            (ProposalState.PROPOSED, "", None, 0, None),
        ]
        assert found["p1"].learner_id == "erased-1"
