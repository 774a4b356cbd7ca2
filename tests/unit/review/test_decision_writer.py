"""A decision about a session whose records are held back counts at once, and its leaf follows them into the log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from support.study import FixedVision, ManualClock, Student, service, token
from zaichang.audit.bundle import write_bundle
from zaichang.audit.check import exit_code
from zaichang.audit.replay.rule_replay import replay_by_rules
from zaichang.audit.verify import verify_bundle
from zaichang.core.assessment import not_analysed
from zaichang.core.civil import parse_moment
from zaichang.core.enums import ErasureScope, LeafKind, ProposalState, ReviewOutcome, RevocationScope
from zaichang.core.errors import StorageError
from zaichang.core.reasons import ReasonCode
from zaichang.core.units import ROUND_MS
from zaichang.evidence.amendments import anchor_of
from zaichang.log.bundles import export_sessions, log_trust, place_of
from zaichang.log.reader import LogReader
from zaichang.log.rounds import holding as rounds
from zaichang.main.service import Services
from zaichang.ports.records_cases import CaseFilter
from zaichang.review import decision_writer, erasure_desk
from zaichang.review.desk import Verdicts
from zaichang.review.erasure_desk import ErasureWanted
from zaichang.review.revocations import Wanted
from zaichang.session.playhead import total_ms
from zaichang.tlog.leaf_dates import in_log_by_ms
from zaichang.tlog.trust import parse_trust

ROUND_BEGIN = parse_moment("2026-06-01T10:00:00").ms
LESSON = ("inst", "learner", "course", "lesson")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "WAIT_S", 0.001)
    monkeypatch.setattr(erasure_desk, "RETRY_S", 0.001)
    monkeypatch.setattr(decision_writer, "RETRY_S", 0.001)


@asynccontextmanager
async def holding(
    path: Path, clock: ManualClock, vision: FixedVision, monkeypatch: pytest.MonkeyPatch, seed: str = "first"
) -> AsyncIterator[Services]:
    async with service(path, clock=clock, vision=vision, seed=seed, log_hold_back=True) as services:
        monkeypatch.setattr(services.hub, "settle", lambda: asyncio.sleep(0.005))  # it would wait for held records
        yield services


async def studied(services: Services, clock: ManualClock, vision: FixedVision) -> str:
    """Study two minutes of which the second is left to a reviewer."""
    student = Student(services, clock)
    await student.begin(await token(services))
    await student.play(60_000, 10_000)
    good, vision.answer = vision.answer, lambda _: not_analysed()
    await student.play(60_000, 10_000)
    await student.finish()
    await student.closed()
    vision.answer = good
    return student.session_id


async def granted(services: Services) -> None:
    [case] = await services.store.cases(CaseFilter(institution_id="inst", state="open"))
    async with asyncio.timeout(5):
        await services.review.decide("inst", "ren", case.case_id, Verdicts(outcome=ReviewOutcome.GRANT))


async def places(services: Services, session: str) -> list[tuple[str, bool]]:
    return [(leaf.kind, leaf.entry_index is not None) for leaf in await services.store.leaves(session)]


async def logged(services: Services, session: str, kind: LeafKind = LeafKind.AMEND) -> None:
    async with asyncio.timeout(20):
        while (kind, True) not in await places(services, session):
            await asyncio.sleep(0.005)


async def verdict(services: Services, session: str) -> int:
    row = await services.store.session(session)
    place = place_of(services.log_places, row)
    bundle = await export_sessions(services.store, services.ports.vault, LogReader(place.published), [row])
    return exit_code(verify_bundle(write_bundle(bundle), parse_trust(log_trust(place)), replay_by_rules))


async def test_a_decision_counts_at_once_and_follows_the_records_that_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, vision = ManualClock(ROUND_BEGIN), FixedVision()
    async with holding(tmp_path, clock, vision, monkeypatch) as services:
        session = await studied(services, clock, vision)
        before = total_ms(await services.store.credited(*LESSON))
        await granted(services)
        decided_ms, counted = clock.at_ms, total_ms(await services.store.credited(*LESSON))
        assert counted > before, "it counts before its leaf is there"
        assert {kind for kind, _ in await places(services, session)} == {
            "session.start",
            "session.segment",
            "session.final",
        }
        assert not any(there for _, there in await places(services, session))
        async with asyncio.timeout(5), services.hub.learner_lock("inst", "learner"):
            pass  # the learner's next session need not wait
        two = Wanted(scope=RevocationScope.SESSION, reason=ReasonCode.REVOKED_PROXY, session_id=session)
        async with asyncio.timeout(5):
            proposed = await services.revocations.propose("inst", "ren", two)
            taken = await services.revocations.confirm("inst", "sun", proposed.revocation_id)
        assert (taken.state, taken.revoked_ms) == (ProposalState.DONE, counted)
        assert await services.store.credited(*LESSON) == ()

        clock.at_ms = in_log_by_ms(decided_ms)
        await logged(services, session)
        async with asyncio.timeout(20):
            await services.decisions.settle("inst", "learner")
        found = await places(services, session)
        assert all(there for _, there in found) and len([1 for kind, _ in found if kind == LeafKind.AMEND]) > 1
        assert await verdict(services, session) == 0


async def test_a_clean_stop_takes_the_decision_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, vision = ManualClock(ROUND_BEGIN), FixedVision()
    async with holding(tmp_path, clock, vision, monkeypatch) as services:
        session = await studied(services, clock, vision)
        await granted(services)
        place = place_of(services.log_places, await services.store.session(session))
    kinds = [b'"session.amend"' in LogReader(place.published).entry(n) for n in range(LogReader(place.published).size)]
    assert any(kinds), "a stop may last for days, and the decision would look held back"
    async with holding(tmp_path, clock, vision, monkeypatch, "second") as services:
        assert await verdict(services, session) == 0


async def test_a_crash_loses_no_decision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, vision = ManualClock(ROUND_BEGIN), FixedVision()
    async with holding(tmp_path, clock, vision, monkeypatch) as services:
        session = await studied(services, clock, vision)
        await granted(services)
        monkeypatch.setattr(decision_writer, "STOP_S", 0)
        monkeypatch.setattr(services.logs, "take_in", lambda: asyncio.sleep(0))
    clock.at_ms += 10 * ROUND_MS
    async with holding(tmp_path, clock, vision, monkeypatch, "second") as services:
        assert (LeafKind.AMEND, True) in await places(services, session)
        assert await verdict(services, session) == 0
        named = {leaf.kind: anchor_of(leaf) for leaf in await services.store.leaves(session)}
        newest = (await services.logs.log_for("inst", clock.at_ms)).anchor()
        assert newest is not None and newest != named[LeafKind.FINAL] is not None
        message = "it is dated hours ago, so it names no checkpoint of now"
        assert named[LeafKind.AMEND] == named[LeafKind.FINAL], message


async def test_a_storage_error_delays_a_decision_and_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock, vision = ManualClock(ROUND_BEGIN), FixedVision()
    async with holding(tmp_path, clock, vision, monkeypatch) as services:
        session = await studied(services, clock, vision)
        await granted(services)
        works, refused = services.store.add_leaves, []

        async def full(*arguments: Any) -> None:
            if len(refused) == 2:
                return await works(*arguments)
            refused.append(arguments)
            raise StorageError("storage.failed", "The disk is full.", "Make room.")

        monkeypatch.setattr(services.store, "add_leaves", full)
        clock.at_ms += 2 * ROUND_MS
        async with asyncio.timeout(20):
            await services.decisions.settle("inst", "learner")
        assert len(refused) == 2 and f"session {session}: a decision waits" in caplog.text
        assert await verdict(services, session) == 0


@pytest.mark.parametrize("code", ["storage.closed", "storage.conflict"])
async def test_a_write_that_no_later_try_can_make_good_is_left_to_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: str
) -> None:
    clock, vision = ManualClock(ROUND_BEGIN), FixedVision()
    async with holding(tmp_path, clock, vision, monkeypatch) as services:
        await studied(services, clock, vision)
        await granted(services)

        async def gone(*_: Any) -> None:
            raise StorageError(code, "No.", "")

        monkeypatch.setattr(services.store, "add_leaves", gone)
        clock.at_ms += 2 * ROUND_MS
        async with asyncio.timeout(20):
            await services.decisions.settle("inst", "learner")
        assert "a decision is not in the log yet" in caplog.text and not services.decisions.waits("inst", "learner")


async def test_an_erasure_follows_the_records_that_name_the_learner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, vision = ManualClock(ROUND_BEGIN), FixedVision()
    async with holding(tmp_path, clock, vision, monkeypatch) as services:
        session = await studied(services, clock, vision)
        await granted(services)
        wanted = ErasureWanted(learner_id="learner", scope=ErasureScope.ALL, basis="pipl-47")
        proposed = await services.erasures.propose("inst", "ren", wanted)
        async with asyncio.timeout(5):
            erasure = await services.erasures.confirm("inst", "sun", proposed.erasure_id)
        assert erasure.state is ProposalState.CONFIRMED and await services.store.credited(*LESSON) != ()
        clock.at_ms += 2 * ROUND_MS
        async with asyncio.timeout(20):
            await services.erasures.settle()
        erasure = await services.store.erasure(proposed.erasure_id)
        assert erasure.state is ProposalState.DONE and erasure.entry_index is not None
        assert all(there for _, there in await places(services, session)), "no record was left out"
        assert await services.store.amendments(session) == []
        place = place_of(services.log_places, await services.store.session(session))
        last = LogReader(place.published).entry(erasure.entry_index)
        assert b'"erasure"' in last and erasure.entry_index == LogReader(place.published).size - 1


async def test_an_erasure_that_a_new_session_delays_is_carried_out_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, vision = ManualClock(ROUND_BEGIN), FixedVision()
    async with holding(tmp_path, clock, vision, monkeypatch) as services:
        await studied(services, clock, vision)
        wanted = ErasureWanted(learner_id="learner", scope=ErasureScope.ALL, basis="pipl-47")
        proposed = await services.erasures.propose("inst", "ren", wanted)
        await services.erasures.confirm("inst", "sun", proposed.erasure_id)
        second = Student(services, clock)
        await second.begin(await token(services))
        clock.at_ms += 2 * ROUND_MS
        open_session = services.hub.find(second.session_id)
        assert open_session is not None
        await logged(services, second.session_id, LeafKind.START)
        async with asyncio.timeout(20):
            await services.erasures.settle()
        assert (await services.store.erasure(proposed.erasure_id)).state is ProposalState.CONFIRMED
        await open_session.supersede()
        await second.leave()
        clock.at_ms += 3 * ROUND_MS
        async with asyncio.timeout(20):
            await services.erasures.settle()
        assert (await services.store.erasure(proposed.erasure_id)).state is ProposalState.DONE


async def test_a_restart_neither_waits_for_the_round_nor_erases_before_the_records_that_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, vision = ManualClock(ROUND_BEGIN), FixedVision()
    wanted = ErasureWanted(learner_id="learner", scope=ErasureScope.ALL, basis="pipl-47")
    async with holding(tmp_path, clock, vision, monkeypatch) as services:
        student = Student(services, clock)
        await student.begin(await token(services))
        await student.play(60_000, 10_000)
        proposed = await services.erasures.propose("inst", "ren", wanted)
        await services.store.decide_erasure(proposed.erasure_id, ProposalState.CONFIRMED, "sun", clock.at_ms)
        await student.leave()
        await services.store._db.write(lambda db: db.execute("UPDATE sessions SET state = 'superseded'").rowcount)
    async with (
        asyncio.timeout(20),
        service(tmp_path, clock=clock, vision=vision, seed="second", log_hold_back=True, enrol_first=False) as services,
    ):
        assert services.hub.find(student.session_id) is not None, "it has records to write"
        assert (LeafKind.FINAL, False) in await places(services, student.session_id)
        assert (await services.store.erasure(proposed.erasure_id)).state is ProposalState.CONFIRMED
        clock.at_ms += 2 * ROUND_MS
        await services.erasures.settle()
        assert (await services.store.erasure(proposed.erasure_id)).state is ProposalState.DONE
        assert all(there for _, there in await places(services, student.session_id))
        lines = b"".join(path.read_bytes() for path in services.folder.outbox.glob("*.jsonl"))
        assert b'"end"' in lines and b'"learner"' in lines and b'"learner":"learner"' not in lines
