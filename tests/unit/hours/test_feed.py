"""Closed sessions and decisions become facts, each once, with the log's sums."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.stores import erase_all
from support.study import FixedVision, ManualClock, Student, service, token
from zaichang.core.assessment import not_analysed
from zaichang.core.enums import LeafKind, ReviewOutcome
from zaichang.core.errors import EvidenceError
from zaichang.hours.audit import audit, logged_ms
from zaichang.hours.feed import HourFeed, amend_fact, joined, minute_runs, study_fact
from zaichang.hours.packs import load_rules
from zaichang.hours.stored import read_catalogue, stored_facts
from zaichang.ledger.count import count
from zaichang.ledger.facts import Run
from zaichang.ledger.window import label_of
from zaichang.main.hours import log_entries, log_voids
from zaichang.main.service import Services
from zaichang.ports.records_cases import CaseFilter
from zaichang.review.desk import Verdicts

CQ = load_rules("cq-pharmacist-2025")


async def session_with_a_case(services: Services, clock: ManualClock, vision: FixedVision) -> str:
    """Study some minutes that go to review."""
    student = Student(services, clock)
    await student.begin(await token(services))
    await student.play(70_000, 10_000)
    good = vision.answer
    vision.answer = lambda _: not_analysed()
    await student.play(150_000, 10_000)
    await student.finish()
    await student.closed()
    vision.answer = good
    return student.session_id


async def decide(services: Services) -> None:
    [case] = await services.store.cases(CaseFilter(institution_id="inst", state="open"))
    await services.review.decide("inst", "ren", case.case_id, Verdicts(outcome=ReviewOutcome.GRANT))


async def test_a_session_and_its_decision_are_fed_once_and_sum_to_the_log(tmp_path: Path) -> None:
    clock, vision = ManualClock(), FixedVision()
    async with service(tmp_path, clock=clock, vision=vision) as services:
        store, feed = services.store, HourFeed(services.store)
        session_id = await session_with_a_case(services, clock, vision)
        assert await feed.feed() == 1
        assert await feed.feed() == 0
        [fact] = await store.hour_facts("inst", "learner")
        verified_ms = fact.verified_ms
        assert fact.fact_key == f"study/{session_id}"
        assert fact.last_index > fact.first_index >= 0

        await decide(services)
        assert await feed.feed(("inst", "other")) == 0
        assert await feed.feed(("inst", "learner")) > 0
        assert await feed.feed() == 0
        entry = log_entries(services.settings)
        found = await audit(store, entry)
        assert (found.findings, found.waiting, found.sessions) == ((), 0, 1)
        assert found.facts_ms == found.log_ms > verified_ms
        assert log_voids(services.settings) == {}
        voided = await audit(store, entry, {session_id: [fact.last_index]})
        assert voided.log_ms == 0
        assert voided.findings[0].endswith(f"the log 0 ms after voids of {found.log_ms} ms.")

        facts = await stored_facts(store, "inst", "learner", {})
        row = await store.session(session_id)
        statement = count(facts, CQ, label_of(CQ, row.opened_ms))
        wall_ms = sum(
            min(minute["to_ms"] - minute["from_ms"], 60_000)
            for minute in (json.loads(stored.body) for stored in await store.minutes(session_id))
        )
        total_ms = statement.sums["total"] * CQ.readings.hour_ms
        assert 0 < total_ms <= min(wall_ms, found.log_ms)
        assert total_ms > found.log_ms * 97 // 100


async def test_a_fact_that_is_not_the_log_s_is_named(tmp_path: Path) -> None:
    clock, vision = ManualClock(), FixedVision()
    async with service(tmp_path, clock=clock, vision=vision) as services:
        store = services.store
        session_id = await session_with_a_case(services, clock, vision)
        await HourFeed(store).feed()
        entry = log_entries(services.settings)
        assert (await audit(store, entry)).findings == ()
        minutes, leaves = await store.minutes(session_id), await store.leaves(session_id)
        row = await store.session(session_id)

        body = json.loads(minutes[0].body)
        wrong = replace(minutes[0], body=json.dumps({**body, "verified_ms": body["verified_ms"] + 1}).encode())
        with pytest.raises(EvidenceError, match="sum to"):
            study_fact(row, [wrong, *minutes[1:]], leaves)

        assert (
            logged_ms(row, leaves, set(), lambda *_: b"other")[1]
            == f"the log's entry {leaves[0].entry_index} is not leaf 0"
        )
        unanchored = [replace(leaves[0], entry_index=None), *leaves[1:]]
        assert "in no checkpoint" in logged_ms(row, unanchored, set(), entry)[1]

        def broken(*_: Any) -> bytes:
            raise EvidenceError("E_TILE", "missing")

        assert "cannot be read (E_TILE)" in logged_ms(row, leaves, set(), broken)[1]
        final = next(leaf for leaf in leaves if leaf.kind is LeafKind.FINAL)
        other = json.dumps({**json.loads(final.body), "verified_ms": 5}).encode()
        changed = [replace(leaf, body=other) if leaf is final else leaf for leaf in leaves]
        as_stored = {leaf.entry_index: leaf.body for leaf in changed}
        assert "states 5 ms" in logged_ms(row, changed, set(), lambda _, index: as_stored[index])[1]

        await store.add_hour_fact(
            replace((await store.hour_facts("inst", "learner"))[0], fact_key="study/again", verified_ms=5)
        )
        [finding] = (await audit(store, entry)).findings
        assert finding.startswith(f"Session {session_id}: the facts hold ")
        [lost] = (await audit(store, broken)).findings
        assert "cannot be read" in lost


async def test_a_decision_that_is_not_its_leaf_s_is_refused(tmp_path: Path) -> None:
    clock, vision = ManualClock(), FixedVision()
    async with service(tmp_path, clock=clock, vision=vision) as services:
        store = services.store
        session_id = await session_with_a_case(services, clock, vision)
        await decide(services)
        row, minutes, leaves = (
            await store.session(session_id),
            await store.minutes(session_id),
            await store.leaves(session_id),
        )
        amendment = (await store.amendments(session_id))[0]
        fact = amend_fact(row, amendment, minutes, [], leaves)
        assert fact.verified_ms == amendment.delta_ms
        later = amend_fact(row, amendment, minutes, [amendment], leaves)
        assert json.loads(later.body)["runs"] != json.loads(fact.body)["runs"]
        with pytest.raises(EvidenceError, match="is not its leaf's"):
            amend_fact(row, replace(amendment, delta_ms=amendment.delta_ms + 1), minutes, [], leaves)


async def test_an_open_session_waits_and_an_erased_one_is_kept_under_its_alias(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        store = services.store
        student = Student(services, clock)
        await student.begin(await token(services))
        await student.play(70_000, 10_000)
        assert await HourFeed(store).feed() == 0
        await student.finish()
        await student.closed()
        assert await HourFeed(store).feed() == 1
        await erase_all(store, "inst", "learner", "alias", clock.now_ms())
        assert await store.hour_facts("inst", "learner") == []
        [fact] = await store.hour_facts("inst", "alias")
        assert fact.verified_ms > 60_000
        assert b"learner" not in fact.body
        assert (await audit(store, log_entries(services.settings))).findings == ()


def test_runs_of_one_minute_share_its_server_time() -> None:
    assert minute_runs(0, 60_000, [(0, 20_000), (30_000, 40_000)], 0) == [
        Run(0, 20_000, 0, 20_000, 1), Run(20_000, 10_000, 30_000, 10_000, 1)
    ]  # fmt: skip
    assert minute_runs(0, 60_000, [(0, 61_200)], 0) == [Run(0, 60_000, 0, 61_200, 1)]
    assert minute_runs(0, 60_000, [(0, 30_000), (40_000, 80_000)], 20_000)[1] == Run(50_000, 10_000, 40_000, 40_000, 1)
    assert minute_runs(0, 60_000, [(0, 5)], 70_000) == [Run(60_000, 0, 0, 5, 1)]


def test_equal_runs_that_follow_each_other_are_one() -> None:
    first, second = Run(0, 60_000, 0, 61_200, 1), Run(60_000, 60_000, 61_200, 61_200, 1)
    assert joined([first, second]) == [Run(0, 60_000, 0, 61_200, 2)]
    for other in (
        second._replace(from_ms=60_001),
        second._replace(media_from_ms=61_201),
        second._replace(media_ms=61_199),
        second._replace(wall_ms=59_999),
    ):
        assert joined([first, other]) == [first, other]


def test_the_catalogue_names_the_category(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text('format = "zaichang-catalogue@1"\n[category]\n"inst/course" = "public"\n')
    assert read_catalogue(str(path)) == {"inst/course": "public"}


async def test_a_damaged_record_stops_no_other_and_is_told_to_its_own_learner_alone(tmp_path: Path) -> None:
    clock, vision = ManualClock(), FixedVision()
    async with service(tmp_path, clock=clock, vision=vision) as services:
        store, damaged = services.store, ""
        for _ in range(2):
            student = Student(services, clock)
            await student.begin(await token(services))
            await student.play(70_000, 10_000)
            await student.finish()
            await student.closed()
            damaged = min(damaged or student.session_id, student.session_id)
        kept = [replace(one, body=b'{"from_ms":0,"to_ms":0,"verified":[],"verified_ms":1}')
                for one in await store.minutes(damaged)]  # fmt: skip
        feed = HourFeed(Damaged(store, damaged, kept))  # type: ignore[arg-type]
        assert await feed.feed(("inst", "other")) == 0, "another learner's session is none of its business"
        assert await feed.feed() == 1, "the other session is counted"
        assert await feed.feed(("other", "learner"), strict=True) == 0
        with pytest.raises(EvidenceError, match=r"hours\.record"):
            await feed.feed(("inst", "learner"), strict=True)
        assert await HourFeed(store).feed() == 1


class Damaged:
    """A store in which the minutes of one session are damaged."""

    def __init__(self, store: Any, session_id: str, minutes: Any) -> None:
        self.store, self.session_id, self.kept = store, session_id, minutes

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    async def minutes(self, session_id: Any) -> Any:
        return self.kept if session_id == self.session_id else await self.store.minutes(session_id)
