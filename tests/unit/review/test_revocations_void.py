"""Two people void a session: verdict, receipt and sums change, and nothing about it changes afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.study import service
from unit.review.test_revocations import OWNER, WHOLE, Study, session_wanted, study
from zaichang.audit.check import Status, exit_code
from zaichang.audit.inspection.inspect import inspect
from zaichang.audit.log_scan import scan_log
from zaichang.audit.receipt import verify_receipt
from zaichang.audit.replay.rule_replay import replay_by_rules
from zaichang.audit.taken_back import bundle_sessions, taken_back_since
from zaichang.audit.verify import verify_bundle
from zaichang.core.enums import ProposalState, RevocationScope
from zaichang.core.errors import NotAllowed
from zaichang.core.reasons import ReasonCode
from zaichang.hours.audit import audit
from zaichang.hours.feed import HourFeed
from zaichang.log.bundles import place_of
from zaichang.log.reader import LogReader
from zaichang.review.revocations import RevocationDesk, Wanted
from zaichang.tlog.leaf import parse_leaf


def void(page: Study, **more: Any) -> Wanted:
    return session_wanted(page.session_id, scope=RevocationScope.VOID, reason=ReasonCode.REVOKED_FRAUD, **more)


async def test_two_people_void_a_session_for_good(tmp_path: Path) -> None:
    async with study(tmp_path) as page:
        services = page.services
        before, (_, trust) = await page.bundle(), await page.receipt()
        proposed = await services.revocations.propose("inst", "ren", void(page))
        assert await page.credited() == WHOLE, "a proposal changes nothing"
        with pytest.raises(NotAllowed, match=r"revocation\.same_person"):
            await services.revocations.confirm("inst", "ren", proposed.revocation_id)
        page.clock.at_ms += 600_000
        done = await services.revocations.confirm("inst", "sun", proposed.revocation_id)
        assert (done.state, done.revoked_ms) == (ProposalState.DONE, 150_000)
        assert await page.credited() == () and await page.facts_ms() == 0
        leaves = [parse_leaf(leaf.body) for leaf in await services.store.leaves(page.session_id)]
        assert (leaves[-1]["t"], leaves[-1]["reason"]) == ("session.void", "REVOKED_FRAUD")

        after = await page.bundle()
        checks = verify_bundle(after, trust, replay_by_rules)
        assert exit_code(checks) == 0, [c for c in checks if c.status is not Status.PASS]
        assert any("was voided at index" in check.message for check in checks if check.check == "total")
        receipt, _ = await page.receipt()
        assert {c.code for c in verify_receipt(receipt, trust) if c.status is Status.FAIL} == {"E_VOID", "E_REVOKED"}
        whole = scan_log(page.log(), trust)
        assert exit_code(whole) == 0
        assert any("(1 sessions)" in check.message for check in whole if check.check == "total")
        later = taken_back_since(bundle_sessions(before), page.log(), trust)
        assert [c.message for c in later if c.code == "E_REVOKED"] == [
            "All of it was taken back after the file was made."
        ]
        for bundle in (before, after):
            inspection = inspect(page.log(), [bundle], trust, replay_by_rules)
            assert (inspection.code, inspection.counted_ms) == (0, 0)

        await HourFeed(services.store).feed()
        row = await services.store.session(page.session_id)
        reader = LogReader(place_of(services.log_places, row).published)
        found = await audit(
            services.store, lambda _, index: reader.entry(index), {row.session_id: [leaves[-1]["target"]]}
        )  # type: ignore[list-item]
        assert (found.findings, found.facts_ms, found.log_ms) == ((), 0, 0)


async def test_nothing_about_a_voided_session_changes_afterwards(tmp_path: Path) -> None:
    async with study(tmp_path) as page:
        services = page.services
        await page.revoke(void(page))
        with pytest.raises(NotAllowed, match=r"appeal\.voided"):
            await services.review.appeal(OWNER, page.session_id, (), "I was there.")
        for wanted in (void(page), session_wanted(page.session_id)):
            with pytest.raises(NotAllowed, match=r"revocation\.nothing"):
                await services.revocations.propose("inst", "ren", wanted)
        assert await services.review.left(page.session_id) == {}
        row = await services.store.session(page.session_id)
        assert await services.review.grant(row, "service:movements", ReasonCode.MOVEMENTS_FOLLOWED, {0: ((0, 9),)}) == 0


async def test_of_two_proposals_the_second_voids_nothing_again(tmp_path: Path) -> None:
    async with study(tmp_path) as page:
        desk = page.services.revocations
        first, second = [await desk.propose("inst", "ren", void(page)) for _ in range(2)]
        await desk.confirm("inst", "sun", first.revocation_id)
        again = await desk.confirm("inst", "sun", second.revocation_id)
        assert (again.state, again.revoked_ms) == (ProposalState.DONE, 0)
        leaves = [parse_leaf(leaf.body)["t"] for leaf in await page.services.store.leaves(page.session_id)]
        assert leaves.count("session.void") == 1


async def test_a_void_that_a_crash_cut_short_is_written_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(self: RevocationDesk, revocation: object) -> bool:
        raise NotAllowed("review.unsealed", "cut short")

    async with study(tmp_path) as page:
        proposed = await page.services.revocations.propose("inst", "ren", void(page))
        with monkeypatch.context() as patch:
            patch.setattr(RevocationDesk, "_void", crash)
            with pytest.raises(NotAllowed):
                await page.services.revocations.confirm("inst", "sun", proposed.revocation_id)
        assert await page.credited() == (), "its time does not count any more"
        session_id = page.session_id
    async with service(tmp_path, clock=page.clock) as services:
        assert (await services.store.revocation(proposed.revocation_id)).state is ProposalState.DONE
        leaves = [parse_leaf(leaf.body)["t"] for leaf in await services.store.leaves(session_id)]
        assert leaves.count("session.void") == 1
