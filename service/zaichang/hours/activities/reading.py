"""Reads activities for those who may see them: lists, and one with its steps, files and decrypted words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from zaichang.core.errors import NotAllowed
from zaichang.hours.activities.actors import Actor, held_of, own_activity
from zaichang.hours.activities.documents import title_place, words_place
from zaichang.ledger.activities.stages import Party
from zaichang.ports.hours.activities import Activity, ActivityFilter, ActivityId, ActivityStep, EvidenceFile
from zaichang.ports.hours.desk import ActivityPorts
from zaichang.ports.purposes import Purpose

NEWEST: Final = (2**53 - 1, "~")
"""Before the newest activity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An activity with all that stands behind it.

    Attributes:
        activity: The activity.
        steps: Its steps.
        files: Its files.
        title: Its decrypted title; empty where the learner was erased.
        words: The decrypted words of each step, in order.
    """

    activity: Activity
    steps: Sequence[ActivityStep]
    files: Sequence[EvidenceFile]
    title: str = ""
    words: Sequence[str] = field(default_factory=tuple)

    @property
    def held(self) -> set[str]:
        """Names of the documents that are there, as files or on paper."""
        return held_of(self.activity, self.files)


class ActivityReader:
    """Shows activities; it changes nothing."""

    def __init__(self, ports: ActivityPorts) -> None:
        """Use the ports."""
        self._ports = ports

    async def seen(self, actor: Actor, activity_id: ActivityId) -> Seen:
        """Return an activity with its steps, files and words.

        Raises:
            NotFound: ``activity.unknown``.
        """
        activity, store = await own_activity(self._ports, actor, activity_id), self._ports.activities
        steps, files = await store.steps(activity_id), await store.evidence_of(activity_id)
        try:
            learner = await self._ports.learners.learner(activity.institution_id, activity.learner_id)
        except NotAllowed:
            # Erased: the words went with the key.
            return Seen(activity=activity, steps=steps, files=files, words=[""] * len(steps))
        key = self._ports.vault.unlock(learner)

        def opened(place: str, data: bytes) -> str:
            return key.decrypt(Purpose.ACTIVITY, place, data).decode() if data else ""

        return Seen(
            activity=activity,
            steps=steps,
            files=files,
            title=opened(title_place(activity_id), activity.title),
            words=[opened(words_place(activity_id, step.seq), step.words) for step in steps],
        )

    async def listed(
        self, actor: Actor, wanted: ActivityFilter, before: tuple[int, str], limit: int
    ) -> Sequence[Activity]:
        """Return the activities that an actor may see, the newest change first.

        Args:
            actor: Who asks. A learner sees the own ones, an employer those of its people that were handed in.
            wanted: Restricts further.
            before: ``(changed_ms, id)`` of the last one of the page before.
            limit: How many at most.
        """
        own = ActivityFilter(
            learner_id=actor.learner_id or wanted.learner_id,
            unit_id=actor.unit_id or wanted.unit_id,
            states=wanted.states,
            batch=wanted.batch,
            drafts=wanted.drafts and actor.party is not Party.EMPLOYER,
        )
        return await self._ports.activities.activities(actor.institution_id, own, before, limit)
