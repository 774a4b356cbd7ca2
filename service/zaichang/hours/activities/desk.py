"""The desk of activities: drafts, evidence, and the steps from handing in to a decision, each a log entry.

A step is stored first, with its log entry; then it enters the log, and the feed makes its fact. Each part can be
repeated: ``log_waiting`` submits again what a crash left.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from zaichang.core.canonical import canonical_bytes
from zaichang.core.civil import DAY_MS
from zaichang.core.errors import NotAllowed, PeerViolation, ZaichangError
from zaichang.core.ids import NO_LEARNER, InstitutionId, check_id
from zaichang.core.text import plain_lines
from zaichang.hours.activities.actors import Actor, hands_of, held_of, learner_key, own_activity
from zaichang.hours.activities.checklists import load_checklist
from zaichang.hours.activities.documents import step_document, step_leaf, taken, title_place, words_place
from zaichang.hours.activities.handing_in import (
    WORDS_MAX_CHARS,
    Wanted,
    check_complete,
    check_wanted,
    entry_of_activity,
    listed,
)
from zaichang.hours.activities.reading import NEWEST
from zaichang.ledger.activities.reasons import Refusal
from zaichang.ledger.activities.stages import Party, Stage, State, after
from zaichang.ports.hours.activities import Activity, ActivityFilter, ActivityId, ActivityStep, UnitId
from zaichang.ports.hours.desk import ActivityPorts
from zaichang.ports.purposes import Purpose

PAUSE_S: Final = 30.0
DRAFTS_MAX: Final = 20
"""Most drafts of one learner."""
_BATCH: Final = 100
_NEED_REASON: Final = frozenset((Stage.REFUSE, Stage.DOUBT, Stage.VOID))
_log = logging.getLogger("zaichang.hours")


def _none(activity: Activity) -> bool:
    return False


class ActivityDesk:
    """Takes activities in and carries their steps out."""

    def __init__(self, ports: ActivityPorts) -> None:
        """Use the ports."""
        self._ports = ports
        self._lock = asyncio.Lock()

    async def draft(self, actor: Actor, wanted: Wanted) -> Activity:
        """Begin an activity. Nothing is logged before it is handed in. The same ``ref`` again gives the same one.

        Raises:
            PeerViolation: ``activity.invalid``, ``id.invalid``.
            NotFound: ``activity.rules``.
            NotAllowed: ``activity.party``, ``activity.drafts``, ``activity.ref``, ``activity.employer``,
                ``learner.erased``, ``review.personal_key``.
        """
        if actor.party is Party.EMPLOYER or actor.learner_id not in (NO_LEARNER, wanted.learner_id):
            raise NotAllowed("activity.party", "This key cannot hand in an activity of this learner.")
        actor.check_personal()
        item = check_wanted(wanted)
        ports, learner_id, now_ms = self._ports, check_id(wanted.learner_id, "learner"), self._ports.clock.now_ms()
        if item.employer or wanted.unit_id:
            await self._check_employer(actor.institution_id, wanted.unit_id)
        if wanted.ref:
            check_id(wanted.ref, "ref")
        if not wanted.batch:
            drafts = ActivityFilter(learner_id=learner_id, states=(State.DRAFT,))
            if len(await ports.activities.activities(actor.institution_id, drafts, NEWEST, DRAFTS_MAX)) == DRAFTS_MAX:
                raise NotAllowed("activity.drafts", f"There are {DRAFTS_MAX} drafts.", "Hand one in, or discard one.")
        activity_id = ActivityId(ports.token_hex(16))
        key = await learner_key(ports, actor.institution_id, learner_id)
        title = wanted.title.encode()
        made = Activity(
            activity_id=activity_id,
            institution_id=actor.institution_id,
            learner_id=learner_id,
            rules=wanted.rules,
            item=wanted.item,
            unit_id=wanted.unit_id,
            ref=wanted.ref,
            batch=wanted.batch,
            details=canonical_bytes(dict(wanted.details)),
            papers=canonical_bytes(dict(wanted.papers)),
            title=key.encrypt(Purpose.ACTIVITY, title_place(activity_id), title) if title else b"",
            state=State.DRAFT,
            created_by=actor.name,
            created_ms=now_ms,
            changed_ms=now_ms,
        )
        kept = await ports.activities.add_activity(made)
        same = (kept.rules, kept.item, kept.unit_id, kept.details) == (
            made.rules, made.item, made.unit_id, made.details,
        )  # fmt: skip
        if not same:
            raise NotAllowed("activity.ref", f"Another activity of this learner has the ref {wanted.ref!r}.")
        if kept.activity_id == activity_id:
            await ports.staff.note_audit(actor.institution_id, now_ms, actor.name, "activity.draft", activity_id)
        return kept

    async def take(
        self,
        actor: Actor,
        activity_id: ActivityId,
        stage: Stage,
        *,
        reason: str = "",
        words: str = "",
    ) -> Activity:
        """Take a step; returns once it is in the log.

        Args and errors: see ``write``.
        """
        await self.write(actor, activity_id, stage, reason=reason, words=words)
        await self.log_waiting(lambda each: each.activity_id == activity_id)
        return await self._ports.activities.activity(activity_id)

    async def write(
        self,
        actor: Actor,
        activity_id: ActivityId,
        stage: Stage,
        *,
        reason: str = "",
        words: str = "",
        signed: str = "",
    ) -> None:
        """Store a step; ``log_waiting`` puts it into the log.

        Args:
            actor: Who asks.
            activity_id: The activity.
            stage: The step.
            reason: Word of ``Refusal``, where the step refuses or takes back.
            words: The person's own words, which are encrypted; the learner reads them.
            signed: SHA-256 of an organiser's signed results, for ``RECORD``.

        Raises:
            NotFound: ``activity.unknown``.
            PeerViolation: ``activity.incomplete``, ``activity.reason``, ``activity.words``.
            NotAllowed: ``activity.party``, ``activity.state``, ``activity.same_person``, ``activity.appealed``,
                ``activity.too_late``, ``activity.signed``, ``activity.raced``, ``learner.erased``,
                ``review.personal_key``.
        """
        ports = self._ports
        actor.check_personal()
        activity = await own_activity(ports, actor, activity_id)
        item, steps = listed(activity.rules, activity.item), await ports.activities.steps(activity_id)
        files = await ports.activities.evidence_of(activity_id)
        state = after(
            taken(steps), stage, actor.party, actor.name, employer=item.employer, hands=hands_of(activity, files)
        )
        if (reason not in tuple(Refusal)) if stage in _NEED_REASON else bool(reason):
            raise PeerViolation(
                "activity.reason", f"The step {stage} needs a reason, or takes none.", "See docs/hours.md."
            )
        if len(words) > WORDS_MAX_CHARS or not plain_lines(words) or (stage is Stage.APPEAL and not words.strip()):
            raise PeerViolation("activity.words", f"The words must be plain, at most {WORDS_MAX_CHARS} characters.")
        now_ms = ports.clock.now_ms()
        if stage is Stage.APPEAL and now_ms >= appeal_until_ms(activity, steps):
            raise NotAllowed("activity.too_late", "The period in which this can be appealed has ended.")
        entry = None
        if not steps:
            if item.signed is not (stage is Stage.RECORD):
                raise NotAllowed(
                    "activity.signed", f"{item.name} comes as the organiser's signed results, and only so."
                )
            held = held_of(activity, files)
            check_complete(item, held)
            entry = entry_of_activity(activity, held)
        key = await learner_key(ports, activity.institution_id, activity.learner_id)
        began_ms = steps[0].at_ms if steps else now_ms
        log = await ports.logs.log_for(activity.institution_id, began_ms)
        seq, who = len(steps), (actor.party, actor.name)
        body = step_document(
            activity, seq, stage, who, now_ms, reason=reason, words=words, subject_key=key.subject_key(), entry=entry,
            files=files, signed=signed,
        )  # fmt: skip
        before = steps[-1].leaf if steps else None
        step = ActivityStep(
            activity_id=activity_id,
            seq=seq,
            stage=stage,
            party=actor.party,
            actor=actor.name,
            at_ms=now_ms,
            reason=reason,
            words=key.encrypt(Purpose.ACTIVITY, words_place(activity_id, seq), words.encode()) if words else b"",
            body=body,
            leaf=step_leaf(activity, seq, stage, now_ms, body, before, log.origin, key.subject_key()),
        )
        await ports.activities.take_step(step, state, len(files))
        await ports.staff.note_audit(activity.institution_id, now_ms, actor.name, f"activity.{stage}", activity_id)

    async def log_waiting(self, own: Callable[[Activity], bool] = _none) -> int:
        """Submit all steps that no checkpoint covers yet; returns how many. It may be repeated at any time.

        A step whose log refuses waits, with those behind it; it stops no other activity.

        Args:
            own: Says for which activities a refusal is an error of the caller's, once all others are logged. One line
                an institution goes to the program's log for the rest.

        Raises:
            StorageError: The store refuses, or the log of such an activity.
            FatalLogError: The log of such an activity must not be signed any more.
        """
        done, after = 0, ("", -1)
        failed: set[ActivityId] = set()
        told: dict[InstitutionId, ZaichangError] = {}
        wrong: list[ZaichangError] = []
        async with self._lock:
            while waiting := await self._ports.activities.unlogged_steps(_BATCH, after):
                after = (waiting[-1][1].activity_id, waiting[-1][1].seq)
                by_activity: dict[ActivityId, list[ActivityStep]] = defaultdict(list)
                activities = {activity.activity_id: activity for activity, _ in waiting}
                for _, step in waiting:
                    if step.activity_id not in failed:
                        by_activity[step.activity_id].append(step)
                # One checkpoint covers the steps of many activities.
                results = await asyncio.gather(
                    *(self._log(activities[each].institution_id, steps) for each, steps in by_activity.items()),
                    return_exceptions=True,
                )
                for (name, steps), error in zip(by_activity.items(), results, strict=True):
                    if error is None:
                        done += len(steps)
                    elif not isinstance(error, ZaichangError):
                        raise error
                    else:
                        failed.add(name)
                        told[activities[name].institution_id] = error
                        wrong += [error] if own(activities[name]) else []
        for institution_id, error in told.items():
            _log.error("activities of %s wait for the log: %s", institution_id, error)
        if wrong:
            raise wrong[0]
        return done

    async def _log(self, institution_id: InstitutionId, waiting: Sequence[ActivityStep]) -> None:
        """Submit one activity's steps in order, to the log of the year in which it was handed in."""
        store, first = self._ports.activities, waiting[0]
        began_ms = first.at_ms if first.seq == 0 else (await store.steps(first.activity_id))[0].at_ms
        log = await self._ports.logs.log_for(institution_id, began_ms)
        for step in waiting:
            index = await log.submit((step.activity_id, step.seq), step.leaf)
            await store.note_step_logged(step.activity_id, step.seq, index)

    async def run(self) -> None:
        """Submit waiting steps every half minute, until cancelled; an error is logged and tried again."""
        while True:
            try:
                await self.log_waiting()
            except ZaichangError as error:
                _log.error("activities: %s", error)
            await asyncio.sleep(PAUSE_S)

    async def _check_employer(self, institution_id: InstitutionId, unit_id: UnitId) -> None:
        known = await self._ports.employers.employers(institution_id)
        if not any(each.unit_id == unit_id and each.revoked_ms is None for each in known):
            raise NotAllowed(
                "activity.employer", "This item needs an employer that the institution knows.", "Name it in unit."
            )


def appeal_until_ms(activity: Activity, steps: Sequence[ActivityStep]) -> int:
    """Return the first moment at which a refusal can no longer be appealed.

    Args:
        activity: One that was refused or voided.
        steps: Its steps.
    """
    return steps[-1].at_ms + load_checklist(activity.rules).appeal_days * DAY_MS
