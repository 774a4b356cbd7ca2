"""Desks of activities on a real store, with a log in memory and a clock that the test moves."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.stores import open_store
from support.study import ManualClock
from zaichang.adapters.keys.vault import Vault
from zaichang.adapters.posix.evidence_files import PosixEvidenceFiles
from zaichang.adapters.sql.store import SqliteStore
from zaichang.core.civil import parse_moment
from zaichang.core.errors import NotFound, StorageError
from zaichang.hours.activities.actors import Actor
from zaichang.hours.activities.handing_in import Wanted
from zaichang.hours.activities.parts import Activities, open_activities
from zaichang.ledger.activities.stages import Party, Stage
from zaichang.ports.hours.desk import ActivityPorts

PDF = b"%PDF-1.7 a certificate"
LEARNER = Actor(institution_id="inst", party=Party.LEARNER, name="learner", learner_id="person")
PLATFORM = Actor(institution_id="inst", party=Party.PLATFORM, name="platform")
REN, SUN, WU = (Actor(institution_id="inst", party=Party.OFFICE, name=name) for name in ("ren", "sun", "wu"))
HOSPITAL = Actor(institution_id="inst", party=Party.EMPLOYER, name="employer.hospital", unit_id="hospital")


@dataclass
class MemoryLog:
    """A log that holds its entries in memory, and may refuse."""

    origin: str
    entries: list[bytes] = field(default_factory=list)
    places: dict[tuple[str, int], int] = field(default_factory=dict)
    refuses: bool = False

    async def submit(self, key: tuple[str, int], leaf: bytes, *, at_once: bool = False) -> int:
        if self.refuses:
            raise StorageError("storage.io", "The log refuses.")
        if key not in self.places:
            self.places[key] = len(self.entries)
            self.entries.append(leaf)
        return self.places[key]


@dataclass
class MemoryLogs:
    """One log for each institution and year."""

    logs: dict[tuple[str, int], MemoryLog] = field(default_factory=dict)

    async def log_for(self, institution_id: str, opened_ms: int) -> MemoryLog:
        return self.of(institution_id, opened_ms)

    def of(self, institution_id: str, at_ms: int) -> MemoryLog:
        year = 1970 + at_ms // 31_556_952_000
        return self.logs.setdefault((institution_id, year), MemoryLog(f"test/{institution_id}/{year}"))

    def entry(self, institution_id: str, began_ms: int, index: int) -> bytes:
        entries = self.of(institution_id, began_ms).entries
        if index >= len(entries):
            raise NotFound("log.none", "There is no such entry.")
        return entries[index]


@dataclass
class Office:
    """The desks and all behind them."""

    store: SqliteStore
    clock: ManualClock
    logs: MemoryLogs
    vault: Vault
    ports: ActivityPorts
    parts: Activities

    async def hand_in(self, wanted: Wanted, *documents: str, actor: Actor = LEARNER) -> Any:
        """Hand an activity in with a file for each document; return its id."""
        made = await self.parts.desk.draft(actor, wanted)
        for document in documents:
            await self.parts.evidence.add(actor, made.activity_id, document, "application/pdf", PDF)
        await self.parts.desk.take(actor, made.activity_id, Stage.SUBMIT)
        return made.activity_id


@asynccontextmanager
async def office(path: Path, now: str = "2026-07-01T10:00:00") -> AsyncIterator[Office]:
    """Open the desks of an institution with one employer, ``hospital``."""
    numbers = itertools.count(1)
    async with open_store(path, inline=True) as store:
        clock, logs, vault = ManualClock(parse_moment(now).ms), MemoryLogs(), Vault(b"k" * 32)
        ports = ActivityPorts(
            clock=clock,
            activities=store,
            employers=store,
            result_keys=store,
            files=PosixEvidenceFiles(store.folder),
            learners=store,
            staff=store,
            vault=vault,
            logs=logs,  # type: ignore[arg-type]  # the part of it that the desk uses
            token_hex=lambda size: f"{next(numbers):0{2 * size}x}",
        )
        parts = open_activities(ports)
        await parts.employers.add("inst", "hospital", "医院", "Hospital")  # type: ignore[arg-type]
        yield Office(store, clock, logs, vault, ports, parts)


def degree(**more: Any) -> Wanted:
    """Return a degree of the learner."""
    values = {"learner_id": "person", "rules": "cq-pharmacist-2025", "item": "degree"}
    return Wanted(**{**values, "details": {"awarded": "2026-06-20"}, **more})
