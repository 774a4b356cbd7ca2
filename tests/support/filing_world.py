"""An institution with learners and studied hours in a real store and log, for filing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.study import FixedVision, ManualClock, numbered
from zaichang.core.canonical import canonical_bytes
from zaichang.core.civil import Date, start_ms
from zaichang.core.enums import LeafKind, SessionState
from zaichang.core.ids import CourseId, InstitutionId, LearnerId, LessonId, SessionId, TokenId
from zaichang.hours.feed import HourFeed
from zaichang.main.service import Services, build
from zaichang.ports.ledger import HourFact
from zaichang.ports.records import Append, Learner, SessionRow, StoredEvent, StoredLeaf, StoredMinute
from zaichang.session.policy import Policy, policy_digest, policy_to_mapping
from zaichang.settings import load_settings

RULES = "cq-pharmacist-2025"
YEAR = 2026
BEGIN_MS = start_ms(Date(YEAR, 1, 5))
POLICY = Policy(name="filing")
MINUTE_MS = 60_000
INST = InstitutionId("inst")


@dataclass(slots=True)
class World:
    """A running service whose learners study in one stroke."""

    services: Services
    clock: ManualClock
    sessions: int = 0

    async def learn(self, learner: str, course: str, minutes: int, at_ms: int = 0) -> SessionId:
        """Store a closed session of whole minutes with anchored leaves, and feed it."""
        store, number = self.services.store, self.sessions
        self.sessions += 1
        session_id, begun = SessionId(f"s{number:05}"), at_ms or self.clock.at_ms
        learner_id = LearnerId(learner)
        await store.ensure_learner(Learner(institution_id=INST, learner_id=learner_id, wrapped_key=b"x", created_ms=1))
        await store.open_session(
            SessionRow(
                session_id=session_id, institution_id=INST, learner_id=learner_id, course_id=CourseId(course),
                lesson_id=LessonId(f"lesson{number}"), token_id=TokenId(f"t{number}"),
                policy_digest=policy_digest(POLICY), state=SessionState.OPEN, opened_ms=begun, category="public",
            )
        )  # fmt: skip
        total = canonical_bytes({"verified_ms": minutes * MINUTE_MS, "session": number})
        rows = []
        for minute in range(minutes):
            low = minute * MINUTE_MS
            body = {
                "from_ms": begun + low, "to_ms": begun + low + MINUTE_MS, "verified": [[low, low + MINUTE_MS]],
                "verified_ms": MINUTE_MS,
            }  # fmt: skip
            rows.append(StoredMinute(minute=minute, body=canonical_bytes(body), leaf_seq=0))
        ended = begun + minutes * MINUTE_MS
        kinds = (LeafKind.SEGMENT, LeafKind.FINAL)
        leaves = tuple(StoredLeaf(leaf_seq=seq, kind=kind, at_ms=ended, body=total) for seq, kind in enumerate(kinds))
        await store.append(
            Append(
                session_id=session_id, epoch=1, first_seq=0, events=(StoredEvent(at_ms=begun, body=b"{}"),),
                minutes=tuple(rows), leaves=leaves, closed_ms=ended,
            )
        )  # fmt: skip
        log = await self.services.logs.log_for(INST, begun)
        for seq in range(2):
            await store.note_anchored(session_id, seq, await log.submit((session_id, seq), total))
        await HourFeed(store).feed()
        return session_id

    async def take_back(self, learner: str, session_id: SessionId, course: str, minutes: int) -> None:
        """Add the fact of a confirmed revocation of a session's first minutes."""
        row = await self.services.store.session(session_id)
        log = await self.services.logs.log_for(INST, row.opened_ms)
        index = await log.submit((session_id, 2), canonical_bytes({"amend": session_id}))
        key = f"amend/{session_id}/2"
        entry = {
            "id": key, "kind": "study", "institution": "inst", "course": course, "lesson": row.lesson_id,
            "session": session_id, "runs": [], "note": "", "revoked": [[0, minutes * MINUTE_MS]],
        }  # fmt: skip
        await self.services.store.add_hour_fact(
            HourFact(
                institution_id=INST, learner_id=LearnerId(learner), fact_key=key, session_id=session_id,
                verified_ms=-minutes * MINUTE_MS, first_index=index, last_index=index, body=canonical_bytes(entry),
            )
        )  # fmt: skip


@asynccontextmanager
async def filing_world(data: Path, at_ms: int = BEGIN_MS) -> AsyncIterator[World]:
    """An institution ``inst`` with no learners."""
    settings = load_settings(None, {"data": data, "log_flush_ms": 10, "log_hold_back": False}, {})
    clock = ManualClock(at_ms)
    services = await build(settings, clock=clock, vision=FixedVision(), token_hex=numbered("filing"))
    async with services:
        await services.institutions.add(INST, "机构", "Institution")
        await services.store.put_policy(policy_digest(POLICY), POLICY.name, canonical_bytes(policy_to_mapping(POLICY)))
        yield World(services, clock)
