"""Who asks about an activity, and the activities that each side may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zaichang.core.canonical import parse_canonical_object
from zaichang.core.civil import time_text
from zaichang.core.enums import KeyRole
from zaichang.core.errors import NotAllowed, NotFound
from zaichang.core.ids import NO_LEARNER, InstitutionId, LearnerId
from zaichang.ledger.activities.stages import Party, State
from zaichang.ports.encryption import LearnerKey
from zaichang.ports.hours.activities import NO_UNIT, Activity, ActivityId, EvidenceFile, UnitId
from zaichang.ports.hours.desk import ActivityPorts


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person or key that asks.

    Attributes:
        institution_id: Whose.
        party: The side.
        name: As steps record it.
        learner_id: For a learner, the pseudonym.
        unit_id: For an employer, its id.
    """

    institution_id: InstitutionId
    party: Party
    name: str
    learner_id: LearnerId = NO_LEARNER
    unit_id: UnitId = NO_UNIT

    @property
    def shared(self) -> bool:
        """Whether several people share the key, so that it looks and decides nothing."""
        return self.party is Party.OFFICE and self.name == KeyRole.STAFF

    def check_personal(self) -> None:
        """Refuse a shared key.

        Raises:
            NotAllowed: ``review.personal_key``.
        """
        if self.shared:
            raise NotAllowed(
                "review.personal_key",
                "Deciding needs a reviewer's own key; this is the staff key that several people share.",
                "Create one: POST /v1/reviewers, or zaichang manage reviewer.",
            )


async def own_activity(ports: ActivityPorts, actor: Actor, activity_id: ActivityId) -> Activity:
    """Return an activity that an actor may see: a learner the own ones, an employer those that were handed in to it.

    Raises:
        NotFound: ``activity.unknown``, also for one that the actor may not see.
    """
    activity = await ports.activities.activity(activity_id)
    drafted = activity.unit_id != actor.unit_id or activity.state is State.DRAFT
    hidden = drafted if actor.party is Party.EMPLOYER else False
    other = actor.party is Party.LEARNER and activity.learner_id != actor.learner_id
    if activity.institution_id != actor.institution_id or hidden or other:
        raise NotFound("activity.unknown", "There is no such activity.")
    return activity


async def learner_key(ports: ActivityPorts, institution_id: InstitutionId, learner_id: LearnerId) -> LearnerKey:
    """Return a learner's key; a learner who is not known yet becomes known.

    Raises:
        NotAllowed: ``learner.erased``.
    """
    fresh = ports.vault.new_learner(institution_id, learner_id, ports.clock.now_ms())
    return ports.vault.unlock(await ports.learners.ensure_learner(fresh))


def held_of(activity: Activity, files: Sequence[EvidenceFile]) -> set[str]:
    """Return the names of the documents that are there, as files or on paper."""
    return {file.document for file in files} | set(parse_canonical_object(activity.papers))


def hands_of(activity: Activity, files: Sequence[EvidenceFile]) -> set[str]:
    """Return the persons who drafted an activity or added its files; they do not judge it."""
    return {activity.created_by} | {file.added_by for file in files if file.added_by}


def rfc3339(at_ms: int) -> str:
    """Return China's date and time at a moment as RFC 3339 without an offset, which the ledger takes as China's."""
    return time_text(at_ms).replace(" ", "T")
