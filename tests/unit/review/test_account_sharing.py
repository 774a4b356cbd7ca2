"""Shared devices and addresses make one review case each, refuse no session, and go with time and erasure."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from support.stores import erase_all
from support.study import ManualClock, Pipe, service, token
from zaichang.core.enums import ReviewOutcome, SessionState, SightingKind
from zaichang.core.reasons import ReasonCode
from zaichang.evidence.case_rules import DAY_MS
from zaichang.main.service import Services
from zaichang.ports.records import SessionRow
from zaichang.ports.records_cases import Case, CaseFilter
from zaichang.protocol import messages as m
from zaichang.protocol.codec import decode_server, encode, encode_capture
from zaichang.review.account_sharing import HINTS_MAX, Peer, address_group
from zaichang.review.desk import Verdicts
from zaichang.review.retention import Retention
from zaichang.session.schedule import client_commitment

CAMPUS = "203.0.113.7"


async def session_of(services: Services, learner: str, number: int = 0, *, lesson: str = "lesson") -> SessionRow:
    key = services.ports.vault.new_learner("inst", learner, services.ports.clock.now_ms())
    await services.store.ensure_learner(key)
    held = await services.store.lesson("inst", "course", "lesson")
    row = SessionRow(
        session_id=f"{learner}-{number}",
        institution_id="inst",
        learner_id=learner,
        course_id="course",
        lesson_id=lesson,
        token_id=f"token-{learner}-{number}",
        policy_digest=held.policy_digest,
        state=SessionState.OPEN,
        opened_ms=services.ports.clock.now_ms(),
        next_seq=1,
    )
    await services.store.open_session(row)
    return row


async def joins(services: Services, learner: str, peer: Peer, number: int = 0) -> SessionRow:
    row = await session_of(services, learner, number)
    await services.account_sharing.joined(row, peer)
    return row


async def cases(services: Services) -> list[Case]:
    return list(await services.store.cases(CaseFilter(institution_id="inst")))


async def test_many_accounts_on_one_device_are_one_case_with_a_count(tmp_path: Path) -> None:
    async with service(tmp_path, device_accounts=3) as services:
        for learner in ("a", "b"):
            await joins(services, learner, Peer(device="tablet"))
        assert await cases(services) == []
        for learner in ("c", "d", "a"):
            await joins(services, learner, Peer(device="tablet"), 1)
        [case] = await cases(services)
        assert case.kind == SightingKind.DEVICE and "tablet" not in case.subject
        assert [(reason.code, reason.n) for reason in case.reasons] == [(ReasonCode.SHARED_DEVICE, 4)]
        seen = await services.store.seen_with("inst", SightingKind.DEVICE, case.subject, 0)
        assert dict(seen) == {"a": 2, "b": 1, "c": 1, "d": 1}


async def test_a_campus_is_one_line_and_stays_away_once_it_is_expected(tmp_path: Path) -> None:
    async with service(tmp_path, address_accounts=5, device_accounts=3) as services:
        for n in range(8):
            await joins(services, f"p{n}", Peer(address=CAMPUS, device=f"own-{n}"))
        [case] = await cases(services)
        assert case.kind == SightingKind.ADDRESS and CAMPUS not in case.subject
        await services.review.decide("inst", "ren", case.case_id, Verdicts(outcome=ReviewOutcome.EXPECTED))
        for n in range(8, 20):
            await joins(services, f"p{n}", Peer(address=CAMPUS))
        kept = await services.store.case(case.case_id)
        # Twice as many as when it was decided is news; a campus that grows slowly is not.
        assert kept.state == "open" and max(reason.n for reason in kept.reasons) >= 10
        await services.review.decide("inst", "ren", case.case_id, Verdicts(outcome=ReviewOutcome.EXPECTED))
        await joins(services, "p20", Peer(address=CAMPUS))
        assert await cases(services) == []


async def test_one_account_on_many_devices_and_in_parallel_lessons(tmp_path: Path) -> None:
    async with service(tmp_path, account_devices=3, account_parallel=2) as services:
        for n in range(3):
            await joins(services, "proxy", Peer(device=f"machine-{n}"), n)
        [case] = await cases(services)
        assert [(reason.code, reason.n) for reason in case.reasons] == [(ReasonCode.MANY_DEVICES, 3)]
        for n, lesson in enumerate(("x", "y", "x"), 3):
            row = await session_of(services, "proxy", n, lesson=lesson)
            await services.account_sharing.joined(row, Peer())
        [case] = await cases(services)
        assert {reason.code for reason in case.reasons} == {ReasonCode.MANY_DEVICES, ReasonCode.PARALLEL_COURSES}


async def test_zero_switches_a_signal_off(tmp_path: Path) -> None:
    off = {"device_accounts": 0, "address_accounts": 0, "account_devices": 0, "account_parallel": 0}
    async with service(tmp_path, **off) as services:
        for n in range(6):
            await joins(services, f"p{n}", Peer(device="one", address=CAMPUS))
        assert await cases(services) == []


async def test_digests_cannot_be_compared_between_institutions_or_data_folders(tmp_path: Path) -> None:
    async with service(tmp_path / "a") as first, service(tmp_path / "b") as second:
        mine = first.account_sharing.digest("inst", SightingKind.DEVICE, "tablet")
        assert mine == first.account_sharing.digest("inst", SightingKind.DEVICE, "tablet")
        others = {
            first.account_sharing.digest("other", SightingKind.DEVICE, "tablet"),
            first.account_sharing.digest("inst", SightingKind.ADDRESS, "tablet"),
            second.account_sharing.digest("inst", SightingKind.DEVICE, "tablet"),
        }
        assert mine not in others and len(others) == 3


async def test_time_and_erasure_make_them_go(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, device_accounts=2) as services:
        first = await joins(services, "a", Peer(device="tablet", address=CAMPUS))
        await joins(services, "b", Peer(device="tablet"))
        assert len(await cases(services)) == 1 and len(await services.store.sightings(first.session_id)) == 2
        await erase_all(services.store, "inst", "a", "erased-1", clock.now_ms())
        assert await services.store.sightings(first.session_id) == []
        clock.at_ms += 31 * DAY_MS
        await Retention(services.ports, 180, 30).sweep()
        assert await services.store.sightings("b-0") == [] and await cases(services) == []


async def test_a_join_s_device_and_a_capture_s_hints_come_through_the_gateway(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, device_accounts=1, address_accounts=1) as services:
        pipe = Pipe()
        serving = asyncio.ensure_future(services.gateway.serve(pipe, CAMPUS))
        join = m.Join(
            protocol=1, token=await token(services), client_nonce_c=client_commitment("ab" * 16), device="my-browser"
        )
        pipe.inbox.put_nowait(encode(join))
        pipe.inbox.put_nowait(encode(m.Reveal(client_nonce="ab" * 16)))
        order: m.ServerMessage | None = None
        while not isinstance(order, m.CaptureOrder):
            sent = await asyncio.wait_for(pipe.outbox.get(), 20)
            assert isinstance(sent, str), sent
            order = decode_server(sent)
        header = m.CaptureHeader(capture_id=order.capture_id, nonce=order.nonce, camera="c", hints=("track_muted",))
        pipe.inbox.put_nowait(encode_capture(header, b"\xff\xd8\xff"))
        pipe.inbox.put_nowait(None)
        await serving
        [row] = await services.store.sessions_page("inst", "learner", (2**53, "~"), 5)
        seen = {seen.kind: seen.value for seen in await services.store.sightings(row.session_id)}
        assert seen == {
            "device": services.account_sharing.digest("inst", SightingKind.DEVICE, "my-browser"),
            "address": services.account_sharing.digest("inst", SightingKind.ADDRESS, CAMPUS),
            "hint": "track_muted",
        }
        assert {case.kind for case in await cases(services)} == {SightingKind.DEVICE, SightingKind.ADDRESS}


async def test_hints_of_captures_are_kept_once_and_bounded(tmp_path: Path) -> None:
    async with service(tmp_path) as services:
        row = await session_of(services, "a")
        known: set[str] = set()
        await services.account_sharing.hinted(row, ("label_virtual", "label_virtual", "<script>", ""), known)
        await services.account_sharing.hinted(row, tuple(f"h{n}" for n in range(40)), known)
        kept = [seen.value for seen in await services.store.sightings(row.session_id)]
        assert "label_virtual" in kept and len(kept) == HINTS_MAX and "<script>" not in kept


async def test_a_failing_store_never_touches_the_session(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with service(tmp_path) as services:
        row = await session_of(services, "a")
        services.store.close()
        await services.account_sharing.joined(replace(row), Peer(device="x"))
        await services.account_sharing.hinted(row, ("y",), set())
        assert "storage.closed" in caplog.text and "x" not in [word.strip() for word in caplog.text.split()]


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("::", ""),
        ("testclient", ""),
        ("", ""),
    ],
)
def test_an_address_stands_for_a_household_not_for_a_machine(address: str, group: str) -> None:
    assert address_group(address) == group
