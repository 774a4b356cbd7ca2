"""Erasure on a running service: two people, two scopes, and coming back earns nothing twice."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from support.study import FixedVision, ManualClock, Student, service
from zaichang.audit.bundle import write_bundle
from zaichang.audit.verify import verify_bundle
from zaichang.core.civil import parse_moment
from zaichang.core.enums import ErasureScope, ProposalState
from zaichang.core.errors import NotAllowed, NotFound, PeerViolation, StorageError
from zaichang.core.ids import LearnerId
from zaichang.hours.feed import HourFeed
from zaichang.hours.stored import stored_facts
from zaichang.log.bundles import export_sessions, log_trust, place_of
from zaichang.log.reader import LogReader
from zaichang.main.service import Services
from zaichang.ports.purposes import Purpose
from zaichang.ports.records_review import Erasure
from zaichang.review import erasure_desk
from zaichang.review.erasure import Eraser
from zaichang.review.erasure_desk import ErasureWanted
from zaichang.tlog.trust import parse_trust

OWNER = ("inst", "learner")
LESSON = ("course", "lesson")
WHOLE = ((0, 60_000),)
REF = "ab" * 32


@dataclass
class Page:
    services: Services
    clock: ManualClock

    async def study(self, learner: str = "learner", person_ref: str = "", for_ms: int = 60_000) -> str:
        if await self.services.store.enrolment("inst", LearnerId(learner)) is None:
            await self.services.enrolling.from_photos("inst", learner, [b"photo of " + learner.encode()])
        student = await self.begin(learner, person_ref)
        await student.play(for_ms, 10_000)
        await student.finish()
        await student.closed()
        return student.session_id

    async def begin(self, learner: str = "learner", person_ref: str = "") -> Student:
        student = Student(self.services, self.clock)
        launch = await self.services.launches.issue("inst", learner, *LESSON, person_ref=person_ref)
        await student.begin(launch)
        return student

    async def erase(self, scope: ErasureScope, learner: str = "learner") -> Erasure:
        desk = self.services.erasures
        proposed = await desk.propose("inst", "ren", ErasureWanted(learner_id=learner, scope=scope, basis="pipl-47"))
        return await desk.confirm("inst", "sun", proposed.erasure_id)

    async def credited(self, learner: str = "learner") -> Any:
        return await self.services.store.credited("inst", learner, *LESSON)

    async def earned_ms(self, session: str) -> int:
        minutes = await self.services.store.minutes(session)
        return sum(json.loads(each.body)["verified_ms"] for each in minutes)

    async def facts_ms(self, learner: str = "learner") -> int:
        await HourFeed(self.services.store).feed()
        facts = await stored_facts(self.services.store, "inst", learner, {})
        return sum(run.media_ms * run.minutes for fact in facts for run in fact.runs)  # type: ignore[attr-defined]

    def lines(self, kind: str) -> list[Any]:
        files = sorted(self.services.folder.outbox.glob("*.jsonl"))
        found = [json.loads(line) for path in files for line in path.read_text().splitlines()]
        return [line for line in found if line["t"] == kind]


@asynccontextmanager
async def page(path: Path, **more: Any) -> AsyncIterator[Page]:
    clock = more.pop("clock", None) or ManualClock(parse_moment("2026-06-01T10:00:00").ms)
    async with service(path, clock=clock, vision=FixedVision(), **more) as services:
        yield Page(services, clock)


async def verdict_of(services: Services, session: str) -> Any:
    row = await services.store.session(session)
    place = place_of(services.log_places, row)
    sessions = await export_sessions(services.store, services.ports.vault, LogReader(place.published), [row])
    return verify_bundle(write_bundle(sessions), parse_trust(log_trust(place)))


async def test_biometrics_go_with_their_key_and_the_record_stays_whole(tmp_path: Path) -> None:
    async with page(tmp_path) as here:
        services, store = here.services, here.services.store
        session = await here.study()
        await services.hub.settle()
        await services.review.appeal(OWNER, session, (0,), "请再看一次")
        old = await store.learner(*OWNER)
        held = await store.enrolment(*OWNER)
        assert held is not None and list((tmp_path / "captures").rglob("c*")) != []
        done = await here.erase(ErasureScope.BIOMETRICS)
        assert (done.state, done.sessions, done.learner_id) == (ProposalState.DONE, 1, "learner")

        assert await store.enrolment(*OWNER) is None
        assert [path for path in (tmp_path / "captures").rglob("c*") if path.is_file()] == []
        new = services.ports.vault.unlock(await store.learner(*OWNER))
        with pytest.raises(StorageError, match=r"storage\.sealed_damaged"):
            new.decrypt(Purpose.TEMPLATE, "1", held.encrypted)
        everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        assert old.wrapped_key is not None and old.wrapped_key not in everything and held.encrypted not in everything

        assert await here.credited() == WHOLE and await here.facts_ms() == 60_000
        assert new.subject_key() == services.ports.vault.unlock(old).subject_key(), "the openings still open"
        [appeal] = await store.appeals(session)
        assert await services.review.words_of(await store.session(session), appeal) == "请再看一次"
        assert not [check for check in await verdict_of(services, session) if check.status == "fail"]
        assert await store.faces_erased(session)
        assert [line["sessions"] for line in here.lines("erasure")] == [[session]]


async def test_after_all_is_erased_the_same_pseudonym_earns_nothing_twice(tmp_path: Path) -> None:
    async with page(tmp_path) as here:
        services = here.services
        session = await here.study()
        await services.hub.settle()
        assert await here.credited() == WHOLE
        done = await here.erase(ErasureScope.ALL)
        assert done.learner_id.startswith("erased-") and done.entry_index is not None
        assert [line["learner"] for line in here.lines("minute")] == ["-" * len("learner")] * len(here.lines("minute"))
        assert [(line["scope"], line["sessions"]) for line in here.lines("erasure")] == [("all", [session])]
        assert await here.credited() == (), "the account is gone"

        again = await here.study()
        assert await here.earned_ms(again) == 0 and await here.credited() == WHOLE
        await here.erase(ErasureScope.ALL)
        third = await here.study(for_ms=40_000)
        assert await here.earned_ms(third) == 0, "the second erasure keeps the tombstone"


async def test_another_pseudonym_of_the_same_person_earns_nothing_twice(tmp_path: Path) -> None:
    async with page(tmp_path) as here:
        await here.study(person_ref=REF)
        await here.services.hub.settle()
        beside = await here.study("second", REF)
        assert await here.earned_ms(beside) == 0, "two accounts of one person"
        assert await here.earned_ms(await here.study("stranger", "cd" * 32)) == 60_000
        await here.services.hub.settle()
        for learner in ("learner", "second"):
            await here.erase(ErasureScope.ALL, learner)
        back = await here.study("third", REF)
        assert await here.earned_ms(back) == 0
        everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        assert REF.encode() not in everything, "no file holds the reference itself"


async def test_the_same_lesson_counts_again_next_year_after_an_erasure(tmp_path: Path) -> None:
    async with page(tmp_path) as here:
        await here.study()
        await here.services.hub.settle()
        await here.erase(ErasureScope.ALL)
        here.clock.at_ms = parse_moment("2027-01-05T10:00:00").ms
        assert await here.earned_ms(await here.study()) == 60_000


async def test_one_person_is_not_enough_and_a_running_session_or_a_hold_prevents_it(tmp_path: Path) -> None:
    async with page(tmp_path) as here:
        desk, services = here.services.erasures, here.services
        student = await here.begin()
        wanted = ErasureWanted(learner_id=LearnerId("learner"), scope=ErasureScope.ALL, basis="pipl-47")
        made = await desk.propose("inst", "ren", wanted)
        with pytest.raises(NotAllowed, match=r"erasure\.same_person"):
            await desk.confirm("inst", "ren", made.erasure_id)
        with pytest.raises(NotAllowed, match=r"erase\.open_session"):
            await desk.confirm("inst", "sun", made.erasure_id)
        assert (await services.store.erasure(made.erasure_id)).state is ProposalState.PROPOSED
        with pytest.raises(NotFound, match=r"erasure\.unknown"):
            await desk.confirm("other", "sun", made.erasure_id)
        await student.finish()
        await student.closed()
        await desk.refuse("inst", "ren", made.erasure_id)
        with pytest.raises(NotAllowed, match=r"erasure\.decided"):
            await desk.confirm("inst", "sun", made.erasure_id)
        for wrong in (replace(wanted, basis="PIPL 47"), replace(wanted, request="ab"), replace(wanted, note="\u202e")):
            with pytest.raises(PeerViolation, match=r"erasure\.invalid"):
                await desk.propose("inst", "ren", wrong)
        with pytest.raises(NotFound, match=r"learner\.unknown"):
            await desk.propose("inst", "ren", replace(wanted, learner_id=LearnerId("nobody")))


async def test_a_confirmed_erasure_that_a_crash_cut_off_is_carried_out_at_the_next_start(tmp_path: Path) -> None:
    async with page(tmp_path) as here:
        await here.study()
        await here.services.hub.settle()
        wanted = ErasureWanted(learner_id=LearnerId("learner"), scope=ErasureScope.ALL, basis="pipl-47")
        made = await here.services.erasures.propose("inst", "ren", wanted)
        await here.services.store.decide_erasure(made.erasure_id, ProposalState.CONFIRMED, "sun", 5)
        clock = here.clock
    async with page(tmp_path, clock=clock, seed="again", enrol_first=False) as here:
        await here.services.erasures.settle()
        done = await here.services.store.erasure(made.erasure_id)
        assert done.state is ProposalState.DONE and done.learner_id.startswith("erased-")
        [checkpoint] = here.services.folder.log.glob("inst/*/public/checkpoint")
        entries = b"".join(path.read_bytes() for path in checkpoint.parent.rglob("tile/entries/**/*") if path.is_file())
        assert b'"scope":"all"' in entries and b'"basis":"pipl-47"' in entries


async def confirmed(here: Page) -> Erasure:
    """Let the learner study, and confirm an erasure of all in storage alone, as before a crash."""
    await here.study()
    await here.services.hub.settle()
    wanted = ErasureWanted(learner_id=LearnerId("learner"), scope=ErasureScope.ALL, basis="pipl-47")
    made = await here.services.erasures.propose("inst", "ren", wanted)
    await here.services.store.decide_erasure(made.erasure_id, ProposalState.CONFIRMED, "sun", 5)
    return made


async def test_a_session_that_ends_while_it_refuses_an_erasure_wakes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with page(tmp_path) as here:
        made, desk, calls = await confirmed(here), here.services.erasures, []
        [row] = await here.services.store.sessions_page("inst", LearnerId("learner"), (10**15, ""), 1)
        check = Eraser.check

        async def refusing(self: Eraser, *owner: Any) -> int:
            calls.append(owner)
            if len(calls) == 1:
                desk.closed(row)
                raise NotAllowed("erase.open_session", "A session of this learner still runs.")
            return await check(self, *owner)

        monkeypatch.setattr(Eraser, "check", refusing)
        await desk.recover()
        await desk.settle()
        assert (await here.services.store.erasure(made.erasure_id)).state is ProposalState.DONE
        desk.closed(row)
        await desk.settle()
        assert len(calls) == 2, "an erasure that is done is not woken"


async def test_an_erasure_that_storage_refuses_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with page(tmp_path) as here:
        made, desk, store = await confirmed(here), here.services.erasures, here.services.store
        erase, refusals = Eraser.erase, [StorageError("storage.disk_full", "No space is left.") for _ in range(2)]

        async def failing(self: Eraser, wanted: Erasure) -> tuple[int, int]:
            if refusals:
                raise refusals.pop()
            return await erase(self, wanted)

        monkeypatch.setattr(Eraser, "erase", failing)
        monkeypatch.setattr(erasure_desk, "RETRY_S", 0)
        await desk.recover()
        await desk.settle()
        assert refusals == [] and (await store.erasure(made.erasure_id)).state is ProposalState.DONE
        await here.study()
        await here.services.hub.settle()
        refusals += [StorageError("storage.disk_full", "No space is left.")]
        with pytest.raises(StorageError):
            await here.erase(ErasureScope.ALL)
        await desk.settle()
        assert await store.unfinished_erasures() == [] and await here.credited() == ()
