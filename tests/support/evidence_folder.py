"""A data folder with one real session in it, studied on a virtual clock and recorded in a real log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from support.desk import POLICY, T0_MS, Desk, started
from support.trying import tried_at
from zaichang.adapters.keys.vault import Vault, load_key
from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.sql.store import SqliteStore
from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import LeafKind, SessionState
from zaichang.core.errors import FatalLogError
from zaichang.core.rules_version import CURRENT
from zaichang.evidence.segments import SegmentContext, advance, begin
from zaichang.log.shelf import LogShelf
from zaichang.main.logs import FolderLogs
from zaichang.ports.records import Append, Institution, SessionRow, StoredEvent, StoredLeaf, StoredMinute
from zaichang.session.codec import encode_event, encode_minute
from zaichang.session.decisions import Minute, RecordFinal, RecordMinute
from zaichang.session.events import SessionStarted
from zaichang.session.policy import Policy, policy_digest, policy_to_mapping
from zaichang.session.replay import replay
from zaichang.tlog.commit import session_key
from zaichang.tlog.leaf import record

DOMAIN = "hours.example.org"
INSTITUTION, LEARNER = "inst-1", "learner-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What the folder holds."""

    folder: DataFolder
    log_root: Path
    session_id: str
    minutes: tuple[Minute, ...]
    trust: bytes


class _Clock:
    def __init__(self, now_ms: int = T0_MS) -> None:
        self.ms = now_ms

    def now_ms(self) -> int:
        self.ms += 1
        return self.ms


def _fatal(error: FatalLogError) -> None:
    raise AssertionError(error)


def log_another(root: Path, name: str) -> None:
    """Log one more record, named so, an hour later, as a service does that starts on this folder."""
    asyncio.run(_log_another(DataFolder(root), name))


async def _log_another(folder: DataFolder, name: str) -> None:
    now_ms = T0_MS + 3_600_000
    logs = LogShelf(FolderLogs(folder), DOMAIN, _Clock(now_ms), _fatal, flush_ms=10)
    log = await logs.log_for(INSTITUTION, now_ms)
    await log.submit((name, 0), record(LeafKind.POLICY, log.origin, now_ms, name=name, digest=bytes(32)))
    await logs.close()


def record_session(
    root: Path,
    minutes: int = 7,
    session_id: str = "ab" * 16,
    policy: Policy = POLICY,
    moves: Callable[[Desk], dict[str, Any]] | None = None,
    **info: object,
) -> Recorded:
    """Study for some minutes, record everything, and return where it is; ``moves`` is the desk's, by default honest.

    ``info`` changes the session's start.
    """
    begun = replace(started(policy, session_id=session_id, **info), rules=CURRENT)
    return asyncio.run(_record(root, minutes, begun, policy, moves or (lambda desk: tried_at(desk))))


async def _record(
    root: Path, minutes: int, info: SessionStarted, policy: Policy, moves: Callable[[Desk], dict[str, Any]] | None
) -> Recorded:
    session_id = info.session_id
    desk = Desk(info=info, policy=policy, moves=moves)
    desk.study(minutes * 60_000)
    desk.finish()
    folder = DataFolder(root)
    folder.prepare()
    store = SqliteStore(folder, inline=True)
    vault = Vault(load_key(folder, "master.key"))
    await store.put_institution(
        Institution(
            institution_id=INSTITUTION,
            name_zh="机构",
            name_en="Inst",
            key_digest="1",
            staff_digest="2",
            created_ms=T0_MS,
        )
    )
    learner = await store.ensure_learner(vault.new_learner(INSTITUTION, LEARNER, T0_MS))
    await store.put_policy(policy_digest(policy), policy.name, canonical_bytes(policy_to_mapping(policy)))
    await store.open_session(
        SessionRow(
            session_id=session_id,
            institution_id=INSTITUTION,
            learner_id=LEARNER,
            course_id=info.lesson.course_id,
            lesson_id=info.lesson.lesson_id,
            token_id=f"token-{session_id}",
            policy_digest=policy_digest(policy),
            state=SessionState.OPEN,
            opened_ms=T0_MS,
        )
    )
    logs = LogShelf(FolderLogs(folder), DOMAIN, _Clock(), _fatal, flush_ms=10)
    log = await logs.log_for(INSTITUTION, T0_MS)
    key = session_key(vault.unlock(learner).subject_key(), session_id)
    context = SegmentContext(origin=log.origin, session_key=key, segment_ms=policy.segment_ms)
    replayed = replay(desk.events, policy)
    bodies = [canonical_bytes(encode_event(event)) for event in desk.events]
    segments, leaf = begin(context, info, bodies[0], log.anchor(), lambda seq: None)
    leaves: list[StoredLeaf] = [leaf]
    for index, event in enumerate(desk.events[1:], 1):
        decided = [decision for at, decision in replayed.decisions if at == index]
        final = next((d.final for d in decided if isinstance(d, RecordFinal)), None)
        done = tuple(d.minute for d in decided if isinstance(d, RecordMinute))
        segments, more = advance(segments, bodies[index], event.at_ms, done, final, log.anchor(), lambda seq: None)
        leaves += more
    await store.append(
        Append(
            session_id=session_id,
            epoch=1,
            first_seq=0,
            events=tuple(
                StoredEvent(at_ms=event.at_ms, body=body) for event, body in zip(desk.events, bodies, strict=True)
            ),
            minutes=tuple(
                StoredMinute(minute=m.index, body=canonical_bytes(encode_minute(m)), credited=m.verified)
                for m in replayed.minutes
            ),
            leaves=tuple(leaves),
            closed_ms=desk.now_ms,
        )
    )
    named = record(LeafKind.POLICY, log.origin, T0_MS, name=policy.name, digest=bytes.fromhex(policy_digest(policy)))
    await log.submit((f"policy-{policy_digest(policy)[:32]}", 0), named)
    for stored in leaves:
        index = await log.submit((session_id, stored.leaf_seq), stored.body)
        await store.note_anchored(session_id, stored.leaf_seq, index)
    await logs.close()
    store.close()
    log_root = folder.log / INSTITUTION / "2023"
    vkey = (log_root / "vkey").read_text().strip()
    return Recorded(
        folder=folder,
        log_root=log_root,
        session_id=session_id,
        minutes=replayed.minutes,
        trust=f"log {vkey}\nquorum none\n".encode(),
    )
