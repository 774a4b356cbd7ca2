"""Verified time is taken back by two people, freed, told to the learner, appealed, and visible in verification."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.study import FixedVision, ManualClock, Student, service, token
from zaichang.audit.bundle import write_bundle
from zaichang.audit.check import Status, exit_code
from zaichang.audit.log_scan import scan_log
from zaichang.audit.receipt import verify_receipt
from zaichang.audit.replay.rule_replay import replay_by_rules
from zaichang.audit.source import tile_reader
from zaichang.audit.taken_back import bundle_sessions, receipt_sessions, taken_back_since
from zaichang.audit.verify import verify_bundle
from zaichang.core.civil import parse_moment
from zaichang.core.enums import CaseKind, ProposalState, ReviewOutcome, RevocationScope
from zaichang.core.errors import NotAllowed, NotFound, PeerViolation
from zaichang.core.reasons import ReasonCode
from zaichang.hours.feed import HourFeed
from zaichang.hours.stored import stored_facts
from zaichang.log.bundles import export_sessions, log_trust, place_of
from zaichang.log.reader import LogReader
from zaichang.log.receipts import session_receipt
from zaichang.main.service import Services
from zaichang.ports.records_cases import CaseDraft, CaseFilter, CaseReason
from zaichang.ports.records_review import Revocation
from zaichang.review.desk import Verdicts
from zaichang.review.revocations import Wanted
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.trust import Trust, parse_trust

PROXY = ReasonCode.REVOKED_PROXY
OWNER = ("inst", "learner")
WHOLE = ((0, 150_000),)


@dataclass
class Study:
    services: Services
    clock: ManualClock
    session_id: str

    async def credited(self) -> Any:
        return await self.services.store.credited(*OWNER, "course", "lesson")

    async def revoke(self, wanted: Wanted) -> Revocation:
        desk = self.services.revocations
        proposed = await desk.propose("inst", "ren", wanted)
        return await desk.confirm("inst", "sun", proposed.revocation_id)

    async def receipt(self) -> tuple[bytes, Trust]:
        row = await self.services.store.session(self.session_id)
        place = place_of(self.services.log_places, row)
        data = await session_receipt(self.services.store, self.services.ports.vault, LogReader(place.published), row)
        return data, parse_trust(log_trust(place))

    async def bundle(self) -> bytes:
        row = await self.services.store.session(self.session_id)
        reader = LogReader(place_of(self.services.log_places, row).published)
        return write_bundle(await export_sessions(self.services.store, self.services.ports.vault, reader, [row]))

    async def facts_ms(self) -> int:
        await HourFeed(self.services.store).feed()
        facts = await stored_facts(self.services.store, *OWNER, {})
        return sum(run.media_ms * run.minutes for fact in facts for run in fact.runs)  # type: ignore[attr-defined]

    def log(self) -> Any:
        [checkpoint] = self.services.folder.log.glob("inst/*/public/checkpoint")
        return tile_reader(checkpoint.parent)


async def studied(services: Services, clock: ManualClock, from_ms: int = 0, for_ms: int = 150_000) -> str:
    student = Student(services, clock)
    await student.begin(await token(services))
    student.playhead_ms = from_ms
    await student.play(for_ms, 10_000)
    await student.finish()
    await student.closed()
    return student.session_id


@asynccontextmanager
async def study(path: Path, now: str = "2026-06-01T10:00:00") -> AsyncIterator[Study]:
    clock = ManualClock(parse_moment(now).ms)
    async with service(path, clock=clock, vision=FixedVision()) as services:
        yield Study(services, clock, await studied(services, clock))


def session_wanted(session: str, **more: Any) -> Wanted:
    return Wanted(**{"scope": RevocationScope.SESSION, "reason": PROXY, "session_id": session, **more})


async def test_two_people_take_a_session_back_and_its_seconds_are_free_again(tmp_path: Path) -> None:
    async with study(tmp_path) as page:
        services = page.services
        assert await page.credited() == WHOLE
        desk = services.revocations
        proposed = await desk.propose("inst", "ren", session_wanted(page.session_id))
        assert await page.credited() == WHOLE, "a proposal changes nothing"
        with pytest.raises(NotAllowed, match=r"revocation\.same_person"):
            await desk.confirm("inst", "ren", proposed.revocation_id)
        done = await desk.confirm("inst", "sun", proposed.revocation_id)
        assert (done.state, done.decided_by, done.revoked_ms) == (ProposalState.DONE, "sun", 150_000)
        assert await page.credited() == ()
        with pytest.raises(NotAllowed, match=r"revocation\.decided"):
            await desk.confirm("inst", "sun", proposed.revocation_id)

        leaves = [parse_leaf(leaf.body) for leaf in await services.store.leaves(page.session_id)]
        amends = [leaf for leaf in leaves if leaf["t"] == "session.amend"]
        assert {(leaf["reason"], leaf["verdict"]) for leaf in amends} == {("REVOKED_PROXY", "F")}
        assert sum(int(str(leaf["delta_ms"])) for leaf in amends) == -150_000
        lines = [
            json.loads(line)
            for file in services.folder.outbox.glob("*.jsonl")
            for line in file.read_text().splitlines()
        ]
        revoked = [line for line in lines if line["t"] == "amendment"]
        assert sum(end - start for line in revoked for start, end in line["revoked"]) == 150_000
        assert [entry.action for entry in await services.store.audit("inst", 2**53, 5)] == [
            "revocation.confirm",
            "revocation.propose",
        ]

        page.session_id = await studied(services, page.clock)
        assert await page.credited() == WHOLE, "the same seconds are earned again"
        assert await page.facts_ms() == 150_000, "the ledger counts as if the first session had never been verified"
        data, trust = await page.receipt()
        assert exit_code(verify_receipt(data, trust)) == 0


async def test_exact_positions_are_taken_back_and_verify_recomputes_them(tmp_path: Path) -> None:
    async with study(tmp_path) as page:
        before, trust = await page.receipt()
        old = await page.bundle()
        wanted = session_wanted(page.session_id, scope=RevocationScope.INTERVALS, intervals=((50_000, 70_000),))
        assert (await page.revoke(wanted)).revoked_ms == 20_000
        assert await page.credited() == ((0, 50_000), (70_000, 150_000))
        assert await page.facts_ms() == 130_000

        bundle = await page.bundle()
        checks = verify_bundle(bundle, trust, replay_by_rules)
        assert exit_code(checks) == 0, [check for check in checks if check.status is not Status.PASS]
        assert any("130000 ms count" in check.message for check in checks)
        assert exit_code(verify_receipt(before, trust)) == 0, "alone it cannot know"
        for sessions in (receipt_sessions(before), bundle_sessions(old)):
            later = [c for c in taken_back_since(sessions, page.log(), trust) if c.status is not Status.PASS]
            assert [(c.code, c.sid, c.message) for c in later] == [
                ("E_REVOKED", page.session_id, "20000 ms of it were taken back after the file was made.")
            ]
        assert taken_back_since(bundle_sessions(bundle), page.log(), trust)[-1].status is Status.PASS
        after, _ = await page.receipt()
        assert [c.code for c in verify_receipt(after, trust) if c.status is not Status.PASS] == ["E_REVOKED"]
        assert exit_code(scan_log(page.log(), trust)) == 0


async def test_a_person_loses_one_year_and_keeps_the_other(tmp_path: Path) -> None:
    async with study(tmp_path, "2026-12-31T23:50:00") as page:
        page.clock.at_ms = parse_moment("2027-01-01T00:10:00").ms
        await studied(page.services, page.clock)
        wanted = Wanted(
            scope=RevocationScope.YEAR, reason=ReasonCode.REVOKED_YEAR, learner_id="learner", year="2026-01-01"
        )
        store = page.services.store
        next_year = await store.credited(*OWNER, "course", "lesson", "1", "2027-01-01")
        assert (await page.revoke(wanted)).revoked_ms == 150_000
        assert await store.credited(*OWNER, "course", "lesson", "1", "2026-01-01") == ()
        assert await store.credited(*OWNER, "course", "lesson", "1", "2027-01-01") == next_year != ()
        with pytest.raises(NotAllowed, match=r"revocation\.nothing"):
            await page.revoke(wanted)


async def test_the_learner_reads_why_and_an_appeal_restores_the_time(tmp_path: Path) -> None:
    async with study(tmp_path) as page:
        await page.revoke(session_wanted(page.session_id))
        services = page.services
        assert await services.review.left(page.session_id) == {}, "nothing is open before an appeal"
        await services.review.appeal(OWNER, page.session_id, [], "是我本人")
        [case] = await services.store.cases(CaseFilter(institution_id="inst"))
        await services.review.decide("inst", "li", case.case_id, Verdicts(outcome=ReviewOutcome.GRANT))
        assert await page.credited() == WHOLE
        assert await page.facts_ms() == 150_000
        data, trust = await page.receipt()
        assert exit_code(verify_receipt(data, trust)) == 0, "all of it counts again"
        assert exit_code(verify_bundle(await page.bundle(), trust, replay_by_rules)) == 0


async def test_a_case_of_the_face_search_ends_in_a_revocation(tmp_path: Path) -> None:
    async with study(tmp_path) as page:
        draft = CaseDraft(
            case_id="c1", institution_id="inst", kind=CaseKind.ACCOUNT, subject="learner", learner_id="learner",
            at_ms=page.clock.now_ms(), due_ms=page.clock.now_ms(),
            reasons=(CaseReason(code=ReasonCode.FACE_OF_ANOTHER_ACCOUNT.value, n=1, other="cousin"),),
        )  # fmt: skip
        await page.services.store.raise_case(draft)
        await page.revoke(session_wanted(page.session_id, case_id="c1"))
        case = await page.services.store.case("c1")
        assert (case.state, case.outcome, case.closed_by) == ("closed", ReviewOutcome.REVOKE, "sun")
        with pytest.raises(NotAllowed, match=r"review\.closed"):
            await page.revoke(session_wanted(page.session_id, case_id="c1"))


async def test_a_refused_proposal_changes_nothing(tmp_path: Path) -> None:
    async with study(tmp_path) as page:
        desk = page.services.revocations
        proposed = await desk.propose("inst", "ren", session_wanted(page.session_id))
        with pytest.raises(NotFound, match=r"revocation\.unknown"):
            await desk.refuse("other", "sun", proposed.revocation_id)
        assert (await desk.refuse("inst", "sun", proposed.revocation_id)).state is ProposalState.REFUSED
        assert await page.credited() == WHOLE
        with pytest.raises(NotAllowed, match=r"revocation\.decided"):
            await desk.confirm("inst", "sun", proposed.revocation_id)


async def test_a_crash_after_the_confirmation_is_finished_at_the_next_start(tmp_path: Path) -> None:
    async with study(tmp_path) as page:
        store = page.services.store
        proposed = await page.services.revocations.propose("inst", "ren", session_wanted(page.session_id))
        await store.decide_revocation(proposed.revocation_id, ProposalState.CONFIRMED, "sun", page.clock.now_ms())
    async with service(tmp_path, clock=page.clock, vision=FixedVision()) as services:
        again = await services.store.revocation(proposed.revocation_id)
        assert (again.state, again.revoked_ms) == (ProposalState.DONE, 150_000)
        await services.revocations.recover()
        assert await services.store.credited(*OWNER, "course", "lesson") == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": ReasonCode.REVIEW_GRANTED}, "reason"),
        ({"session_id": ""}, "session"),
        ({"learner_id": "learner"}, "learner"),
        ({"year": "2026-01-01"}, "year"),
        ({"intervals": ((0, 5),)}, "intervals"),
        ({"scope": RevocationScope.INTERVALS}, "intervals"),
        ({"scope": RevocationScope.INTERVALS, "intervals": ((5, 5),)}, "intervals"),
        ({"scope": RevocationScope.YEAR, "session_id": "", "learner_id": "learner", "year": "once"}, "year"),
        ({"note": "\x00"}, "note"),
    ],
)
async def test_a_proposal_that_does_not_fit_is_refused(tmp_path: Path, changes: dict[str, Any], field: str) -> None:
    async with service(tmp_path) as services:
        with pytest.raises(PeerViolation, match=f"{field} does not fit"):
            await services.revocations.propose("inst", "ren", session_wanted("5f0c" * 8, **changes))
