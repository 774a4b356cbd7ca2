"""Activities as the API shows them."""

from __future__ import annotations

import json

from zaichang.api.models.activities import (
    ActivityAnswer,
    ActivityLine,
    ChecklistAnswer,
    DocumentLine,
    FileLine,
    ItemLine,
    StepLine,
    WouldCount,
)
from zaichang.api.models.common import Reason
from zaichang.hours.activities.actors import Actor, hands_of, rfc3339
from zaichang.hours.activities.desk import appeal_until_ms
from zaichang.hours.activities.documents import taken
from zaichang.hours.activities.handing_in import entry_of_activity, listed
from zaichang.hours.activities.preview import preview
from zaichang.hours.activities.reading import Seen
from zaichang.ledger.activities import reasons
from zaichang.ledger.activities.checklist import Checklist, Document, missing_documents
from zaichang.ledger.activities.stages import Party, Stage, State, possible, waits_on
from zaichang.ledger.reasons import SENTENCES
from zaichang.ports.hours.activities import Activity, EvidenceFile

_APPEALABLE = (State.REFUSED, State.VOIDED)


def checklist_view(checklist: Checklist) -> ChecklistAnswer:
    """Return a checklist as the API shows it."""
    return ChecklistAnswer(
        rules=checklist.rules,
        appeal_days=checklist.appeal_days,
        appeal_cite=checklist.appeal_cite,
        items=[
            ItemLine(
                name=item.name,
                zh=item.zh,
                en=item.en,
                employer=item.employer,
                signed=item.signed,
                required=list(item.required),
                optional=list(item.optional),
                documents=[_document(each) for each in item.documents],
                cite=item.cite,
            )
            for item in checklist.items
        ],
        reasons=[_refusal(code) for code in reasons.Refusal],
    )


def activity_line(activity: Activity) -> ActivityLine:
    """Return an activity as a list shows it."""
    item = listed(activity.rules, activity.item)
    waits = waits_on(activity.state, employer=item.employer, confirmed=activity.confirmed)
    return ActivityLine(
        activity=activity.activity_id,
        learner=activity.learner_id,
        rules=activity.rules,
        item=DocumentLine(name=item.name, zh=item.zh, en=item.en),
        unit=activity.unit_id,
        ref=activity.ref,
        batch=activity.batch,
        state=activity.state,
        waits_on="" if waits is None else waits,
        since_ms=activity.changed_ms,
    )


def activity_view(seen: Seen, actor: Actor, now_ms: int) -> ActivityAnswer:
    """Return one activity as the API shows it to a side. A learner does not see who of the office took a step.

    Args:
        seen: The activity.
        actor: The side that asks.
        now_ms: Server time.
    """
    activity, item = seen.activity, listed(seen.activity.rules, seen.activity.item)
    until_ms = appeal_until_ms(activity, seen.steps) if activity.state in _APPEALABLE else None
    hands = hands_of(activity, seen.files)
    may = possible(taken(seen.steps), actor.party, actor.name, employer=item.employer, hands=hands)
    if actor.shared:
        may = ()
    if until_ms is not None and now_ms >= until_ms:
        may = tuple(stage for stage in may if stage is not Stage.APPEAL)
    hide = actor.party is Party.LEARNER
    return ActivityAnswer(
        **activity_line(activity).model_dump(),
        title=seen.title,
        details=json.loads(activity.details),
        papers=json.loads(activity.papers),
        files=[file_line(file) for file in seen.files],
        missing=[_document(each) for each in missing_documents(item, seen.held)],
        steps=[
            StepLine(
                stage=step.stage,
                party=step.party,
                actor="" if hide and step.party is Party.OFFICE else step.actor,
                at_ms=step.at_ms,
                reason=_refusal(reasons.Refusal(step.reason)) if step.reason else None,
                text=words,
                log_index=step.entry_index,
            )
            for step, words in zip(seen.steps, seen.words, strict=True)
        ],
        may=[stage for stage in may if stage is not Stage.RECORD],
        appeal_until_ms=until_ms,
        would_count=_would_count(seen, now_ms),
    )


def file_line(file: EvidenceFile) -> FileLine:
    """Return a file as the API shows it."""
    return FileLine(
        file=file.file_id,
        document=file.document,
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
    )


def _would_count(seen: Seen, now_ms: int) -> WouldCount | None:
    activity = seen.activity
    if activity.details == b"{}":
        return None
    submitted_ms = seen.steps[0].at_ms if seen.steps else now_ms
    held = seen.held if seen.steps else {each.name for each in listed(activity.rules, activity.item).documents}
    found = preview(activity.rules, entry_of_activity(activity, held), rfc3339(submitted_ms), submitted_ms)
    if found is None:
        return None
    return WouldCount(
        year=found.year,
        unit=found.unit,
        claimed=str(found.claimed),
        counted=str(found.counted),
        whys=[Reason(code=why, zh=SENTENCES[why][0], en=SENTENCES[why][1]) for why in found.whys],
    )


def _document(document: Document) -> DocumentLine:
    return DocumentLine(name=document.name, zh=document.zh, en=document.en)


def _refusal(code: reasons.Refusal) -> Reason:
    zh, en = reasons.SENTENCES[code]
    return Reason(code=code, zh=zh, en=en)
