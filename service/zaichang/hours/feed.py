"""The feed: closed sessions, reviewers' decisions and steps of activities become facts of the ledger, each once.

A session is fed when it has ended and signed checkpoints cover all its leaves; a decision or step when its leaf is. A
fact follows from stored records alone and has their key, so making it again makes the same fact: the feed runs at least
once, and a crash at any point neither loses nor doubles.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Final

from zaichang.core.canonical import canonical_bytes
from zaichang.core.civil import time_text
from zaichang.core.enums import LeafKind
from zaichang.core.errors import EvidenceError, ZaichangError
from zaichang.core.ids import SessionId
from zaichang.ledger.activities.folding import step_body
from zaichang.ledger.facts import Run
from zaichang.ports.hours.activities import Activity, ActivityStep
from zaichang.ports.ledger import HourFact, HourFacts, Owner
from zaichang.ports.records import SessionRow, StoredLeaf, StoredMinute
from zaichang.ports.records_review import Amendment

PAUSE_S: Final = 30.0
_BATCH: Final = 100
_BODY_MAX_BYTES: Final = 1_048_576
_log = logging.getLogger("zaichang.hours")


class HourFeed:
    """Feeds by ``feed``; ``run`` does it now and then until cancelled."""

    def __init__(self, store: HourFacts) -> None:
        """Feed from a store into itself."""
        self._store = store

    async def feed(self, owner: Owner | None = None, *, strict: bool = False) -> int:
        """Make all facts that can be made now; returns how many.

        A record that contradicts its leaf makes none: it is logged, and the others go on.

        Args:
            owner: Make one learner's facts alone.
            strict: Whether such a record is an error, once all others are fed.

        Raises:
            StorageError: The store refuses.
            EvidenceError: ``hours.record`` where ``strict`` and a record contradicts its leaf.
        """
        made = 0
        wrong: list[EvidenceError] = []
        async for making in self._waiting(owner):
            try:
                fact = await making
            except EvidenceError as error:
                _log.error("hour ledger: %s", error)
                wrong.append(error)
                continue
            await self._store.add_hour_fact(fact)
            made += 1
        if wrong and strict:
            raise wrong[0]
        return made

    async def _waiting(self, owner: Owner | None) -> AsyncIterator[Awaitable[HourFact]]:
        """Yield the facts of the records that wait, each in the making: sessions first, as decisions follow them."""
        store, session = self._store, ""
        while sessions := await store.unfed_sessions(_BATCH, session, owner):
            session = sessions[-1].session_id
            for row in sessions:
                yield self._study_fact(row)
        place = ("", -1)
        while decisions := await store.unfed_amendments(_BATCH, place, owner):
            place = (decisions[-1][1].session_id, decisions[-1][1].leaf_seq)
            for row, amendment in decisions:
                yield self._amend_fact(row, amendment)
        place = ("", -1)
        while steps := await store.unfed_steps(_BATCH, place, owner):
            place = (steps[-1][1].activity_id, steps[-1][1].seq)
            for activity, step in steps:
                yield self._step_fact(activity, step)

    async def _study_fact(self, row: SessionRow) -> HourFact:
        return study_fact(row, await self._store.minutes(row.session_id), await self._store.leaves(row.session_id))

    async def _step_fact(self, activity: Activity, step: ActivityStep) -> HourFact:
        return step_fact(activity, step)

    async def _amend_fact(self, row: SessionRow, amendment: Amendment) -> HourFact:
        minutes = await self._store.minutes(row.session_id)
        earlier = [
            one for one in await self._store.amendments(row.session_id)
            if one.minute == amendment.minute and one.leaf_seq < amendment.leaf_seq
        ]  # fmt: skip
        leaves = await self._store.leaves(row.session_id)
        return amend_fact(row, amendment, minutes, earlier, leaves)

    async def run(self) -> None:
        """Feed every half minute; an error is logged and tried again."""
        while True:
            try:
                made = await self.feed()
                if made:
                    _log.info("%d facts for the hour ledger", made)
            except ZaichangError as error:
                _log.error("hour ledger: %s", error)
            await asyncio.sleep(PAUSE_S)


def study_fact(row: SessionRow, minutes: Sequence[StoredMinute], leaves: Sequence[StoredLeaf]) -> HourFact:
    """Return the fact of a closed session.

    Args:
        row: The session.
        minutes: All its minutes.
        leaves: All its leaves; those of the session itself are anchored.

    Raises:
        EvidenceError: ``hours.record`` where the minutes do not sum to the log's leaves.
    """
    runs: list[Run] = []
    verified_ms = 0
    for stored in minutes:
        record = json.loads(stored.body)
        verified_ms += record["verified_ms"]
        runs += minute_runs(record["from_ms"], record["to_ms"], record["verified"], 0)
    later = (LeafKind.AMEND, LeafKind.VOID)
    own = [leaf.entry_index for leaf in leaves if leaf.kind not in later and leaf.entry_index is not None]
    logged_ms = logged(leaves, LeafKind.SEGMENT, "verified_ms")
    if logged_ms != verified_ms:
        raise EvidenceError(
            "hours.record",
            f"Session {row.session_id}: its minutes sum to {verified_ms} ms, its leaves to {logged_ms} ms.",
        )
    return _fact(row, f"study/{row.session_id}", joined(runs), verified_ms, min(own), max(own))


def amend_fact(
    row: SessionRow,
    amendment: Amendment,
    minutes: Sequence[StoredMinute],
    earlier: Sequence[Amendment],
    leaves: Sequence[StoredLeaf],
) -> HourFact:
    """Return the fact of a reviewer's decision: the granted time stands after the minute's verified time.

    A revocation has no runs; it names the positions of the session that count no longer.

    Raises:
        EvidenceError: ``hours.record`` where the granted time is not the leaf's.
    """
    minute = next(json.loads(stored.body) for stored in minutes if stored.minute == amendment.minute)
    record = json.loads(amendment.body)
    granted, revoked = record["granted"], record.get("revoked", [])
    if sum(high - low for low, high in granted) - sum(high - low for low, high in revoked) != amendment.delta_ms:
        raise EvidenceError(
            "hours.record", f"Session {row.session_id}: decision {amendment.leaf_seq} is not its leaf's."
        )
    used_ms = minute["verified_ms"] + sum(one.delta_ms for one in earlier)
    runs = minute_runs(minute["from_ms"], minute["to_ms"], granted, used_ms)
    index = next(leaf.entry_index for leaf in leaves if leaf.leaf_seq == amendment.leaf_seq) or 0
    key = f"amend/{row.session_id}/{amendment.leaf_seq}"
    return _fact(row, key, runs, amendment.delta_ms, index, index, revoked)


def step_fact(activity: Activity, step: ActivityStep) -> HourFact:
    """Return the fact of one step of an activity.

    Raises:
        EvidenceError: ``hours.record`` where the step is not in the log.
    """
    of = f"activity/{activity.activity_id}"
    if step.entry_index is None:
        raise EvidenceError("hours.record", f"Step {step.seq} of {of} is in no checkpoint.")
    entry = json.loads(step.body).get("entry")
    at = time_text(step.at_ms).replace(" ", "T")
    return HourFact(
        institution_id=activity.institution_id,
        learner_id=activity.learner_id,
        fact_key=f"{of}/{step.seq}",
        session_id=SessionId(activity.activity_id),
        verified_ms=0,
        first_index=step.entry_index,
        last_index=step.entry_index,
        body=canonical_bytes(step_body(of, step.seq, step.stage, at, entry, step.reason), _BODY_MAX_BYTES),
    )


def logged(leaves: Sequence[StoredLeaf], kind: LeafKind, field: str) -> int:
    """Return the sum of one field over the anchored leaves of a kind."""
    found: int = sum(
        json.loads(leaf.body)[field] for leaf in leaves if leaf.kind is kind and leaf.entry_index is not None
    )
    return found


def minute_runs(from_ms: int, to_ms: int, intervals: Sequence[Sequence[int]], used_ms: int) -> list[Run]:
    """Return one run for each interval of a minute; together they take no more than the minute's server time.

    Args:
        from_ms: Server time at which the minute began.
        to_ms: Server time at which it ended.
        intervals: Verified places in the lesson.
        used_ms: Server time of the minute that earlier facts take.
    """
    runs = []
    at_ms = min(from_ms + used_ms, to_ms)
    for low, high in intervals:
        wall_ms = min(high - low, to_ms - at_ms)
        runs.append(Run(at_ms, wall_ms, low, high - low, 1))
        at_ms += wall_ms
    return runs


def joined(runs: Sequence[Run]) -> list[Run]:
    """Return the runs with equal ones that follow each other in both times made into one."""
    found: list[Run] = []
    for run in runs:
        last = found[-1] if found else None
        if (
            last is not None
            and (last.wall_ms, last.media_ms) == (run.wall_ms, run.media_ms)
            and last.from_ms + last.wall_ms * last.minutes == run.from_ms
            and last.media_from_ms + last.media_ms * last.minutes == run.media_from_ms
        ):
            found[-1] = last._replace(minutes=last.minutes + 1)
        else:
            found.append(run)
    return found


def _fact(
    row: SessionRow,
    key: str,
    runs: Sequence[Run],
    verified_ms: int,
    first: int,
    last: int,
    revoked: Sequence[Sequence[int]] = (),
) -> HourFact:
    lesson = row.lesson_id if row.timeline == "1" else f"{row.lesson_id}@{row.timeline}"
    entry = {
        "id": key,
        "kind": "study",
        "institution": row.institution_id,
        "course": row.course_id,
        "lesson": lesson,
        "session": row.session_id,
        "runs": [list(run) for run in runs],
        "note": f"log {first}-{last}",
        **row.words(),
        **({} if row.person else {"overlap": "unchecked"}),
        **({"revoked": [list(part) for part in revoked]} if revoked else {}),
    }
    return HourFact(
        institution_id=row.institution_id,
        learner_id=row.learner_id,
        fact_key=key,
        session_id=row.session_id,
        verified_ms=verified_ms,
        first_index=first,
        last_index=last,
        body=canonical_bytes(entry, _BODY_MAX_BYTES),
    )
