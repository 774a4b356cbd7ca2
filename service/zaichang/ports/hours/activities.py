"""Activities beyond study: drafts, steps and files of evidence; and the employers who confirm them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NewType, Protocol

from zaichang.core.ids import InstitutionId, LearnerId
from zaichang.ledger.activities.stages import Party, Stage, State

ActivityId = NewType("ActivityId", str)
"""An activity: random, 32 hex digits."""
FileId = NewType("FileId", str)
"""A file of an activity."""
UnitId = NewType("UnitId", str)
"""An employer (用人单位)."""
NO_UNIT = UnitId("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """An activity as it was handed in.

    Attributes:
        activity_id: Random.
        institution_id: Whose office decides.
        learner_id: Pseudonym.
        rules: Name of the hour rules.
        item: Item of their checklist.
        unit_id: The employer, or empty.
        ref: The sender's own number, unique for the learner; empty: none.
        batch: The import that it came with, or empty.
        details: Canonical JSON: what it states.
        papers: Canonical JSON: document to the file number under which the office holds it on paper.
        title: Encrypted words, or empty.
        state: After its last step.
        created_by: The person or key.
        created_ms: Server time.
        changed_ms: Server time of its last step.
        confirmed: Whether the employer confirmed it; kept by the store.
    """

    activity_id: ActivityId
    institution_id: InstitutionId
    learner_id: LearnerId
    rules: str
    item: str
    unit_id: UnitId
    ref: str
    batch: str
    details: bytes
    papers: bytes
    title: bytes
    state: State
    created_by: str
    created_ms: int
    changed_ms: int
    confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityStep:
    """One step of an activity.

    Attributes:
        activity_id: The activity.
        seq: Number of the step, from 0.
        stage: Which one.
        party: The side that took it.
        actor: The person or key.
        at_ms: Server time.
        reason: Word of ``ledger.activities.reasons``, or empty.
        words: Encrypted words, or empty.
        body: Canonical JSON of its document, which the log commits to.
        leaf: Its log entry.
        entry_index: Where the entry stands in the log; None until a signed checkpoint covers it.
    """

    activity_id: ActivityId
    seq: int
    stage: Stage
    party: Party
    actor: str
    at_ms: int
    reason: str
    words: bytes
    body: bytes
    leaf: bytes
    entry_index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFile:
    """A file of evidence; its bytes are in ``EvidenceFiles``.

    Attributes:
        activity_id: The activity.
        file_id: Random.
        document: Which document of the checklist it is.
        media_type: ``application/pdf`` or a picture's.
        size_bytes: Of the file as it was sent.
        sha256: Of the same bytes, 64 hex digits.
        at_ms: Server time.
        added_by: The person or key that added it; empty for one that an older version took.
    """

    activity_id: ActivityId
    file_id: FileId
    document: str
    media_type: str
    size_bytes: int
    sha256: str
    at_ms: int
    added_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Employer:
    """An employer with a key of its own.

    Attributes:
        institution_id: Whose learners it employs.
        unit_id: Its id.
        name_zh: In Chinese.
        name_en: In English.
        created_ms: Server time.
        revoked_ms: When its key ended, or None.
    """

    institution_id: InstitutionId
    unit_id: UnitId
    name_zh: str
    name_en: str
    created_ms: int
    revoked_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFilter:
    """Which activities to list; empty fields do not restrict.

    Attributes:
        learner_id: One learner's.
        unit_id: One employer's.
        states: In one of these states.
        batch: Of one import.
        drafts: Whether drafts are listed too.
    """

    learner_id: str = ""
    unit_id: str = ""
    states: tuple[State, ...] = ()
    batch: str = ""
    drafts: bool = True


class ActivityStore(Protocol):
    """Keeps activities, their steps and the rows of their files."""

    async def add_activity(self, activity: Activity) -> Activity:
        """Keep a draft, or return the learner's activity that has this ``ref``.

        Cost: commit.

        Raises:
            NotAllowed: ``learner.erased``.
        """

    async def activity(self, activity_id: ActivityId) -> Activity:
        """Return it, or raise ``NotFound``. Cost: read."""

    async def activities(
        self, institution_id: InstitutionId, wanted: ActivityFilter, before: tuple[int, str], limit: int
    ) -> Sequence[Activity]:
        """Return an institution's, the newest change first, from behind ``(changed_ms, id)``. Cost: read."""

    async def take_step(self, step: ActivityStep, state: State, files: int) -> None:
        """Keep a step and the state after it, in one transaction. ``files`` is how many files the step knows.

        Cost: commit.

        Raises:
            NotAllowed: ``activity.raced`` where another step or file came in between; ``learner.erased``.
        """

    async def steps(self, activity_id: ActivityId) -> Sequence[ActivityStep]:
        """Return all steps in order. Cost: read."""

    async def add_evidence(self, file: EvidenceFile) -> None:
        """Note a file of a draft.

        Cost: commit.

        Raises:
            NotAllowed: ``activity.raced`` where it is no draft any more.
        """

    async def evidence_of(self, activity_id: ActivityId) -> Sequence[EvidenceFile]:
        """Return its files in the order of their arrival. Cost: read."""

    async def drop_draft(self, activity_id: ActivityId) -> Sequence[FileId]:
        """Delete a draft with the rows of its files, in one transaction; return the files, which the caller deletes.

        Cost: commit.

        Raises:
            NotAllowed: ``activity.raced`` where it is no draft any more.
        """

    async def unlogged_steps(
        self, limit: int, after: tuple[str, int] = ("", -1)
    ) -> Sequence[tuple[Activity, ActivityStep]]:
        """Return steps behind ``(activity, step)`` that no checkpoint covers, each activity's in order. Cost: read."""

    async def note_step_logged(self, activity_id: ActivityId, seq: int, entry_index: int) -> None:
        """Note where a step's entry stands. Cost: commit."""


class EmployerStore(Protocol):
    """Keeps employers and the digests of their keys."""

    async def put_employer(self, employer: Employer, key_digest: str) -> None:
        """Keep an employer; a key that it had before ends. Cost: commit."""

    async def employers(self, institution_id: InstitutionId) -> Sequence[Employer]:
        """Return an institution's, by id. Cost: read."""

    async def revoke_employer(self, institution_id: InstitutionId, unit_id: UnitId, at_ms: int) -> None:
        """End its key, or raise ``NotFound``. Cost: commit."""

    async def employer_of_key(self, digest: str) -> Employer | None:
        """Return the employer of a key that is in force. Cost: read."""


class ResultKeyStore(Protocol):
    """Keeps each institution's verifier key for signed results."""

    async def put_result_key(self, institution_id: InstitutionId, vkey: str, at_ms: int) -> None:
        """Keep a key in place of the one before. Cost: commit."""

    async def result_key(self, institution_id: InstitutionId) -> str:
        """Return the verifier key line; empty: none is registered. Cost: read."""


class EvidenceFiles(Protocol):
    """Keeps encrypted files of evidence. All methods block: call them in a thread."""

    def put(self, activity_id: ActivityId, file_id: FileId, encrypted: bytes) -> None:
        """Keep a file durably.

        Cost: commit.

        Raises:
            StorageError: ``storage.disk_full``, ``storage.not_writable`` or ``storage.io``.
        """

    def get(self, activity_id: ActivityId, file_id: FileId) -> bytes:
        """Return a file as it was put, or raise ``NotFound``. Cost: read."""

    def delete(self, activity_id: ActivityId, file_id: FileId) -> None:
        """Remove a file durably; harmless where it is gone. Cost: commit."""
