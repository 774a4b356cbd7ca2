"""Kills the feed of the hour ledger at random moments and counts: nothing lost, nothing twice, sums equal.

    python -m benchmarks.hours.feed_kill [--runs 200] [--sessions 400] [--json FILE]

A data folder gets closed sessions with anchored leaves. Each run starts a process that feeds them one by one, and kills
it (SIGKILL) at a random moment. At the end every session has exactly one fact with its own time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import report
from zaichang.adapters.posix.folder import DataFolder
from zaichang.adapters.sql.store import SqliteStore
from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import LeafKind, SessionState
from zaichang.core.ids import CourseId, InstitutionId, LearnerId, LessonId, SessionId, TokenId
from zaichang.hours.audit import audit
from zaichang.hours.feed import HourFeed
from zaichang.ports.records import Append, Institution, Learner, SessionRow, StoredEvent, StoredLeaf, StoredMinute
from zaichang.session.policy import Policy, policy_digest, policy_to_mapping

POLICY = Policy(name="kill")
INSTITUTION = InstitutionId("i1")
MINUTES = 5
OPENED_MS = 1_767_300_000_000
LEARNERS = 7


def session_ms(number: int) -> int:
    """Return the verified time of a session, another one for each."""
    return sum(60_000 - (number + minute) % 1_000 for minute in range(MINUTES))


async def fill(folder: DataFolder, sessions: int) -> None:
    """Store closed sessions with minutes and anchored leaves."""
    store = SqliteStore(folder)
    try:
        await store.put_institution(
            Institution(
                institution_id=INSTITUTION,
                name_zh="机构",
                name_en="one",
                key_digest="k",
                staff_digest="s",
                created_ms=1,
            )
        )
        digest = policy_digest(POLICY)
        await store.put_policy(digest, POLICY.name, canonical_bytes(policy_to_mapping(POLICY)))
        for learner in range(LEARNERS):
            await store.ensure_learner(
                Learner(institution_id=INSTITUTION, learner_id=LearnerId(f"l{learner}"), wrapped_key=b"x", created_ms=1)
            )
        for number in range(sessions):
            await store.open_session(_row(number, digest))
            await store.append(_all_of(number))
            for seq in range(2):
                await store.note_anchored(SessionId(f"s{number:05}"), seq, number * 2 + seq)
    finally:
        store.close()


def _row(number: int, digest: str) -> SessionRow:
    return SessionRow(
        session_id=SessionId(f"s{number:05}"),
        institution_id=INSTITUTION,
        learner_id=LearnerId(f"l{number % LEARNERS}"),
        course_id=CourseId("c"),
        lesson_id=LessonId(f"lesson{number}"),
        token_id=TokenId(f"t{number}"),
        policy_digest=digest,
        state=SessionState.OPEN,
        opened_ms=OPENED_MS + number * 600_000,
    )


def _all_of(number: int) -> Append:
    begun = OPENED_MS + number * 600_000
    minutes = []
    for minute in range(MINUTES):
        media_ms = 60_000 - (number + minute) % 1_000
        body = {
            "index": minute, "from_ms": begun + minute * 60_000, "to_ms": begun + (minute + 1) * 60_000,
            "verified": [[minute * 60_000, minute * 60_000 + media_ms]], "verified_ms": media_ms,
        }  # fmt: skip
        minutes.append(StoredMinute(minute=minute, body=canonical_bytes(body), leaf_seq=0))
    total = canonical_bytes({"verified_ms": session_ms(number)})
    ended = begun + MINUTES * 60_000
    leaves = (
        StoredLeaf(leaf_seq=0, kind=LeafKind.SEGMENT, at_ms=ended, body=total, n_minutes=MINUTES),
        StoredLeaf(leaf_seq=1, kind=LeafKind.FINAL, at_ms=ended, body=total),
    )
    return Append(
        session_id=SessionId(f"s{number:05}"), epoch=1, first_seq=0, events=(StoredEvent(at_ms=begun, body=b"{}"),),
        minutes=tuple(minutes), leaves=leaves, closed_ms=ended,
    )  # fmt: skip


def feed_in_child(folder: DataFolder) -> int:
    """Start a process that feeds until it is killed or done; returns its number."""
    child = os.fork()
    if child:
        return child
    store = SqliteStore(folder)
    asyncio.run(HourFeed(store).feed())
    store.close()
    os._exit(0)


async def finish(folder: DataFolder, sessions: int) -> list[str]:
    """Feed the rest and return a sentence for each thing that is wrong."""
    store = SqliteStore(folder)
    try:
        await HourFeed(store).feed()
        bodies = {
            number * 2 + seq: canonical_bytes({"verified_ms": session_ms(number)})
            for number in range(sessions)
            for seq in range(2)
        }
        found = await audit(store, lambda _, index: bodies[index])
        wrong = list(found.findings)
        if found.sessions != sessions:
            wrong.append(f"{found.sessions} of {sessions} sessions are fed")
        facts = [
            fact
            for learner in range(LEARNERS)
            for fact in await store.hour_facts(INSTITUTION, LearnerId(f"l{learner}"))
        ]
        if sorted(fact.fact_key for fact in facts) != [f"study/s{number:05}" for number in range(sessions)]:
            wrong.append(f"{len(facts)} facts for {sessions} sessions")
        expected = {f"s{number:05}": session_ms(number) for number in range(sessions)}
        for fact in facts:
            runs = json.loads(fact.body)["runs"]
            if sum(run[3] * run[4] for run in runs) != expected[fact.session_id]:
                wrong.append(f"{fact.fact_key} holds other time than its session")
        return wrong
    finally:
        store.close()


def main() -> int:
    """Kill and count; 1 where anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--sessions", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    draw = random.Random(arguments.seed)  # noqa: S311  (moments to kill at)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = DataFolder(Path(name))
        folder.prepare()
        asyncio.run(fill(folder, arguments.sessions))
        killed = 0
        for _ in range(arguments.runs):
            child = feed_in_child(folder)
            time.sleep(draw.uniform(0.0, 0.15))
            os.kill(child, signal.SIGKILL)
            killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
        store = SqliteStore(folder, read_only=True)
        left = len(asyncio.run(store.unfed_sessions(arguments.sessions)))
        store.close()
        wrong = asyncio.run(finish(folder, arguments.sessions))
    rows: list[dict[str, report.Cell]] = [
        {
            "runs": arguments.runs, "killed_at_work": killed, "sessions": arguments.sessions,
            "left_for_the_last_run": left, "wrong": len(wrong), "wall_s": round(time.monotonic() - begun, 1),
        }
    ]  # fmt: skip
    for sentence in wrong[:20]:
        print(sentence)
    report.publish("hours.feed_kill", rows, parameters={"seed": arguments.seed}, destination=arguments.json)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
