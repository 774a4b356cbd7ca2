"""Holds the facts of activities against the log: every step's entry, its chain, its commitment, and its fact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from zaichang.core.errors import ZaichangError
from zaichang.core.ids import InstitutionId
from zaichang.hours.activities.documents import committed_document
from zaichang.hours.feed import step_fact
from zaichang.ports.encryption import Vault
from zaichang.ports.hours.activities import Activity, ActivityStep
from zaichang.ports.learners import LearnerStore
from zaichang.ports.ledger import HourFacts
from zaichang.tlog.leaf import parse_leaf
from zaichang.tlog.merkle import leaf_hash

_BATCH: Final = 200
EntryAt = Callable[[InstitutionId, int, int], bytes]
"""Returns the entry at an index (last) of an institution's log of the year of a moment (ms)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityAudit:
    """What came out.

    Attributes:
        steps: Steps that were compared.
        waiting: Steps that are anchored and have no fact yet.
        findings: A sentence for each step that differs.
    """

    steps: int
    waiting: int
    findings: tuple[str, ...]


async def audit_activities(
    store: HourFacts, learners: LearnerStore, vault: Vault | None, entry: EntryAt
) -> ActivityAudit:
    """Compare every fed step of an activity with the log.

    Args:
        store: The facts and the steps.
        learners: The learners' keys.
        vault: Opens them, to check that an entry commits to the step's document; None: that is not checked.
        entry: Reads the log.

    Raises:
        StorageError: The store cannot be read.
    """
    steps, findings = 0, []
    after, began_ms, before = ("", -1), 0, b""
    while rows := await store.logged_steps(after, _BATCH):
        for activity, step, fact in rows:
            if step.seq == 0:
                began_ms, before = step.at_ms, b""
            wrong = _wrong(activity, step, before, began_ms, entry) or _wrong_fact(activity, step, fact)
            if not wrong and step.body and vault is not None:
                learner = await learners.learner(activity.institution_id, activity.learner_id)
                expected = committed_document(activity, step.seq, vault.unlock(learner).subject_key(), step.body)
                if parse_leaf(step.leaf)["document_c"] != expected.hex():
                    wrong = "its entry commits to another document"
            if wrong:
                findings.append(f"Activity {activity.activity_id}, step {step.seq}: {wrong}.")
            steps, after, before = steps + 1, (step.activity_id, step.seq), step.leaf
    return ActivityAudit(steps=steps, waiting=len(await store.unfed_steps(_BATCH)), findings=tuple(findings))


def _wrong(activity: Activity, step: ActivityStep, before: bytes, began_ms: int, entry: EntryAt) -> str:
    """Return the first thing that is wrong with a step's entry; empty: nothing."""
    if step.entry_index is None:
        return "it has a fact and is in no checkpoint"
    try:
        there = entry(activity.institution_id, began_ms, step.entry_index)
        leaf = parse_leaf(step.leaf)
    except ZaichangError as error:
        return f"the log's entry {step.entry_index} cannot be read ({error.code})"
    if there != step.leaf:
        return f"the log's entry {step.entry_index} is another one"
    expected = (step.activity_id, step.seq, step.stage, leaf_hash(before).hex() if before else "")
    if (leaf["aid"], leaf["seq"], leaf["stage"], leaf["prev"]) != expected:
        return f"the log's entry {step.entry_index} is not this step, or does not follow the one before"
    return ""


def _wrong_fact(activity: Activity, step: ActivityStep, fact: bytes | None) -> str:
    if fact is None:
        return "it is marked as fed and has no fact"
    # The document of an erased learner is gone; the fact stays under the alias.
    if step.body and step_fact(activity, step).body != fact:
        return "its fact is not what its document says"
    return ""
