"""The document of a step, and the log entry that commits to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from zaichang.core.canonical import canonical_bytes
from zaichang.core.enums import LeafKind
from zaichang.ledger.activities.stages import Party, Stage, Taken
from zaichang.ports.hours.activities import Activity, ActivityId, ActivityStep, EvidenceFile
from zaichang.tlog.commit import commitment, salt, session_key
from zaichang.tlog.leaf import record
from zaichang.tlog.merkle import leaf_hash

VERSION: Final = 1
COMMITTED: Final = "activity"
"""Kind of the commitments to documents of steps."""
WORDS: Final = "activity-words"


def taken(steps: Sequence[ActivityStep]) -> list[Taken]:
    """Return the steps as the rules of ``ledger.activities.stages`` take them."""
    return [Taken(step.stage, step.party, step.actor, step.at_ms) for step in steps]


def step_document(
    activity: Activity,
    seq: int,
    stage: Stage,
    who: tuple[Party, str],
    at_ms: int,
    *,
    reason: str = "",
    words: str = "",
    subject_key: bytes,
    entry: Mapping[str, Any] | None = None,
    files: Sequence[EvidenceFile] = (),
    signed: str = "",
) -> bytes:
    """Return the canonical JSON of a step's document. It holds no free text, only a commitment to it.

    Args:
        activity: The activity.
        seq: Number of the step.
        stage: Which one.
        who: The side and the person that takes it.
        at_ms: Server time.
        reason: Why, or empty.
        words: The person's own words, or empty.
        subject_key: Key from which the salts come.
        entry: The ledger's entry, with the first step.
        files: Files of evidence, with the first step.
        signed: SHA-256 of an organiser's signed results, or empty.
    """
    document: dict[str, Any] = {
        "v": VERSION,
        "activity": activity.activity_id,
        "seq": seq,
        "stage": str(stage),
        "party": str(who[0]),
        "actor": who[1],
        "at": at_ms,
        "reason": reason,
        "words_c": _committed(WORDS, activity, seq, subject_key, words.encode()).hex() if words else "",
    }
    if entry is not None:
        document |= {
            "rules": activity.rules,
            "item": activity.item,
            "entry": dict(entry),
            "files": [{"document": file.document, "sha256": file.sha256} for file in files],
            "papers": json.loads(activity.papers),
            "signed": signed,
        }
    return canonical_bytes(document)


def step_leaf(
    activity: Activity, seq: int, stage: Stage, at_ms: int, body: bytes, before: bytes | None, origin: str, key: bytes
) -> bytes:
    """Return the log entry of a step.

    Args:
        activity: The activity.
        seq: Number of the step.
        stage: Which one.
        at_ms: Server time.
        body: Its document.
        before: The entry of the step before, or None.
        origin: The log.
        key: The learner's subject key.
    """
    return record(
        LeafKind.ACTIVITY,
        origin,
        at_ms,
        aid=activity.activity_id,
        seq=seq,
        prev="" if before is None else leaf_hash(before),
        stage=str(stage),
        document_c=committed_document(activity, seq, key, body),
    )


def committed_document(activity: Activity, seq: int, subject_key: bytes, body: bytes) -> bytes:
    """Return the commitment to a step's document, as its entry holds it."""
    return _committed(COMMITTED, activity, seq, subject_key, body)


def _committed(kind: str, activity: Activity, seq: int, subject_key: bytes, data: bytes) -> bytes:
    return commitment(kind, salt(session_key(subject_key, activity.activity_id), kind, seq), data)


def digest(data: bytes) -> str:
    """Return the SHA-256 of a file, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def title_place(activity_id: ActivityId) -> str:
    """Return the place to which an encrypted title is bound."""
    return f"{activity_id}.title"


def words_place(activity_id: ActivityId, seq: int) -> str:
    """Return the place to which a step's encrypted words are bound."""
    return f"{activity_id}.{seq}"


def file_place(file: EvidenceFile) -> str:
    """Return the place to which an encrypted file is bound."""
    return f"{file.activity_id}.{file.file_id}"
