"""Commit and reveal over connections: resuming, reloading, restarting, and clients that do it wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.study import NONCE, T0_MS, ManualClock, Student, service, token
from zaichang.core.canonical import parse_canonical_object
from zaichang.protocol import messages as m
from zaichang.session.schedule import client_commitment
from zaichang.tlog.commit import schedule_commitment

OTHER = "cd" * 16


def join(student: Student, launch: str, nonce: str = NONCE, resume: str = "") -> None:
    student.send(m.Join(protocol=1, token=launch, client_nonce_c=client_commitment(nonce), resume=resume))


async def test_both_commitments_are_in_the_log_before_the_nonce_is_revealed_and_the_end_opens_both(
    tmp_path: Path,
) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        student = Student(services, clock)
        student.reveals = False
        joined = await student.join(await token(services))
        assert joined.reveal
        await services.hub.settle()
        [start] = await services.store.leaves(joined.session_id)
        fields = parse_canonical_object(start.body)
        assert start.entry_index is not None
        assert fields["sched_c"] == joined.schedule_commitment
        assert fields["client_nonce_c"] == client_commitment(NONCE)
        student.send(m.Reveal(client_nonce=NONCE))
        await student.prove()
        await student.play(30_000)
        await student.finish()
        await student.closed()
        final = parse_canonical_object((await services.store.leaves(joined.session_id))[-1].body)
        reveal = final["sched"]
        assert isinstance(reveal, dict)
        assert (reveal["r"], reveal["level"], set(reveal)) == (NONCE, 1, {"s", "r", "level"})
        assert schedule_commitment(joined.session_id, bytes.fromhex(str(reveal["s"]))).hex() == fields["sched_c"]


async def test_a_client_that_never_reveals_can_read_why_nothing_counts(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        student = Student(services, clock)
        student.reveals = False
        await student.join(await token(services))
        for _ in range(3):
            ack = await student.play(10_000)
            assert (ack.counting, ack.reason, ack.pending_ms) == (False, "AWAITING_NONCE", 0)
        student.send(m.Finish())
        closed = await student.expect(m.Closed)
        assert (closed.verified_ms, closed.undecided_ms) == (0, 0)
        await student.closed()
        final = parse_canonical_object((await services.store.leaves(student.session_id))[-1].body)
        assert set(final["sched"]) == {"s", "level"} and final["sched"]["level"] == 0  # type: ignore[arg-type, call-overload, index]


async def test_a_wrong_reveal_is_a_clear_error_and_the_right_one_still_opens(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        student = Student(services, clock)
        student.reveals = False
        await student.join(await token(services))
        student.send(m.Reveal(client_nonce=OTHER))
        error = await student.expect(m.ErrorMessage)
        assert (error.code, error.fatal) == ("reveal.mismatch", False)
        assert "committed" in error.message and "join without resume" in error.hint
        student.send('{"t":"reveal","client_nonce":"abab"}')
        assert (await student.expect(m.ErrorMessage)).code == "wire.invalid"
        student.send(m.Reveal(client_nonce=NONCE))
        await student.expect(m.CaptureOrder)
        await student.leave()


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_reveal_lost_with_its_connection_is_asked_for_again(tmp_path: Path, restarted: bool) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        launch = await token(services)
        first = Student(services, clock)
        first.reveals = False
        joined = await first.join(launch)
        await first.leave()
        if not restarted:
            again = Student(services, clock)
            resumed = await again.join(launch, resume=first.session_id)
            assert (resumed.resumed, resumed.reveal) == (True, True)
            assert resumed.schedule_commitment == joined.schedule_commitment
            await again.prove()
            await again.leave()
            third = Student(services, clock)
            assert not (await third.join(launch, resume=first.session_id)).reveal
            await third.leave()
    if restarted:
        async with service(tmp_path, clock=clock, seed="after") as services:
            again = Student(services, clock)
            resumed = await again.join(launch, resume=first.session_id)
            assert (resumed.reveal, resumed.schedule_commitment) == (True, joined.schedule_commitment)
            await again.prove()
            assert (await again.play(10_000)).counting
            await again.leave()


async def test_a_page_that_lost_its_nonce_before_the_reveal_begins_anew_with_the_same_token(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        launch = await token(services)
        first = Student(services, clock)
        first.reveals = False
        joined = await first.join(launch)
        await first.leave()
        lost = Student(services, clock)
        join(lost, launch, OTHER, resume=joined.session_id)
        assert (await lost.closed())[0] == 4404
        assert lost.got == [m.ErrorMessage(
            code="session.other_nonce", message="That session waits for another nonce.", hint="Join without resume.",
            fatal=True,
        )]  # fmt: skip
        reloaded = Student(services, clock)
        reloaded.reveals = False
        join(reloaded, launch, OTHER)
        anew = await reloaded.expect(m.Joined)
        assert anew.session_id != joined.session_id and not anew.resumed and anew.reveal
        assert anew.schedule_commitment != joined.schedule_commitment
        reloaded.send(m.Reveal(client_nonce=OTHER))
        await reloaded.prove()
        old = await services.store.session(joined.session_id)
        assert old.state == "closed"
        final = parse_canonical_object((await services.store.leaves(joined.session_id))[-1].body)
        assert (final["reason"], final["verified_ms"]) == ("SUPERSEDED", 0)
        await reloaded.leave()


async def test_after_the_reveal_a_page_without_memory_goes_on_whatever_it_commits_to(tmp_path: Path) -> None:
    clock = ManualClock()
    async with service(tmp_path, clock=clock) as services:
        launch = await token(services)
        first = Student(services, clock)
        await first.begin(launch)
        await first.leave()
        for resume in ("", first.session_id):
            second = Student(services, clock)
            join(second, launch, OTHER, resume=resume)
            joined = await second.expect(m.Joined)
            assert (joined.session_id, joined.resumed, joined.reveal) == (first.session_id, True, False)
            await second.leave()
        assert clock.at_ms > T0_MS
