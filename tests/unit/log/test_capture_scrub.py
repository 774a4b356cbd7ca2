"""The captures of a real session, compared with its events: by scrub, fsck and replay, and in an exported bundle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from support.study import ManualClock, Student, service, token
from zaichang.adapters.posix.blobs import PosixBlobs
from zaichang.audit.bundle import Bundle, write_bundle
from zaichang.audit.check import Check, Status, exit_code
from zaichang.audit.replay.rule_replay import replay_by_rules
from zaichang.audit.verify import verify_bundle
from zaichang.cli import main
from zaichang.core.canonical import parse_canonical_object
from zaichang.core.civil import DAY_MS
from zaichang.core.errors import NotFound
from zaichang.live.kept_captures import kept_capture
from zaichang.log.bundles import Pictures, export_sessions, log_trust, place_of
from zaichang.log.capture_scrub import NightlyCaptures, scrub_captures, shard_bounds
from zaichang.log.reader import LogReader
from zaichang.log.scrub import NIGHTS
from zaichang.main.service import Services
from zaichang.ports.encryption import LearnerKey
from zaichang.session.codec import decode_event
from zaichang.session.events import CaptureReceived, SessionStarted
from zaichang.tlog.trust import parse_trust

KEPT_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Studied:
    services: Services
    clock: ManualClock
    session_id: str
    data: Path

    @property
    def blobs(self) -> PosixBlobs:
        return PosixBlobs(self.services.folder)

    def files(self) -> list[Path]:
        return sorted(path for path in (self.data / "captures").rglob("*") if path.is_file())

    async def scrubbed(self) -> list[Check]:
        return await scrub_captures(self.services.store, self.blobs, self.clock.now_ms())


@pytest.fixture
async def studied(tmp_path: Path) -> AsyncIterator[Studied]:
    clock = ManualClock()
    async with service(tmp_path, clock=clock, capture_days=KEPT_DAYS) as services:
        student = Student(services, clock)
        await student.begin(await token(services))
        await student.finish()
        await student.closed()
        yield Studied(services=services, clock=clock, session_id=student.session_id, data=tmp_path)


async def test_each_capture_is_committed_to_in_full_and_kept_as_it_was(studied: Studied) -> None:
    events = [
        decode_event(parse_canonical_object(body)) for body in await studied.services.store.events(studied.session_id)
    ]
    assert isinstance(events[0], SessionStarted) and events[0].capture_days == KEPT_DAYS
    taken = [event for event in events if isinstance(event, CaptureReceived)]
    assert taken and all(len(event.picture or "") == len(event.encrypted or "") == 64 for event in taken)
    (check,) = await studied.scrubbed()
    assert check.message == f"{len(taken)} captures are as they were kept, 0 are past their days."
    assert await scrub_captures(studied.services.store, studied.blobs, 0, "another") == []


async def test_an_overwritten_or_deleted_file_is_found(studied: Studied, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = studied.files()[:2]
    first.write_bytes(second.read_bytes())
    second.unlink()
    assert [(check.code, check.sid) for check in await studied.scrubbed()] == [
        ("E_CAPTURE", studied.session_id), ("E_CAPTURE_GONE", studied.session_id),
    ]  # fmt: skip
    for command in (["log", "fsck"], ["log", "scrub"]):
        assert await asyncio.to_thread(main, [*command, "--data", str(studied.data)]) == 1
        assert "E_CAPTURE session" in capsys.readouterr().err
    assert await asyncio.to_thread(main, ["replay", studied.session_id, "--data", str(studied.data)]) == 1
    assert "encrypted is" in capsys.readouterr().out


async def test_fsck_of_a_sound_folder_names_its_captures(studied: Studied, capsys: pytest.CaptureFixture[str]) -> None:
    assert await asyncio.to_thread(main, ["log", "fsck", "--data", str(studied.data)]) == 0
    assert "captures of 1 sessions: sound" in capsys.readouterr().out
    assert await asyncio.to_thread(main, ["log", "fsck", "--json", "--data", str(studied.data)]) == 0
    assert '"check": "captures"' in capsys.readouterr().out
    studied.files()[0].unlink()
    # Captures of 2023 are past their 30 days by this computer's clock.
    assert await asyncio.to_thread(main, ["log", "fsck", "--data", str(studied.data)]) == 0


async def test_at_night_a_part_is_read_and_the_damage_is_logged(
    studied: Studied, caplog: pytest.LogCaptureFixture
) -> None:
    studied.files()[0].write_bytes(b"another")
    nights = NightlyCaptures(studied.services.store, studied.blobs, studied.clock.now_ms)
    seen = 0
    for _ in range(NIGHTS * 24):
        studied.clock.at_ms += DAY_MS // 24
        while await nights.step():
            seen += 1
    assert seen == 1
    damage = [record for record in caplog.records if "not those that were kept" in record.getMessage()]
    assert [record.levelname for record in damage] == ["ERROR"]


def test_the_parts_of_all_ids_join_without_a_gap() -> None:
    bounds = [shard_bounds(part, NIGHTS) for part in range(NIGHTS)]
    assert bounds[0][0] == "" and bounds[-1][1] == "g"
    assert all(before[1] == after[0] for before, after in pairwise(bounds))
    assert shard_bounds(0, 1) == ("", "g")


async def exported(studied: Studied) -> tuple[Bundle, bytes]:
    services = studied.services

    def read(key: LearnerKey, session_id: str, capture_id: str) -> bytes | None:
        try:
            return kept_capture(studied.blobs, key, session_id, capture_id)
        except NotFound:
            return None

    row = await services.store.session(studied.session_id)
    place = place_of(services.log_places, row)
    pictures = Pictures(at_ms=studied.clock.now_ms(), read=read)
    reader = LogReader(place.published)
    bundle = await export_sessions(
        services.store, services.ports.vault, reader, [row], side_files=place.side_files, pictures=pictures
    )
    return bundle, log_trust(place)


async def test_an_exported_capture_is_compared_and_a_missing_one_named(studied: Studied) -> None:
    files = studied.files()
    bundle, trust = await exported(studied)
    assert len(bundle.captures) == len(files)
    checks = verify_bundle(write_bundle(bundle), parse_trust(trust), replay_by_rules)
    assert exit_code(checks) == 0 and any(c.check == "captures" and c.status is Status.PASS for c in checks)
    files[0].unlink()
    bundle, _ = await exported(studied)
    checks = verify_bundle(write_bundle(bundle), parse_trust(trust), replay_by_rules)
    assert [c.code for c in checks if c.status is Status.FAIL] == ["E_CAPTURE_GONE"]
    studied.clock.at_ms += KEPT_DAYS * DAY_MS
    bundle, _ = await exported(studied)
    checks = verify_bundle(write_bundle(bundle), parse_trust(trust), replay_by_rules)
    assert exit_code(checks) == 0 and any("1 were deleted on schedule" in c.message for c in checks)
