"""Level 2 of the schedule: a witness's beacon comes into a running session, or does not, and nothing waits for it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from support.study import POLICY, T0_MS, ManualClock, Student, service, token
from support.witness_server import COSIGNER
from support.witness_server import serving as serving_logs
from zaichang.adapters.keys.log_keys import load_or_create_beacon_key
from zaichang.adapters.posix.folder import DataFolder
from zaichang.audit.bundle import write_bundle
from zaichang.audit.check import Status, exit_code
from zaichang.audit.replay.rule_replay import replay_by_rules
from zaichang.audit.verify import verify_bundle
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.errors import ConfigError
from zaichang.log import witnessing
from zaichang.log.bundles import export_sessions, place_of
from zaichang.log.reader import LogReader
from zaichang.log.shelf import SequencedLog
from zaichang.log.witness_client import witnessed
from zaichang.log.witnessing import Cosigned, parse_peer
from zaichang.main.logs import FolderLogs
from zaichang.main.service import Services
from zaichang.ports.log.open_logs import Beacon
from zaichang.protocol import messages as m
from zaichang.session.codec import decode_event
from zaichang.session.events import BeaconArrived
from zaichang.tlog.beacon import BeaconSigner
from zaichang.tlog.checkpoint import Checkpoint
from zaichang.tlog.trust import parse_trust

ASKS = replace(POLICY, beacon_wait_ms=60_000)
BEACONS = BeaconSigner("witness.example.org", generate_private_key(65537, 2048))
DOMAIN = "hours.example.org"
ORIGIN = f"{DOMAIN}/inst/2023"


@pytest.fixture(autouse=True)
def quick_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witnessing.keep_witnessed_while_running, "__defaults__", (0.01,))


def log_key(data: Path) -> str:
    folder = DataFolder(data)
    folder.prepare()
    return FolderLogs(folder).place("inst", 2023).keys.own_signer(ORIGIN).vkey


async def brought(services: Services, session_id: str) -> list[BeaconArrived]:
    events = [decode_event(parse_canonical_object(body)) for body in await services.store.events(session_id)]
    return [event for event in events if isinstance(event, BeaconArrived)]


async def until_brought(services: Services, session_id: str) -> BeaconArrived:
    async with asyncio.timeout(20):
        while not (found := await brought(services, session_id)):
            await asyncio.sleep(0.01)
    return found[0]


async def level_of(services: Services, session_id: str) -> tuple[object, bool]:
    final = parse_canonical_object((await services.store.leaves(session_id))[-1].body)
    assert isinstance(final["sched"], dict)
    return final["sched"]["level"], "b" in final["sched"]


async def test_a_beacon_comes_into_the_session_and_verify_holds_it_to_the_witness(tmp_path: Path) -> None:
    clock, data = ManualClock(), tmp_path / "data"
    vkey = log_key(data)
    with serving_logs(tmp_path, [vkey], BEACONS) as url:
        peer = f"{url} {COSIGNER.vkey} {BEACONS.public.vkey}"
        async with service(data, clock=clock, policy=ASKS, log_witnesses=(peer,), log_domain=DOMAIN) as services:
            student = Student(services, clock)
            await student.begin(await token(services))
            event = await until_brought(services, student.session_id)
            await student.play(70_000)
            await student.finish()
            await student.closed()
            assert await level_of(services, student.session_id) == (2, True)
            assert len(await brought(services, student.session_id)) == 1
            row = await services.store.session(student.session_id)
            place = place_of(services.log_places, row)
            async with asyncio.timeout(20):
                while (reader := LogReader(place.published, witnessed(place.side_files))).size < LogReader(
                    place.published
                ).size:
                    await asyncio.sleep(0.01)
            bundle = await export_sessions(
                services.store, services.ports.vault, reader, [row], side_files=place.side_files
            )
    lines = f"log {vkey}\nwitness w {COSIGNER.vkey}\n"
    trust = parse_trust(f"{lines}beacon {BEACONS.public.vkey}\nquorum w\n".encode())
    checks = verify_bundle(write_bundle(bundle), trust, replay_by_rules)
    schedule = [check for check in checks if check.check == "schedule"]
    assert [(check.status, check.message) for check in schedule] == [(Status.PASS, "Level 2.")]
    assert {check.check for check in checks if check.status is not Status.PASS} <= {"time"}, (
        "the test's clock is not the witness's"
    )
    assert event.note.encode() in [entry.note for entry in bundle.seen]
    unknown = verify_bundle(write_bundle(bundle), parse_trust(f"{lines}quorum w\n".encode()), replay_by_rules)
    assert exit_code([check for check in unknown if check.check == "schedule"]) == 2


async def test_without_a_beacon_the_session_goes_on_at_level_1(tmp_path: Path) -> None:
    """No witness, one that makes none, and one whose key is another: nothing waits, and the record says level 1."""
    other = BeaconSigner("witness.example.org", generate_private_key(65537, 2048))
    for number, (makes, expected) in enumerate(((None, BEACONS), (BEACONS, other), (BEACONS, None))):
        clock, home = ManualClock(), tmp_path / str(number)
        data = home / "data"
        vkey = log_key(data)
        with serving_logs(home, [vkey], makes) as url:
            peer = f"{url} {COSIGNER.vkey}" + (f" {expected.public.vkey}" if expected else "")
            async with service(data, clock=clock, policy=ASKS, log_witnesses=(peer,), log_domain=DOMAIN) as services:
                student = Student(services, clock)
                await student.begin(await token(services))
                ack = await student.play(30_000)
                assert ack.counting
                await student.finish()
                await student.closed()
                assert await level_of(services, student.session_id) == (1, False)


async def test_a_beacon_that_does_not_come_in_time_is_given_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = ManualClock()
    caplog.set_level("INFO", "zaichang.live")
    async with service(tmp_path, clock=clock, policy=replace(ASKS, beacon_wait_ms=1)) as services:
        student = Student(services, clock)
        await student.begin(await token(services))
        async with asyncio.timeout(20):
            while "no beacon came in time" not in caplog.text:
                await asyncio.sleep(0.01)
        await student.play(10_000)
        student.send(m.Finish())
        await student.leave()
        assert await brought(services, student.session_id) == []


async def test_a_policy_that_does_not_ask_takes_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "zaichang.live")
    clock, data = ManualClock(), tmp_path / "data"
    vkey = log_key(data)
    with serving_logs(tmp_path, [vkey], BEACONS) as url:
        peer = f"{url} {COSIGNER.vkey} {BEACONS.public.vkey}"
        async with service(data, clock=clock, log_witnesses=(peer,), log_domain=DOMAIN) as services:
            student = Student(services, clock)
            await student.begin(await token(services))
            await student.play(30_000)
            await student.finish()
            await student.closed()
            assert await level_of(services, student.session_id) == (1, False)
            assert "no beacon" not in caplog.text, "nothing waited for one"


async def test_the_first_beacon_that_holds_the_leaf_is_taken_and_waited_for(tmp_path: Path) -> None:
    async with service(tmp_path, clock=ManualClock(), log_domain=DOMAIN) as services:
        log = await services.ports.logs.log_for("inst", T0_MS)
        assert isinstance(log, SequencedLog)

        def came(size: int) -> Beacon:
            beacon = Beacon(size=size, value=f"{size:064x}", note="")
            checkpoint = Checkpoint(origin=ORIGIN, size=size, root=bytes(32))
            log.note_witnessed(Cosigned(checkpoint=checkpoint, beacon=beacon))
            return beacon

        waiting = asyncio.ensure_future(log.beacon(5))
        came(5)
        log.note_witnessed(Cosigned(checkpoint=Checkpoint(origin=ORIGIN, size=6, root=bytes(32))))
        done, _ = await asyncio.wait({waiting}, timeout=0.05)
        assert not done, "leaf 5 is not among the first 5, and the next round brought none"
        first = came(7)
        came(9)
        assert await asyncio.wait_for(waiting, 5) == first == await log.beacon(6)


TWO_KEYS = f"http://w {COSIGNER.vkey} {BEACONS.public.vkey}"


@pytest.mark.parametrize("text", ["http://w", f"http://w {COSIGNER.vkey} x", f"{TWO_KEYS} x"])
def test_a_peer_is_an_address_a_key_and_perhaps_a_beacon_key(text: str) -> None:
    assert parse_peer(TWO_KEYS).beacon == BEACONS.public
    assert parse_peer(f" http://w  {COSIGNER.vkey} ").beacon is None
    with pytest.raises(ConfigError, match="URL and verifier key"):
        parse_peer(text)


def test_a_beacon_key_file_is_made_once_and_anything_else_in_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "beacon.key"
    made = load_or_create_beacon_key(path, "w")
    assert load_or_create_beacon_key(path, "w").public == made.public
    assert path.stat().st_mode & 0o077 == 0
    for content in (b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        path.write_bytes(content)
        with pytest.raises(ConfigError, match="RSA key"):
            load_or_create_beacon_key(path, "w")
