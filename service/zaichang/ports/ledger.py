"""From stored sessions to the hour ledger's facts; any SQL database with ``ON CONFLICT DO NOTHING`` will do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from zaichang.core.ids import InstitutionId, LearnerId, SessionId
from zaichang.ports.hours.activities import Activity, ActivityStep
from zaichang.ports.records import SessionRow, StoredLeaf, StoredMinute
from zaichang.ports.records_review import Amendment


@dataclass(frozen=True, slots=True, kw_only=True)
class HourFact:
    """One fact of the hour ledger, as stored.

    Attributes:
        institution_id: Of the learner.
        learner_id: Pseudonym.
        fact_key: ``study/SESSION``, ``amend/SESSION/LEAF`` or ``activity/ACTIVITY/STEP``; the same key is one fact.
        session_id: The session, or the activity, behind it.
        verified_ms: Verified media time, exactly, as the log's leaves state it; 0 for an activity.
        first_index: Index of the first log entry behind it.
        last_index: Index of the last one.
        body: Canonical JSON: an entry of ``zaichang-facts@1`` without its category; for an activity, the body of a
            step (``ledger.activities.folding``).
    """

    institution_id: InstitutionId
    learner_id: LearnerId
    fact_key: str
    session_id: SessionId
    verified_ms: int
    first_index: int
    last_index: int
    body: bytes


Owner: TypeAlias = tuple[InstitutionId, LearnerId]
"""One institution's learner."""


class HourFacts(Protocol):
    """Stores facts once, however often they are made."""

    async def unfed_sessions(self, limit: int, after: str = "", owner: Owner | None = None) -> Sequence[SessionRow]:
        """Return closed sessions behind an id whose leaves are all anchored and whose fact is missing.

        With ``owner`` those of one learner alone, as in the two methods of the same kind. Cost: read.
        """

    async def unfed_amendments(
        self, limit: int, after: tuple[str, int] = ("", -1), owner: Owner | None = None
    ) -> Sequence[tuple[SessionRow, Amendment]]:
        """Return anchored decisions on sessions with a fact, without a fact of their own.

        They come in the order of ``(session, leaf)``, from behind ``after``. Cost: read.
        """

    async def minutes(self, session_id: SessionId) -> Sequence[StoredMinute]:
        """Return all minutes of a session in order. Cost: read."""

    async def leaves(self, session_id: SessionId) -> Sequence[StoredLeaf]:
        """Return all leaves of a session in order. Cost: read."""

    async def amendments(self, session_id: SessionId) -> Sequence[Amendment]:
        """Return the decisions about a session's minutes, oldest first. Cost: read."""

    async def add_hour_fact(self, fact: HourFact) -> None:
        """Store a fact and note its source as fed, in one transaction; a stored one stays as it is.

        Nothing is written where the learner was erased since the fact was made. Cost: commit.
        """

    async def hour_facts(self, institution_id: InstitutionId, learner_id: LearnerId) -> Sequence[HourFact]:
        """Return a learner's facts by key. Cost: read."""

    async def fed_sessions(self, after: str, limit: int) -> Sequence[tuple[SessionRow, int]]:
        """Return sessions that have facts with the sum of the facts' verified time, by id. Cost: read."""

    async def unfed_steps(
        self, limit: int, after: tuple[str, int] = ("", -1), owner: Owner | None = None
    ) -> Sequence[tuple[Activity, ActivityStep]]:
        """Return anchored steps without a fact behind ``(activity, step)``, each activity's in order. Cost: read."""

    async def logged_steps(
        self, after: tuple[str, int], limit: int
    ) -> Sequence[tuple[Activity, ActivityStep, bytes | None]]:
        """Return fed steps behind ``(activity, step)`` with the body of each one's fact; None: it has none.

        Cost: read.
        """
